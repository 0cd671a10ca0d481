import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Identity } from '../../auth/auth.ts';
import { requireScope } from '../../http/bearer.ts';
import type { HttpFront } from '../../http/http-server.ts';
import { toGatewayError } from '../../http/problem.ts';
import { signalOf, tellPbx } from '../../http/replies.ts';
import { GatewayError } from '../../model/errors.ts';
import type { TenantId } from '../../model/ids.ts';
import type { Clock } from '../../model/time.ts';
import type { Guard } from './auth.ts';
import { maxMessageBytes, type Connections } from './connections.ts';
import { explain, renderRefusal } from './errors.ts';
import { parseBody } from './parse.ts';
import { configuredResources, olderResources } from './configured.ts';
import { liveResources } from './resources.ts';
import type { TenantSource } from './source.ts';
import { follow, instance, type Instance, type Resource } from './tree.ts';

export interface RoutesOptions {
  readonly front: HttpFront;
  readonly guard: Guard;
  readonly connections: Connections;
  readonly clock: Clock;
  readonly sourceOf: (tenant: TenantId) => TenantSource | undefined;
}

const base = '/communication_manager';
const live = `${base}/rest/live/`;
const configured = `${base}/rest/config/server/`;
const older = `${base}/api/resource/`;
/** Where the WebSocket is spoken. */
export const eventPath = `${base}/ws/event`;
const maxBody = 64 * 1024;
const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];

export const iSymphonyRoutes = (scope: FastifyInstance, options: RoutesOptions): void => {
  const { front, guard, connections, clock, sourceOf } = options;
  const requireSource = ({ tenant }: Identity): TenantSource => {
    const source = sourceOf(tenant);
    if (source === undefined) throw new GatewayError('not-found');
    return source;
  };

  front.upgrades.add(eventPath, {
    maxPayload: maxMessageBytes,
    authorize: async (request) => {
      const identity = await guard.identify(request);
      requireScope(identity, ['observe']);
      return { identity, source: requireSource(identity) };
    },
    open: (upgraded, { identity, source }) => connections.open(upgraded, identity, source),
    refuse: renderRefusal,
  });

  // Bodies are JSON whatever they call themselves, and what is wrong with one is told after the path.
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser('*', { parseAs: 'string', bodyLimit: maxBody }, (_request, body, done) => done(null, body));
  scope.setErrorHandler((thrown, request, reply) => {
    const error = toGatewayError(thrown);
    if (error.code === 'internal') request.log.error({ event: 'isymphony.failed', err: thrown }, 'request failed');
    const { status, text, headers } = explain(error);
    void reply.code(status).headers(headers).send(text);
  });

  scope.route({
    method: methods,
    url: `${live}*`,
    handler: async (request, reply) => {
      const identity = await guard.identify(request.raw);
      const source = requireSource(identity);
      requireScope(identity, request.method === 'GET' ? ['observe'] : ['control', 'control-own', 'supervise', 'record']);
      tellPbx(reply, source.engine.status());
      const resources = liveResources({ identity, source, clock, signal: signalOf(reply) });
      const target = follow(rootOf(resources), partsOf(request, live));
      if (request.method === 'GET' && target.kind === 'resource') return sendJson(reply, render(target.resource));
      if (request.method === 'POST' && target.kind === 'action') {
        await target.perform(typeof request.body === 'string' ? request.body : '');
        return reply.code(204).send();
      }
      void reply.header('Allow', target.kind === 'action' ? 'POST' : 'GET');
      throw new GatewayError('method-not-allowed', { method: request.method });
    },
  });
  const serveConfiguration = (root: string, children: (source: TenantSource) => Instance['children']): void => {
    scope.route({
      method: methods,
      url: `${root}*`,
      handler: async (request, reply) => {
        const identity = await guard.identify(request.raw);
        requireScope(identity, ['observe']);
        // The older form can be asked to leave out what it never tells here.
        const path = partsOf(request, root).filter((part) => part !== 'noHash');
        const target = follow(rootOf(children(requireSource(identity))), path);
        if (request.method === 'GET' && target.kind === 'resource') return sendJson(reply, render(target.resource));
        const { slug } = parseBody(typeof request.body === 'string' ? request.body : '', slugBody);
        const isNamed = request.method !== 'POST' || path.at(-1) !== 'coreServers' || slug !== '';
        return isNamed ? Promise.reject(new GatewayError('kept-in-configuration')) : sendText(reply, 409, noSlug);
      },
    });
  };
  serveConfiguration(configured, configuredResources);
  serveConfiguration(older, olderResources);
  // The vendor's server has more: pages, and the rest of its configuration.
  scope.route({
    method: methods,
    url: `${base}/*`,
    handler: async (request) => {
      await guard.identify(request.raw);
      throw new GatewayError(request.url.startsWith(eventPath) ? 'upgrade-required' : 'not-found');
    },
  });
};

const rootOf = (children: Instance['children']): Instance => instance('', () => ({}), children);

const render = (resource: Resource): unknown =>
  resource.kind === 'set' ? resource.items().map((item) => item.render()) : resource.render();

/** What of a core server that is to be added is looked at; the vendor's words where it is missing. */
const slugBody = z.looseObject({ slug: z.string().default('') });
const noSlug = 'No slug provided.';

const sendText = (reply: FastifyReply, status: number, text: string): FastifyReply =>
  reply.code(status).header('Content-Type', 'text/plain; charset=utf-8').send(text);

const sendJson = (reply: FastifyReply, body: unknown): FastifyReply =>
  reply.header('Content-Type', 'application/json; charset=utf-8').header('Cache-Control', 'no-store').send(JSON.stringify(body));

/** The parts of the path below `root`, undecoded: a name may hold a slash. */
const partsOf = (request: FastifyRequest, root: string): readonly string[] => {
  const path = request.url.split('?', 1)[0] ?? '';
  return path
    .slice(root.length)
    .split('/')
    .filter((part, index, parts) => part !== '' || index < parts.length - 1);
};
