import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Bearer } from '../../http/bearer.ts';
import { requireScope } from '../../http/bearer.ts';
import { GatewayError } from '../../model/errors.ts';
import type { Gateway } from '../gateway.ts';
import type { Endpoint } from './endpoint.ts';
import { parseQuery, parseWith } from './parse.ts';

/** Puts an endpoint on the server: who asks, what exactly, and the answer. */
export const addEndpoint = (scope: FastifyInstance, endpoint: Endpoint, gateway: Gateway, bearer: Bearer): void => {
  scope.route({
    method: endpoint.method,
    url: endpoint.path.replaceAll(/\{(\w+)\}/g, ':$1'),
    handler: async (request, reply) => {
      const identity = bearer.identify(request.raw);
      requireScope(identity, endpoint.scopes);
      const engine = gateway.engine(identity.tenant);
      if (engine === undefined) throw new GatewayError('internal', { tenant: identity.tenant });
      const input = {
        params: endpoint.params === undefined ? undefined : parseWith(endpoint.params, request.params),
        query: endpoint.query === undefined ? undefined : parseWith(endpoint.query, parseQuery(queryOf(request))),
        // No body is as good as an empty one.
        body: endpoint.body === undefined ? undefined : parseWith(endpoint.body, request.body ?? {}),
      };
      const signal = AbortSignal.any([gateway.stopping, whenGone(reply)]);
      const answer = await endpoint.handle(input, { gateway, identity, engine, headers: request.headers, signal });
      return reply
        .code(answer.status)
        .headers({ 'Cache-Control': 'no-store', ...answer.headers })
        .send(answer.body);
    },
  });
};

/** What follows the question mark, undecoded. */
export const queryOf = (request: FastifyRequest): string => {
  const question = request.url.indexOf('?');
  return question === -1 ? '' : request.url.slice(question + 1);
};

const whenGone = (reply: FastifyReply): AbortSignal => {
  const gone = new AbortController();
  reply.raw.once('close', () => gone.abort());
  return gone.signal;
};
