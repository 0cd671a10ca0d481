import type { Projection } from '../../delivery/projection.ts';
import { renderParameterRequest } from '../../delivery/webhooks/parameters.ts';
import { ProjectionSource } from '../../delivery/webhooks/projection-source.ts';
import type { DeliveryPolicy, DeliverySource, WebhookEngine } from '../../delivery/webhooks/webhook-engine.ts';
import type { ExtensionNumber, TenantId } from '../../model/ids.ts';
import type { TelphinState } from './project.ts';
import { renderParameters, type Writing } from './render.ts';
import type { Happening, Subscription } from './schema.ts';
import { receiverOf } from './subscriptions.ts';

export interface PublisherOptions extends Writing {
  readonly tenant: TenantId;
  readonly engine: WebhookEngine;
  readonly projection: Projection<TelphinState, Happening>;
  /** Of the tenant's log now. */
  readonly epoch: () => string;
}

/** For a whole request; what it is answered matters to nobody. */
const timeoutMs = 5_000;

/**
 * Has the web requests of call events made. What one receiver is to be told of an extension is one endpoint of the webhook
 * engine, whichever events it has subscribed to one by one: a hangup shall not overtake the answer.
 */
export class Publisher {
  readonly #options: PublisherOptions;
  readonly #policy: DeliveryPolicy;
  readonly #source: ProjectionSource<TelphinState, Happening>;
  /** Whom each endpoint of an extension tells. */
  readonly #groups = new Map<ExtensionNumber, ReadonlyMap<string, readonly Subscription[]>>();

  constructor(options: PublisherOptions) {
    this.#options = options;
    const { attempts, maxAgeSeconds } = options.options;
    this.#policy = {
      lane: 'source',
      attempts,
      schedule: [2_000, 10_000, 60_000],
      maxAge: maxAgeSeconds * 1_000,
      probe: 60_000,
      heedsAnswers: false,
    };
    this.#source = new ProjectionSource(options.projection, options.epoch);
  }

  /** Tells the extension's events to these from now on, and to nobody else. */
  publish(extension: ExtensionNumber, subscriptions: readonly Subscription[]): void {
    const { tenant, engine } = this.#options;
    const before = this.#groups.get(extension);
    const now = Map.groupBy(subscriptions, (subscription) => this.#endpointOf(extension, subscription));
    this.#groups.set(extension, now);
    for (const [id, [first]] of now) {
      if (first === undefined) continue;
      const { url, method } = first;
      engine.put({ id, tenant, url, method, policy: this.#policy, timeoutMs }, this.#sourceOf(extension, id));
    }
    for (const id of before?.keys() ?? []) if (!now.has(id)) engine.remove(id);
  }

  close(): Promise<void> {
    return this.#source.close();
  }

  #sourceOf(extension: ExtensionNumber, endpoint: string): DeliverySource {
    // Looked for at each attempt: who has ended a subscription meanwhile is told no more.
    const wanting = ({ type, seq }: Happening): Subscription | undefined =>
      this.#groups
        .get(extension)
        ?.get(endpoint)
        ?.find((subscription) => subscription.type === type && subscription.after < seq);
    return this.#source.of({
      key: extension,
      fits: (happening) => wanting(happening) !== undefined,
      itemOf: (happening) => ({
        id: happening.event,
        lane: happening.part.callId,
        at: happening.at,
        request: () => {
          const subscription = wanting(happening);
          if (subscription === undefined) throw new Error('The subscription has ended.');
          return { url: subscription.url, ...renderParameterRequest(subscription, renderParameters(happening, this.#options)) };
        },
      }),
    });
  }

  #endpointOf(extension: ExtensionNumber, subscription: Subscription): string {
    const { method, rank } = subscription;
    const owner = subscription.extension === undefined ? 'client' : 'own';
    return ['telphin', this.#options.tenant, extension, owner, method, rank, receiverOf(subscription)].join(':');
  }
}
