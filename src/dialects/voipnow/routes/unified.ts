import type { FastifyInstance } from 'fastify';
import { parseJson } from '../../../http/json.ts';
import { toGatewayError } from '../../../http/problem.ts';
import { signalOf, tellPbx } from '../../../http/replies.ts';
import { explainUnified } from '../errors.ts';
import { checkUser } from '../parse.ts';
import { actOnCall } from '../unified/actions.ts';
import { notImplemented, type UnifiedAnswer, type UnifiedAsked } from '../unified/asked.ts';
import { createCall, deleteCalls, inviteToConference, listCalls } from '../unified/calls.ts';
import { createEvent, deleteEvents, listEvents, updateEvent } from '../unified/events.ts';
import { sendJson, sourceOf, type RoutesOptions } from './request.ts';

const bases = ['/uapi', '/unifiedapi'];

type UnifiedOperation = (asked: UnifiedAsked) => UnifiedAnswer | Promise<UnifiedAnswer>;

/** `/uapi` and `/unifiedapi`: JSON, with or without a slash at the end of an address. */
export const unifiedRoutes = (scope: FastifyInstance, options: RoutesOptions): void => {
  const { guard, front } = options;
  const add = (method: string, path: string, operation: UnifiedOperation): void => {
    for (const base of bases) {
      for (const url of path.endsWith('*') ? [`${base}${path}`] : [`${base}${path}`, `${base}${path}/`]) {
        scope.route({
          method,
          url,
          handler: async (request, reply) => {
            const query = new URL(request.url, 'http://host').searchParams;
            const { authorization = query.get('accessRequestToken') ?? undefined } = request.headers;
            const { identity, grant } = guard.byToken(authorization);
            const source = sourceOf(options, identity);
            const params = request.params as Readonly<Record<string, string>>;
            const { user = '@me', extension = '', type, id } = params;
            checkUser(user);
            tellPbx(reply, source.engine.status());
            const body = await operation({
              identity,
              source,
              signal: signalOf(reply),
              query,
              body: parseJson(typeof request.body === 'string' ? request.body : '', {}),
              base: `${front.publicUrl()}${base}`,
              user,
              extension,
              ...(type === undefined ? undefined : { type }),
              ...(id === undefined ? undefined : { id }),
              ...(grant.extension === undefined ? undefined : { own: grant.extension }),
            });
            return body === undefined ? reply.code(204).send() : sendJson(reply, body);
          },
        });
      }
    }
  };
  const events = '/extensions/:user/:extension/phoneCallEvents';
  add('POST', events, createEvent);
  add('POST', `${events}/:type`, createEvent);
  for (const path of [events, `${events}/:type`, `${events}/:type/:id`]) {
    add('GET', path, listEvents);
    add('DELETE', path, deleteEvents);
  }
  add('PUT', `${events}/:type/:id`, updateEvent);
  add('POST', '/phoneCalls/:user/simple', createCall);
  add('POST', '/phoneCalls/:user/callback', createCall);
  add('POST', '/phoneCalls/:user/conferenceInvite', inviteToConference);
  for (const path of ['/phoneCalls/:user/:extension', '/phoneCalls/:user/:extension/:id']) {
    add('GET', path, listCalls);
    add('DELETE', path, deleteCalls);
  }
  add('PUT', '/phoneCalls/:user/:extension/:id', actOnCall);
  for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']) add(method, '/*', notImplemented);

  scope.setErrorHandler((thrown, request, reply) => {
    const error = explainUnified(thrown instanceof Error && thrown.name === 'UnifiedError' ? thrown : toGatewayError(thrown));
    if (error.status === 500) request.log.error({ event: 'voipnow.failed', err: thrown }, 'request failed');
    void reply.code(error.status);
    return sendJson(reply, { error: { code: error.code, message: error.message } });
  });
};
