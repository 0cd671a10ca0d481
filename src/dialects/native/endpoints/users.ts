import { z } from 'zod';
import { scopes } from '../../../auth/auth.ts';
import type { NewUser, User } from '../../../auth/users.ts';
import { GatewayError } from '../../../model/errors.ts';
import { userIdFrom, type UserId } from '../../../model/ids.ts';
import { isoTime, microsOf } from '../../../model/time.ts';
import { knownUserStatuses } from '../../../model/user.ts';
import { requireScope } from '../../../http/bearer.ts';
import { defineEndpoint } from '../endpoint.ts';
import type { Context, Endpoint } from '../endpoint.ts';
import { renderFreshness } from '../render.ts';
import { askedExtension } from '../schema/commands.ts';
import { freshnessShape, loginSchema, userStatusSchema } from '../schema/state.ts';
import { extensionNumberSchema, isoTimeSchema, tenantIdSchema, userIdSchema } from '../schema/words.ts';

const optional = z.exactOptional;

const userSchema = z
  .object({
    id: userIdSchema,
    tenant: tenantIdSchema,
    name: z.string().describe('By which it logs in'),
    displayName: optional(z.string()),
    extension: optional(extensionNumberSchema),
    email: optional(z.string()),
    scopes: z.array(z.enum(scopes)).readonly(),
    createdAt: optional(isoTimeSchema),
    configured: z.boolean().describe('The configuration names it, and alone can change it'),
    status: userStatusSchema,
    logins: z.array(loginSchema).readonly(),
  })
  .readonly()
  .meta({ id: 'User' });

const userShape = {
  name: z.string().min(1).max(80).describe('By which it logs in; unique'),
  password: z.string().min(1).max(256),
  displayName: z.string().max(128),
  extension: z.union([askedExtension, z.literal('')]) as unknown as typeof askedExtension,
  email: z.string().max(256),
  scopes: z.array(z.enum(scopes)).min(1),
};

const newUserSchema = z.strictObject({
  name: userShape.name,
  password: userShape.password,
  displayName: optional(userShape.displayName),
  extension: optional(askedExtension.describe('The extension that is its own')),
  email: optional(userShape.email),
  scopes: optional(userShape.scopes).describe('`observe`, and with an extension `control-own`, when absent'),
});

const userChangeSchema = z.strictObject({
  name: optional(userShape.name),
  password: optional(userShape.password),
  displayName: optional(userShape.displayName.describe('Empty to remove it')),
  extension: optional(userShape.extension.describe('Empty to remove it')),
  email: optional(userShape.email.describe('Empty to remove it')),
  scopes: optional(userShape.scopes),
});

const userParams = z.object({ user: z.string().min(1).max(80).describe('A user, by its id or its name') });

const renderUser = ({ isConfigured, createdAt, ...user }: User, { engine }: Context): z.infer<typeof userSchema> => {
  const { status = { status: 'available' }, logins = [] } = engine.user(user.name) ?? {};
  return { ...user, ...(createdAt === 0 ? undefined : { createdAt: isoTime(createdAt) }), configured: isConfigured, status, logins };
};

/** The user of a path: by id, else by name. */
const findUser = ({ gateway, identity: { tenant } }: Context, asked: string): User => {
  const user = gateway.users.get(tenant, userIdFrom(asked)) ?? gateway.users.named(tenant, asked);
  if (user === undefined) throw new GatewayError('no-such-user', { user: asked });
  return user;
};

const listUsers = defineEndpoint({
  id: 'listUsers',
  method: 'GET',
  path: '/v1/users',
  tag: 'users',
  summary: 'The people who may log in, by name',
  scopes: ['observe'],
  answers: { 200: { description: 'Every user', schema: z.object({ users: z.array(userSchema).readonly(), ...freshnessShape }) } },
  handle: (_input, context) => {
    const { gateway, identity, engine } = context;
    const users = gateway.users.list(identity.tenant).map((user) => renderUser(user, context));
    return { status: 200, body: { users, ...renderFreshness(engine, gateway.clock) } };
  },
});

const getUser = defineEndpoint({
  id: 'getUser',
  method: 'GET',
  path: '/v1/users/{user}',
  tag: 'users',
  summary: 'One user',
  scopes: ['observe'],
  params: userParams,
  answers: { 200: { description: 'The user', schema: userSchema.unwrap().extend(freshnessShape) } },
  handle: ({ params }, context) => {
    const { engine, gateway } = context;
    return { status: 200, body: { ...renderUser(findUser(context, params.user), context), ...renderFreshness(engine, gateway.clock) } };
  },
});

const createUser = defineEndpoint({
  id: 'createUser',
  method: 'POST',
  path: '/v1/users',
  tag: 'users',
  summary: 'Makes a user',
  scopes: ['administer'],
  body: newUserSchema,
  answers: { 201: { description: 'The user', schema: userSchema } },
  handle: async ({ body }, context) => {
    const { gateway, identity } = context;
    const scopes: NewUser['scopes'] = body.extension === undefined ? ['observe'] : ['observe', 'control-own'];
    const user = await gateway.users.create(identity.tenant, { scopes, ...body });
    return { status: 201, body: renderUser(user, context), headers: { Location: `/v1/users/${user.id}` } };
  },
});

const changeUser = defineEndpoint({
  id: 'changeUser',
  method: 'PATCH',
  path: '/v1/users/{user}',
  tag: 'users',
  summary: 'Changes what is given of a user; with another password, extension or scopes it has to log in anew',
  scopes: ['administer'],
  params: userParams,
  body: userChangeSchema,
  answers: { 200: { description: 'The user', schema: userSchema } },
  handle: async ({ params, body }, context) => {
    const { id } = findUser(context, params.user);
    return { status: 200, body: renderUser(await context.gateway.users.update(context.identity.tenant, id, body), context) };
  },
});

const removeUser = defineEndpoint({
  id: 'removeUser',
  method: 'DELETE',
  path: '/v1/users/{user}',
  tag: 'users',
  summary: 'Removes a user',
  scopes: ['administer'],
  params: userParams,
  answers: { 204: { description: 'It is gone' } },
  handle: async ({ params }, context) => {
    const id: UserId = findUser(context, params.user).id;
    if (!(await context.gateway.users.remove(context.identity.tenant, id))) throw new GatewayError('no-such-user', { user: params.user });
    return { status: 204 };
  },
});

const statusWord = /^[a-z0-9][a-z0-9-]{0,31}$/;

const setStatus = defineEndpoint({
  id: 'setUserStatus',
  method: 'PUT',
  path: '/v1/users/{user}/status',
  tag: 'users',
  summary: 'What a user says of itself; a user may set its own, and the scope `control` that of all',
  scopes: ['control', 'control-own', 'observe'],
  params: userParams,
  body: z.strictObject({
    status: z
      .string()
      .regex(statusWord)
      .describe(`${knownUserStatuses.join(', ')}, or another word`),
    label: optional(z.string().min(1).max(100).describe('What is shown')),
    note: optional(z.string().min(1).max(500)),
    returnAt: optional(isoTimeSchema.describe('When the user means to be back')),
  }),
  answers: { 200: { description: 'The user', schema: userSchema } },
  handle: async ({ params, body }, context) => {
    const { gateway, identity, engine } = context;
    const user = findUser(context, params.user);
    const isOwn = identity.user === user.id || (user.extension !== undefined && identity.extension === user.extension);
    if (!isOwn) requireScope(identity, ['control']);
    const { returnAt, ...status } = body;
    await engine.tell({
      type: 'user.status',
      at: gateway.clock.now(),
      user: user.name,
      ...status,
      ...(returnAt === undefined ? undefined : { returnAt: microsOf(returnAt) }),
    });
    return { status: 200, body: renderUser(user, context) };
  },
});

export const userEndpoints: readonly Endpoint[] = [listUsers, getUser, createUser, changeUser, removeUser, setStatus];
