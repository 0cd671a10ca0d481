/** Commands to manager actions: one entry each. What is not in the table, this driver cannot do (yet), and says so. */
import type { Command, CommandName, CommandOf, CommandOutcome } from '../../model/command.ts';
import { commandNames } from '../../model/command.ts';
import { GatewayError } from '../../model/errors.ts';
import type { Fact } from '../../model/fact.ts';
import type { ChannelId, ExtensionNumber } from '../../model/ids.ts';
import type { Clock } from '../../model/time.ts';
import type { AmiMessage } from './ami-parser.ts';
import type { AmiSession } from './ami-client.ts';
import type { AsteriskConfig } from './config.ts';
import type { EventWatch } from './event-watch.ts';
import { dialMark } from './pbx-lists.ts';

/** What commands act with. */
export interface CommandContext {
  readonly config: AsteriskConfig;
  readonly clock: Clock;
  readonly events: EventWatch;
  /** The control connection, made anew if it was lost. */
  control(signal: AbortSignal): Promise<AmiSession>;
  /** A fact of our own making, in order with those of the PBX. */
  announce(fact: Fact): void;
  /** The device of an extension (`PJSIP/101`) and its display name. */
  phoneOf(extension: ExtensionNumber): { readonly device: string; readonly name: string };
}

type Execute<Name extends CommandName> = (
  command: CommandOf<Name>,
  context: CommandContext,
  signal: AbortSignal,
) => Promise<CommandOutcome>;

const accepted: CommandOutcome = { outcome: 'accepted' };

/** Phones that can answer by themselves look for one of these two headers, by make. */
const autoAnswerHeaders = ['Alert-Info: <http://127.0.0.1>;info=alert-autoanswer', 'Call-Info: <sip:127.0.0.1>;answer-after=0'] as const;

/** How long a phone has to obey a NOTIFY: it answers at once or not at all. */
const notifyMs = 2_000;
/** How long the second call of an answer by pick-up may ring. */
const pickupMs = 6_000;
/** How long an Originate may take until its channel shows or it has failed. */
const originateMs = 5_000;
/** `OriginateResponse` is not ordered with the channel's own events: what a failure belongs to may show a moment after it. */
const originateGraceMs = 250;

/** The channel variable in which a recording's handle is kept, so that it can be stopped after a restart of ours. */
const recordingVariable = 'SWITCHHOOK_RECORDING';

const dial: Execute<'dial'> = async (command, context, signal) => {
  const { channel, extension, number, autoAnswer, record } = command;
  const session = await context.control(signal);
  const phone = context.phoneOf(extension);
  context.announce({ type: 'dial.commanded', at: context.clock.now(), channel, command: command.id, extension, number });
  const shown = await originate(
    session,
    context,
    signal,
    {
      Channel: phone.device,
      ChannelId: channel,
      Context: context.config.dialContext,
      Exten: number,
      Priority: '1',
      // Asterisk shows it at the own phone, and then uses it as the caller's identity: it has to be the one the far party shall see.
      CallerID: renderCallerId(command.callerId ?? { number: extension, name: phone.name }),
      Timeout: String(command.timeoutSeconds * 1_000),
      Variable: [`__${dialMark}=${command.id}`, ...(autoAnswer === undefined ? [] : renderAutoAnswer(autoAnswer.header))],
    },
    (message) => (isOf('Newchannel', channel)(message) ? 'created' : undefined),
    originateMs,
  );
  if (shown === 'failed') return failed('unreachable', `${phone.device} cannot be called: it is not registered or does not exist.`);
  // `b`: only while it is bridged, which is from the far party's answer on.
  if (record !== undefined && shown === 'created') await startRecording(session, channel, record.name, `bi(${recordingVariable})`, signal);
  return accepted;
};

const answer: Execute<'answer'> = async (command, context, signal) => {
  const session = await context.control(signal);
  switch (context.config.answer) {
    case 'notify':
      return (
        (await answerByNotify(command, session, context, signal)) ?? failed('no-answer', 'The phone did not answer when it was asked to.')
      );
    case 'pickup':
      return answerByPickup(command, session, context, signal);
    case 'notify-then-pickup':
      return (await answerByNotify(command, session, context, signal)) ?? answerByPickup(command, session, context, signal);
    default:
      return context.config.answer satisfies never;
  }
};

/** Asks the phone by an in-dialog NOTIFY with `Event: talk`. Undefined if it did not obey: that it was sent means nothing. */
const answerByNotify = async (
  { channel }: CommandOf<'answer'>,
  session: AmiSession,
  { events }: CommandContext,
  signal: AbortSignal,
): Promise<CommandOutcome | undefined> => {
  const effect = events.watch((message) => leftRinging(message, channel), notifyMs, signal);
  try {
    await session.request({ Action: 'PJSIPNotify', Channel: channel, Variable: 'Event=talk' }, { signal });
  } catch (error) {
    effect.stop();
    // Not a PJSIP channel, no such module, no permission: the other way may still do.
    if (error instanceof GatewayError && ['pbx-refused', 'not-supported', 'pbx-forbidden'].includes(error.code)) return undefined;
    throw error;
  }
  return await effect.found;
};

const leftRinging = (message: AmiMessage, channel: ChannelId): CommandOutcome | undefined => {
  if (message.get('Uniqueid') !== channel) return undefined;
  if (message.event === 'Newstate' && message.get('ChannelState') === '6') return accepted;
  return message.event === 'Hangup' ? failed('leg-ended', 'The leg ended before the phone had answered.') : undefined;
};

/** Calls the same phone a second time, lets it answer by itself, and picks the first call up with it. */
const answerByPickup = async (
  { channel, extension, header }: CommandOf<'answer'>,
  session: AmiSession,
  context: CommandContext,
  signal: AbortSignal,
): Promise<CommandOutcome> => {
  const phone = context.phoneOf(extension);
  const ringing = await session.request({ Action: 'Getvar', Channel: channel, Variable: 'CHANNEL(name)' }, { signal });
  const effect = await originate(
    session,
    context,
    signal,
    {
      Channel: phone.device,
      Application: 'PickupChan',
      Data: ringing.get('Value') ?? '',
      CallerID: renderCallerId({ number: extension, name: phone.name }),
      Timeout: String(pickupMs),
      Variable: renderAutoAnswer(header),
    },
    (message) => pickedUp(message, channel),
    pickupMs,
  );
  if (effect === 'failed') return failed('no-answer', `${phone.device} did not answer the second call to it.`);
  return effect ?? failed('no-answer', `${phone.device} did not take the call in time.`);
};

const pickedUp = (message: AmiMessage, channel: ChannelId): CommandOutcome | undefined => {
  if (message.event === 'Pickup' && message.get('TargetUniqueid') === channel) return accepted;
  // 26, answered elsewhere, is how the leg that was picked up ends.
  if (message.event !== 'Hangup' || message.get('Uniqueid') !== channel || message.get('Cause') === '26') return undefined;
  return failed('leg-ended', 'The leg ended before the phone had answered.');
};

/**
 * Calls out. `look` finds the effect among the events; `failed` means that Asterisk gave up and no effect showed, undefined that
 * neither came in time.
 */
const originate = async <Result>(
  session: AmiSession,
  { events }: CommandContext,
  signal: AbortSignal,
  headers: Readonly<Record<string, string | readonly string[]>>,
  look: (message: AmiMessage) => Result | undefined,
  timeoutMs: number,
): Promise<Result | 'failed' | undefined> => {
  const actionId = session.newActionId();
  const effect = events.watch(look, timeoutMs, signal);
  const failure = events.watch((message) => (isFailureOf(message, actionId) ? ('failed' as const) : undefined), timeoutMs, signal);
  try {
    await session.request({ Action: 'Originate', Async: 'true', ...headers }, { signal, actionId });
    const first = await Promise.race([effect.found, failure.found]);
    if (first !== 'failed') return first;
    const grace = events.watch(() => undefined, originateGraceMs, signal);
    return (await Promise.race([effect.found, grace.found])) ?? 'failed';
  } finally {
    effect.stop();
    failure.stop();
  }
};

const isFailureOf = (message: AmiMessage, actionId: string): boolean =>
  message.event === 'OriginateResponse' && message.get('ActionID') === actionId && message.get('Response') === 'Failure';

const isOf =
  (event: string, channel: ChannelId) =>
  (message: AmiMessage): boolean =>
    message.event === event && message.get('Uniqueid') === channel;

/** `cause` is the Q.850 cause that the phone and the dialplan get to see: 17 makes the dialplan take it for the user's "busy". */
const hangUp =
  (cause: 16 | 17) =>
  async ({ channel }: { readonly channel: ChannelId }, context: CommandContext, signal: AbortSignal): Promise<CommandOutcome> => {
    const session = await context.control(signal);
    context.announce({ type: 'channel.hangupRequested', at: context.clock.now(), channel, by: 'command' });
    // By Uniqueid, which is never used again, where a channel's name is.
    await session.request({ Action: 'Hangup', Channel: channel, Cause: String(cause) }, { signal });
    return accepted;
  };

const record: Execute<'record'> = async ({ channel, recording }, context, signal) => {
  await startRecording(await context.control(signal), channel, recording, `i(${recordingVariable})`, signal);
  return accepted;
};

const startRecording = async (
  session: AmiSession,
  channel: ChannelId,
  name: string,
  options: string,
  signal: AbortSignal,
): Promise<void> => {
  // The name becomes a file's, in Asterisk's own folder of recordings and no other.
  if (!/^\w[\w.-]{0,127}$/.test(name)) throw new GatewayError('invalid-parameter', { field: 'recording' });
  const file = /\.\w{2,4}$/.test(name) ? name : `${name}.wav`;
  await session.request({ Action: 'MixMonitor', Channel: channel, File: file, Options: options }, { signal });
};

const stopRecording: Execute<'stopRecording'> = async ({ channel }, context, signal) => {
  const session = await context.control(signal);
  const handle = await session.request({ Action: 'Getvar', Channel: channel, Variable: recordingVariable }, { signal });
  const id = handle.get('Value') ?? '';
  if (id === '') return failed('wrong-state', 'The leg is not being recorded by this gateway.');
  await session.request({ Action: 'StopMixMonitor', Channel: channel, MixMonitorID: id }, { signal });
  await session.request({ Action: 'Setvar', Channel: channel, Variable: recordingVariable, Value: '' }, { signal });
  return accepted;
};

const pauseRecording =
  (pause: boolean) =>
  async ({ channel }: { readonly channel: ChannelId }, context: CommandContext, signal: AbortSignal): Promise<CommandOutcome> => {
    const session = await context.control(signal);
    await session.request({ Action: 'MixMonitorMute', Channel: channel, Direction: 'both', State: pause ? '1' : '0' }, { signal });
    return accepted;
  };

const table: { readonly [Name in CommandName]?: Execute<Name> } = {
  dial,
  answer,
  reject: hangUp(17),
  hangup: hangUp(16),
  record,
  stopRecording,
  pauseRecording: pauseRecording(true),
  resumeRecording: pauseRecording(false),
};

export const supportedCommands: Readonly<Record<CommandName, boolean>> = Object.fromEntries(
  commandNames.map((name) => [name, table[name] !== undefined]),
) as Record<CommandName, boolean>;

/** Settles with what the PBX made of the command; rejects only with the signal's reason. */
export const executeCommand = async (command: Command, context: CommandContext, signal: AbortSignal): Promise<CommandOutcome> => {
  // The table's type ties each name to its command; TypeScript cannot follow that through a lookup by name.
  const execute = table[command.name] as Execute<CommandName> | undefined;
  if (execute === undefined) return failed('not-supported', `The Asterisk driver has no ${command.name} yet.`);
  try {
    return await execute(command, context, signal);
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof GatewayError)) throw error;
    if (error.code === 'pbx-down' && error.details['sent'] !== false) return { outcome: 'unknown', detail: error.message };
    const said = error.details['said'];
    return failed(error.code, typeof said === 'string' ? said : error.message);
  }
};

const failed = (code: GatewayError['code'], detail: string): CommandOutcome => ({ outcome: 'failed', code, detail });

const renderCallerId = ({ number, name }: { readonly number: string; readonly name: string }): string => {
  const plain = (text: string): string => text.replace(/["<>\\]/g, '');
  return name === '' ? plain(number) : `"${plain(name)}" <${plain(number)}>`;
};

/** Headers of the first INVITE to a phone that is to answer by itself, as functions that Asterisk runs on the new channel. */
const renderAutoAnswer = (header: string | undefined): readonly string[] =>
  (header === undefined ? autoAnswerHeaders : [header]).map((line) => {
    const [, name, value] = /^([\w-]+):\s*(.*)$/.exec(line) ?? [];
    if (name === undefined || value === undefined) throw new GatewayError('invalid-parameter', { field: 'header' });
    // Asterisk splits the value at commas, and takes a semicolon for a comment, unless they are escaped.
    return `PJSIP_HEADER(add,${name})=${value.replace(/[\\,;"]/g, String.raw`\$&`)}`;
  });
