import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { TokenIdentity } from '../../auth/tokens.ts';
import { parseJson } from '../../http/json.ts';
import { toGatewayError } from '../../http/problem.ts';
import { signalOf, tellPbx } from '../../http/replies.ts';
import type { TenantId } from '../../model/ids.ts';
import type { Gateway } from '../gateway.ts';
import { getExtension, getUser, listExtensions } from './account.ts';
import { actOnCall, createCallback, deleteCall, getCall, listCalls, listClientCalls } from './calls.ts';
import { explain, notFound, rateLimited, renderError, TelphinError, unauthorized } from './errors.ts';
import { getHistory, listHistory } from './call-history.ts';
import { changeEvent, createEvent, deleteEvent, deleteEvents, getEvent, listEvents } from './events.ts';
import { oauthRoutes } from './oauth.ts';
import { defaultTelphinOptions } from './options.ts';
import { type Allowance, RateLimit, untouched } from './rate-limit.ts';
import type { Answer, Asked, TenantSource } from './source.ts';
import { valetPark } from './valet-park.ts';

export interface RoutesOptions {
  readonly gateway: Gateway;
  readonly sourceOf: (tenant: TenantId) => TenantSource | undefined;
}

const maxBody = 64 * 1024;
/** The vendor's, and the bare paths that its pages print. */
const bases = ['/api/ver1.0', ''];
/** Whatever else is asked for there gets the vendor's 404. */
const unserved = ['/api/ver1.0/*', '/extension/*', '/client/*'];

type Operation = (asked: Asked) => Answer | Promise<Answer>;

/** Every path works with and without a slash at its end. */
export const operations: readonly (readonly [method: string, path: string, operation: Operation])[] = [
  ['GET', '/user', getUser],
  ['GET', '/client/:client/extension', listExtensions],
  ['GET', '/client/:client/extension/:extension', getExtension],
  ['GET', '/client/:client/current_calls', listClientCalls],
  ['POST', '/client/:client/event', createEvent],
  ['GET', '/client/:client/event', listEvents],
  ['DELETE', '/client/:client/event', deleteEvents],
  ['GET', '/client/:client/event/:event', getEvent],
  ['PUT', '/client/:client/event/:event', changeEvent],
  ['DELETE', '/client/:client/event/:event', deleteEvent],
  ['GET', '/client/:client/call_history', listHistory],
  ['GET', '/client/:client/call_history/:call', getHistory],
  ['GET', '/extension/:extension', getExtension],
  ['POST', '/extension/:extension/event', createEvent],
  ['GET', '/extension/:extension/event', listEvents],
  ['DELETE', '/extension/:extension/event', deleteEvents],
  ['GET', '/extension/:extension/event/:event', getEvent],
  ['PUT', '/extension/:extension/event/:event', changeEvent],
  ['DELETE', '/extension/:extension/event/:event', deleteEvent],
  ['POST', '/extension/:extension/callback', createCallback],
  ['GET', '/extension/:extension/call_history', listHistory],
  ['GET', '/extension/:extension/current_calls', listCalls],
  ['GET', '/extension/:extension/current_calls/:call', getCall],
  ['PUT', '/extension/:extension/current_calls/:call', actOnCall],
  ['DELETE', '/extension/:extension/current_calls/:call', deleteCall],
  ['PUT', '/extension/:extension/valet_park/:call', valetPark],
];

export const telphinRoutes = async (scope: FastifyInstance, options: RoutesOptions): Promise<void> => {
  // Bodies are JSON, and the tokens' a form, whatever a client calls them.
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser('*', { parseAs: 'string', bodyLimit: maxBody }, (_request, body, done) => done(null, body));
  const serves = (tenant: TenantId): boolean => options.sourceOf(tenant) !== undefined;
  await scope.register(async (part) => {
    tellAllowances(part, () => undefined);
    oauthRoutes(part, { gateway: options.gateway, serves });
  });
  await scope.register(async (part) => apiRoutes(part, options));
};

const apiRoutes = (scope: FastifyInstance, { gateway, sourceOf }: RoutesOptions): void => {
  const limits = new RateLimit(gateway.clock);
  const allowances = new WeakMap<FastifyRequest, Allowance>();

  const handle = async (request: FastifyRequest, reply: FastifyReply, operation: Operation): Promise<FastifyReply> => {
    const { identity, grant } = identify(gateway, request.headers.authorization);
    const source = sourceOf(identity.tenant);
    if (source === undefined) throw unauthorized();
    const allowance = limits.spend(grant.client, source.options.requestsPerHour);
    allowances.set(request, allowance);
    if (allowance.isExceeded) throw rateLimited();
    tellPbx(reply, source.engine.status());
    const params = request.params as Readonly<Record<string, string>>;
    const body = parseJson(typeof request.body === 'string' ? request.body : '', {});
    const { searchParams: query } = new URL(request.url, 'http://host');
    const answer = await operation({ identity, grant, source, params, query, body, signal: signalOf(reply) });
    return send(reply, answer.status, answer.body);
  };

  for (const base of bases) {
    for (const [method, path, operation] of operations) {
      for (const url of [`${base}${path}`, `${base}${path}/`]) {
        scope.route({ method, url, handler: (request, reply) => handle(request, reply, operation) });
      }
    }
  }
  for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']) {
    for (const url of unserved) {
      scope.route({ method, url, handler: (request, reply) => handle(request, reply, () => Promise.reject(notFound())) });
    }
  }

  tellAllowances(scope, (request) => allowances.get(request));
  scope.setErrorHandler((thrown, request, reply) => {
    const error = explain(thrown instanceof TelphinError ? thrown : toGatewayError(thrown));
    if (error.httpStatus === 500) request.log.error({ event: 'telphin.failed', err: thrown }, 'request failed');
    return send(reply, error.httpStatus, renderError(error));
  });
};

/** With every reply, also where nobody is known yet or nothing is counted. */
const tellAllowances = (scope: FastifyInstance, allowanceOf: (request: FastifyRequest) => Allowance | undefined): void => {
  scope.addHook('onSend', async (request, reply, payload) => {
    const { limit, remaining, resetSeconds } = allowanceOf(request) ?? untouched(defaultTelphinOptions.requestsPerHour);
    void reply.headers({ 'X-RateLimit-Limit': limit, 'X-RateLimit-Remaining': remaining, 'X-RateLimit-Reset': resetSeconds });
    return payload;
  });
};

const identify = ({ tokens }: Gateway, authorization: string | undefined): TokenIdentity => {
  const token = /^Bearer +(\S{1,512}) *$/i.exec(authorization ?? '')?.[1];
  const found = token === undefined ? undefined : tokens.identify(token);
  if (found === undefined) throw unauthorized();
  return found;
};

const send = (reply: FastifyReply, status: number, body: object | undefined): FastifyReply => {
  void reply.code(status).header('Cache-Control', 'no-store');
  return body === undefined ? reply.send() : reply.header('Content-Type', 'application/json; charset=utf-8').send(JSON.stringify(body));
};
