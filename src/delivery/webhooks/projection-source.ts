import type { Cursor } from '../../model/cursor.ts';
import type { Projection } from '../projection.ts';
import type { DeliveryItem, DeliverySource } from './webhook-engine.ts';

/** What an endpoint is to be sent of a projection's messages. */
export interface ProjectionWish<Body> {
  /** Of the messages. */
  readonly key: string;
  readonly fits: (body: Body) => boolean;
  readonly itemOf: (body: Body) => Omit<DeliveryItem, 'cursor'>;
}

/** A projection as a source of deliveries; an event of the log makes at most one that fits. */
export class ProjectionSource<State, Body extends { readonly seq: number }> {
  readonly #projection: Projection<State, Body>;
  readonly #epoch: () => string;
  readonly #listeners = new Set<() => void>();
  readonly #stop = new AbortController();
  readonly #watching: Promise<void>;

  /** `epoch` is that of the tenant's log now. */
  constructor(projection: Projection<State, Body>, epoch: () => string) {
    this.#projection = projection;
    this.#epoch = epoch;
    this.#watching = this.#watch();
  }

  of(wish: ProjectionWish<Body>): DeliverySource {
    return {
      read: (after, limit) => this.#read(wish, after, limit),
      head: () => this.#at(this.#projection.view().head),
      onMore: (listener) => {
        this.#listeners.add(listener);
        return () => void this.#listeners.delete(listener);
      },
    };
  }

  /** Ends the telling of what is new. Safe to call twice. */
  async close(): Promise<void> {
    this.#stop.abort();
    await this.#watching;
  }

  async #watch(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      await this.#projection.changed(signal);
      for (const listener of this.#listeners) listener();
    }
  }

  async #read({ key, fits, itemOf }: ProjectionWish<Body>, after: Cursor, limit: number): ReturnType<DeliverySource['read']> {
    const page = await this.#projection.read([key], after.seq, limit);
    if (page === undefined) {
      const { head, floor } = this.#projection.view();
      return { gap: 'retention', asked: after, oldest: this.#at(floor), head: this.#at(head) };
    }
    const found = (page.messages.get(key) ?? []).filter(fits);
    const items = found.slice(0, limit).map((body) => ({ ...itemOf(body), cursor: this.#at(body.seq) }));
    const last = found.length > limit ? items.at(-1) : undefined;
    return { items, next: last?.cursor ?? this.#at(Math.max(page.upTo, after.seq)) };
  }

  #at(seq: number): Cursor {
    return { epoch: this.#epoch(), seq };
  }
}
