import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { createBrake, type Brake } from '../../auth/brake.ts';
import type { Grant, IssuedTokens, OAuthClient } from '../../auth/tokens.ts';
import type { User } from '../../auth/users.ts';
import { authorizationRoutes } from '../../http/authorization.ts';
import type { TenantId } from '../../model/ids.ts';
import type { Gateway } from '../gateway.ts';

export interface OAuthOptions {
  readonly gateway: Gateway;
  /** Whether the tenant is served by this dialect. */
  readonly serves: (tenant: TenantId) => boolean;
}

const lifetimes = { accessSeconds: 3_600, refreshSeconds: 30 * 24 * 3_600 };
const codeSeconds = 600;

/** RFC 6749: client credentials, password, code (sections 4.4, 4.3, 4.1) and refresh; errors in its own shape, section 5.2. */
export const oauthRoutes = (scope: FastifyInstance, options: OAuthOptions): void => {
  const { gateway, serves } = options;
  const brake = createBrake(gateway);
  for (const url of ['/oauth/token', '/oauth/token/']) {
    scope.route({ method: 'POST', url, handler: (request, reply) => answerToken(request, reply, { ...options, brake }) });
  }
  const { tokens, users } = gateway;
  authorizationRoutes(scope, { paths: ['/oauth/authorize', '/oauth/authorize/'], tokens, users, serves, codeSeconds });
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

const answerToken = async (
  request: FastifyRequest,
  reply: FastifyReply,
  { gateway, serves, brake }: OAuthOptions & { readonly brake: Brake },
): Promise<FastifyReply> => {
  const { tokens } = gateway;
  const parameters = parametersOf(request);
  const [id, secret] = clientOf(request, parameters);
  const client = tokens.client(id, secret);
  if (client === undefined || !serves(client.tenant)) return refuse(reply, 401, 'invalid_client');
  const redirectUri = parameters.get('redirect_uri') ?? undefined;
  switch (parameters.get('grant_type')) {
    case 'client_credentials':
      return sendTokens(reply, tokens.issue({ client: client.id, tenant: client.tenant, scopes: client.scopes }, lifetimes));
    case 'password': {
      const login = { name: parameters.get('username') ?? '', password: parameters.get('password') ?? '' };
      const user = await userOf(client, login, gateway, brake);
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

const userOf = async (
  { tenant }: OAuthClient,
  { name, password }: { readonly name: string; readonly password: string },
  { users, stopping }: Gateway,
  brake: Brake,
): Promise<User | undefined> => {
  const who = `${tenant} ${name}`;
  await brake.before(who, stopping);
  const user = await users.byPassword(tenant, name, password);
  if (user === undefined) brake.failed(who);
  else brake.succeeded(who);
  return user;
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
