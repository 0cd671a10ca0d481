/** Commands to manager actions: one entry each. What is not in the table, this driver cannot do (yet), and says so. */
import type { Command, CommandName, CommandOf, CommandOutcome } from '../../model/command.ts';
import { commandNames } from '../../model/command.ts';
import { GatewayError } from '../../model/errors.ts';
import type { Fact } from '../../model/fact.ts';
import type { ChannelId, ExtensionNumber } from '../../model/ids.ts';
import type { Clock, Timers } from '../../model/time.ts';
import type { AmiMessage } from './ami-parser.ts';
import type { AmiAction, AmiSession } from './ami-client.ts';
import type { AsteriskConfig } from './config.ts';
import type { EventWatch } from './event-watch.ts';
import { dialMark } from './pbx-lists.ts';

/** What commands act with. */
export interface CommandContext {
  readonly config: AsteriskConfig;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly events: EventWatch;
  /** The control connection, made anew if it was lost. */
  control(signal: AbortSignal): Promise<AmiSession>;
  /** A fact of our own making, in order with those of the PBX. */
  announce(fact: Fact): void;
  /** The device of an extension (`PJSIP/101`) and its display name. */
  phoneOf(extension: ExtensionNumber): { readonly device: string; readonly name: string };
  /** An id for a channel of our own, never used before. */
  newChannelId(): ChannelId;
}

/** One command's view of the PBX: the control connection is there, and everything ends with the command's signal. */
interface Acting extends CommandContext {
  readonly session: AmiSession;
  readonly signal: AbortSignal;
}

type Execute<Name extends CommandName> = (command: CommandOf<Name>, pbx: Acting) => Promise<CommandOutcome>;

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

const dial: Execute<'dial'> = async (command, pbx) => {
  const { channel, extension, number, autoAnswer, record: recording } = command;
  const phone = pbx.phoneOf(extension);
  pbx.announce({ type: 'dial.commanded', at: pbx.clock.now(), channel, command: command.id, extension, number });
  const shown = await originate(pbx, {
    headers: {
      Channel: phone.device,
      ChannelId: channel,
      Context: pbx.config.dialContext,
      Exten: number,
      Priority: '1',
      // Asterisk shows it at the own phone, and then uses it as the caller's identity: it has to be the one the far party shall see.
      CallerID: renderCallerId(command.callerId ?? { number: extension, name: phone.name }),
      Timeout: String(command.timeoutSeconds * 1_000),
      Variable: [`__${dialMark}=${command.id}`, ...(autoAnswer === undefined ? [] : renderAutoAnswer(autoAnswer.header))],
    },
    look: (message) => (message.event === 'Newchannel' && message.get('Uniqueid') === channel ? 'created' : undefined),
    timeoutMs: originateMs,
  });
  if (shown === 'failed') return failed('unreachable', `${phone.device} cannot be called: it is not registered or does not exist.`);
  // `b`: only while it is bridged, which is from the far party's answer on.
  if (recording !== undefined && shown === 'created') await startRecording(pbx, channel, recording.name, 'b');
  return accepted;
};

const answer: Execute<'answer'> = async (command, pbx) => {
  switch (pbx.config.answer) {
    case 'notify':
      return (await answerByNotify(command, pbx)) ?? failed('no-answer', 'The phone did not answer when it was asked to.');
    case 'pickup':
      return answerByPickup(command, pbx);
    case 'notify-then-pickup':
      return (await answerByNotify(command, pbx)) ?? answerByPickup(command, pbx);
    default:
      return pbx.config.answer satisfies never;
  }
};

/** Asks the phone by an in-dialog NOTIFY with `Event: talk`. Undefined if it did not obey: that it was sent means nothing. */
const answerByNotify = async ({ channel }: CommandOf<'answer'>, pbx: Acting): Promise<CommandOutcome | undefined> => {
  const effect = pbx.events.watch((message) => leftRinging(message, channel), notifyMs, pbx.signal);
  try {
    await request(pbx, { Action: 'PJSIPNotify', Channel: channel, Variable: 'Event=talk' });
    return await effect.found;
  } catch (error) {
    // Not a PJSIP channel, no such module, no permission: the other way may still do.
    if (error instanceof GatewayError && ['pbx-refused', 'not-supported', 'pbx-forbidden'].includes(error.code)) return undefined;
    throw error;
  } finally {
    effect.stop();
  }
};

const leftRinging = (message: AmiMessage, channel: ChannelId): CommandOutcome | undefined => {
  if (message.get('Uniqueid') !== channel) return undefined;
  if (message.event === 'Newstate' && message.get('ChannelState') === '6') return accepted;
  return message.event === 'Hangup' ? failed('leg-ended', 'The leg ended before the phone had answered.') : undefined;
};

/** Calls the same phone a second time, lets it answer by itself, and picks the first call up with it. */
const answerByPickup = async ({ channel, extension, header }: CommandOf<'answer'>, pbx: Acting): Promise<CommandOutcome> => {
  const phone = pbx.phoneOf(extension);
  const ringing = await request(pbx, { Action: 'Getvar', Channel: channel, Variable: 'CHANNEL(name)' });
  const picker = pbx.newChannelId();
  const effect = await originate(pbx, {
    headers: {
      Channel: phone.device,
      ChannelId: picker,
      Application: 'PickupChan',
      Data: ringing.get('Value') ?? '',
      CallerID: renderCallerId({ number: extension, name: phone.name }),
      Timeout: String(pickupMs),
      Variable: renderAutoAnswer(header),
    },
    look: (message) => (isPickupOf(message, channel) ? 'picked-up' : withoutPicker(message, channel)),
    timeoutMs: pickupMs,
  });
  if (effect === 'picked-up') return accepted;
  if (effect === 'failed') return failed('no-answer', `${phone.device} did not answer the second call to it.`);
  await dropPicker(pbx, picker);
  return effect ?? failed('no-answer', `${phone.device} did not take the call in time.`);
};

const isPickupOf = (message: AmiMessage, channel: ChannelId): boolean =>
  message.event === 'Pickup' && message.get('TargetUniqueid') === channel;

/** The first call was answered by hand after all, or it ended. Cause 26, answered elsewhere, is how one that is picked up ends. */
const withoutPicker = (message: AmiMessage, channel: ChannelId): CommandOutcome | undefined =>
  message.get('Cause') === '26' ? undefined : leftRinging(message, channel);

/** The second call has nothing left to pick up: it must not go on ringing. */
const dropPicker = async (pbx: Acting, picker: ChannelId): Promise<void> => {
  try {
    await request(pbx, { Action: 'Hangup', Channel: picker, Cause: '16' });
  } catch (error) {
    // It has ended by itself, which is what was wanted.
    if (!(error instanceof GatewayError) || error.code !== 'leg-ended') throw error;
  }
};

/**
 * Calls out. `look` finds the effect among the events; `failed` means that Asterisk gave up and no effect showed, undefined that
 * neither came in time.
 */
const originate = async <Result>(
  pbx: Acting,
  wish: {
    readonly headers: Readonly<Record<string, string | readonly string[]>>;
    readonly look: (message: AmiMessage) => Result | undefined;
    readonly timeoutMs: number;
  },
): Promise<Result | 'failed' | undefined> => {
  const { session, events, signal } = pbx;
  const actionId = session.newActionId();
  const effect = events.watch(wish.look, wish.timeoutMs, signal);
  const failure = events.watch((message) => (isFailureOf(message, actionId) ? ('failed' as const) : undefined), wish.timeoutMs, signal);
  const grace = Promise.withResolvers<'failed'>();
  let stopGrace = (): void => undefined;
  try {
    await session.request({ Action: 'Originate', Async: 'true', ...wish.headers }, { signal, actionId });
    const first = await Promise.race([effect.found, failure.found]);
    if (first !== 'failed') return first;
    stopGrace = pbx.timers.after(originateGraceMs, () => grace.resolve('failed'));
    return await Promise.race([effect.found, grace.promise]);
  } finally {
    effect.stop();
    failure.stop();
    stopGrace();
  }
};

const isFailureOf = (message: AmiMessage, actionId: string): boolean =>
  message.event === 'OriginateResponse' && message.get('ActionID') === actionId && message.get('Response') === 'Failure';

/** `cause` is the Q.850 cause that the phone and the dialplan get to see: 17 makes the dialplan take it for the user's "busy". */
const hangUp =
  (cause: 16 | 17) =>
  async ({ channel }: { readonly channel: ChannelId }, pbx: Acting): Promise<CommandOutcome> => {
    pbx.announce({ type: 'channel.hangupRequested', at: pbx.clock.now(), channel, by: 'command' });
    // By Uniqueid, which is never used again, where a channel's name is.
    await request(pbx, { Action: 'Hangup', Channel: channel, Cause: String(cause) });
    return accepted;
  };

const record: Execute<'record'> = async ({ channel, recording }, pbx) => {
  await startRecording(pbx, channel, recording, '');
  return accepted;
};

const startRecording = async (pbx: Acting, channel: ChannelId, name: string, options: string): Promise<void> => {
  // The name becomes a file's, in Asterisk's own folder of recordings and no other.
  if (!/^\w[\w.-]{0,127}$/.test(name)) throw new GatewayError('invalid-parameter', { field: 'recording' });
  const file = /\.\w{2,4}$/.test(name) ? name : `${name}.wav`;
  await request(pbx, { Action: 'MixMonitor', Channel: channel, File: file, Options: `${options}i(${recordingVariable})` });
};

const stopRecording: Execute<'stopRecording'> = async ({ channel }, pbx) => {
  const handle = await request(pbx, { Action: 'Getvar', Channel: channel, Variable: recordingVariable });
  const id = handle.get('Value') ?? '';
  if (id === '') return failed('wrong-state', 'The leg is not being recorded by this gateway.');
  await request(pbx, { Action: 'StopMixMonitor', Channel: channel, MixMonitorID: id });
  await request(pbx, { Action: 'Setvar', Channel: channel, Variable: recordingVariable, Value: '' });
  return accepted;
};

const pauseRecording =
  (pause: boolean) =>
  async ({ channel }: { readonly channel: ChannelId }, pbx: Acting): Promise<CommandOutcome> => {
    await request(pbx, { Action: 'MixMonitorMute', Channel: channel, Direction: 'both', State: pause ? '1' : '0' });
    return accepted;
  };

const request = ({ session, signal }: Acting, action: AmiAction): Promise<AmiMessage> => session.request(action, { signal });

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
  let session: AmiSession;
  try {
    session = await context.control(signal);
  } catch (error) {
    signal.throwIfAborted();
    return failed('pbx-down', error instanceof Error ? error.message : String(error));
  }
  try {
    return await execute(command, { ...context, session, signal });
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof GatewayError)) throw error;
    // It was sent, or may have been, when the link broke.
    if (error.code === 'pbx-down') return { outcome: 'unknown', detail: error.message };
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
