import { z } from 'zod';
import type { Attempt } from '../../../delivery/webhooks/webhook-engine.ts';
import type { WhyEntry } from '../../../engine/engine.ts';
import type { Call } from '../../../model/call.ts';
import { dispositions } from '../../../model/call.ts';
import { GatewayError } from '../../../model/errors.ts';
import type { ExtensionNumber } from '../../../model/ids.ts';
import { callIdFrom } from '../../../model/ids.ts';
import { isoTime, microsOf, type IsoTime } from '../../../model/time.ts';
import { defineEndpoint } from '../endpoint.ts';
import type { Endpoint } from '../endpoint.ts';
import { numberParameter } from '../parse.ts';
import { renderFreshness, renderWhyEntry } from '../render.ts';
import { callSchema, legSchema, recordingSchema } from '../schema/calls.ts';
import { freshnessShape } from '../schema/state.ts';
import { whyEntrySchema } from '../schema/traces.ts';
import { callIdSchema, legIdSchema, recordingIdSchema } from '../schema/words.ts';
import { renderDelivery } from './deliveries.ts';

const timeParameter = z.iso.datetime({ offset: true, error: 'An ISO 8601 time is needed: 2026-11-21T10:00:00Z.' });

const callsQuery = z.strictObject({
  state: z.exactOptional(z.enum(['live', 'ended']).describe('Both when absent')),
  extension: z.exactOptional(z.string().max(100).describe('With a leg of this extension')),
  number: z.exactOptional(z.string().max(100).describe("Some party's number contains this")),
  disposition: z.exactOptional(z.enum(dispositions)),
  from: z.exactOptional(timeParameter.describe('Started at or after')),
  to: z.exactOptional(timeParameter.describe('Started before')),
  before: z.exactOptional(callIdSchema.describe('`next` of the page before')),
  limit: z.exactOptional(numberParameter(1, 1000, '100 when absent')),
});
type CallsQuery = z.output<typeof callsQuery>;

const defaultLimit = 100;
/** Of one call's, the newest. */
const mostDeliveries = 1_000;

const listCalls = defineEndpoint({
  id: 'listCalls',
  method: 'GET',
  path: '/v1/calls',
  tag: 'calls',
  summary: 'Live calls, then those that ended, the newest first',
  scopes: ['observe'],
  query: callsQuery,
  answers: {
    200: {
      description: 'One page',
      schema: z.object({
        calls: z.array(callSchema).readonly(),
        next: z.exactOptional(callIdSchema.describe('There may be more: ask with before=')),
        ...freshnessShape,
      }),
    },
  },
  handle: ({ query }, { engine, gateway }) => {
    const limit = query.limit ?? defaultLimit;
    const live = query.state === 'ended' || query.disposition !== undefined ? [] : liveCalls(engine.snapshot().calls, query);
    // A page may end among the live calls; the next one then goes on there.
    const at = query.before === undefined ? -1 : live.findIndex((call) => call.id === query.before);
    const beginsInHistory = query.before !== undefined && at === -1;
    const calls = beginsInHistory ? [] : live.slice(at + 1, at + 1 + limit);
    const room = limit - calls.length;
    if (query.state !== 'live' && room > 0) {
      const isLive = new Set(live.map((call) => call.id));
      const ended = gateway.store.history.list(engine.tenant, {
        ...(query.extension === undefined ? {} : { extension: query.extension as ExtensionNumber }),
        ...(query.number === undefined ? {} : { number: query.number }),
        ...(query.disposition === undefined ? {} : { disposition: query.disposition }),
        ...(query.from === undefined ? {} : { from: microsOf(query.from) }),
        ...(query.to === undefined ? {} : { to: microsOf(query.to) }),
        ...(beginsInHistory && query.before !== undefined ? { before: query.before } : {}),
        limit: room,
      });
      calls.push(...ended.filter((call) => !isLive.has(call.id)));
    }
    const last = calls.length === limit ? calls.at(-1)?.id : undefined;
    return { status: 200, body: { calls, ...(last === undefined ? {} : { next: last }), ...renderFreshness(engine, gateway.clock) } };
  },
});

const liveCalls = (calls: readonly Call[], query: CallsQuery): Call[] =>
  calls
    .filter(
      (call) =>
        (query.extension === undefined || call.legs.some((leg) => leg.extension === query.extension)) &&
        (query.number === undefined || numbersOf(call).some((number) => number.includes(query.number ?? ''))) &&
        (query.from === undefined || microsOf(call.startedAt) >= microsOf(query.from)) &&
        (query.to === undefined || microsOf(call.startedAt) < microsOf(query.to)),
    )
    .sort((one, other) => (one.startedAt < other.startedAt ? 1 : one.startedAt > other.startedAt ? -1 : 0));

const numbersOf = (call: Call): readonly string[] => [call.from.number, call.to.number, ...call.legs.map((leg) => leg.party.number)];

const callParams = z.object({ call: callIdSchema });

const getCall = defineEndpoint({
  id: 'getCall',
  method: 'GET',
  path: '/v1/calls/{call}',
  tag: 'calls',
  summary: 'One call, live or ended, by its id or that of a call it absorbed',
  scopes: ['observe'],
  params: callParams,
  answers: { 200: { description: 'The call', schema: callSchema.unwrap().extend(freshnessShape) } },
  handle: ({ params }, { engine, gateway }) => {
    const call = engine.call(callIdFrom(params.call)) ?? gateway.store.history.get(engine.tenant, params.call);
    if (call === undefined) throw new GatewayError('no-such-call', { call: params.call });
    return { status: 200, body: { ...call, ...renderFreshness(engine, gateway.clock) } };
  },
});

const whyCall = defineEndpoint({
  id: 'whyCall',
  method: 'GET',
  path: '/v1/calls/{call}/why',
  tag: 'calls',
  summary: 'How the call came to be what it is, and who was told: PBX message, fact, event, delivery, on one timeline',
  scopes: ['observe'],
  params: callParams,
  answers: { 200: { description: 'In order of time', schema: z.object({ entries: z.array(whyEntrySchema).readonly() }) } },
  handle: async ({ params }, { engine, gateway }) => {
    const entries = await engine.why(params.call);
    if (entries === undefined) throw new GatewayError('no-such-call', { call: params.call });
    const seq = entries.flatMap((entry) => (entry.kind === 'event' ? [entry.event.seq] : []));
    const attempts = gateway.webhooks.attempts({ tenant: engine.tenant, seq, limit: mostDeliveries }).toReversed();
    return { status: 200, body: { entries: withDeliveries(entries, attempts) } };
  },
});

type WhyLine =
  | ReturnType<typeof renderWhyEntry>
  | { readonly kind: 'delivery'; readonly at: IsoTime; readonly delivery: ReturnType<typeof renderDelivery> };

/** Puts the attempts, oldest first, where they happened; the PBX's time may step back, but no delivery comes before its event. */
const withDeliveries = (entries: readonly WhyEntry[], attempts: readonly Attempt[]): readonly WhyLine[] => {
  const told = new Set<number>();
  const timeline: WhyLine[] = [];
  let waiting = attempts;
  const deliver = (isDue: (attempt: Attempt) => boolean): void => {
    for (const attempt of waiting) {
      if (isDue(attempt)) timeline.push({ kind: 'delivery', at: isoTime(attempt.at), delivery: renderDelivery(attempt) });
    }
    waiting = waiting.filter((attempt) => !isDue(attempt));
  };
  for (const entry of entries) {
    if (waiting.length > 0) deliver(({ at, seq }) => at < entry.at && told.has(seq));
    timeline.push(renderWhyEntry(entry));
    if (entry.kind === 'event') told.add(entry.event.seq);
  }
  deliver(() => true);
  return timeline;
};

const getLeg = defineEndpoint({
  id: 'getLeg',
  method: 'GET',
  path: '/v1/legs/{leg}',
  tag: 'calls',
  summary: 'One live leg',
  scopes: ['observe'],
  params: z.object({ leg: legIdSchema }),
  answers: { 200: { description: 'The leg', schema: legSchema.unwrap().extend(freshnessShape) } },
  handle: ({ params }, { engine, gateway }) => {
    const leg = engine.leg(params.leg);
    if (leg === undefined) throw new GatewayError('no-such-leg', { leg: params.leg });
    return { status: 200, body: { ...leg, ...renderFreshness(engine, gateway.clock) } };
  },
});

const listRecordings = defineEndpoint({
  id: 'listRecordings',
  method: 'GET',
  path: '/v1/calls/{call}/recordings',
  tag: 'calls',
  summary: 'The recordings of a call',
  scopes: ['observe'],
  params: callParams,
  answers: {
    200: { description: 'In the order in which they began', schema: z.object({ recordings: z.array(recordingSchema).readonly() }) },
  },
  handle: async ({ params }, { gateway, identity }) => ({
    status: 200,
    body: { recordings: await gateway.control.recordings(identity.tenant, params.call) },
  }),
});

const getRecording = defineEndpoint({
  id: 'getRecording',
  method: 'GET',
  path: '/v1/calls/{call}/recordings/{recording}',
  tag: 'calls',
  summary: 'The file of a recording, where this machine can read it; of one that still runs what there is',
  scopes: ['recordings'],
  params: z.object({ call: callIdSchema, recording: recordingIdSchema }),
  answers: { 200: { description: 'The file', schema: z.string(), contentType: 'audio/wav' } },
  handle: async ({ params }, { gateway, identity }) => {
    const { name, size, stream } = await gateway.control.openRecording(identity.tenant, params.call, params.recording);
    const headers = {
      'Content-Type': name.endsWith('.wav') ? 'audio/wav' : 'application/octet-stream',
      'Content-Length': String(size),
      'Content-Disposition': `attachment; filename*=UTF-8''${encodeURIComponent(name)}`,
    };
    return { status: 200, body: stream, headers };
  },
});

export const callEndpoints: readonly Endpoint[] = [listCalls, getCall, whyCall, listRecordings, getRecording, getLeg];
