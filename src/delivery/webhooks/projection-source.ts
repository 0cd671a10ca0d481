import type { Cursor } from '../../model/cursor.ts';
import type { Projection } from '../projection.ts';
import type { DeliveryItem, DeliverySource } from './webhook-engine.ts';

/** What an endpoint is to be sent of a projection's messages. */
export interface ProjectionWish<Body> {
  /** Of the messages. */
  readonly key: string;
  readonly fits: (body: Body) => boolean;
  readonly itemOf: (body: Body) => Omit<DeliveryItem, 'cursor'>;
  /** Where one event of the log makes several that fit: which of them it is, in the order in which they are told, below 8. */
  readonly placeOf?: (body: Body) => number;
}

const placesPerEvent = 8;

/** A projection as a source of deliveries. */
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
    const { at } = this.#numbering(wish);
    return {
      read: (after, limit) => this.#read(wish, after, limit),
      head: () => at(this.#projection.view().head),
      onMore: (listener) => {
        this.#listeners.add(listener);
        return () => void this.#listeners.delete(listener);
      },
      ...(wish.placeOf === undefined ? undefined : { placeAfter: ({ seq }: Cursor) => at(seq) }),
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

  async #read(wish: ProjectionWish<Body>, after: Cursor, limit: number): ReturnType<DeliverySource['read']> {
    const { key, fits, itemOf, placeOf } = wish;
    const { steps, at } = this.#numbering(wish);
    const position = Math.floor(after.seq / steps);
    // The event that the cursor stands in may have more.
    const from = after.seq === at(position).seq ? position : Math.max(position - 1, 0);
    const page = await this.#projection.read([key], from, limit);
    if (page === undefined) {
      const { head, floor } = this.#projection.view();
      return { gap: 'retention', asked: after, oldest: at(floor), head: at(head) };
    }
    const seqOf = (body: Body): number => body.seq * steps + (placeOf?.(body) ?? 0);
    const found = (page.messages.get(key) ?? []).filter((body) => seqOf(body) > after.seq && fits(body));
    const items = found.slice(0, limit).map((body) => ({
      ...itemOf(body),
      cursor: { epoch: this.#epoch(), seq: seqOf(body) },
      ...(placeOf === undefined ? undefined : { event: body.seq }),
    }));
    const last = found.length > limit ? items.at(-1) : undefined;
    return { items, next: last?.cursor ?? at(Math.max(page.upTo, position)) };
  }

  /** How the source numbers what it makes, and where an event with all of it ends. */
  #numbering({ placeOf }: ProjectionWish<Body>): { readonly steps: number; readonly at: (seq: number) => Cursor } {
    const steps = placeOf === undefined ? 1 : placesPerEvent;
    return { steps, at: (seq) => ({ epoch: this.#epoch(), seq: seq * steps + steps - 1 }) };
  }
}
