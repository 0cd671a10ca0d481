import { z } from 'zod';
import type { TenantEngine, WhyEntry } from '../../../engine/engine.ts';
import { captureVersion, renderCaptureLine } from '../../../model/capture.ts';
import { GatewayError } from '../../../model/errors.ts';
import type { CallId } from '../../../model/ids.ts';
import type { PingTime } from '../../../model/live-state.ts';
import { isoTime } from '../../../model/time.ts';
import { capturingOf, requirePbx, type CaptureView, type PbxCaptures } from '../captures.ts';
import { defineEndpoint } from '../endpoint.ts';
import type { Answer, Endpoint } from '../endpoint.ts';
import { renderFreshness } from '../render.ts';
import { freshnessShape, pbxStateSchema } from '../schema/state.ts';
import { findingSchema } from '../schema/traces.ts';
import { callIdSchema, isoTimeSchema, pbxIdSchema } from '../schema/words.ts';

const optional = z.exactOptional;
const pbxParams = z.object({ pbx: pbxIdSchema });

const pbxLinkSchema = pbxStateSchema
  .unwrap()
  .extend({
    ping: optional(
      z.object({ at: isoTimeSchema.describe('When it was asked'), ms: z.number().describe('How long its answer took') }),
    ).describe('The last question whether it is there; one every 5 s. Absent before the first, and for a sandbox'),
  })
  .meta({ id: 'PbxLink' });

const renderPing = ({ at, took }: PingTime): z.input<typeof pbxLinkSchema>['ping'] => ({ at: isoTime(at), ms: took / 1_000 });

const listPbxs = defineEndpoint({
  id: 'listPbxs',
  method: 'GET',
  path: '/v1/pbxs',
  tag: 'state',
  summary: 'The connected phone systems, how far their state can be trusted, and how fast they answer',
  scopes: ['observe'],
  answers: {
    200: { description: 'Every PBX', schema: z.object({ pbxs: z.array(pbxLinkSchema).readonly(), ...freshnessShape }) },
  },
  handle: (_input, { engine, gateway }) => {
    const pbxs = engine.snapshot().pbxs.map((state) => {
      const { ping } = engine.driver(state.id);
      return ping === undefined ? state : { ...state, ping: renderPing(ping) };
    });
    return { status: 200, body: { pbxs, ...renderFreshness(engine, gateway.clock) } };
  },
});

const diagnosePbx = defineEndpoint({
  id: 'diagnosePbx',
  method: 'POST',
  path: '/v1/pbxs/{pbx}/diagnose',
  tag: 'administration',
  summary: 'Looks for what is missing at the PBX, and says how to mend it',
  scopes: ['administer'],
  params: pbxParams,
  answers: { 200: { description: 'What was looked at', schema: z.object({ findings: z.array(findingSchema).readonly() }) } },
  handle: async ({ params }, { engine, signal }) => {
    requirePbx(engine, params.pbx);
    return { status: 200, body: { findings: await engine.driver(params.pbx).diagnose(signal) } };
  },
});

const captureSchema = z
  .object({
    status: z.enum(['running', 'ended', 'failed']),
    startedAt: isoTimeSchema,
    endedAt: optional(isoTimeSchema),
    messages: z.int(),
    bytes: z.int(),
    detail: optional(z.string()).describe('Why it ended, other than by its time or by hand'),
  })
  .meta({ id: 'PbxCapture' });

const renderCapture = ({ startedAt, endedAt, ...view }: CaptureView): z.input<typeof captureSchema> => ({
  ...view,
  startedAt: isoTime(startedAt),
  ...(endedAt === undefined ? undefined : { endedAt: isoTime(endedAt) }),
});

const captureAnswer = { description: 'The capture', schema: captureSchema };
const fileAnswer = { description: 'Lines of JSON, for `switchhook replay`', schema: z.string(), contentType: 'application/x-ndjson' };

const fileNamed = (name: string, body: string): Answer => ({
  status: 200,
  body,
  headers: { 'Content-Type': 'application/x-ndjson', 'Content-Disposition': `attachment; filename*=UTF-8''${encodeURIComponent(name)}` },
});

const getCallCapture = defineEndpoint({
  id: 'getCallCapture',
  method: 'GET',
  path: '/v1/calls/{call}/capture',
  tag: 'calls',
  summary: 'What the PBX said of the call, secrets redacted, as a file for `switchhook replay`; `not-found` when it is not kept any more',
  scopes: ['observe'],
  params: z.object({ call: callIdSchema }),
  answers: { 200: fileAnswer },
  handle: async ({ params }, { engine }) => {
    const entries = await engine.why(params.call);
    if (entries === undefined) throw new GatewayError('no-such-call', { call: params.call });
    return fileNamed(`${params.call}.capture`, callCapture(engine, params.call, entries));
  },
});

/** Throws `not-found` where none of the PBX's words is kept. */
const callCapture = (engine: TenantEngine, call: CallId, entries: readonly WhyEntry[]): string => {
  const pbx = entries.find((entry) => entry.kind === 'event')?.event.pbx ?? engine.pbxOfCall(call);
  const said = entries.filter((entry) => entry.kind === 'pbx');
  if (pbx === undefined || !engine.pbxs.includes(pbx) || said.length === 0) {
    throw new GatewayError('not-found', { call }, { note: 'Nothing that the PBX said of this call is kept.' });
  }
  const { format, framed } = capturingOf(engine, pbx);
  const head = renderCaptureLine({ capture: captureVersion, driver: format, pbx, call });
  return head + said.map(({ at, text }) => renderCaptureLine({ at, text: framed(text) })).join('');
};

/** `captures` is asked for at each request, for it begins when the dialect is opened. */
export const pbxEndpoints = (captures: () => PbxCaptures): readonly Endpoint[] => [
  listPbxs,
  diagnosePbx,
  getCallCapture,
  defineEndpoint({
    id: 'startCapture',
    method: 'POST',
    path: '/v1/pbxs/{pbx}/capture',
    tag: 'administration',
    summary: 'Captures all that the PBX says from now on, secrets redacted, in memory; it ends by its time, by 8 MiB, or by hand',
    scopes: ['administer'],
    params: pbxParams,
    body: z.strictObject({ seconds: optional(z.int().min(1).max(3_600).describe('60 when absent')) }),
    answers: { 202: captureAnswer },
    handle: ({ params, body }, { engine }) => ({
      status: 202,
      body: renderCapture(captures().start(engine, params.pbx, body.seconds ?? 60)),
    }),
  }),
  defineEndpoint({
    id: 'getCapture',
    method: 'GET',
    path: '/v1/pbxs/{pbx}/capture',
    tag: 'administration',
    summary: 'The capture of the PBX: one that runs, or the last one, for an hour',
    scopes: ['administer'],
    params: pbxParams,
    answers: { 200: captureAnswer },
    handle: ({ params }, { engine }) => ({ status: 200, body: renderCapture(captures().view(engine, params.pbx)) }),
  }),
  defineEndpoint({
    id: 'stopCapture',
    method: 'POST',
    path: '/v1/pbxs/{pbx}/capture/stop',
    tag: 'administration',
    summary: 'Ends the capture, and keeps what there is for an hour',
    scopes: ['administer'],
    params: pbxParams,
    answers: { 200: captureAnswer },
    handle: ({ params }, { engine }) => ({ status: 200, body: renderCapture(captures().stop(engine, params.pbx)) }),
  }),
  defineEndpoint({
    id: 'getCaptureFile',
    method: 'GET',
    path: '/v1/pbxs/{pbx}/capture/file',
    tag: 'administration',
    summary: 'The capture as a file for `switchhook replay`; of one that runs what there is',
    scopes: ['administer'],
    params: pbxParams,
    answers: { 200: fileAnswer },
    handle: ({ params }, { engine }) => fileNamed(`${params.pbx}.capture`, captures().file(engine, params.pbx)),
  }),
];
