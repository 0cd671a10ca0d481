import { z } from 'zod';
import type { Identity, Scope } from '../../../auth/auth.ts';
import type { CommandRequest } from '../../../control/control.ts';
import { commandNames } from '../../../model/command.ts';
import type { CommandName } from '../../../model/command.ts';
import { problemContentType, renderProblem } from '../../../http/problem.ts';
import { renderCursor } from '../../../model/cursor.ts';
import { GatewayError } from '../../../model/errors.ts';
import { callIdFrom, type LegId } from '../../../model/ids.ts';
import { defineEndpoint } from '../endpoint.ts';
import type { Answer, Context, Endpoint } from '../endpoint.ts';
import { numberParameter, parseIdempotencyKey, parseIfCursor, parsePreferredWait } from '../parse.ts';
import { callSchema } from '../schema/calls.ts';
import { auditEntrySchema, commandBodies, commandRecordSchema } from '../schema/commands.ts';
import {
  callIdSchema,
  commandIdSchema,
  cursorTextSchema,
  extensionNumberSchema,
  keyIdSchema,
  legIdSchema,
  problemSchema,
} from '../schema/words.ts';

/** The control room decides what exactly a key may do; a key with none of these may do nothing. */
const anyControl: readonly Scope[] = ['control', 'control-own', 'supervise', 'record'];

const answers = {
  200: { description: 'The command has ended: `state` says how', schema: commandRecordSchema },
  202: { description: 'The command is recorded and under way', schema: commandRecordSchema },
  409: {
    description:
      'The call has changed since If-Cursor: here is how it is now (absent once it has ended). Other conflicts are problems alone',
    schema: problemSchema.extend({ current: z.exactOptional(callSchema), cursor: z.exactOptional(cursorTextSchema) }),
    contentType: 'application/problem+json',
  },
};

const headers = ['Idempotency-Key', 'If-Cursor', 'Prefer'] as const;

/** Records the command and sends it; waits for its end if the client asked to. */
const submit = async (request: CommandRequest, context: Context): Promise<Answer> => {
  try {
    return await carryOut(request, context);
  } catch (error) {
    if (error instanceof GatewayError && error.code === 'call-moved-on') return conflict(error, context);
    throw error;
  }
};

/** The call has moved on: the answer says to where, so that the client need not ask again before it decides. */
const conflict = (error: GatewayError, { engine }: Context): Answer => {
  const { call } = error.details;
  const current = typeof call === 'string' ? engine.call(callIdFrom(call)) : undefined;
  const body = { ...renderProblem(error), ...(current === undefined ? {} : { current }), cursor: renderCursor(engine.cursor()) };
  return { status: error.status, body, headers: { 'Content-Type': problemContentType } };
};

const carryOut = async (request: CommandRequest, { gateway, identity, headers: given, signal }: Context): Promise<Answer> => {
  const idempotencyKey = parseIdempotencyKey(given);
  const ifCursor = parseIfCursor(given);
  const accepted = await gateway.control.submit(identity, request, {
    ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
    ...(ifCursor === undefined ? {} : { ifCursor }),
  });
  const seconds = parsePreferredWait(given);
  const record =
    seconds > 0 && accepted.state === 'accepted' ? await gateway.control.wait(identity.tenant, accepted.id, seconds, signal) : accepted;
  return {
    status: record.state === 'accepted' ? 202 : 200,
    body: record,
    headers: { Location: `/v1/commands/${record.id}`, ...(seconds > 0 ? { 'Preference-Applied': `wait=${seconds}` } : {}) },
  };
};

const dial = defineEndpoint({
  id: 'dial',
  method: 'POST',
  path: '/v1/calls',
  tag: 'commands',
  summary: "Click-to-dial: rings the extension's own phone, then connects it to the number",
  scopes: anyControl,
  headers,
  body: commandBodies.dial,
  answers,
  handle: ({ body }, context) => submit({ name: 'dial', ...body }, context),
});

const retrieve = defineEndpoint({
  id: 'retrieve',
  method: 'POST',
  path: '/v1/slots/{lot}/{slot}/retrieve',
  tag: 'commands',
  summary: 'Connects an extension to the call that is parked in the slot',
  scopes: anyControl,
  headers,
  params: z.object({ lot: z.string().max(100), slot: z.string().max(100) }),
  body: commandBodies.retrieve,
  answers,
  handle: ({ params, body }, context) => submit({ name: 'retrieve', slot: params, extension: body.extension }, context),
});

const retrieveLongest = defineEndpoint({
  id: 'retrieveLongest',
  method: 'POST',
  path: '/v1/slots/retrieve',
  tag: 'commands',
  summary: 'Connects an extension to the parked call that has waited longest',
  scopes: anyControl,
  headers,
  body: commandBodies.retrieve,
  answers,
  handle: ({ body }, context) => submit({ name: 'retrieve', extension: body.extension }, context),
});

const invite = defineEndpoint({
  id: 'invite',
  method: 'POST',
  path: '/v1/conferences/{conference}/invite',
  tag: 'commands',
  summary: 'Rings an extension and puts it into the room',
  scopes: anyControl,
  headers,
  params: z.object({ conference: z.string().max(100) }),
  body: commandBodies.invite,
  answers,
  handle: ({ params, body }, context) => submit({ name: 'invite', ...params, ...body }, context),
});

const agentSummaries = {
  login: ['agentLogin', 'Makes the extension an agent of the queue'],
  logout: ['agentLogout', 'The extension is an agent of the queue no longer'],
  pause: ['agentPause', 'The queue rings this agent no more until it is unpaused'],
  unpause: ['agentUnpause', 'The queue rings this agent again'],
} as const;

const agentCommands = Object.entries(agentSummaries).map(([path, [name, summary]]) =>
  defineEndpoint({
    id: name,
    method: 'POST',
    path: `/v1/queues/{queue}/agents/{extension}/${path}`,
    tag: 'commands',
    summary,
    scopes: anyControl,
    headers,
    params: z.object({ queue: z.string().max(100), extension: extensionNumberSchema }),
    body: commandBodies[name],
    answers,
    handle: ({ params, body }, context) => submit({ name, ...params, ...body }, context),
  }),
);

const agentPenalty = defineEndpoint({
  id: 'agentPenalty',
  method: 'POST',
  path: '/v1/queues/{queue}/agents/{extension}/penalty',
  tag: 'commands',
  summary: 'Agents of a lower penalty are rung first',
  scopes: anyControl,
  headers,
  params: z.object({ queue: z.string().max(100), extension: extensionNumberSchema }),
  body: commandBodies.agentPenalty,
  answers,
  handle: ({ params, body }, context) => submit({ name: 'agentPenalty', ...params, ...body }, context),
});

const extensionParams = z.object({ extension: extensionNumberSchema });

const setDnd = defineEndpoint({
  id: 'setDnd',
  method: 'POST',
  path: '/v1/extensions/{extension}/dnd',
  tag: 'commands',
  summary: 'Do not disturb, on or off',
  scopes: anyControl,
  headers,
  params: extensionParams,
  body: commandBodies.setDnd,
  answers,
  handle: ({ params, body }, context) => submit({ name: 'setDnd', ...params, ...body }, context),
});

const setStatus = defineEndpoint({
  id: 'setStatus',
  method: 'POST',
  path: '/v1/extensions/{extension}/status',
  tag: 'commands',
  summary: "A text that is shown with the extension's presence",
  scopes: anyControl,
  headers,
  params: extensionParams,
  body: commandBodies.setStatus,
  answers,
  handle: ({ params, body }, context) => submit({ name: 'setStatus', ...params, ...body }, context),
});

/** The others have an address of their own. */
type LegCommand = Extract<CommandRequest, { readonly leg: LegId }>['name'];

const summaries: Readonly<Record<LegCommand, string>> = {
  answer: 'Answers what rings',
  reject: 'Declines what rings; others that ring for the same caller go on',
  hangup: 'Ends the leg',
  hold: 'Puts the peer on hold',
  resume: 'Takes the peer back from hold',
  mute: 'Silences the leg towards the others',
  unmute: 'Lets the leg be heard again',
  dtmf: 'Sends digits',
  transfer: 'Blind transfer: the leg leaves, its peer goes on to another number',
  voicemail: "Sends the leg's peer to a mailbox",
  divert: 'The leg rings: its caller goes on to another number instead',
  pickup: 'Another extension takes what rings here',
  bridge: 'Connects the peers of two legs',
  startTransfer: 'Attended transfer: puts the peer on hold and calls whom to consult',
  completeTransfer: 'The held peer goes to the consulted party; one that still rings is rung for it',
  cancelTransfer: 'Ends the consultation and takes the peer back',
  join: 'Rings an extension and makes it a third party of the conversation',
  conference: 'The leg and its peer go on talking in a conference room',
  kick: 'Takes the leg out of its conference',
  supervise: 'An extension listens in, whispers or joins',
  superviseMode: 'The leg supervises: listens, whispers or joins from now on',
  park: "Parks the leg's peer in a slot",
  bridgeSlot: "Connects the leg's peer with a parked call; the leg ends",
  record: 'Begins to record',
  pauseRecording: 'Pauses the recording',
  resumeRecording: 'Goes on recording',
  stopRecording: 'Ends the recording',
};

const legCommand = (name: LegCommand): Endpoint =>
  defineEndpoint({
    id: name,
    method: 'POST',
    path: `/v1/legs/{leg}/${name}`,
    tag: 'commands',
    summary: summaries[name],
    scopes: anyControl,
    headers,
    params: z.object({ leg: legIdSchema }),
    body: commandBodies[name] as z.ZodType,
    answers,
    // The body has been checked by the schema of this very command; a type test holds each equal to the request.
    handle: ({ params, body }, context) => submit({ name, leg: params.leg, ...(body as object) } as CommandRequest, context),
  });

const isLegCommand = (name: CommandName): name is LegCommand => Object.hasOwn(summaries, name);

/** Whose keys may read of all commands; a key of one extension reads of its own. */
const readCommands: readonly Scope[] = ['observe', 'control', 'supervise', 'record'];

const mayReadAll = ({ scopes }: Identity): boolean => scopes.has('administer') || readCommands.some((scope) => scopes.has(scope));

const getCommand = defineEndpoint({
  id: 'getCommand',
  method: 'GET',
  path: '/v1/commands/{command}',
  tag: 'commands',
  summary: 'What became of a command',
  scopes: [...readCommands, 'control-own'],
  headers: ['Prefer'],
  params: z.object({ command: commandIdSchema }),
  answers: { 200: { description: 'The command', schema: commandRecordSchema } },
  handle: async ({ params }, { gateway, identity, headers: given, signal }) => {
    const record = gateway.control.get(identity.tenant, params.command);
    const isShown = record !== undefined && (record.key === identity.key || mayReadAll(identity));
    if (!isShown) throw new GatewayError('no-such-command', { command: params.command });
    const seconds = parsePreferredWait(given);
    const waits = seconds > 0 && record.state === 'accepted';
    return { status: 200, body: waits ? await gateway.control.wait(identity.tenant, record.id, seconds, signal) : record };
  },
});

const listCommands = defineEndpoint({
  id: 'listCommands',
  method: 'GET',
  path: '/v1/commands',
  tag: 'commands',
  summary: 'The newest commands',
  scopes: readCommands,
  query: z.strictObject({ limit: z.exactOptional(numberParameter(1, 1000, '100 when absent')) }),
  answers: { 200: { description: 'The newest first', schema: z.object({ commands: z.array(commandRecordSchema).readonly() }) } },
  handle: ({ query }, { gateway, identity }) => ({
    status: 200,
    body: { commands: gateway.control.list(identity.tenant, query.limit ?? 100) },
  }),
});

const listAudit = defineEndpoint({
  id: 'listAudit',
  method: 'GET',
  path: '/v1/audit',
  tag: 'administration',
  summary: 'Who asked for what, on which call, and what came of it',
  scopes: ['administer'],
  query: z.strictObject({
    key: z.exactOptional(keyIdSchema.describe('Asked for with this key')),
    call: z.exactOptional(callIdSchema.describe('About this call')),
    before: z.exactOptional(commandIdSchema.describe('`next` of the page before')),
    limit: z.exactOptional(numberParameter(1, 1000, '100 when absent')),
  }),
  answers: {
    200: {
      description: 'The newest first',
      schema: z.object({
        entries: z.array(auditEntrySchema).readonly(),
        next: z.exactOptional(commandIdSchema.describe('There may be more: ask with before=')),
      }),
    },
  },
  handle: ({ query }, { gateway, identity }) => {
    const limit = query.limit ?? 100;
    const entries = gateway.control.audit(identity.tenant, { ...query, limit });
    const last = entries.length === limit ? entries.at(-1)?.id : undefined;
    return { status: 200, body: { entries, ...(last === undefined ? {} : { next: last }) } };
  },
});

export const commandEndpoints: readonly Endpoint[] = [
  dial,
  ...commandNames.filter(isLegCommand).map(legCommand),
  retrieve,
  retrieveLongest,
  invite,
  ...agentCommands,
  agentPenalty,
  setDnd,
  setStatus,
  listCommands,
  getCommand,
  listAudit,
];
