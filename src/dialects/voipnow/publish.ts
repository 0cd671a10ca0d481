import type { Projection } from '../../delivery/projection.ts';
import type {
  AttemptRecord,
  DeliveryItem,
  DeliveryPolicy,
  DeliverySource,
  EndpointView,
  WebhookEngine,
} from '../../delivery/webhooks/webhook-engine.ts';
import type { Cursor, Gap } from '../../model/cursor.ts';
import type { TenantId } from '../../model/ids.ts';
import type { Numbers } from './numbers.ts';
import type { VoipNowOptions } from './options.ts';
import type { VoipNowState } from './project.ts';
import { renderParameters, renderRequest } from './render.ts';
import type { Happening, PublishedRequest } from './schema.ts';

export interface PublisherOptions {
  readonly tenant: TenantId;
  readonly engine: WebhookEngine;
  readonly projection: Projection<VoipNowState, Happening>;
  readonly numbers: Numbers;
  readonly options: VoipNowOptions;
  /** Of the tenant's log now. */
  readonly epoch: () => string;
}

/** Has the web requests of call events made: each enabled request is an endpoint of the webhook engine. */
export class Publisher {
  readonly #options: PublisherOptions;
  readonly #policy: DeliveryPolicy;
  readonly #listeners = new Set<() => void>();
  readonly #stop = new AbortController();
  readonly #watching: Promise<void>;

  constructor(options: PublisherOptions) {
    this.#options = options;
    const { attempts, maxAgeSeconds } = options.options;
    this.#policy = { lane: 'source', attempts, schedule: [2_000, 10_000, 60_000], maxAge: maxAgeSeconds * 1_000, probe: 60_000 };
    this.#watching = this.#watch();
  }

  /** Begins or goes on with what is enabled; a request that is enabled now starts with what happens from now on. */
  publish(request: PublishedRequest): void {
    const { tenant, engine } = this.#options;
    const id = this.#endpointOf(request);
    if (!request.enabled) engine.remove(id);
    else engine.put({ id, tenant, url: request.url, method: request.method, policy: this.#policy }, this.#sourceOf(request));
  }

  withdraw(request: PublishedRequest): void {
    this.#options.engine.remove(this.#endpointOf(request));
  }

  view(request: PublishedRequest): EndpointView | undefined {
    return this.#options.engine.view(this.#endpointOf(request));
  }

  /** What was tried last for the request. */
  lastAttempt(request: PublishedRequest): AttemptRecord | undefined {
    return this.#options.engine.attempts({ tenant: this.#options.tenant, endpoint: this.#endpointOf(request), limit: 1 })[0];
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#watching;
  }

  #endpointOf({ extension, id }: PublishedRequest): string {
    return `voipnow:${this.#options.tenant}:${extension}:${id}`;
  }

  async #watch(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      await this.#options.projection.changed(signal);
      for (const listener of this.#listeners) listener();
    }
  }

  #sourceOf(request: PublishedRequest): DeliverySource {
    const { projection } = this.#options;
    return {
      read: (after, limit) => Promise.resolve(this.#read(request, after, limit)),
      head: () => this.#at(projection.view().head),
      onMore: (listener) => {
        this.#listeners.add(listener);
        return () => void this.#listeners.delete(listener);
      },
    };
  }

  #read(request: PublishedRequest, after: Cursor, limit: number): { readonly items: readonly DeliveryItem[]; readonly next: Cursor } | Gap {
    const { projection } = this.#options;
    const { head, floor } = projection.view();
    const happenings = projection.after([request.extension], after.seq);
    if (happenings === undefined) return { gap: 'retention', asked: after, oldest: this.#at(floor), head: this.#at(head) };
    const found = (happenings.get(request.extension) ?? []).filter(({ type }) => type === request.type);
    const items = found.slice(0, limit).map((happening) => this.#itemOf(request, happening));
    const last = found.length > limit ? items.at(-1) : undefined;
    return { items, next: last?.cursor ?? this.#at(Math.max(head, after.seq)) };
  }

  #itemOf(request: PublishedRequest, happening: Happening): DeliveryItem {
    const { numbers, options } = this.#options;
    return {
      cursor: this.#at(happening.seq),
      id: happening.event,
      lane: happening.part.callId,
      at: happening.at,
      request: () => renderRequest(request, renderParameters(happening, request.profile, numbers, options.lowerCaseFlow)),
    };
  }

  #at(seq: number): Cursor {
    return { epoch: this.#options.epoch(), seq };
  }
}
