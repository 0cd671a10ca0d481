import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Grant, IssuedTokens, OAuthClient } from '../../auth/tokens.ts';
import type { User } from '../../auth/users.ts';
import { GatewayError } from '../../model/errors.ts';
import type { TenantId } from '../../model/ids.ts';
import type { Gateway } from '../gateway.ts';
import { renderConsent } from './consent-page.ts';

export interface OAuthOptions {
  readonly gateway: Gateway;
  /** Whether the tenant is served by this dialect. */
  readonly serves: (tenant: TenantId) => boolean;
}

const lifetimes = { accessSeconds: 3_600, refreshSeconds: 30 * 24 * 3_600 };
const codeSeconds = 600;

/** RFC 6749: client credentials, password, code (sections 4.4, 4.3, 4.1) and refresh; errors in its own shape, section 5.2. */
export const oauthRoutes = (scope: FastifyInstance, options: OAuthOptions): void => {
  for (const url of ['/oauth/token', '/oauth/token/']) {
    scope.route({ method: 'POST', url, handler: (request, reply) => answerToken(request, reply, options) });
  }
  for (const url of ['/oauth/authorize', '/oauth/authorize/']) {
    scope.route({ method: 'GET', url, handler: (request, reply) => showConsent(request, reply, options) });
    scope.route({ method: 'POST', url, handler: (request, reply) => takeConsent(request, reply, options) });
  }
};

/** Of the form and of the query together: one public client writes the latter. */
const parametersOf = (request: FastifyRequest): URLSearchParams => {
  const question = request.url.indexOf('?');
  const query = question === -1 ? '' : request.url.slice(question + 1);
  const body = typeof request.body === 'string' ? request.body : '';
  if (!body.trimStart().startsWith('{')) return new URLSearchParams(`${body}&${query}`);
  try {
    const fields = Object.entries(JSON.parse(body) as Readonly<Record<string, unknown>>);
    return new URLSearchParams(fields.map(([name, value]): [string, string] => [name, typeof value === 'string' ? value : '']));
  } catch {
    // No JSON, and no form either: it says nothing.
    return new URLSearchParams(query);
  }
};

const answerToken = async (request: FastifyRequest, reply: FastifyReply, { gateway, serves }: OAuthOptions): Promise<FastifyReply> => {
  const { tokens, users } = gateway;
  const parameters = parametersOf(request);
  const [id, secret] = clientOf(request, parameters);
  const client = tokens.client(id, secret);
  if (client === undefined || !serves(client.tenant)) return refuse(reply, 401, 'invalid_client');
  const redirectUri = parameters.get('redirect_uri') ?? undefined;
  switch (parameters.get('grant_type')) {
    case 'client_credentials':
      return sendTokens(reply, tokens.issue({ client: client.id, tenant: client.tenant, scopes: client.scopes }, lifetimes));
    case 'password': {
      const user = await users.byPassword(client.tenant, parameters.get('username') ?? '', parameters.get('password') ?? '');
      return user === undefined ? refuse(reply, 400, 'invalid_grant') : sendTokens(reply, tokens.issue(grantOf(client, user), lifetimes));
    }
    case 'authorization_code': {
      const issued = tokens.redeemCode(parameters.get('code') ?? '', client.id, redirectUri, lifetimes);
      return issued === undefined ? refuse(reply, 400, 'invalid_grant') : sendTokens(reply, issued.tokens);
    }
    case 'refresh_token': {
      const issued = tokens.refresh(parameters.get('refresh_token') ?? '', client.id, lifetimes);
      return issued === undefined ? refuse(reply, 400, 'invalid_grant') : sendTokens(reply, issued.tokens);
    }
    case null:
      return refuse(reply, 400, 'invalid_request');
    default:
      return refuse(reply, 400, 'unsupported_grant_type');
  }
};

/** What the user may do, as far as the client may: that is held to when the token is used. */
const grantOf = (client: OAuthClient, { name, extension, scopes }: User): Grant => ({
  client: client.id,
  tenant: client.tenant,
  user: name,
  scopes,
  ...(extension === undefined ? undefined : { extension }),
});

const clientOf = (request: FastifyRequest, parameters: URLSearchParams): readonly [string, string] => {
  const encoded = /^Basic ([A-Za-z0-9+/=]{1,1024})$/i.exec(request.headers.authorization ?? '')?.[1];
  if (encoded === undefined) return [parameters.get('client_id') ?? '', parameters.get('client_secret') ?? ''];
  const [id = '', ...secret] = Buffer.from(encoded, 'base64').toString('utf8').split(':');
  return [id, secret.join(':')];
};

const sendTokens = (reply: FastifyReply, { accessToken, expiresIn, refreshToken }: IssuedTokens): FastifyReply =>
  reply.header('Cache-Control', 'no-store').send({
    access_token: accessToken,
    token_type: 'Bearer',
    expires_in: expiresIn,
    scope: 'all',
    ...(refreshToken === undefined ? undefined : { refresh_token: refreshToken }),
  });

const refuse = (reply: FastifyReply, status: number, error: string): FastifyReply =>
  reply.code(status).header('Cache-Control', 'no-store').send({ error });

/** Where a code may be sent: nothing is ever sent to an address that the client has not registered. */
interface Consent {
  readonly client: OAuthClient;
  readonly redirectUri: string;
  readonly state: string | undefined;
}

const consentOf = (parameters: URLSearchParams, { gateway, serves }: OAuthOptions): Consent => {
  const client = gateway.tokens.clientNamed(parameters.get('client_id') ?? '');
  const redirectUri = parameters.get('redirect_uri') ?? client?.redirectUris?.[0] ?? '';
  if (client === undefined || !serves(client.tenant)) throw badRequest('client_id', 'There is no such application.');
  if (client.redirectUris?.includes(redirectUri) !== true) throw badRequest('redirect_uri', 'The application has not registered it.');
  if (parameters.get('response_type') !== 'code') throw badRequest('response_type', 'It is code.');
  return { client, redirectUri, state: parameters.get('state') ?? undefined };
};

const badRequest = (field: string, note: string): GatewayError =>
  new GatewayError('invalid-parameter', { field }, { note: `${field}: ${note}` });

const showConsent = (request: FastifyRequest, reply: FastifyReply, options: OAuthOptions): FastifyReply => {
  const { client } = consentOf(parametersOf(request), options);
  return sendPage(reply, renderConsent({ client: client.id, isWrong: false }));
};

const takeConsent = async (request: FastifyRequest, reply: FastifyReply, options: OAuthOptions): Promise<FastifyReply> => {
  const { tokens, users } = options.gateway;
  const parameters = parametersOf(request);
  const { client, redirectUri, state } = consentOf(parameters, options);
  const user = await users.byPassword(client.tenant, parameters.get('login') ?? '', parameters.get('password') ?? '');
  if (user === undefined) return sendPage(reply.code(403), renderConsent({ client: client.id, isWrong: true }));
  const code = tokens.issueCode({ ...grantOf(client, user), redirectUri }, codeSeconds);
  const address = new URL(redirectUri);
  address.searchParams.set('code', code);
  if (state !== undefined) address.searchParams.set('state', state);
  return reply.header('Cache-Control', 'no-store').redirect(address.href, 302);
};

const sendPage = (reply: FastifyReply, page: string): FastifyReply =>
  reply
    .header('Content-Type', 'text/html; charset=utf-8')
    .header('Cache-Control', 'no-store')
    .header('Content-Security-Policy', "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'")
    .header('Referrer-Policy', 'no-referrer')
    .send(page);
