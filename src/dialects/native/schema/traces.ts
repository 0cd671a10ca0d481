/** What helps to find out: diagnoses, deliveries, how an event came to be. */
import { z } from 'zod';
import { attemptOutcomes, failureKinds } from '../../../delivery/webhooks/webhook-engine.ts';
import { eventSchema } from './events.ts';
import { isoTimeSchema, optional } from './words.ts';

export const findingSchema = z
  .object({ check: z.string(), ok: z.boolean(), detail: z.string(), mend: optional(z.string()) })
  .readonly()
  .meta({ id: 'Finding', description: 'One line of a diagnosis; `mend` says what to do.' });

export const deliverySchema = z
  .object({
    endpoint: z.string().describe("A webhook's id, or whatever names the endpoint of a vendor's API"),
    id: z.string().describe("The message's id: `webhook-id`"),
    seq: z.int().describe("The event's; 0 for a test or handshake"),
    attempt: z.int().positive(),
    at: isoTimeSchema,
    latencyMs: z.number(),
    outcome: z.enum(attemptOutcomes),
    status: optional(z.int().describe("HTTP's status, or SMTP's reply code")),
    failure: optional(z.object({ kind: z.enum(failureKinds), detail: z.string() }).readonly()),
  })
  .readonly()
  .meta({ id: 'Delivery', description: 'One attempt to deliver what was made of an event.' });

export const whyEntrySchema = z
  .union([
    z.object({ kind: z.literal('pbx'), at: isoTimeSchema, text: z.string() }).readonly(),
    z.object({ kind: z.literal('fact'), at: isoTimeSchema, fact: z.looseObject({ type: z.string() }).readonly() }).readonly(),
    z.object({ kind: z.literal('event'), at: isoTimeSchema, event: eventSchema }).readonly(),
    z.object({ kind: z.literal('delivery'), at: isoTimeSchema, delivery: deliverySchema }).readonly(),
  ])
  .meta({ id: 'WhyEntry', description: 'One step of how an event came to be, and of what became of it.' });
