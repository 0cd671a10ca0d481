import type { Projection } from '../../delivery/projection.ts';
import { renderParameterRequest } from '../../delivery/webhooks/parameters.ts';
import { ProjectionSource } from '../../delivery/webhooks/projection-source.ts';
import { ReceiverGroups } from '../../delivery/webhooks/receiver-groups.ts';
import type { DeliverySource, WebhookEngine } from '../../delivery/webhooks/webhook-engine.ts';
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

/**
 * Has the web requests of call events made. What one receiver is to be told of an extension is one endpoint of the webhook
 * engine, whichever events it has subscribed to one by one: a hangup shall not overtake the answer.
 */
export class Publisher {
  readonly #options: PublisherOptions;
  readonly #source: ProjectionSource<TelphinState, Happening>;
  readonly #groups: ReceiverGroups<Subscription>;

  constructor(options: PublisherOptions) {
    this.#options = options;
    const { tenant, engine } = options;
    const { attempts, maxAgeSeconds } = options.options;
    this.#groups = new ReceiverGroups<Subscription>({
      tenant,
      engine,
      attempts,
      maxAgeSeconds,
      endpointOf: (extension, subscription) => this.#endpointOf(extension, subscription),
      sourceOf: (extension, endpoint) => this.#sourceOf(extension, endpoint),
    });
    this.#source = new ProjectionSource(options.projection, options.epoch);
  }

  /** Tells the extension's events to these from now on, and to nobody else. */
  publish(extension: ExtensionNumber, subscriptions: readonly Subscription[]): void {
    this.#groups.put(extension, subscriptions);
  }

  close(): Promise<void> {
    return this.#source.close();
  }

  #sourceOf(extension: ExtensionNumber, endpoint: string): DeliverySource {
    // Looked for at each attempt: who has ended a subscription meanwhile is told no more.
    const wanting = (happening: Happening): Subscription | undefined => this.#groups.wanting(extension, endpoint, happening);
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
