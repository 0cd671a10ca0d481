import type { Projection } from '../../delivery/projection.ts';
import { renderParameterRequest } from '../../delivery/webhooks/parameters.ts';
import { ProjectionSource } from '../../delivery/webhooks/projection-source.ts';
import { ReceiverGroups } from '../../delivery/webhooks/receiver-groups.ts';
import type { AttemptRecord, DeliverySource, EndpointView, WebhookEngine } from '../../delivery/webhooks/webhook-engine.ts';
import type { CallId, ExtensionNumber, TenantId } from '../../model/ids.ts';
import type { Numbers } from './numbers.ts';
import type { VoipNowOptions } from './options.ts';
import type { VoipNowState } from './project.ts';
import { renderParameters } from './render.ts';
import { receiverOf } from './requests.ts';
import type { Happening, PublishedRequest } from './schema.ts';

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

/** So far back it is looked for what was tried for one request: an endpoint may serve several. */
const mostAttempts = 500;

/**
 * Has the web requests of call events made. What one receiver is to be told of an extension is one endpoint of the webhook
 * engine, whichever requests are published for it: a Hangup shall not overtake its Dial-In.
 */
export class Publisher {
  readonly #options: PublisherOptions;
  readonly #source: ProjectionSource<VoipNowState, Happening>;
  /** Of the requests that are enabled. */
  readonly #groups: ReceiverGroups<PublishedRequest>;

  constructor(options: PublisherOptions) {
    this.#options = options;
    const { tenant, engine } = options;
    const { attempts, maxAgeSeconds } = options.options;
    this.#groups = new ReceiverGroups<PublishedRequest>({
      tenant,
      engine,
      attempts,
      maxAgeSeconds,
      endpointOf: (_extension, request) => this.#endpointOf(request),
      sourceOf: (extension, endpoint) => this.#sourceOf(extension, endpoint),
    });
    this.#source = new ProjectionSource(options.projection, options.epoch);
  }

  /** Has those of the extension's requests made from now on that are enabled, and no others. */
  publish(extension: ExtensionNumber, requests: readonly PublishedRequest[]): void {
    this.#groups.put(
      extension,
      requests.filter(({ enabled }) => enabled),
    );
  }

  view(request: PublishedRequest): EndpointView | undefined {
    return request.enabled ? this.#options.engine.view(this.#endpointOf(request)) : undefined;
  }

  /** What was tried last for the request. */
  lastAttempt(request: PublishedRequest): AttemptRecord | undefined {
    return this.#attempts(request)[0];
  }

  /** How many call events were given up for the request, as far as attempts are kept, and at most so many. */
  givenUp(request: PublishedRequest, most: number): number {
    return Math.min(this.#attempts(request, 'given-up').length, most);
  }

  close(): Promise<void> {
    return this.#source.close();
  }

  /** The newest first. */
  #attempts(request: PublishedRequest, outcome?: AttemptRecord['outcome']): readonly AttemptRecord[] {
    const { tenant, engine } = this.#options;
    const only = outcome === undefined ? {} : { outcome };
    const found = engine.attempts({ tenant, endpoint: this.#endpointOf(request), limit: mostAttempts, ...only });
    return found.filter(({ id }) => id.endsWith(`:${request.id}`));
  }

  #endpointOf({ extension, method, rank, url }: PublishedRequest): string {
    return ['voipnow', this.#options.tenant, extension, method, rank, receiverOf({ url })].join(':');
  }

  #sourceOf(extension: ExtensionNumber, endpoint: string): DeliverySource {
    const { numbers, options, apiIdOf, keyOf } = this.#options;
    // Looked for at each attempt: what was disabled meanwhile is made no more.
    const wanting = (happening: Happening): PublishedRequest | undefined => this.#groups.wanting(extension, endpoint, happening);
    return this.#source.of({
      // Asked at each reading: what places there are is known once the PBX has been heard.
      get key() {
        return keyOf(extension);
      },
      fits: (happening) => wanting(happening) !== undefined,
      // A conference room admits its caller in the moment in which it is called.
      placeOf: ({ type }) => type,
      itemOf: (happening) => ({
        id: `${happening.event}:${wanting(happening)?.id ?? ''}`,
        lane: happening.part.callId,
        at: happening.at,
        request: () => {
          const request = wanting(happening);
          if (request === undefined) throw new Error('The request has been disabled or removed.');
          const { profile, lowerCaseFlow = options.lowerCaseFlow } = request;
          const parameters = renderParameters(happening, profile, numbers, lowerCaseFlow, apiIdOf(happening.part.call));
          return { url: request.url, ...renderParameterRequest(request, parameters) };
        },
      }),
    });
  }
}
