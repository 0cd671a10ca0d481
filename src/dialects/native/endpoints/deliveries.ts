import { z } from 'zod';
import { attemptOutcomes, type Attempt, type AttemptRecord } from '../../../delivery/webhooks/webhook-engine.ts';
import { isoTime } from '../../../model/time.ts';
import { defineEndpoint } from '../endpoint.ts';
import type { Endpoint } from '../endpoint.ts';
import { numberParameter } from '../parse.ts';
import { deliverySchema } from '../schema.ts';
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

const attemptsQuery = {
  outcome: optional(z.enum(attemptOutcomes)),
  seq: optional(numberParameter(0, 999_999_999, 'Attempts at this event')),
  before: optional(numberParameter(1, 999_999_999, 'Attempts older than this one, by `number`')),
  limit: optional(numberParameter(1, 1_000, '100 when absent')),
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
];
