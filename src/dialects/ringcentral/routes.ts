import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { parseJson } from '../../http/json.ts';
import type { HttpFront } from '../../http/http-server.ts';
import { toGatewayError } from '../../http/problem.ts';
import { signalOf, tellPbx } from '../../http/replies.ts';
import { GatewayError } from '../../model/errors.ts';
import type { TenantId } from '../../model/ids.ts';
import type { Gateway } from '../gateway.ts';
import type { Guard } from './auth.ts';
import type { Answer, Endpoint } from './endpoint.ts';
import { renderVersion, renderVersions } from './endpoints/account.ts';
import { discoveryRoutes } from './discovery.ts';
import { endpoints } from './endpoints.ts';
import { explain, invalidUri, renderError, RingCentralError } from './errors.ts';
import { oauthRoutes } from './oauth.ts';
import { queryOf, sendText } from './replies.ts';
import type { TenantSource } from './source.ts';
import { uuidOf } from './uuid.ts';

export interface RoutesOptions {
  readonly gateway: Gateway;
  readonly front: HttpFront;
  readonly guard: Guard;
  readonly sourceOf: (tenant: TenantId) => TenantSource | undefined;
}

const maxBody = 256 * 1024;

export const ringCentralRoutes = (scope: FastifyInstance, options: RoutesOptions): void => {
  const { gateway } = options;
  // Every client says JSON, also of bodies that are empty, `null` or a form: what a body is, the address says.
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser('*', { parseAs: 'string', bodyLimit: maxBody }, (_request, body, done) => done(null, body));
  scope.addHook('onRequest', async (request, reply) => {
    void reply.header('RCRequestId', uuidOf(request.id));
    void reply.header('Access-Control-Allow-Origin', '*');
    void reply.header('Access-Control-Expose-Headers', exposedHeaders);
  });
  scope.setErrorHandler((thrown, request, reply) => sendError(request, reply, thrown));
  oauthRoutes(scope, options);
  discoveryRoutes(scope, options);
  openRoutes(scope, options);
  for (const endpoint of endpoints) {
    for (const url of [endpoint.path, `${endpoint.path}/`]) {
      scope.route({ method: endpoint.method, url, handler: (request, reply) => serve(options, endpoint, request, reply) });
    }
  }
  const stop: AbortSignal = gateway.stopping;
  scope.route({
    method: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
    url: '/restapi/*',
    handler: () => {
      throw stop.aborted ? new GatewayError('shutting-down') : invalidUri();
    },
  });
  scope.route({
    method: 'OPTIONS',
    url: '/restapi/*',
    handler: (_request, reply) =>
      reply
        .code(204)
        .header('Access-Control-Allow-Methods', 'GET, POST, PUT, PATCH, DELETE')
        .header('Access-Control-Allow-Headers', 'Authorization, Content-Type, Client-Id, X-User-Agent')
        .header('Access-Control-Max-Age', '3600')
        .send(),
  });
};

/** What health checks and apps behind a proxy of their own ask before they have a token. */
const openRoutes = (scope: FastifyInstance, { front }: RoutesOptions): void => {
  const documents: readonly (readonly [path: string, render: (base: string) => object])[] = [
    ['/restapi', renderVersions],
    ['/restapi/v1.0', renderVersion],
    ['/restapi/v1.0/client-info', () => ({})],
  ];
  for (const [path, render] of documents) {
    for (const url of [path, `${path}/`]) {
      scope.route({
        method: 'GET',
        url,
        handler: (_request, reply) => sendAnswer(reply, { status: 200, body: render(front.publicUrl()) }),
      });
    }
  }
};

const exposedHeaders = 'RCRequestId, Retry-After, X-Rate-Limit-Group, X-Rate-Limit-Limit, X-Rate-Limit-Remaining, X-Rate-Limit-Window';

const serve = async (
  { guard, front, gateway }: RoutesOptions,
  { handle }: Endpoint,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> => {
  const query = queryOf(request);
  const asker = guard.byRequest(request.headers.authorization, query);
  tellPbx(reply, asker.source.engine.status());
  const answer = await handle({
    asker,
    parameters: request.params as Readonly<Record<string, string>>,
    query,
    body: parseBody(typeof request.body === 'string' ? request.body : ''),
    base: front.publicUrl(),
    signal: AbortSignal.any([gateway.stopping, signalOf(reply)]),
  });
  return sendAnswer(reply, answer);
};

/** Empty and `null` are no body. */
export const parseBody = (text: string): unknown => parseJson(text, undefined) ?? undefined;

const sendAnswer = (reply: FastifyReply, { status, body }: Answer): FastifyReply =>
  body === undefined ? reply.code(status).header('Cache-Control', 'no-store').send() : sendText(reply.code(status), JSON.stringify(body));

const sendError = (request: FastifyRequest, reply: FastifyReply, thrown: unknown): FastifyReply => {
  const error = explain(thrown instanceof RingCentralError ? thrown : toGatewayError(thrown));
  if (error.code === 'CMN-203') request.log.error({ event: 'ringcentral.failed', err: thrown }, 'request failed');
  if (error.retryAfter !== undefined) void reply.header('Retry-After', String(error.retryAfter));
  return sendAnswer(reply, { status: error.status, body: renderError(error) });
};
