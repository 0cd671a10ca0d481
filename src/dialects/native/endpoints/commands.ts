import { z } from 'zod';
import type { Scope } from '../../../auth/auth.ts';
import type { CommandRequest } from '../../../control/control.ts';
import { commandNames } from '../../../model/command.ts';
import type { CommandName } from '../../../model/command.ts';
import { GatewayError } from '../../../model/errors.ts';
import { defineEndpoint } from '../endpoint.ts';
import type { Answer, Context, Endpoint } from '../endpoint.ts';
import { numberParameter, parseIdempotencyKey, parseIfCursor, parsePreferredWait } from '../parse.ts';
import { commandBodies, commandIdSchema, commandRecordSchema, legIdSchema } from '../schema.ts';

/** The control room decides what exactly a key may do; a key with none of these may do nothing. */
const anyControl: readonly Scope[] = ['control', 'control-own', 'supervise', 'record'];

const answers = {
  200: { description: 'The command has ended: `state` says how', schema: commandRecordSchema },
  202: { description: 'The command is recorded and under way', schema: commandRecordSchema },
};

const headers = ['Idempotency-Key', 'If-Cursor', 'Prefer'] as const;

/** Records the command and sends it; waits for its end if the client asked to. */
const submit = async (request: CommandRequest, { gateway, identity, headers: given, signal }: Context): Promise<Answer> => {
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

const summaries: Readonly<Record<Exclude<CommandName, 'dial' | 'retrieve'>, string>> = {
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
  supervise: 'An extension listens in, whispers or joins',
  park: "Parks the leg's peer in a slot",
  record: 'Begins to record',
  pauseRecording: 'Pauses the recording',
  resumeRecording: 'Goes on recording',
  stopRecording: 'Ends the recording',
};

const legCommand = (name: Exclude<CommandName, 'dial' | 'retrieve'>): Endpoint =>
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

const isLegCommand = (name: CommandName): name is Exclude<CommandName, 'dial' | 'retrieve'> => name !== 'dial' && name !== 'retrieve';

const readCommands: readonly Scope[] = ['observe', ...anyControl];

const getCommand = defineEndpoint({
  id: 'getCommand',
  method: 'GET',
  path: '/v1/commands/{command}',
  tag: 'commands',
  summary: 'What became of a command',
  scopes: readCommands,
  headers: ['Prefer'],
  params: z.object({ command: commandIdSchema }),
  answers: { 200: { description: 'The command', schema: commandRecordSchema } },
  handle: async ({ params }, { gateway, identity, headers: given, signal }) => {
    const record = gateway.control.get(identity.tenant, params.command);
    if (record === undefined) throw new GatewayError('no-such-command', { command: params.command });
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

export const commandEndpoints: readonly Endpoint[] = [
  dial,
  ...commandNames.filter(isLegCommand).map(legCommand),
  retrieve,
  listCommands,
  getCommand,
];
