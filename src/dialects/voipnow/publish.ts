import type { Projection } from '../../delivery/projection.ts';
import { renderParameterRequest } from '../../delivery/webhooks/parameters.ts';
import { ProjectionSource } from '../../delivery/webhooks/projection-source.ts';
import type { AttemptRecord, DeliveryPolicy, DeliverySource, EndpointView, WebhookEngine } from '../../delivery/webhooks/webhook-engine.ts';
import type { CallId, ExtensionNumber, TenantId } from '../../model/ids.ts';
import type { Numbers } from './numbers.ts';
import type { VoipNowOptions } from './options.ts';
import type { VoipNowState } from './project.ts';
import { renderParameters } from './render.ts';
import type { Happening, PublishedRequest } from './schema.ts';

/** For a whole request; its receiver is asked once and answers nothing that matters. */
const timeoutMs = 5_000;

export interface PublisherOptions {
  readonly tenant: TenantId;
  readonly engine: WebhookEngine;
  readonly projection: Projection<VoipNowState, Happening>;
  readonly numbers: Numbers;
  readonly options: VoipNowOptions;
  /** Under which the events of an extension, or of the place at that number, are told. */
  readonly keyOf: (number: ExtensionNumber) => string;
  /** The call's id as the vendor knows it. */
  readonly apiIdOf: (call: CallId) => string;
  /** Of the tenant's log now. */
  readonly epoch: () => string;
}

/** Has the web requests of call events made: each enabled request is an endpoint of the webhook engine. */
export class Publisher {
  readonly #options: PublisherOptions;
  readonly #policy: DeliveryPolicy;
  readonly #source: ProjectionSource<VoipNowState, Happening>;

  constructor(options: PublisherOptions) {
    this.#options = options;
    const { attempts, maxAgeSeconds } = options.options;
    this.#policy = { lane: 'source', attempts, schedule: [2_000, 10_000, 60_000], maxAge: maxAgeSeconds * 1_000, probe: 60_000 };
    this.#source = new ProjectionSource(options.projection, options.epoch);
  }

  /** Begins or goes on with what is enabled; a request that is enabled now starts with what happens from now on. */
  publish(request: PublishedRequest): void {
    const { tenant, engine } = this.#options;
    const id = this.#endpointOf(request);
    if (!request.enabled) engine.remove(id);
    else engine.put({ id, tenant, url: request.url, method: request.method, policy: this.#policy, timeoutMs }, this.#sourceOf(request));
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

  /** How many call events were given up for the request, as far as attempts are kept, and at most so many. */
  givenUp(request: PublishedRequest, most: number): number {
    const query = { tenant: this.#options.tenant, endpoint: this.#endpointOf(request), outcome: 'given-up', limit: most } as const;
    return this.#options.engine.attempts(query).length;
  }

  close(): Promise<void> {
    return this.#source.close();
  }

  #endpointOf({ extension, id }: PublishedRequest): string {
    return `voipnow:${this.#options.tenant}:${extension}:${id}`;
  }

  #sourceOf(request: PublishedRequest): DeliverySource {
    const { numbers, options, apiIdOf, keyOf } = this.#options;
    const { profile, lowerCaseFlow = options.lowerCaseFlow } = request;
    return this.#source.of({
      // Asked at each reading: what places there are is known once the PBX has been heard.
      get key() {
        return keyOf(request.extension);
      },
      fits: ({ type }) => type === request.type,
      itemOf: (happening) => ({
        id: happening.event,
        lane: happening.part.callId,
        at: happening.at,
        request: () =>
          renderParameterRequest(request, renderParameters(happening, profile, numbers, lowerCaseFlow, apiIdOf(happening.part.call))),
      }),
    });
  }
}
