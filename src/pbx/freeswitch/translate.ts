import type { Fact, FactOf } from '../../model/fact.ts';
import type { ChannelId } from '../../model/ids.ts';
import type { Micros } from '../../model/time.ts';
import type { Directory } from './directory.ts';
import type { EslMessage } from './esl-parser.ts';
import type { Found } from './resync.ts';
import { adopt } from './translate/adopt.ts';
import { executed } from './translate/applications.ts';
import { bridged, unbridged } from './translate/bridges.ts';
import { answered, created, ended, endHeldBack, hangup, held, progress, shownAnswered } from './translate/channels.ts';
import { EarlyChannels, type Arrived } from './translate/early-channels.ts';
import type { Memory } from './translate/memory.ts';
import { routed, valet } from './translate/parking.ts';
import { dtmf, recording, registered } from './translate/phones.ts';
import { callCenter, conference, fifo } from './translate/places.ts';
import { Reader, type Translate } from './translate/reader.ts';
import { transferOverdue, transferred } from './translate/transfers.ts';

/** Event-socket events to facts. */
export interface Translator {
  /** The facts in a message, most often none or one. FreeSWITCH's own time is preferred to `at`, when the message came. */
  translate(message: EslMessage, at: Micros): readonly Fact[];
  /** From here on what a resync found is what lives. */
  adopt(resync: Pick<FactOf<'resync'>, 'channels'>, found: Found): void;
  /** A command of ours is about to send `channel` elsewhere for `by`: FreeSWITCH does not say for whom. */
  sends(channel: ChannelId, by: ChannelId): void;
  /** The channel for which another one rings. */
  callerOf(channel: ChannelId): ChannelId | undefined;
  /** The files that a channel is recorded into, the newest last. */
  recordingsOf(channel: ChannelId): readonly string[];
}

export interface TranslatorOptions {
  readonly directory: Directory;
}

/** Whether `translate` has a use for events of this name: the rest need not be read at all. */
export const isInteresting = (event: string): boolean => translations.has(event);

export const createTranslator = ({ directory }: TranslatorOptions): Translator => {
  const memory: Memory = { directory, channels: new Map(), agents: new Map(), transferer: undefined, heldBack: new Map() };
  const early = new EarlyChannels();
  return {
    translate: (message, at) => {
      if (message.event === undefined || !translations.has(message.event)) return [];
      return early.admit({ message, at }, (channel) => memory.channels.has(channel)).flatMap((each) => tell(each, memory));
    },
    adopt(resync, found) {
      early.forget();
      adopt(resync.channels, found, memory);
    },
    sends(channel, by) {
      const sent = memory.channels.get(channel);
      const sender = memory.channels.get(by);
      if (sent !== undefined && sender !== undefined) sent.sentBy = { channel: by, device: sender.endpoint.device };
    },
    callerOf: (channel) => memory.channels.get(channel)?.caller,
    recordingsOf: (channel) => memory.channels.get(channel)?.recordings ?? [],
  };
};

const tell = ({ message, at }: Arrived, memory: Memory): readonly Fact[] => {
  const stories = message.event === undefined ? undefined : translations.get(message.event);
  if (stories === undefined) return [];
  const reader = new Reader(message, at);
  const facts = [...shownAnswered(reader, memory), ...stories.flatMap((translate) => translate(reader, memory))];
  if (memory.heldBack.size > 0) facts.push(...endHeldBack({ id: reader.channel() }, memory));
  facts.push(...transferOverdue(memory, reader.at));
  return facts;
};

const shutdown: Translate = (reader) => [{ type: 'pbx.degraded', at: reader.at, reason: 'FreeSWITCH is shutting down.' }];

/** What each event tells, one after the other. */
const translations: ReadonlyMap<string, readonly Translate[]> = new Map<string, readonly Translate[]>([
  ['CHANNEL_CREATE', [created]],
  ['CHANNEL_STATE', [transferred, routed]],
  ['CHANNEL_PROGRESS', [progress]],
  ['CHANNEL_PROGRESS_MEDIA', [progress]],
  ['CHANNEL_ANSWER', [answered]],
  ['CHANNEL_EXECUTE', [transferred, executed]],
  // The music of a held party stops when it is sent elsewhere: sometimes the only word of it while the sender is still there.
  ['PLAYBACK_STOP', [transferred, routed]],
  ['CHANNEL_BRIDGE', [bridged]],
  ['CHANNEL_UNBRIDGE', [transferred, unbridged]],
  ['CHANNEL_HOLD', [held('channel.held')]],
  ['CHANNEL_UNHOLD', [held('channel.unheld')]],
  ['CHANNEL_HANGUP', [hangup]],
  ['CHANNEL_HANGUP_COMPLETE', [ended]],
  ['DTMF', [dtmf]],
  ['RECORD_START', [recording('recording.started')]],
  ['RECORD_STOP', [recording('recording.stopped')]],
  ['valet_parking::info', [valet]],
  ['conference::maintenance', [conference]],
  ['callcenter::info', [callCenter]],
  ['fifo::info', [fifo]],
  ['sofia::register', [registered('extension.registered')]],
  ['sofia::unregister', [registered('extension.unregistered')]],
  ['sofia::expire', [registered('extension.unregistered')]],
  ['SHUTDOWN', [shutdown]],
]);
