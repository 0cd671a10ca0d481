import { createHash } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { createBrake } from '../../auth/brake.ts';
import type { Grant, IssuedTokens, Lifetimes, OAuthClient, Tokens } from '../../auth/tokens.ts';
import { authorizationRoutes } from '../../http/authorization.ts';
import { parseBasic } from '../../http/basic.ts';
import type { HttpFront } from '../../http/http-server.ts';
import type { TenantId } from '../../model/ids.ts';
import type { Clock, Micros } from '../../model/time.ts';
import type { Gateway } from '../gateway.ts';
import { permissionsOf, requirePermission, tokenOf, type Guard } from './auth.ts';
import { RingCentralError, type RingCentralCode } from './errors.ts';
import { loginByAssertion, loginByPassword, scopesOf, type Login } from './logins.ts';
import { queryOf, sendJson } from './replies.ts';
import { socketPath } from './sockets.ts';
import type { TenantSource } from './source.ts';

export interface OAuthOptions {
  readonly gateway: Gateway;
  readonly front: HttpFront;
  readonly guard: Guard;
  readonly sourceOf: (tenant: TenantId) => TenantSource | undefined;
}

const shortestAccessSeconds = 600;
const accessSeconds = 3_600;
const refreshSeconds = 604_800;
const socketTokenSeconds = 600;
const codeSeconds = 60;
/** For so long the same refresh token gives the same pair, so that two requests that refresh at once agree. */
const refreshGraceMicros: Micros = 10e6;
const mostRemembered = 10_000;

/** RFC 6749 with the vendor's own grants; its refusals in both shapes, for clients read the one or the other. */
class OAuthRefusal extends Error {
  override readonly name = 'OAuthRefusal';
  readonly status: number;
  readonly error: string;
  readonly code: RingCentralCode;

  constructor(status: number, error: string, code: RingCentralCode, message: string) {
    super(message);
    this.status = status;
    this.error = error;
    this.code = code;
  }

  get body(): object {
    const { code, message } = this;
    return {
      error: this.error,
      error_description: message,
      errorCode: code,
      message,
      errors: [{ errorCode: code, message }],
    };
  }
}

const invalidClient = (): OAuthRefusal => new OAuthRefusal(401, 'invalid_client', 'OAU-146', 'Invalid client credentials');
const invalidOwner = (): OAuthRefusal => new OAuthRefusal(400, 'invalid_grant', 'OAU-140', 'Invalid resource owner credentials.');
const missingField = (name: string): OAuthRefusal =>
  new OAuthRefusal(400, 'invalid_request', 'CMN-100', `Parameter [${name}] is not specified.`);

export const oauthRoutes = (scope: FastifyInstance, { gateway, front, guard, sourceOf }: OAuthOptions): void => {
  const { tokens, users } = gateway;
  const refreshed = new RecentRefreshes(gateway.clock);
  const brake = createBrake(gateway);

  /** Who guesses waits longer each time. */
  const braked = async (
    { tenant }: Pick<TenantSource, 'tenant'>,
    name: string,
    attempt: () => Promise<Login | undefined>,
  ): Promise<Login | undefined> => {
    const who = `ringcentral ${tenant} ${name}`;
    await brake.before(who, gateway.stopping);
    const login = await attempt();
    if (login === undefined) brake.failed(who);
    else brake.succeeded(who);
    return login;
  };

  authorizationRoutes(scope, {
    paths: ['/restapi/oauth/authorize'],
    tokens,
    users,
    serves: (tenant) => sourceOf(tenant) !== undefined,
    codeSeconds,
    alsoSent: { expires_in: String(codeSeconds) },
    logIn: async ({ tenant }, username, password) => {
      const source = sourceOf(tenant);
      if (source === undefined) return undefined;
      return (await braked(source, username, () => loginByPassword(users, source, { username, password })))?.user;
    },
  });

  const answerToken = async (request: FastifyRequest): Promise<object> => {
    const form = new URLSearchParams(typeof request.body === 'string' ? request.body : '');
    const client = clientOf(tokens, request.headers.authorization, form);
    const source = sourceOf(client.tenant);
    if (source === undefined) throw invalidClient();
    const lifetimes = lifetimesOf(form);
    const endpoint = form.get('endpoint_id') ?? undefined;
    switch (form.get('grant_type')) {
      case 'urn:ietf:params:oauth:grant-type:jwt-bearer': {
        requireSecret(client);
        const login = loginByAssertion(users, source, required(form, 'assertion'));
        if (login === undefined) throw new OAuthRefusal(400, 'invalid_grant', 'OAU-140', 'Invalid assertion.');
        return renderTokens(source, issue(tokens, client, login, lifetimes), endpoint);
      }
      case 'password': {
        requireSecret(client);
        const username = required(form, 'username');
        const password = required(form, 'password');
        const login = await braked(source, username, () =>
          loginByPassword(users, source, { username, password, extension: form.get('extension') ?? '' }),
        );
        if (login === undefined) throw invalidOwner();
        return renderTokens(source, issue(tokens, client, login, lifetimes), endpoint);
      }
      case 'refresh_token': {
        const refreshToken = required(form, 'refresh_token');
        const known = refreshed.get(client.id, refreshToken);
        if (known !== undefined) return known;
        const issued = tokens.refresh(refreshToken, client.id, lifetimes);
        if (issued === undefined) throw new OAuthRefusal(400, 'invalid_grant', 'OAU-213', 'Token not found');
        const answer = renderTokens(source, issued, endpoint);
        refreshed.put(client.id, refreshToken, answer);
        return answer;
      }
      case 'authorization_code': {
        const redirectUri = form.get('redirect_uri') ?? undefined;
        const verifier = form.get('code_verifier') ?? undefined;
        const issued = tokens.redeemCode(required(form, 'code'), client.id, redirectUri, lifetimes, verifier);
        if (issued === undefined) throw new OAuthRefusal(400, 'invalid_grant', 'OAU-106', 'Authorization code is invalid');
        return renderTokens(source, issued, endpoint);
      }
      case null:
        throw missingField('grant_type');
      default:
        throw new OAuthRefusal(400, 'unsupported_grant_type', 'OAU-125', 'Grant type is not allowed for application.');
    }
  };

  post(scope, '/restapi/oauth/token', async (request, reply) => {
    try {
      return await sendJson(reply, 200, await answerToken(request));
    } catch (thrown) {
      if (!(thrown instanceof OAuthRefusal)) throw thrown;
      return sendJson(reply, thrown.status, thrown.body);
    }
  });
  post(scope, '/restapi/oauth/wstoken', (request, reply) => {
    const token = tokenOf(request.headers.authorization, queryOf(request));
    requirePermission(guard.byToken(token), 'WebSocketsSubscription');
    // Good for its whole time, also after a refresh: clients reconnect with the same one.
    const issued = tokens.issueBeside(token, socketTokenSeconds);
    if (issued === undefined) throw new RingCentralError('OAU-213', 'Token not found');
    const uri = `${front.publicUrl().replace(/^http/, 'ws')}${socketPath}`;
    return sendJson(reply, 200, { uri, ws_access_token: issued.accessToken, expires_in: issued.expiresIn });
  });
  // Whatever it was, it is good no more; clients do not look at the answer.
  post(scope, '/restapi/oauth/revoke', (request, reply) => {
    const form = new URLSearchParams(typeof request.body === 'string' ? request.body : '');
    const token = form.get('token') ?? queryOf(request).get('token');
    if (token !== null) tokens.revoke(token);
    return sendJson(reply, 200, {});
  });
};

/** With a slash at the end or without one, as every address of this API. */
const post = (
  scope: FastifyInstance,
  path: string,
  handler: (request: FastifyRequest, reply: FastifyReply) => FastifyReply | Promise<FastifyReply>,
): void => {
  for (const url of [path, `${path}/`]) scope.route({ method: 'POST', url, handler });
};

const required = (form: URLSearchParams, name: string): string => {
  const value = form.get(name);
  if (value === null || value === '') throw missingField(name);
  return value;
};

/** By `Authorization: Basic`, else by the form; one that has no secret by its id alone. */
const clientOf = (tokens: Tokens, authorization: string | undefined, form: URLSearchParams): OAuthClient => {
  const given = parseBasic(authorization);
  if (given === undefined && authorization !== undefined && !form.has('client_id')) {
    throw new OAuthRefusal(401, 'invalid_client', 'OAU-123', 'Invalid Authorization header');
  }
  const basic = given ?? { name: form.get('client_id') ?? '', password: form.get('client_secret') ?? '' };
  const { name: id, password: secret } = basic;
  const named = secret === '' ? tokens.clientNamed(id) : undefined;
  const client = named?.isPublic === true ? named : tokens.client(id, secret);
  if (client === undefined) throw invalidClient();
  return client;
};

/** A program that cannot keep a secret logs nobody in by its own word. */
const requireSecret = ({ isPublic }: OAuthClient): void => {
  if (isPublic === true) throw new OAuthRefusal(401, 'unauthorized_client', 'OAU-125', 'Grant type is not allowed for application.');
};

const lifetimesOf = (form: URLSearchParams): Lifetimes => {
  const within = (name: string, least: number, most: number): number => {
    const asked = Number(form.get(name) ?? most);
    return Number.isFinite(asked) ? Math.min(Math.max(Math.trunc(asked), least), most) : most;
  };
  return {
    endsEarlier: true,
    accessSeconds: within('access_token_ttl', shortestAccessSeconds, accessSeconds),
    refreshSeconds: within('refresh_token_ttl', shortestAccessSeconds, refreshSeconds),
  };
};

interface Issued {
  readonly tokens: IssuedTokens;
  readonly grant: Grant;
}

const issue = (tokens: Tokens, client: OAuthClient, login: Login, lifetimes: Lifetimes): Issued => {
  const grant = grantOf(client, login);
  return { tokens: tokens.issue(grant, lifetimes), grant };
};

const grantOf = (client: OAuthClient, { user, extension }: Login): Grant => ({
  client: client.id,
  tenant: client.tenant,
  user: user.name,
  extension,
  scopes: scopesOf(user, client),
});

const renderTokens = ({ ids }: TenantSource, { tokens, grant }: Issued, endpointId: string | undefined): object => ({
  access_token: tokens.accessToken,
  token_type: 'bearer',
  expires_in: tokens.expiresIn,
  refresh_token: tokens.refreshToken,
  refresh_token_expires_in: tokens.refreshExpiresIn,
  scope: permissionsOf({ scopes: new Set(grant.scopes) }),
  owner_id: grant.extension === undefined ? '' : String(ids.extension(grant.extension)),
  endpoint_id: endpointId ?? digestOf(`${grant.client} ${grant.user ?? ''}`).slice(0, 22),
  session_id: digestOf(tokens.accessToken).slice(0, 22),
});

const digestOf = (text: string): string => createHash('sha256').update(text).digest('base64url');

/** What refreshing gave, for a moment: by a digest, so that no token lies about. */
class RecentRefreshes {
  readonly #clock: Clock;
  readonly #answers = new Map<string, { readonly answer: object; readonly until: Micros }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get(client: string, refreshToken: string): object | undefined {
    const known = this.#answers.get(digestOf(`${client} ${refreshToken}`));
    return known !== undefined && this.#clock.now() < known.until ? known.answer : undefined;
  }

  put(client: string, refreshToken: string, answer: object): void {
    const now = this.#clock.now();
    for (const [key, { until }] of this.#answers) {
      // In order of their end; the oldest make room.
      if (until > now && this.#answers.size < mostRemembered) break;
      this.#answers.delete(key);
    }
    this.#answers.set(digestOf(`${client} ${refreshToken}`), { answer, until: now + refreshGraceMicros });
  }
}
