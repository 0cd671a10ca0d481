import { z } from 'zod';
import {
  attemptOutcomes,
  pauseReasons,
  type Attempt,
  type AttemptRecord,
  type EndpointInfo,
} from '../../../delivery/webhooks/webhook-engine.ts';
import type { TenantEngine } from '../../../engine/engine.ts';
import type { Cursor } from '../../../model/cursor.ts';
import { GatewayError } from '../../../model/errors.ts';
import type { TenantId } from '../../../model/ids.ts';
import { isoTime } from '../../../model/time.ts';
import type { Gateway } from '../../gateway.ts';
import { defineEndpoint } from '../endpoint.ts';
import type { Endpoint } from '../endpoint.ts';
import { numberParameter, parseReplayFrom } from '../parse.ts';
import { deliverySchema } from '../schema/traces.ts';
import { isoTimeSchema } from '../schema/words.ts';
import type { NativeWebhooks } from '../webhooks.ts';

const optional = z.exactOptional;

const defaultLimit = 100;

export const attemptSchema = deliverySchema
  .unwrap()
  .extend({
    number: optional(z.int().describe('For `before`')),
    reply: optional(z.string().describe('The first bytes of the answer')),
  })
  .meta({ id: 'DeliveryAttempt' });

/** An attempt as anyone may see it who may see the event: without the answer's words. */
export const renderDelivery = (attempt: Attempt): z.input<typeof deliverySchema> => {
  const { endpoint, id, seq, at, latency, outcome, status, failure } = attempt;
  return {
    endpoint,
    id,
    seq,
    attempt: attempt.attempt,
    at: isoTime(at),
    latencyMs: Math.round(latency) / 1_000,
    outcome,
    ...(status === undefined ? undefined : { status }),
    ...(failure === undefined ? undefined : { failure }),
  };
};

export const renderAttempt = (attempt: Attempt & Partial<Pick<AttemptRecord, 'number'>>): z.input<typeof attemptSchema> => {
  const { number, reply } = attempt;
  return {
    ...(number === undefined ? undefined : { number }),
    ...renderDelivery(attempt),
    ...(reply === undefined ? undefined : { reply }),
  };
};

const endpointId = z.string().min(1).max(400).describe('An endpoint, as `endpoint` of a delivery names it');

const endpointSchema = z
  .object({
    id: endpointId,
    url: z.string(),
    method: z.enum(['GET', 'POST']),
    status: z.enum(['active', 'paused']),
    reason: optional(z.enum(pauseReasons)).describe('Why it is paused'),
    detail: optional(z.string()).describe('The last failure, while it matters'),
    since: isoTimeSchema.describe('Since when it is what `status` says'),
    waiting: z.int().describe('What was read and is neither delivered nor given up'),
    failing: z.int().describe('How much of that has failed at least once'),
  })
  .meta({ id: 'DeliveryEndpoint' });

const renderEndpoint = ({ low: _low, position: _position, head: _head, since, ...info }: EndpointInfo): z.input<typeof endpointSchema> => ({
  ...info,
  since: isoTime(since),
});

/** Headers by which the receiver knows the sender: they are the receiver's secret. */
const secretHeaders = /^(authorization|verification-token)$/i;

const shownHeaders = (headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, secretHeaders.test(name) ? '[redacted]' : value]));

const attemptsQuery = {
  outcome: optional(z.enum(attemptOutcomes)),
  seq: optional(numberParameter(0, 999_999_999, 'Attempts at this event')),
  before: optional(numberParameter(1, 999_999_999, 'Attempts older than this one, by `number`')),
  limit: optional(numberParameter(1, 1_000, '100 when absent')),
};
/** What is to be sent again. */
export const replaySchema = z.strictObject({
  seq: optional(z.int().positive().describe('This event alone')),
  from: optional(z.string().max(64).describe('Everything after this cursor; or `oldest`')),
});

export type ReplayWish = { readonly what: 'event'; readonly seq: number } | { readonly what: 'everything'; readonly from: Cursor };

/** Throws `missing-parameter` for neither or both, `invalid-cursor`. */
export const parseReplay = ({ seq, from }: z.output<typeof replaySchema>, engine: TenantEngine): ReplayWish => {
  if (seq !== undefined && from === undefined) return { what: 'event', seq };
  if (from !== undefined && seq === undefined) return { what: 'everything', from: parseReplayFrom(from, engine) };
  throw new GatewayError('missing-parameter', { field: 'seq' }, { note: 'Give either `seq` or `from`.' });
};

const answers = { 200: { description: 'Attempts', schema: z.object({ deliveries: z.array(attemptSchema).readonly() }) } };

/** What was tried, of one webhook or of every endpoint; `webhooks` as in endpoints/webhooks.ts. */
export const deliveryEndpoints = (webhooks: () => NativeWebhooks): readonly Endpoint[] => [
  defineEndpoint({
    id: 'listWebhookDeliveries',
    method: 'GET',
    path: '/v1/webhooks/{webhook}/deliveries',
    tag: 'webhooks',
    summary: 'Attempts of one webhook, the newest first',
    scopes: ['administer'],
    params: z.object({ webhook: z.string().min(1).max(64).describe('A webhook') }),
    query: z.strictObject(attemptsQuery),
    answers,
    handle: ({ params, query }, { gateway, identity }) => {
      const { id: endpoint } = webhooks().get(identity.tenant, params.webhook);
      const attempts = gateway.webhooks.attempts({ tenant: identity.tenant, endpoint, ...query, limit: query.limit ?? defaultLimit });
      return { status: 200, body: { deliveries: attempts.map(renderAttempt) } };
    },
  }),
  defineEndpoint({
    id: 'listDeliveries',
    method: 'GET',
    path: '/v1/deliveries',
    tag: 'webhooks',
    summary: "Attempts of every endpoint, those of the vendors' APIs and e-mails too, the newest first",
    scopes: ['administer'],
    query: z.strictObject({
      endpoint: optional(z.string().max(400).describe('Only of this one, as `endpoint` of a delivery names it')),
      ...attemptsQuery,
    }),
    answers,
    handle: ({ query }, { gateway, identity }) => {
      const attempts = gateway.webhooks.attempts({ tenant: identity.tenant, ...query, limit: query.limit ?? defaultLimit });
      return { status: 200, body: { deliveries: attempts.map(renderAttempt) } };
    },
  }),
  defineEndpoint({
    id: 'getDeliveryRequest',
    method: 'GET',
    path: '/v1/deliveries/request',
    tag: 'webhooks',
    summary: 'What an endpoint is sent for an event, made anew: the same but for a signature of now',
    scopes: ['administer'],
    query: z.strictObject({
      endpoint: endpointId,
      seq: numberParameter(1, 999_999_999, 'The event'),
      id: optional(z.string().max(400).describe('Of several messages of one event this one; the first when absent')),
    }),
    answers: {
      200: {
        description: 'The request',
        schema: z.object({ method: z.enum(['GET', 'POST']), url: z.string(), headers: z.record(z.string(), z.string()), body: z.string() }),
      },
    },
    handle: async ({ query }, { gateway, identity }) => {
      findEndpoint(gateway, identity.tenant, query.endpoint);
      const request = await gateway.webhooks.requestFor(query.endpoint, query.seq, query.id);
      if (request === undefined) throw new GatewayError('not-found', { seq: query.seq });
      return { status: 200, body: { ...request, headers: shownHeaders(request.headers) } };
    },
  }),
  defineEndpoint({
    id: 'listEndpoints',
    method: 'GET',
    path: '/v1/endpoints',
    tag: 'webhooks',
    summary: "Everything that is delivered to: webhooks, what the vendors' APIs publish, and e-mails",
    scopes: ['administer'],
    answers: { 200: { description: 'Every endpoint', schema: z.object({ endpoints: z.array(endpointSchema).readonly() }) } },
    handle: (_input, { gateway, identity }) => ({
      status: 200,
      body: { endpoints: gateway.webhooks.endpoints(identity.tenant).map(renderEndpoint) },
    }),
  }),
  ...(['pause', 'resume'] as const).map((action) =>
    defineEndpoint({
      id: `${action}Endpoint`,
      method: 'POST',
      path: `/v1/endpoints/${action}`,
      tag: 'webhooks',
      summary: action === 'pause' ? 'Sends nothing for now; what happens meanwhile is kept' : 'Ends a pause: what waits is sent, in order',
      scopes: ['administer'],
      body: z.strictObject({ endpoint: endpointId }),
      answers: { 200: { description: 'The endpoint', schema: endpointSchema } },
      handle: ({ body }, { gateway, identity }) => {
        findEndpoint(gateway, identity.tenant, body.endpoint);
        gateway.webhooks[action](body.endpoint);
        return { status: 200, body: renderEndpoint(findEndpoint(gateway, identity.tenant, body.endpoint)) };
      },
    }),
  ),
  defineEndpoint({
    id: 'replayEndpoint',
    method: 'POST',
    path: '/v1/endpoints/replay',
    tag: 'webhooks',
    summary: 'Sends again, to an endpoint of any API: what one event made, by its `seq`, or everything after a cursor',
    scopes: ['administer'],
    body: replaySchema.extend({ endpoint: endpointId }),
    answers: { 202: { description: 'It has begun', schema: endpointSchema } },
    handle: async ({ body }, { engine, gateway, identity }) => {
      const { endpoint } = body;
      findEndpoint(gateway, identity.tenant, endpoint);
      const wish = parseReplay(body, engine);
      if (wish.what === 'event') {
        if ((await gateway.webhooks.redeliver(endpoint, wish.seq)) !== 'begun') throw new GatewayError('not-found', { seq: wish.seq });
      } else if ((await gateway.webhooks.replay(endpoint, wish.from)) !== 'begun') {
        throw new GatewayError('too-old', { webhook: endpoint });
      }
      return { status: 202, body: renderEndpoint(findEndpoint(gateway, identity.tenant, endpoint)) };
    },
  }),
];

/** Throws `no-such-webhook`, also for another tenant's. */
const findEndpoint = ({ webhooks }: Pick<Gateway, 'webhooks'>, tenant: TenantId, id: string): EndpointInfo => {
  const found = webhooks.endpoints(tenant).find((endpoint) => endpoint.id === id);
  if (found === undefined) throw new GatewayError('no-such-webhook', { webhook: id });
  return found;
};
