/** What every command acts with: the control connection, the events as they come in, and the actions that several need. */
import type { SlotRef } from '../../../model/call.ts';
import type { CommandName, CommandOf, CommandOutcome } from '../../../model/command.ts';
import { GatewayError } from '../../../model/errors.ts';
import type { Fact } from '../../../model/fact.ts';
import type { ChannelId, ExtensionNumber } from '../../../model/ids.ts';
import type { Clock, Micros, Timers } from '../../../model/time.ts';
import type { EventWatch } from '../../link/event-watch.ts';
import type { FreeswitchConfig } from '../config.ts';
import type { EslSession } from '../esl-client.ts';
import type { EslMessage } from '../esl-parser.ts';

/** What commands act with. */
export interface CommandContext {
  readonly config: FreeswitchConfig;
  /** The domain of the configuration, or FreeSWITCH's own. */
  readonly domain: string;
  /** Where FreeSWITCH puts recordings; empty where it does not tell. */
  readonly recordingsFolder: string;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly events: EventWatch<EslMessage>;
  /** The control connection, made anew if it was lost. */
  control(signal: AbortSignal): Promise<EslSession>;
  /** A fact of our own making, in order with those of the PBX. */
  announce(fact: Fact): void;
  /** `channel` is about to be sent elsewhere for `by`. */
  sends(channel: ChannelId, by: ChannelId): void;
  /** The channel for which another one rings. */
  callerOf(channel: ChannelId): ChannelId | undefined;
  /** The files that a channel is recorded into, the newest last. */
  recordingsOf(channel: ChannelId): readonly string[];
  /** FreeSWITCH's lot and slot of one of ours. */
  theirs(slot: SlotRef): SlotRef;
  /** When a call was last seen to leave one of FreeSWITCH's own slots, if that is not long ago. */
  leftAt(slot: SlotRef): Micros | undefined;
  nameOf(extension: ExtensionNumber): string;
  /** Has everything read again. */
  refresh(): void;
  /** An id for a channel of our own, never used before. */
  newChannelId(): ChannelId;
}

/** One command's view of the PBX: the control connection is there, and everything ends with the command's signal. */
export interface Acting extends CommandContext {
  readonly session: EslSession;
  readonly signal: AbortSignal;
}

export type Execute<Name extends CommandName> = (command: CommandOf<Name>, pbx: Acting) => Promise<CommandOutcome>;

/** Runs an api in the background, so that one which blocks holds up no other. */
export const run = ({ session, signal }: Acting, api: string): Promise<string> => session.job(api, { signal });

/** A question that FreeSWITCH answers at once. */
export const ask = ({ session, signal }: Acting, question: string): Promise<string> => session.api(question, { signal });

/**
 * A value among an api's arguments: of characters that mean nothing to FreeSWITCH's many parsers of those, since no escape holds in all
 * of them.
 */
export const argument = (field: string, value: string): string => {
  if (!/^[\p{L}\p{N}_@.+*#-]{1,256}$/u.test(value)) throw new GatewayError('forbidden-character', { field });
  return value;
};

/** A channel's id among the arguments. One that cannot be an id is none of a channel that lives. */
export const uuid = (channel: ChannelId): string => {
  if (!/^[\w-]{1,128}$/.test(channel)) throw new GatewayError('leg-ended', { channel });
  return channel;
};

/** `uuid_hold` and others say that all is well, whether there is such a channel or not. */
export const requireChannel = async (pbx: Acting, channel: ChannelId): Promise<void> => {
  if ((await ask(pbx, `uuid_exists ${uuid(channel)}`)).trim() !== 'true') throw new GatewayError('leg-ended', { channel });
};

/** A channel's variable: `''` where it has no value. */
export const variableOf = async (pbx: Acting, channel: ChannelId, name: string): Promise<string> => {
  const value = (await ask(pbx, `uuid_getvar ${uuid(channel)} ${name}`)).trim();
  return value === '_undef_' ? '' : value;
};

/** The event of a channel. */
export const isOf = (message: EslMessage, event: string, channel: ChannelId): boolean =>
  message.event === event && message.get('Unique-ID') === channel;

/** Ends a channel that may have ended by itself, which is what is wanted then. */
export const dropChannel = async (pbx: Acting, channel: ChannelId): Promise<void> => {
  try {
    await run(pbx, `uuid_kill ${uuid(channel)} NORMAL_CLEARING`);
  } catch (error) {
    if (!(error instanceof GatewayError) || error.code !== 'leg-ended') throw error;
  }
};

/** How long a channel has to end by itself that has lost its party: it ends at once or goes on with its dialplan. */
const aloneMs = 500;

/** Does what takes the other parties of these channels away, and ends those of them that do not end by themselves. */
export const leaveBehind = async (pbx: Acting, channels: readonly ChannelId[], act: () => Promise<unknown>): Promise<void> => {
  const ends = channels.map((channel) => ({
    channel,
    end: pbx.events.watch((message) => (isOf(message, 'CHANNEL_HANGUP', channel) ? true : undefined), aloneMs, pbx.signal),
  }));
  try {
    await act();
    await Promise.all(
      ends.map(async ({ channel, end }) => {
        if ((await end.found) === undefined) await dropChannel(pbx, channel);
      }),
    );
  } finally {
    for (const { end } of ends) end.stop();
  }
};

/** Sends a channel to a number of the dialplan. Whether there is such a number FreeSWITCH finds out, and tells, only then. */
export const sendTo = (pbx: Acting, channel: ChannelId, to: string): Promise<string> =>
  run(pbx, `uuid_transfer ${uuid(channel)} ${argument('to', to)} XML ${argument('dialContext', pbx.config.dialContext)}`);

/** How long a phone has to obey a NOTIFY: it obeys at once or not at all. */
const notifyMs = 2_000;

/** Asks a phone to do something by itself, by its own dialog. Undefined if it cannot be asked, or did not obey. */
export const askPhone = async <Result>(
  pbx: Acting,
  { channel, event }: { readonly channel: ChannelId; readonly event: 'talk' | 'hold' },
  look: (message: EslMessage) => Result | undefined,
): Promise<Result | undefined> => {
  const effect = pbx.events.watch(look, notifyMs, pbx.signal);
  try {
    await run(pbx, `uuid_phone_event ${uuid(channel)} ${event}`);
    return await effect.found;
  } catch (error) {
    // Not a SIP channel, or one that has ended: the other way may still do, or says so.
    if (error instanceof GatewayError && error.code === 'pbx-refused') return undefined;
    throw error;
  } finally {
    effect.stop();
  }
};
