/** What every command acts with: the control connection, the events as they come in, and the actions that several need. */
import type { CommandName, CommandOf, CommandOutcome } from '../../../model/command.ts';
import { GatewayError } from '../../../model/errors.ts';
import type { Fact } from '../../../model/fact.ts';
import type { ChannelId, ExtensionNumber } from '../../../model/ids.ts';
import type { Clock, Timers } from '../../../model/time.ts';
import type { AmiAction, AmiSession } from '../ami-client.ts';
import type { AmiMessage } from '../ami-parser.ts';
import type { AsteriskConfig } from '../config.ts';
import type { EventWatch } from '../../link/event-watch.ts';
import type { Spaces } from '../spaces.ts';

/** What commands act with. */
export interface CommandContext {
  readonly config: AsteriskConfig;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly events: EventWatch<AmiMessage>;
  /** The control connection, made anew if it was lost. */
  control(signal: AbortSignal): Promise<AmiSession>;
  /** A fact of our own making, in order with those of the PBX. */
  announce(fact: Fact): void;
  /** The device of an extension (`PJSIP/101`) and its display name. */
  phoneOf(extension: ExtensionNumber): { readonly device: string; readonly name: string };
  /** Which of the PBX's parking spaces the slots are. */
  readonly spaces: Pick<Spaces, 'spaceOf'>;
  /** A recording of a channel into a file is about to begin; call what is returned if it does not. */
  expectRecording(channel: ChannelId, file: string): () => void;
  /** An id for a channel of our own, never used before. */
  newChannelId(): ChannelId;
}

/** One command's view of the PBX: the control connection is there, and everything ends with the command's signal. */
export interface Acting extends CommandContext {
  readonly session: AmiSession;
  readonly signal: AbortSignal;
}

export type Execute<Name extends CommandName> = (command: CommandOf<Name>, pbx: Acting) => Promise<CommandOutcome>;

export const request = ({ session, signal }: Acting, action: AmiAction): Promise<AmiMessage> => session.request(action, { signal });

export const list = ({ session, signal }: Acting, action: AmiAction): Promise<readonly AmiMessage[]> => session.list(action, { signal });

/** A function of the dialplan, or a channel's variable: `''` where it has no value. */
export const valueOf = async (pbx: Acting, variable: string, channel?: ChannelId): Promise<string> =>
  (await request(pbx, { Action: 'Getvar', Variable: variable, Channel: channel })).get('Value') ?? '';

/**
 * The name of a channel, for what does not take its Uniqueid: applications, conferences. Rejects with `leg-ended` if there is no such
 * channel.
 */
export const nameOf = async (pbx: Acting, channel: ChannelId): Promise<string> => {
  const name = await valueOf(pbx, 'CHANNEL(name)', channel);
  if (name === '') throw new GatewayError('leg-ended', { channel });
  return name;
};

/** Whether the dialplan has somebody there. A call that is sent to nobody would be lost, and Asterisk says "success". */
export const requireTarget = async (pbx: Acting, to: string): Promise<void> => {
  const { dialContext } = pbx.config;
  const exists = await valueOf(pbx, `DIALPLAN_EXISTS(${argument('to', dialContext)},${argument('to', to)},1)`);
  if (exists === '1') return;
  if (exists === '0') throw new GatewayError('invalid-parameter', { field: 'to', said: `There is no ${to} in context ${dialContext}.` });
  throw new GatewayError('not-supported', { said: 'Asterisk cannot tell whether a number exists: load func_dialplan.' });
};

/** A value inside an application's or a function's arguments. What would end the argument is refused, since no escape holds everywhere. */
export const argument = (field: string, value: string): string => {
  if (/[\p{Cc},|&;:^"'\\(){}[\]$]/u.test(value)) throw new GatewayError('forbidden-character', { field });
  return value;
};

/** Sent by a phone's own dialog: `talk`, `hold`. Undefined if it cannot be sent, or the phone did not obey: that it was sent means nothing. */
export const askPhone = async <Result>(
  pbx: Acting,
  { channel, event }: { readonly channel: ChannelId; readonly event: 'talk' | 'hold' },
  look: (message: AmiMessage) => Result | undefined,
): Promise<Result | undefined> => {
  const effect = pbx.events.watch(look, notifyMs, pbx.signal);
  try {
    await request(pbx, { Action: 'PJSIPNotify', Channel: channel, Variable: `Event=${event}` });
    return await effect.found;
  } catch (error) {
    // Not a PJSIP channel, no such module, no permission: the other way may still do.
    if (error instanceof GatewayError && ['pbx-refused', 'not-supported', 'pbx-forbidden'].includes(error.code)) return undefined;
    throw error;
  } finally {
    effect.stop();
  }
};

/** How long a phone has to obey a NOTIFY: it obeys at once or not at all. */
const notifyMs = 2_000;

/** Ends a channel that may have ended by itself, which is what is wanted then. */
export const dropChannel = async (pbx: Acting, channel: ChannelId): Promise<void> => {
  try {
    await request(pbx, { Action: 'Hangup', Channel: channel, Cause: '16' });
  } catch (error) {
    if (!(error instanceof GatewayError) || error.code !== 'leg-ended') throw error;
  }
};

/**
 * Makes an extension of the dialplan that runs one application, for a channel to be sent to. It is made anew for each command, so that a
 * reload of the dialplan, which forgets it, matters to none. Needs no file of the owner's.
 */
export const addDialplanExtension = async (
  pbx: Acting,
  place: { readonly context: string; readonly extension: string; readonly application: string; readonly data: string },
): Promise<void> => {
  const { context, extension, application, data } = place;
  // A transfer makes Asterisk tell the first step with the application that the channel was in before, and the true one never: so the
  // first step does nothing.
  const steps = [
    { Priority: '1', Application: 'NoOp', ApplicationData: '' },
    { Priority: '2', Application: application, ApplicationData: data },
  ];
  for (const step of steps) {
    await request(pbx, { Action: 'DialplanExtensionAdd', Context: context, Extension: extension, ...step, Replace: 'yes' });
  }
};
