import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Identity } from '../../auth/auth.ts';
import type { IssuedTokens } from '../../auth/tokens.ts';
import { requireScope } from '../../http/bearer.ts';
import type { HttpFront } from '../../http/http-server.ts';
import { toGatewayError } from '../../http/problem.ts';
import { GatewayError } from '../../model/errors.ts';
import type { TenantId } from '../../model/ids.ts';
import type { Gateway } from '../gateway.ts';
import type { Guard } from './auth.ts';
import { operationOf } from './callapi.ts';
import type { TenantSource } from './calls.ts';
import { explainUnified, renderException } from './errors.ts';
import { renderPage, type PageContent } from './page.ts';
import { checkUser, Parameters, parseExtension, parseRequestChange } from './parse.ts';
import {
  actOnCall,
  createCall,
  createEvent,
  deleteCalls,
  deleteEvents,
  listCalls,
  listEvents,
  notImplemented,
  parseJson,
  updateEvent,
  type UnifiedAnswer,
  type UnifiedAsked,
} from './unified.ts';
import { renderXml, toJson, type Tree } from './xml.ts';

export interface RoutesOptions {
  readonly gateway: Gateway;
  readonly front: HttpFront;
  readonly guard: Guard;
  readonly sourceOf: (tenant: TenantId) => TenantSource | undefined;
}

const maxBody = 64 * 1024;
/** The older documentation says two hours, the newer one. */
const accessSeconds = 3_600;
const refreshSeconds = 30 * 24 * 3_600;
const unifiedBases = ['/uapi', '/unifiedapi'];
const eventsPage = '/voipnow/extensions/:extension/callapi-events';

export const voipNowRoutes = async (scope: FastifyInstance, options: RoutesOptions): Promise<void> => {
  // What a body is, the address says: clients of all three send forms under other names, and JSON under none.
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser('*', { parseAs: 'string', bodyLimit: maxBody }, (_request, body, done) => done(null, body));
  await scope.register(async (part) => callApiRoutes(part, options));
  await scope.register(async (part) => unifiedRoutes(part, options));
  await scope.register(async (part) => tokenRoutes(part, options));
  await scope.register(async (part) => pageRoutes(part, options));
};

const callApiRoutes = (scope: FastifyInstance, options: RoutesOptions): void => {
  const { guard, front } = options;
  const identify = (request: FastifyRequest, parameters: Parameters): Identity => {
    const { authorization } = request.headers;
    if (authorization !== undefined && /^OAuth /i.test(authorization)) {
      const path = request.url.split('?', 1)[0] ?? '';
      const urls = [`${request.protocol}://${request.host}${path}`, `${front.publicUrl()}${path}`];
      return guard.bySignature({ method: request.method, urls, authorization }, parameters);
    }
    return guard.byDigest(parameters.get('Account') ?? '', parameters.get('PassSHA256') ?? '');
  };
  const answer = async (request: FastifyRequest, reply: FastifyReply, named: (parameters: Parameters) => Named): Promise<FastifyReply> => {
    const parameters = parametersOf(request);
    let version = '251';
    try {
      const name = named(parameters);
      if (/^\d{3}$/.test(name.version)) version = name.version;
      const operation = operationOf(name.resource, name.method);
      if (operation === undefined || !/^\d{3}$/.test(name.version)) {
        throw new GatewayError('not-supported', {}, { note: 'There is no such resource, method or version.' });
      }
      const identity = identify(request, parameters);
      const source = sourceOf(options, identity);
      tellPbx(reply, source);
      const tree = await operation({ identity, source, parameters, signal: signalOf(reply) });
      return sendTree(reply, parameters, version, [['Answer', [['Status', '200'], ['StatusMessage', 'OK'], ...tree]]]);
    } catch (thrown) {
      const error = toGatewayError(thrown);
      if (error.code === 'internal') request.log.error({ event: 'voipnow.failed', err: thrown }, 'request failed');
      return sendTree(reply, parameters, version, exceptionTree(error));
    }
  };
  for (const path of ['/callapi/:version/:resource/:method', '/callapi/:version/:resource/:method/']) {
    scope.route({
      method: ['GET', 'POST'],
      url: path,
      handler: (request, reply) => answer(request, reply, () => request.params as Named),
    });
  }
  scope.route({
    method: ['GET', 'POST'],
    url: '/callapi/handler.php',
    handler: (request, reply) =>
      answer(request, reply, (parameters) => ({
        version: parameters.required('_version'),
        resource: parameters.required('_resource'),
        method: parameters.required('_method'),
      })),
  });
  scope.setErrorHandler((thrown, _request, reply) => sendTree(reply, new Parameters('', ''), '251', exceptionTree(toGatewayError(thrown))));
};

interface Named {
  readonly version: string;
  readonly resource: string;
  readonly method: string;
}

/** Both texts, for some readers look at the one and some at the other; `Status` first, for some read no further. */
const exceptionTree = (error: GatewayError): Tree => {
  const { status, code, message } = renderException(error);
  return [
    [
      'Exception',
      [
        ['Status', String(status)],
        ['Code', String(code)],
        ['StatusMessage', message],
        ['Message', message],
      ],
    ],
  ];
};

const sendTree = (reply: FastifyReply, parameters: Parameters, version: string, tree: Tree): FastifyReply => {
  void reply.code(200).header('Cache-Control', 'no-store');
  if (parameters.get('AnswerFormat')?.toLowerCase() === 'json') {
    return reply.header('Content-Type', 'application/json; charset=utf-8').send(JSON.stringify({ CallAPI: toJson(tree) }));
  }
  return reply.header('Content-Type', 'text/xml; charset=utf-8').send(renderXml('CallAPI', { version }, tree));
};

type UnifiedOperation = (asked: UnifiedAsked) => UnifiedAnswer | Promise<UnifiedAnswer>;

const unifiedRoutes = (scope: FastifyInstance, options: RoutesOptions): void => {
  const { guard, front } = options;
  const add = (method: string, path: string, operation: UnifiedOperation): void => {
    for (const base of unifiedBases) {
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
            tellPbx(reply, source);
            const body = await operation({
              identity,
              source,
              signal: signalOf(reply),
              query,
              body: parseJson(typeof request.body === 'string' ? request.body : ''),
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
  for (const path of ['/phoneCalls/:user/:extension', '/phoneCalls/:user/:extension/:id']) {
    add('GET', path, listCalls);
    add('DELETE', path, deleteCalls);
  }
  add('PUT', '/phoneCalls/:user/:extension/:id', actOnCall);
  for (const method of ['GET', 'POST', 'PUT', 'DELETE']) add(method, '/*', notImplemented);

  scope.setErrorHandler((thrown, request, reply) => {
    const error = explainUnified(thrown instanceof Error && thrown.name === 'UnifiedError' ? thrown : toGatewayError(thrown));
    if (error.status === 500) request.log.error({ event: 'voipnow.failed', err: thrown }, 'request failed');
    void reply.code(error.status);
    return sendJson(reply, { error: { code: error.code, message: error.message } });
  });
};

/** RFC 6749 sections 4.4, 4.1.3 and 6; errors in its own shape, section 5.2. */
const tokenRoutes = (scope: FastifyInstance, { gateway, sourceOf: find }: RoutesOptions): void => {
  const { tokens } = gateway;
  scope.route({
    method: 'POST',
    url: '/oauth/token.php',
    handler: (request, reply) => {
      const parameters = parametersOf(request);
      const [id, secret] = clientOf(request, parameters);
      const client = tokens.client(id, secret);
      if (client === undefined || find(client.tenant) === undefined) return refuseToken(reply, 401, 'invalid_client');
      const lifetimes = { accessSeconds, refreshSeconds };
      switch (parameters.get('grant_type')) {
        case 'client_credentials':
          return sendTokens(
            reply,
            tokens.issue({ client: client.id, tenant: client.tenant, scopes: client.scopes }, { accessSeconds }),
            parameters,
          );
        case 'authorization_code': {
          const issued = tokens.redeemCode(parameters.get('code') ?? '', client.id, parameters.get('redirect_uri'), lifetimes);
          return issued === undefined ? refuseToken(reply, 400, 'invalid_grant') : sendTokens(reply, issued.tokens, parameters);
        }
        case 'refresh_token': {
          const issued = tokens.refresh(parameters.get('refresh_token') ?? '', client.id, lifetimes);
          return issued === undefined ? refuseToken(reply, 400, 'invalid_grant') : sendTokens(reply, issued.tokens, parameters);
        }
        case undefined:
          return refuseToken(reply, 400, 'invalid_request');
        default:
          return refuseToken(reply, 400, 'unsupported_grant_type');
      }
    },
  });
};

const clientOf = (request: FastifyRequest, parameters: Parameters): readonly [string, string] => {
  const encoded = /^Basic ([A-Za-z0-9+/=]{1,1024})$/i.exec(request.headers.authorization ?? '')?.[1];
  if (encoded === undefined) return [parameters.get('client_id') ?? '', parameters.get('client_secret') ?? ''];
  const [id = '', ...secret] = Buffer.from(encoded, 'base64').toString('utf8').split(':');
  return [id, secret.join(':')];
};

const sendTokens = (reply: FastifyReply, { accessToken, expiresIn, refreshToken }: IssuedTokens, parameters: Parameters): FastifyReply => {
  const state = parameters.get('state');
  return sendJson(reply, {
    access_token: accessToken,
    expires_in: expiresIn,
    token_type: 'Bearer',
    ...(refreshToken === undefined ? undefined : { refresh_token: refreshToken }),
    ...(state === undefined ? undefined : { state }),
  });
};

const refuseToken = (reply: FastifyReply, status: number, error: string): FastifyReply => sendJson(reply.code(status), { error });

const pageRoutes = (scope: FastifyInstance, options: RoutesOptions): void => {
  const { guard, front } = options;
  const admit = (request: FastifyRequest): { readonly source: TenantSource; readonly page: PageContent } => {
    const identity = guard.byPassword(request.headers.authorization);
    requireScope(identity, ['control']);
    const source = sourceOf(options, identity);
    const extension = parseExtension((request.params as { readonly extension: string }).extension, source.numbers);
    return { source, page: contentOf(source, extension) };
  };

  scope.route({
    method: 'GET',
    url: eventsPage,
    handler: (request, reply) => {
      const { source, page } = admit(request);
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
      const { source, page } = admit(request);
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
  requests: requests.list(extension).map((request) => ({ request, view: publisher.view(request), last: publisher.lastAttempt(request) })),
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

const sendJson = (reply: FastifyReply, body: object): FastifyReply =>
  reply.header('Content-Type', 'application/json; charset=utf-8').header('Cache-Control', 'no-store').send(JSON.stringify(body));

const sourceOf = ({ sourceOf: find }: RoutesOptions, { tenant }: Identity): TenantSource => {
  const source = find(tenant);
  if (source === undefined) throw new GatewayError('unauthorized');
  return source;
};

/** How far the PBX can be trusted that this answer tells of. */
const tellPbx = (reply: FastifyReply, { engine }: TenantSource): void => {
  const { status, since } = engine.status();
  void reply.header('Switchhook-PBX', `${status}; since=${since}`);
};

const parametersOf = (request: FastifyRequest): Parameters => {
  const question = request.url.indexOf('?');
  return new Parameters(question === -1 ? '' : request.url.slice(question + 1), typeof request.body === 'string' ? request.body : '');
};

/** Aborts when the client leaves. */
const signalOf = (reply: FastifyReply): AbortSignal => {
  const leaving = new AbortController();
  reply.raw.once('close', () => leaving.abort());
  return leaving.signal;
};
