import type { Projection } from '../../delivery/projection.ts';
import { renderParameterRequest } from '../../delivery/webhooks/parameters.ts';
import { ProjectionSource } from '../../delivery/webhooks/projection-source.ts';
import type { DeliveryPolicy, WebhookEngine } from '../../delivery/webhooks/webhook-engine.ts';
import type { TenantId } from '../../model/ids.ts';
import type { TelphinState } from './project.ts';
import { renderParameters, type Writing } from './render.ts';
import type { Happening, Subscription } from './schema.ts';

export interface PublisherOptions extends Writing {
  readonly tenant: TenantId;
  readonly engine: WebhookEngine;
  readonly projection: Projection<TelphinState, Happening>;
  /** Of the tenant's log now. */
  readonly epoch: () => string;
}

/** For a whole request; what it is answered matters to nobody. */
const timeoutMs = 5_000;

/** Has the web requests of call events made: each subscription is an endpoint of the webhook engine, in order for each call. */
export class Publisher {
  readonly #options: PublisherOptions;
  readonly #policy: DeliveryPolicy;
  readonly #source: ProjectionSource<TelphinState, Happening>;

  constructor(options: PublisherOptions) {
    this.#options = options;
    const { attempts, maxAgeSeconds } = options.options;
    this.#policy = { lane: 'source', attempts, schedule: [2_000, 10_000, 60_000], maxAge: maxAgeSeconds * 1_000, probe: 60_000 };
    this.#source = new ProjectionSource(options.projection, options.epoch);
  }

  /** Begins with what happens from now on, or goes on. */
  publish(subscription: Subscription): void {
    const { tenant, engine } = this.#options;
    const { url, method, extension, type } = subscription;
    const source = this.#source.of({
      key: extension,
      fits: (happening) => happening.type === type,
      itemOf: (happening) => ({
        id: happening.event,
        lane: happening.part.callId,
        at: happening.at,
        request: () => renderParameterRequest({ url, method }, renderParameters(happening, this.#options)),
      }),
    });
    engine.put({ id: this.#endpointOf(subscription), tenant, url, method, policy: this.#policy, timeoutMs }, source);
  }

  withdraw(subscription: Subscription): void {
    this.#options.engine.remove(this.#endpointOf(subscription));
  }

  close(): Promise<void> {
    return this.#source.close();
  }

  #endpointOf({ id }: Subscription): string {
    return `telphin:${this.#options.tenant}:${id}`;
  }
}
