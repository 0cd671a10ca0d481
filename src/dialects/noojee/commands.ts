import type { Identity } from '../../auth/auth.ts';
import type { CommandRecord, CommandRequest, Control } from '../../control/control.ts';
import type { Projection } from '../../delivery/projection.ts';
import type { TenantEngine } from '../../engine/engine.ts';
import type { Leg } from '../../model/call.ts';
import { GatewayError } from '../../model/errors.ts';
import { channelId, type LegId } from '../../model/ids.ts';
import type { Clock, Timers } from '../../model/time.ts';
import { alreadyRecording, explain, failed, invalid, noChannel, NoojeeError, notRecording, pbxDown, pbxNotConnected } from './errors.ts';
import type { NoojeeOptions } from './options.ts';
import {
  isUniqueId,
  optional,
  parseAutoAnswer,
  parseCallerId,
  parseExtension,
  parseFlag,
  parseList,
  parseTimeOut,
  required,
} from './parse.ts';
import type { Parameters } from './parse.ts';
import { withDeadline } from './pause.ts';
import type { NoojeeState } from './project.ts';
import type { RecordingBook } from './recordings.ts';
import { renderState } from './render.ts';
import type { DialReply, Entry, ExtensionState, Reply } from './schema.ts';
import { recentlyEnded } from './subscribe.ts';

/** Clients give up reading after five seconds. */
const effectSeconds = 3;
const sessionMs = 500;

export interface CommandSource {
  readonly engine: TenantEngine;
  readonly projection: Projection<NoojeeState, string>;
  readonly control: Control;
  readonly recordings: RecordingBook;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly options: NoojeeOptions;
}

/** A request: who asks for what, and the signal that ends it. */
export interface Asked {
  readonly identity: Identity;
  readonly parameters: Parameters;
  readonly signal: AbortSignal;
}

/** Rings the extension, then connects it to the number; answers as soon as its phone rings. */
export const dial = async (source: CommandSource, asked: Asked): Promise<DialReply> => {
  const { parameters } = asked;
  const number = required(parameters, 'number');
  const from = required(parameters, 'extenOrUniqueId');
  const header = parseAutoAnswer(parameters, 'autoAnswer');
  const callerId = parseCallerId(parameters);
  const record = parseFlag(parameters, 'record') ? recordingWish(asked) : undefined;
  requirePbx(source);
  const extension = entryById(source, from)?.extension ?? parseExtension(from);
  const dialled = await submit(
    source,
    asked,
    {
      name: 'dial',
      extension,
      number,
      ...(callerId === undefined ? undefined : { callerId }),
      ...(header === undefined ? undefined : { autoAnswer: { header } }),
      ...(record === undefined ? undefined : { record: true }),
    },
    (error) => invalidOf(error) ?? new NoojeeError(`Originate failed: ${error.message}`, failed, error),
  );
  const session = dialled.legId === undefined ? undefined : await entryOf(source, dialled.legId, asked.signal);
  if (session === undefined) throw new NoojeeError('Originate failed: The phone did not ring.');
  if (record !== undefined) source.recordings.note(session, record);
  return { SessionID: session.id, Message: 'Dialing', Code: 0 };
};

/** Takes the one call that was told of under `uniqueId`; others that ring at the extension ring on. */
export const answer = async (source: CommandSource, asked: Asked): Promise<Reply> => {
  const { parameters } = asked;
  const uniqueId = required(parameters, 'uniqueId');
  const extension = parseExtension(required(parameters, 'exten'));
  const header = parseAutoAnswer(parameters, 'answerString');
  requirePbx(source);
  const cannot = (error?: unknown): NoojeeError => new NoojeeError('Call can not be answered', failed, error);
  const entry = [...source.projection.view().state.live.values()].find(
    (each) => each.extension === extension && each.status === 'Ringing' && (each.farId === uniqueId || each.ownId === uniqueId),
  );
  if (entry === undefined) throw cannot();
  await perform(source, asked, { name: 'answer', leg: entry.leg, ...(header === undefined ? undefined : { header }) }, cannot);
  return { Message: 'Call answered', Code: 0 };
};

/** Ends the leg that is meant; one that rings is declined. */
export const hangup = async (source: CommandSource, asked: Asked): Promise<Reply> => {
  const { leg, missing } = legAsked(source, asked);
  const rings = leg.state === 'ringing' && leg.direction === 'inbound';
  await perform(source, asked, { name: rings ? 'reject' : 'hangup', leg: leg.id }, missing);
  return { Message: 'Channel Hungup', Code: 0 };
};

export const startRecording = async (source: CommandSource, asked: Asked): Promise<Reply> => {
  const { leg, missing } = legAsked(source, asked);
  if (leg.recording !== undefined) return alreadyRecording;
  const wish = recordingWish(asked);
  await perform(source, asked, { name: 'record', leg: leg.id }, missing);
  const entry = source.projection.view().state.live.get(leg.id);
  if (entry !== undefined) source.recordings.note(entry, wish);
  return { Message: 'Recording started', Code: 0 };
};

/** One table of the vendor's writes `Tag`, its sample `tag`. */
const recordingWish = ({ parameters }: Asked): { readonly tag: string; readonly agent: string } => ({
  tag: bounded(parameters, parameters.has('tag') ? 'tag' : 'Tag'),
  agent: bounded(parameters, 'agentLoginName'),
});

const mostText = 255;

const bounded = (parameters: Parameters, name: string): string => {
  const text = optional(parameters, name) ?? '';
  if (text.length > mostText) throw invalid(name);
  return text;
};

export const stopRecording = async (source: CommandSource, asked: Asked): Promise<Reply> => {
  const { leg, missing } = legAsked(source, asked);
  if (leg.recording === undefined) return notRecording;
  await perform(source, asked, { name: 'stopRecording', leg: leg.id }, missing);
  return { Message: 'Recording stopped', Code: 0 };
};

/** What the extensions do now. Deprecated by the vendor; its time-out is read and has no effect, for the answer is at hand. */
export const checkState = (
  source: CommandSource,
  { parameters }: Asked,
): { readonly State: Readonly<Record<string, ExtensionState>>; readonly Message?: string; readonly Code: number } => {
  const items = parseList(parameters, 'extenOrUniqueId');
  parseTimeOut(parameters);
  const states = items.map((item): [string, ExtensionState] => {
    const id = isUniqueId(item);
    return [id ? item : parseExtension(item), renderState(id ? entryById(source, item) : mainEntry(source, parseExtension(item)))];
  });
  const down = source.engine.status().status === 'down';
  // Names come from outside: only own members can be made of them.
  return { State: Object.fromEntries(states), ...(down ? pbxNotConnected : { Code: 0 }) };
};

/** By which parameter a part of a command came. */
const parameterOf: Readonly<Record<string, string>> = {
  extension: 'extenOrUniqueId',
  number: 'number',
  'callerId.number': 'callerId',
  'callerId.name': 'callerId',
  'autoAnswer.header': 'autoAnswer',
};

const invalidOf = (error: GatewayError): NoojeeError | undefined => {
  if (error.code !== 'invalid-parameter' && error.code !== 'forbidden-character') return undefined;
  const name = parameterOf[String(error.details['field'])];
  return name === undefined ? undefined : new NoojeeError(`Invalid parameter: ${name}`, failed, error);
};

const requirePbx = ({ engine }: CommandSource): void => {
  if (engine.status().status === 'down') throw pbxDown();
};

type Otherwise = (error: GatewayError) => NoojeeError;

const submit = async (
  { control }: CommandSource,
  { identity }: Asked,
  request: CommandRequest,
  otherwise: Otherwise,
): Promise<CommandRecord> => {
  try {
    return await control.submit(identity, request);
  } catch (error) {
    throw explain(error, otherwise);
  }
};

/** Submits, and stays for the effect as long as clients do; an effect that is late is left to the events to tell. */
const perform = async (source: CommandSource, asked: Asked, request: CommandRequest, otherwise: Otherwise): Promise<void> => {
  const accepted = await submit(source, asked, request, otherwise);
  const record = await source.control.wait(asked.identity.tenant, accepted.id, effectSeconds, asked.signal);
  if (record.state === 'failed') throw otherwise(new GatewayError(record.error ?? 'internal', { command: record.id }));
  if (record.state === 'unknown') throw pbxDown();
};

/** The leg that `extenOrUniqueId` names. */
const legAsked = (source: CommandSource, { parameters }: Asked): { readonly leg: Leg; readonly missing: Otherwise } => {
  const text = required(parameters, 'extenOrUniqueId');
  requirePbx(source);
  const leg = isUniqueId(text) ? legById(source, text) : mainLeg(source, text);
  if (leg === undefined) throw noChannel(text);
  const missing: Otherwise = (error) =>
    goneCodes.has(error.code)
      ? new NoojeeError(`No channel found for ${text}`, failed, error)
      : new NoojeeError(error.message, failed, error);
  return { leg, missing };
};

const goneCodes: ReadonlySet<string> = new Set(['no-such-leg', 'leg-ended', 'no-such-call']);

/**
 * An id that was given out as `uniqueCallId` means the entry that it was given with, though it is the far party's channel:
 * that far party may be gone, or ring at others too. Where several entries have it, the channel itself is meant.
 */
const legById = (source: CommandSource, id: string): Leg | undefined => {
  const { engine } = source;
  const live = [...source.projection.view().state.live.values()];
  const told = live.filter((entry) => entry.farId === id);
  const own = live.find((entry) => entry.ownId === id);
  const entry = told.length === 1 ? told[0] : (own ?? (engine.legByChannel(channelId(id)) === undefined ? told.at(-1) : undefined));
  return entry === undefined ? engine.legByChannel(channelId(id)) : engine.leg(entry.leg);
};

const isTalking = (leg: Leg): boolean => leg.state === 'connected' || leg.state === 'held';

/** Of several calls at an extension the connected one, else the newest. */
const mainLeg = ({ engine }: CommandSource, text: string): Leg | undefined => {
  const legs = engine.legsOf(parseExtension(text));
  return legs.findLast(isTalking) ?? legs.at(-1);
};

const mainEntry = (source: CommandSource, extension: string): Entry | undefined => {
  const { state } = source.projection.view();
  const live = [...state.live.values()].filter((entry) => entry.extension === extension).sort((one, two) => one.id - two.id);
  const ended = recentlyEnded(state, source).findLast((entry) => entry.extension === extension);
  return live.findLast((entry) => entry.status === 'Connected') ?? live.at(-1) ?? ended;
};

/** By any id that was ever given out for it; of ended ones as long as they are remembered. */
const entryById = (source: CommandSource, id: string): Entry | undefined => {
  const { live, ended } = source.projection.view().state;
  const named = (entry: Entry): boolean => entry.farId === id || entry.ownId === id;
  return live.find((entry) => entry.farId === id) ?? live.find(named) ?? ended.findLast(named);
};

/** The projection follows the log by a moment: waits for it to have seen the leg. */
const entryOf = ({ projection, timers }: CommandSource, leg: LegId, signal: AbortSignal): Promise<Entry | undefined> =>
  withDeadline(timers, sessionMs, signal, async (ending) => {
    for (;;) {
      const { live, ended } = projection.view().state;
      const entry = live.get(leg) ?? ended.findLast((each) => each.leg === leg);
      if (entry !== undefined || ending.aborted) return entry;
      await projection.changed(ending);
    }
  });
