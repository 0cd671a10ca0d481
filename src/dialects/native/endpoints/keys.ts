import { z } from 'zod';
import type { KeyInfo } from '../../../auth/auth.ts';
import { GatewayError } from '../../../model/errors.ts';
import type { KeyId } from '../../../model/ids.ts';
import { isoTime } from '../../../model/time.ts';
import { defineEndpoint } from '../endpoint.ts';
import type { Context, Endpoint } from '../endpoint.ts';
import { createdKeySchema, keyInfoSchema, newKeySchema, newTicketSchema } from '../schema/keys.ts';
import { isoTimeSchema, keyIdSchema } from '../schema/words.ts';

const keyParams = z.object({ key: keyIdSchema });

const findKey = ({ gateway, identity }: Context, id: KeyId): KeyInfo => {
  const info = gateway.auth.list(identity.tenant).find((key) => key.id === id);
  if (info === undefined) throw new GatewayError('no-such-key', { key: id });
  return info;
};

const listKeys = defineEndpoint({
  id: 'listKeys',
  method: 'GET',
  path: '/v1/keys',
  tag: 'administration',
  summary: 'The keys of the tenant, without their secrets',
  scopes: ['administer'],
  answers: { 200: { description: 'Every key', schema: z.object({ keys: z.array(keyInfoSchema).readonly() }) } },
  handle: (_input, { gateway, identity }) => ({ status: 200, body: { keys: gateway.auth.list(identity.tenant) } }),
});

const createKey = defineEndpoint({
  id: 'createKey',
  method: 'POST',
  path: '/v1/keys',
  tag: 'administration',
  summary: 'Makes a key; its secret is shown this once',
  scopes: ['administer'],
  body: newKeySchema,
  answers: { 201: { description: 'The key', schema: createdKeySchema } },
  handle: ({ body }, { gateway, identity }) => {
    if (body.scopes.includes('control-own') && body.extension === undefined) {
      throw new GatewayError('missing-parameter', { field: 'extension' }, { note: 'A control-own key belongs to an extension.' });
    }
    const { info, secret } = gateway.auth.create({ tenant: identity.tenant, ...body });
    return { status: 201, body: { ...info, secret }, headers: { Location: `/v1/keys/${info.id}`, 'Cache-Control': 'no-store' } };
  },
});

const getKey = defineEndpoint({
  id: 'getKey',
  method: 'GET',
  path: '/v1/keys/{key}',
  tag: 'administration',
  summary: 'One key, without its secret',
  scopes: ['administer'],
  params: keyParams,
  answers: { 200: { description: 'The key', schema: keyInfoSchema } },
  handle: ({ params }, context) => ({ status: 200, body: findKey(context, params.key) }),
});

const revokeKey = defineEndpoint({
  id: 'revokeKey',
  method: 'DELETE',
  path: '/v1/keys/{key}',
  tag: 'administration',
  summary: 'Revokes a key; its open connections are closed',
  scopes: ['administer'],
  params: keyParams,
  answers: { 204: { description: 'It is revoked' } },
  handle: ({ params }, { gateway, identity }) => {
    if (!gateway.auth.revoke(identity.tenant, params.key)) throw new GatewayError('no-such-key', { key: params.key });
    return { status: 204 };
  },
});

const defaultTicketSeconds = 30;

const createTicket = defineEndpoint({
  id: 'createTicket',
  method: 'POST',
  path: '/v1/tickets',
  tag: 'feeds',
  summary: "A one-time ticket for a browser's WebSocket or event stream, to be sent as ?ticket=",
  scopes: ['observe'],
  body: newTicketSchema,
  answers: { 201: { description: 'The ticket', schema: z.object({ ticket: z.string(), expiresAt: isoTimeSchema }) } },
  handle: ({ body }, { gateway, identity }) => {
    const seconds = body.seconds ?? defaultTicketSeconds;
    const expiresAt = isoTime(gateway.clock.now() + seconds * 1_000_000);
    return {
      status: 201,
      body: { ticket: gateway.auth.issueTicket(identity, seconds), expiresAt },
      headers: { 'Cache-Control': 'no-store' },
    };
  },
});

export const keyEndpoints: readonly Endpoint[] = [listKeys, createKey, getKey, revokeKey, createTicket];
