import { z } from 'zod';
import { pauseReasons } from '../../../delivery/webhooks/webhook-engine.ts';
import { renderCursor } from '../../../model/cursor.ts';
import { isoTime } from '../../../model/time.ts';
import { defineEndpoint } from '../endpoint.ts';
import type { Endpoint } from '../endpoint.ts';
import { parseFilter, parseReplayFrom } from '../parse.ts';
import { cursorTextSchema, isoTimeSchema } from '../schema/words.ts';
import type { NativeWebhooks, WebhookInfo } from '../webhooks.ts';
import { attemptSchema, parseReplay, renderAttempt, replaySchema } from './deliveries.ts';

const optional = z.exactOptional;
const webhookId = z.string().min(1).max(64).describe('A webhook');
const webhookParams = z.object({ webhook: webhookId });

const webhookSchema = z
  .object({
    id: webhookId,
    url: z.string(),
    description: z.string(),
    types: optional(z.array(z.string()).readonly()),
    extensions: optional(z.array(z.string()).readonly()),
    createdAt: isoTimeSchema,
    status: z.enum(['active', 'paused']),
    reason: optional(z.enum(pauseReasons)).describe('Why it is paused'),
    detail: optional(z.string()).describe('The last failure, while it matters'),
    since: isoTimeSchema.describe('Since when it is what `status` says'),
    settledTo: cursorTextSchema.describe('Everything up to here was delivered or given up'),
    readTo: cursorTextSchema,
    head: cursorTextSchema,
    waiting: z.int().describe('Events read and not settled'),
    failing: z.int().describe('Those of them that have failed at least once'),
  })
  .meta({ id: 'Webhook' });

const newWebhookSchema = z.strictObject({
  url: z.string().min(1).max(2_048),
  description: optional(z.string().max(200)),
  types: optional(z.array(z.string().max(64)).min(1).max(100)).describe('Event types or families (`call.*`); everything when absent'),
  extensions: optional(z.array(z.string().max(32)).min(1).max(1_000)).describe('Only what concerns these, or a call they take part in'),
  from: optional(z.string().max(64)).describe('Begin after this cursor, or `oldest`; now when absent'),
  handshake: optional(z.boolean()).describe('Refuse it unless the endpoint answers a challenge'),
});

const webhookChangeSchema = z.strictObject({
  url: optional(newWebhookSchema.shape.url).describe('What waits goes there too'),
  description: optional(z.string().max(200)),
  types: optional(z.union([z.array(z.string().max(64)).min(1).max(100), z.null()])).describe('null: everything'),
  extensions: optional(z.union([z.array(z.string().max(32)).min(1).max(1_000), z.null()])).describe('null: of all'),
  handshake: optional(z.boolean()).describe('Refuse the change unless the endpoint answers a challenge'),
});

const renderWebhook = ({ delivery, ...info }: WebhookInfo): z.input<typeof webhookSchema> => {
  const { id: _, since, low, position, head, ...rest } = delivery;
  return {
    ...info,
    ...rest,
    since: isoTime(since),
    settledTo: renderCursor(low),
    readTo: renderCursor(position),
    head: renderCursor(head),
  };
};

/** The endpoints of webhooks; `webhooks` is asked for at each request, for it begins when the dialect is opened. */
export const webhookEndpoints = (webhooks: () => NativeWebhooks): readonly Endpoint[] => [
  defineEndpoint({
    id: 'listWebhooks',
    method: 'GET',
    path: '/v1/webhooks',
    tag: 'webhooks',
    summary: 'Webhooks and how their deliveries are',
    scopes: ['administer'],
    answers: { 200: { description: 'Every webhook', schema: z.object({ webhooks: z.array(webhookSchema).readonly() }) } },
    handle: (_input, { identity }) => ({ status: 200, body: { webhooks: webhooks().list(identity.tenant).map(renderWebhook) } }),
  }),
  defineEndpoint({
    id: 'createWebhook',
    method: 'POST',
    path: '/v1/webhooks',
    tag: 'webhooks',
    summary: 'Sends events to a URL, signed (Standard Webhooks); the secret is shown this once',
    scopes: ['administer'],
    body: newWebhookSchema,
    answers: { 201: { description: 'The webhook', schema: webhookSchema.extend({ secret: z.string() }) } },
    handle: async ({ body }, { engine, identity }) => {
      const { url, description, types, extensions, from, handshake = false } = body;
      const { secret, ...info } = await webhooks().create(identity.tenant, {
        url,
        filter: parseFilter({ types, extensions }),
        handshake,
        ...(description === undefined ? undefined : { description }),
        ...(from === undefined ? undefined : { from: parseReplayFrom(from, engine) }),
      });
      return { status: 201, body: { ...renderWebhook(info), secret }, headers: { Location: `/v1/webhooks/${info.id}` } };
    },
  }),
  defineEndpoint({
    id: 'getWebhook',
    method: 'GET',
    path: '/v1/webhooks/{webhook}',
    tag: 'webhooks',
    summary: 'One webhook and how its deliveries are',
    scopes: ['administer'],
    params: webhookParams,
    answers: { 200: { description: 'The webhook', schema: webhookSchema } },
    handle: ({ params }, { identity }) => ({ status: 200, body: renderWebhook(webhooks().get(identity.tenant, params.webhook)) }),
  }),
  defineEndpoint({
    id: 'updateWebhook',
    method: 'PATCH',
    path: '/v1/webhooks/{webhook}',
    tag: 'webhooks',
    summary: 'Changes where it leads or what it is told; what is absent stays, its deliveries go on where they are',
    scopes: ['administer'],
    params: webhookParams,
    body: webhookChangeSchema,
    answers: { 200: { description: 'The webhook', schema: webhookSchema } },
    handle: async ({ params, body }, { identity }) => {
      const { url, description, handshake = false } = body;
      const { types, extensions } = { ...webhooks().get(identity.tenant, params.webhook), ...body };
      const info = await webhooks().update(identity.tenant, params.webhook, {
        handshake,
        filter: parseFilter({ types: types ?? undefined, extensions: extensions ?? undefined }),
        ...(url === undefined ? undefined : { url }),
        ...(description === undefined ? undefined : { description }),
      });
      return { status: 200, body: renderWebhook(info) };
    },
  }),
  defineEndpoint({
    id: 'deleteWebhook',
    method: 'DELETE',
    path: '/v1/webhooks/{webhook}',
    tag: 'webhooks',
    summary: 'Ends the deliveries',
    scopes: ['administer'],
    params: webhookParams,
    answers: { 204: { description: 'It is gone' } },
    handle: ({ params }, { identity }) => {
      webhooks().remove(identity.tenant, params.webhook);
      return { status: 204 };
    },
  }),
  ...(['pause', 'resume'] as const).map((action) =>
    defineEndpoint({
      id: `${action}Webhook`,
      method: 'POST',
      path: `/v1/webhooks/{webhook}/${action}`,
      tag: 'webhooks',
      summary: action === 'pause' ? 'Sends nothing for now; what happens meanwhile is kept' : 'Ends a pause: what waits is sent, in order',
      scopes: ['administer'],
      params: webhookParams,
      answers: { 200: { description: 'The webhook', schema: webhookSchema } },
      handle: ({ params }, { identity }) => ({ status: 200, body: renderWebhook(webhooks()[action](identity.tenant, params.webhook)) }),
    }),
  ),
  defineEndpoint({
    id: 'testWebhook',
    method: 'POST',
    path: '/v1/webhooks/{webhook}/test',
    tag: 'webhooks',
    summary: 'Sends a `webhook.test` message now and answers with how it went',
    scopes: ['administer'],
    params: webhookParams,
    answers: { 200: { description: 'The attempt', schema: attemptSchema } },
    handle: async ({ params }, { identity }) => ({
      status: 200,
      body: renderAttempt(await webhooks().test(identity.tenant, params.webhook)),
    }),
  }),
  defineEndpoint({
    id: 'rotateWebhookSecret',
    method: 'POST',
    path: '/v1/webhooks/{webhook}/rotate',
    tag: 'webhooks',
    summary: 'A new secret, shown this once; messages carry both signatures until the old one ends',
    scopes: ['administer'],
    params: webhookParams,
    body: z.strictObject({ overlapHours: optional(z.number().min(0).max(168).describe('24 when absent')) }),
    answers: { 200: { description: 'The new secret', schema: z.object({ secret: z.string(), oldUntil: isoTimeSchema }) } },
    handle: ({ params, body }, { identity }) => ({
      status: 200,
      body: webhooks().rotate(identity.tenant, params.webhook, body.overlapHours ?? 24),
    }),
  }),
  defineEndpoint({
    id: 'replayWebhook',
    method: 'POST',
    path: '/v1/webhooks/{webhook}/replay',
    tag: 'webhooks',
    summary: 'Sends again: one event by its `seq`, or everything after a cursor',
    scopes: ['administer'],
    params: webhookParams,
    body: replaySchema,
    answers: { 202: { description: 'It has begun', schema: webhookSchema } },
    handle: async ({ params, body }, { engine, identity }) => {
      const wish = parseReplay(body, engine);
      if (wish.what === 'event') await webhooks().redeliver(identity.tenant, params.webhook, wish.seq);
      else await webhooks().replay(identity.tenant, params.webhook, wish.from);
      return { status: 202, body: renderWebhook(webhooks().get(identity.tenant, params.webhook)) };
    },
  }),
];
