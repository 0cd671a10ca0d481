import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { requireScope } from '../../../http/bearer.ts';
import { toGatewayError } from '../../../http/problem.ts';
import { GatewayError } from '../../../model/errors.ts';
import type { TenantSource } from '../calls.ts';
import { mostCounted, renderPage, type PageContent } from '../page.ts';
import { parseExtension, parseRequestChange, type Parameters } from '../parse.ts';
import { parametersOf, sourceOf, type RoutesOptions } from './request.ts';

const eventsPage = '/voipnow/extensions/:extension/callapi-events';

/** The page of an extension's published requests. */
export const pageRoutes = (scope: FastifyInstance, options: RoutesOptions): void => {
  const { guard, front } = options;
  const admit = async (request: FastifyRequest): Promise<{ readonly source: TenantSource; readonly page: PageContent }> => {
    const identity = await guard.byPassword(request.headers.authorization, front.clients.addressOf(request.raw));
    requireScope(identity, ['control']);
    const source = sourceOf(options, identity);
    const extension = parseExtension((request.params as { readonly extension: string }).extension, source.numbers);
    return { source, page: contentOf(source, extension) };
  };

  scope.route({
    method: 'GET',
    url: eventsPage,
    handler: async (request, reply) => {
      const { source, page } = await admit(request);
      const query = new URL(request.url, 'http://host').searchParams;
      const id = query.get('edit');
      const edited = id === null ? undefined : source.requests.list(page.extension).find((each) => each.id === id);
      const done = doneTexts.get(query.get('done') ?? '');
      return sendPage(reply, {
        ...page,
        ...(edited === undefined ? undefined : { edited }),
        ...(done === undefined ? undefined : { done }),
      });
    },
  });
  scope.route({
    method: 'POST',
    url: eventsPage,
    handler: async (request, reply) => {
      const { source, page } = await admit(request);
      requireOwnPage(request, front.publicUrl());
      const parameters = parametersOf(request);
      const action = parameters.get('action') ?? '';
      try {
        await act(source, page, action, parameters);
        return await reply.redirect(`?done=${encodeURIComponent(action)}`, 303);
      } catch (thrown) {
        const error = toGatewayError(thrown);
        if (error.code === 'internal') throw thrown;
        const id = parameters.get('RequestID') ?? '';
        const edited = action === 'edit' ? source.requests.list(page.extension).find((each) => each.id === id) : undefined;
        const fault = { field: String(error.details['field'] ?? 'url'), message: error.message };
        const typed = Object.fromEntries(parameters.entries());
        const content = { ...contentOf(source, page.extension), fault, typed };
        return sendPage(reply.code(400), edited === undefined ? content : { ...content, edited });
      }
    },
  });
  scope.setErrorHandler((thrown, request, reply) => {
    const error = toGatewayError(thrown);
    if (error.code === 'internal') request.log.error({ event: 'voipnow.failed', err: thrown }, 'request failed');
    if (error.code === 'unauthorized') void reply.header('WWW-Authenticate', 'Basic realm="CallAPI account", charset="UTF-8"');
    return reply.code(error.status).header('Content-Type', 'text/plain; charset=utf-8').send(error.message);
  });
};

const doneTexts: ReadonlyMap<string, string> = new Map([
  ['add', 'The request was added.'],
  ['edit', 'The request was saved.'],
  ['enable', 'The request was enabled; it is made for what happens from now on.'],
  ['disable', 'The request was disabled.'],
  ['remove', 'The request was removed.'],
]);

const act = async ({ requests }: TenantSource, { extension }: PageContent, action: string, parameters: Parameters): Promise<void> => {
  switch (action) {
    case 'add': {
      const { type = 0, ...change } = parseRequestChange(parameters);
      const id = parameters.get('RequestID');
      const url = parameters.required('URL');
      await requests.add({ ...change, type, url, extension, profile: 'callapi2', ...(id === undefined ? undefined : { id }) });
      return;
    }
    case 'edit':
      await requests.edit(extension, parameters.required('RequestID'), parseRequestChange(parameters));
      return;
    case 'enable':
    case 'disable':
      await requests.edit(extension, parameters.required('RequestID'), { enabled: action === 'enable' });
      return;
    case 'remove':
      requests.remove(extension, parameters.required('RequestID'));
      return;
    default:
      throw new GatewayError('invalid-parameter', { field: 'action' });
  }
};

const contentOf = ({ engine, requests, publisher }: TenantSource, extension: PageContent['extension']): PageContent => ({
  extension,
  name: engine.extension(extension)?.name ?? '',
  requests: requests.list(extension).map((request) => ({
    request,
    view: publisher.view(request),
    last: publisher.lastAttempt(request),
    givenUp: publisher.givenUp(request, mostCounted),
  })),
});

/** A browser sends the password with any form, from whatever page it comes: only the page's own is taken. */
const requireOwnPage = ({ headers, protocol, host }: FastifyRequest, publicUrl: string): void => {
  const { origin } = headers;
  const site = headers['sec-fetch-site'];
  const own = [`${protocol}://${host}`, new URL(publicUrl).origin];
  if ((site !== undefined && site !== 'same-origin') || (origin !== undefined && !own.includes(origin))) {
    throw new GatewayError('forbidden', {}, { note: 'The form came from another page.' });
  }
};

const sendPage = (reply: FastifyReply, content: PageContent): FastifyReply =>
  reply
    .header('Content-Type', 'text/html; charset=utf-8')
    .header('Cache-Control', 'no-store')
    .header(
      'Content-Security-Policy',
      "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'self'",
    )
    .header('Referrer-Policy', 'same-origin')
    .send(renderPage(content));
