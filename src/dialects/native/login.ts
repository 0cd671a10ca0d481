import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { scopes, type Identity } from '../../auth/auth.ts';
import { createBrake, type Brake } from '../../auth/brake.ts';
import { userIdentity, type Session } from '../../auth/sessions.ts';
import type { User } from '../../auth/users.ts';
import type { Bearer } from '../../http/bearer.ts';
import type { Clients } from '../../http/clients.ts';
import type { SessionCookies } from '../../http/session-cookies.ts';
import { GatewayError } from '../../model/errors.ts';
import { tenantId, type TenantId } from '../../model/ids.ts';
import { isoTime } from '../../model/time.ts';
import type { Gateway } from '../gateway.ts';
import type { EndpointDescription } from './endpoint.ts';
import { parseWith } from './parse.ts';
import { extensionNumberSchema, isoTimeSchema, tenantIdSchema } from './schema/words.ts';

const optional = z.exactOptional;

const loginSchema = z
  .union([
    z.strictObject({
      user: z.string().min(1).max(80).describe('Its name'),
      password: z.string().min(1).max(256),
      tenant: optional(z.string().min(1).max(32).describe('Needed where the server has several')),
    }),
    z.strictObject({ key: z.string().min(1).max(512).describe("A key's secret") }),
  ])
  .meta({ id: 'NewLogin' });

const whoSchema = z
  .object({
    tenant: tenantIdSchema,
    name: z.string().describe("The user's, or the key's"),
    user: optional(z.string().describe("The user's id, where it is one")),
    extension: optional(extensionNumberSchema),
    scopes: z.array(z.enum(scopes)).readonly(),
    session: optional(z.object({ id: z.string(), since: isoTimeSchema, expiresAt: isoTimeSchema }).readonly()),
  })
  .readonly()
  .meta({ id: 'Who', description: 'Who asks, and what that may do.' });

export const loginDescriptions: readonly EndpointDescription[] = [
  {
    id: 'logIn',
    method: 'POST',
    path: '/v1/login',
    tag: 'users',
    summary: 'Begins a session of a browser, which gets a cookie; pages of other sites cannot use it',
    scopes: [],
    body: loginSchema,
    answers: { 200: { description: 'Who is logged in', schema: whoSchema } },
  },
  {
    id: 'getLogin',
    method: 'GET',
    path: '/v1/login',
    tag: 'users',
    summary: 'Who asks: by a session or by a key',
    scopes: [],
    answers: { 200: { description: 'Who it is', schema: whoSchema } },
  },
  {
    id: 'logOut',
    method: 'DELETE',
    path: '/v1/login',
    tag: 'users',
    summary: 'Ends the session of the cookie; its connections close',
    scopes: [],
    answers: { 204: { description: 'It has ended' } },
  },
];

interface LoginParts {
  readonly bearer: Bearer;
  readonly cookies: SessionCookies;
  readonly clients: Clients;
}

/** Sessions answer by themselves: who logs in is nobody yet. */
export const loginRoutes = (scope: FastifyInstance, gateway: Gateway, { bearer, cookies, clients }: LoginParts): void => {
  const brake = createBrake(gateway);

  scope.post('/v1/login', async (request, reply) => {
    cookies.requireOwnPage(request.raw);
    const asked = parseWith(loginSchema, request.body ?? {});
    const address = clients.addressOf(request.raw);
    const who = 'key' in asked ? keyHolder(gateway, asked.key) : await userOf(gateway, asked, { brake, address });
    const port = portOf(request);
    const { secret, session } = await gateway.sessions.begin(who, { address, ...(port === undefined ? undefined : { port }) });
    const identity = 'isConfigured' in who ? userIdentity(who) : who;
    return answer(reply).header('Set-Cookie', cookies.give(secret, session)).send(renderWho(identity, session));
  });

  scope.get('/v1/login', async (request, reply) => {
    const identity = bearer.identify(request.raw);
    const session = identity.session === undefined ? undefined : cookies.sessionOf(request.raw)?.session;
    return answer(reply).send(renderWho(identity, session));
  });

  scope.delete('/v1/login', async (request, reply) => {
    cookies.requireOwnPage(request.raw);
    const found = cookies.sessionOf(request.raw);
    if (found !== undefined) await gateway.sessions.end(found.session.id);
    return answer(reply).code(204).header('Set-Cookie', cookies.take()).send();
  });
};

const answer = (reply: FastifyReply): FastifyReply => reply.header('Cache-Control', 'no-store');

/** The client's own port, if no proxy stands between. */
const portOf = ({ raw }: FastifyRequest): number | undefined =>
  raw.headers['x-forwarded-for'] === undefined ? raw.socket.remotePort : undefined;

const keyHolder = (gateway: Gateway, secret: string): Identity => {
  const identity = gateway.auth.bySecret(secret);
  if (identity === undefined) throw new GatewayError('unauthorized');
  return identity;
};

const userOf = async (
  gateway: Gateway,
  { user: name, password, tenant: named }: { readonly user: string; readonly password: string; readonly tenant?: string },
  { brake, address }: { readonly brake: Brake; readonly address: string },
): Promise<User> => {
  const tenant = tenantOf(gateway, named);
  // By name as well as by address: neither one who tries many names nor many who try one get far.
  const login = `${tenant}/${name}`;
  const guesses = [login, address];
  for (const who of guesses) await brake.before(who, gateway.stopping);
  // Of a tenant that does not exist nobody is asked for: no user has that name.
  const user = await gateway.users.byPassword(tenant ?? tenantId(''), tenant === undefined ? '' : name, password);
  if (user === undefined) {
    for (const who of guesses) brake.failed(who);
    throw new GatewayError('unauthorized', {}, { note: 'The name or the password is wrong.' });
  }
  // Not of the address: who has one password could guess others between two logins.
  brake.succeeded(login);
  return user;
};

/** Undefined for one that does not exist: that is said as a wrong password is. */
const tenantOf = ({ tenants }: Gateway, named: string | undefined): TenantId | undefined => {
  if (named !== undefined) return tenants.find((tenant) => tenant === tenantId(named));
  const [only, another] = tenants;
  if (another !== undefined) throw new GatewayError('missing-parameter', { field: 'tenant' });
  return only;
};

const renderWho = (identity: Identity, session: Session | undefined): z.infer<typeof whoSchema> => ({
  tenant: identity.tenant,
  name: identity.name,
  ...(identity.user === undefined ? undefined : { user: identity.user }),
  ...(identity.extension === undefined ? undefined : { extension: identity.extension }),
  scopes: scopes.filter((scope) => identity.scopes.has(scope)),
  ...(session === undefined
    ? undefined
    : { session: { id: session.id, since: isoTime(session.beganAt), expiresAt: isoTime(session.expiresAt) } }),
});
