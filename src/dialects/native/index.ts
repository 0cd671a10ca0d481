import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { SocketReaderLimits } from '../../delivery/socket-reader.ts';
import { createBearer } from '../../http/bearer.ts';
import type { Bearer } from '../../http/bearer.ts';
import type { HttpFront } from '../../http/http-server.ts';
import { createSessionCookies } from '../../http/session-cookies.ts';
import { GatewayError } from '../../model/errors.ts';
import type { Dialect } from '../dialect.ts';
import type { Gateway } from '../gateway.ts';
import { renderAsyncApi } from './asyncapi.ts';
import { PbxCaptures } from './captures.ts';
import type { Endpoint, EndpointDescription } from './endpoint.ts';
import { callEndpoints } from './endpoints/calls.ts';
import { commandEndpoints } from './endpoints/commands.ts';
import { deliveryEndpoints } from './endpoints/deliveries.ts';
import { keyEndpoints } from './endpoints/keys.ts';
import { pbxEndpoints } from './endpoints/pbxs.ts';
import { stateEndpoints } from './endpoints/state.ts';
import { tenantEndpoints } from './endpoints/tenants.ts';
import { userEndpoints } from './endpoints/users.ts';
import { webhookEndpoints } from './endpoints/webhooks.ts';
import { answerProblem } from './errors.ts';
import { Feeds, maxMessageBytes } from './feeds.ts';
import { loginDescriptions, loginRoutes } from './login.ts';
import { renderOpenApi } from './openapi.ts';
import { feedQuery, pollQuery } from './parse.ts';
import { addEndpoint, queryOf } from './routes.ts';
import { eventsPageSchema } from './schema/events.ts';
import { NativeWebhooks } from './webhooks.ts';

export interface NativeOptions {
  /** The version that the documents name. */
  readonly version?: string;
  readonly limits?: Partial<SocketReaderLimits>;
}

/** The feeds as the OpenAPI document tells of them; they answer by themselves. */
const feedDescriptions: readonly EndpointDescription[] = [
  {
    id: 'listEvents',
    method: 'GET',
    path: '/v1/events',
    tag: 'feeds',
    summary: 'A page of the log after a cursor (`oldest` when absent); with `wait`, a long poll',
    scopes: ['observe'],
    query: pollQuery.omit({ ticket: true }),
    answers: { 200: { description: 'A page', schema: eventsPageSchema } },
  },
  {
    id: 'streamEvents',
    method: 'GET',
    path: '/v1/events/stream',
    tag: 'feeds',
    summary: 'Server-sent events after a cursor (`now` when absent): history, then live',
    scopes: ['observe'],
    query: feedQuery.omit({ subscribe: true }),
    headers: ['Last-Event-ID'],
    answers: { 200: { description: 'A stream; `id` is the cursor', schema: z.string(), contentType: 'text/event-stream' } },
  },
  {
    id: 'openWebSocket',
    method: 'GET',
    path: '/v1/ws',
    tag: 'feeds',
    summary: 'A WebSocket with the events after a cursor (`now` when absent); see the AsyncAPI document',
    scopes: ['observe'],
    query: feedQuery,
    answers: { 101: { description: 'It is a WebSocket now' } },
  },
];

const documentDescriptions: readonly EndpointDescription[] = [
  {
    id: 'getOpenApi',
    method: 'GET',
    path: '/v1/openapi.json',
    tag: 'documents',
    summary: 'This document',
    scopes: [],
    answers: { 200: { description: 'OpenAPI 3.1', schema: z.looseObject({}) } },
  },
  {
    id: 'getAsyncApi',
    method: 'GET',
    path: '/v1/asyncapi.json',
    tag: 'documents',
    summary: 'The live feeds',
    scopes: [],
    answers: { 200: { description: 'AsyncAPI 3', schema: z.looseObject({}) } },
  },
];

const endpoints = (webhooks: () => NativeWebhooks, captures: () => PbxCaptures): readonly Endpoint[] => [
  ...stateEndpoints,
  ...pbxEndpoints(captures),
  ...callEndpoints,
  ...commandEndpoints,
  ...tenantEndpoints,
  ...keyEndpoints,
  ...userEndpoints,
  ...webhookEndpoints(webhooks),
  ...deliveryEndpoints(webhooks),
];

const notOpen = (): never => {
  throw new GatewayError('internal');
};

/** Every address of the native API, as the documents tell of it. */
export const nativeDescriptions: readonly EndpointDescription[] = [
  ...feedDescriptions,
  ...loginDescriptions,
  ...endpoints(notOpen, notOpen),
  ...documentDescriptions,
];

/** The native API: `/v1`. */
export const createNativeDialect = (options: NativeOptions = {}): Dialect => new NativeDialect(options);

class NativeDialect implements Dialect {
  readonly name = 'native';
  readonly #options: NativeOptions;
  #bearer: Bearer | undefined;
  #feeds: Feeds | undefined;
  #webhooks: NativeWebhooks | undefined;
  #captures: PbxCaptures | undefined;

  constructor(options: NativeOptions) {
    this.#options = options;
  }

  open(gateway: Gateway): Promise<void> {
    this.#webhooks = new NativeWebhooks(gateway);
    this.#captures = new PbxCaptures(gateway);
    return Promise.resolve();
  }

  routes(scope: FastifyInstance, gateway: Gateway, front: HttpFront): void {
    const cookies = createSessionCookies(gateway.sessions, () => front.publicUrl());
    const bearer = createBearer(gateway.auth, cookies);
    const feeds = new Feeds(gateway, bearer, front.metrics, this.#options.limits);
    this.#bearer = bearer;
    this.#feeds = feeds;
    gateway.stopping.addEventListener('abort', () => feeds.close(), { once: true });

    scope.setErrorHandler(answerProblem);
    takeEmptyJson(scope);
    loginRoutes(scope, gateway, { bearer, cookies, clients: front.clients });
    const served = endpoints(
      () => this.#webhooks ?? notOpen(),
      () => this.#captures ?? notOpen(),
    );
    for (const endpoint of served) addEndpoint(scope, endpoint, gateway, bearer);

    // Asked so often that the router's share would show; the route stands for its method and for what calls the router itself.
    front.hotRoutes.set('/v1/events', (request, response, query) => {
      if (request.method !== 'GET') return false;
      feeds.poll(request, response, query);
      return true;
    });
    scope.get('/v1/events', (request, reply) => {
      reply.hijack();
      feeds.poll(request.raw, reply.raw, queryOf(request));
    });
    scope.get('/v1/events/stream', async (request, reply) => {
      const lastEventId = request.headers['last-event-id'];
      const admission = feeds.admit(
        request.raw,
        queryOf(request),
        typeof lastEventId === 'string' && lastEventId !== '' ? lastEventId : undefined,
      );
      await feeds.stream(admission, () => {
        reply.hijack();
        return reply.raw;
      });
      return reply;
    });
    front.upgrades.add('/v1/ws', {
      maxPayload: maxMessageBytes,
      authorize: (request, url) => feeds.admit(request, url.search.slice(1), undefined),
      open: (upgraded, admission) => feeds.open(upgraded, admission),
    });

    const version = this.#options.version ?? '0.0.0';
    const documents = {
      '/v1/openapi.json': once(() => renderOpenApi(nativeDescriptions, { url: front.publicUrl(), version })),
      '/v1/asyncapi.json': once(() => renderAsyncApi({ url: front.publicUrl(), version })),
    };
    for (const [path, document] of Object.entries(documents)) {
      scope.get(path, async (_request, reply) => {
        reply.header('Content-Type', 'application/json; charset=utf-8');
        return document();
      });
    }
  }

  close(): Promise<void> {
    this.#captures?.close();
    this.#feeds?.close();
    this.#bearer?.close();
    return Promise.resolve();
  }
}

/** Many clients say that they send JSON and then send nothing, where nothing is needed. */
const takeEmptyJson = (scope: FastifyInstance): void => {
  const parse = scope.getDefaultJsonParser('error', 'error');
  scope.removeContentTypeParser('application/json');
  scope.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body === '') {
      done(null, undefined);
      return;
    }
    if (typeof body !== 'string') {
      done(new GatewayError('invalid-json'));
      return;
    }
    // It tells its outcome through `done`.
    void parse(request, body, done);
  });
};

const once = (render: () => unknown): (() => string) => {
  let text: string | undefined;
  return () => (text ??= JSON.stringify(render()));
};
