import type { Application, BridgeMembership, ChannelSnapshot, ChannelState, Endpoint, Parking } from '../../model/fact.ts';
import type { SupervisionMode } from '../../model/call.ts';
import type { ChannelId, CommandId, ExtensionNumber } from '../../model/ids.ts';
import type { Micros } from '../../model/time.ts';
import type { Habit } from './schema.ts';

/** A phone of the office. */
export interface Phone {
  readonly kind: 'phone';
  readonly extension: ExtensionNumber;
  readonly name: string;
  readonly device: string;
  readonly habit: Habit;
  readonly voicemail: boolean;
  registered: boolean;
  dnd: boolean;
  statusText: string;
}

/** Somebody's phone beyond the trunk. */
export interface OutsidePhone {
  readonly kind: 'outside';
  readonly number: string;
  readonly name: string;
  readonly habit: Habit;
}

export type Party = Phone | OutsidePhone;

/** Why a channel leaves what it was doing: it ends, is sent elsewhere, is answered, or is fetched from (or sent back out of) its slot. */
export type Departure =
  | { readonly how: 'ended' | 'moved' | 'answered' | 'timed-out' }
  | { readonly how: 'retrieved'; readonly by: LiveChannel };

/**
 * What a channel is doing: dialling, talking, waiting in a queue ... `left` is told once, when the channel goes: it says what
 * must be said before the channel's own end, and returns what becomes of the others after it.
 */
export interface Activity {
  left(channel: LiveChannel, departure: Departure): (() => void) | undefined;
  /** The channel's phone pressed a key. */
  pressed?(key: string): void;
  /** The PBX died, and the channel with it. */
  forgotten?(): void;
}

/** The attempt to reach somebody of which a ringing channel is part. */
export interface Ringing {
  /** Absent when the PBX itself calls. */
  readonly caller: LiveChannel | undefined;
  answer(callee: LiveChannel): void;
  /** `picker` answers in place of `ringing`. */
  takeOver(ringing: LiveChannel, picker: LiveChannel): void;
  /**
   * Calls it off: the caller left, or goes elsewhere. Says so of every phone that rings, and returns what ends them: a PBX
   * ends the caller first.
   */
  cancel(forwardedTo?: string): () => void;
}

/** One live channel, as the exchange changes it. */
export interface LiveChannel {
  readonly id: ChannelId;
  readonly party: Party;
  readonly endpoint: Endpoint;
  readonly number: string;
  readonly name: string;
  readonly dialled: string | undefined;
  readonly context: string;
  readonly family: ChannelId;
  readonly createdAt: Micros;
  readonly clickToDial: CommandId | undefined;
  /** What its callees see in place of its own number and name. */
  shownAs: { readonly number: string; readonly name: string } | undefined;
  peerNumber: string;
  peerName: string;
  state: ChannelState;
  application: Application | undefined;
  activity: Activity | undefined;
  /** Of a called channel, until it is answered. */
  ring: Ringing | undefined;
  bridge: BridgeMembership | undefined;
  held: boolean;
  muted: boolean;
  parking: Parking | undefined;
  queue: { readonly name: string; readonly position: number; readonly since: Micros } | undefined;
  conference: string | undefined;
  supervising: { readonly mode: SupervisionMode; readonly target: LiveChannel } | undefined;
  /** Begin this recording when the channel is first connected to somebody. */
  recordFromAnswer: string | undefined;
  readonly recordings: Map<string, 'recording' | 'paused'>;
  /** What scripts keep with the call. */
  readonly variables: Map<string, string>;
  ended: boolean;
}

export const snapshotOf = (channel: LiveChannel): ChannelSnapshot => ({
  channel: channel.id,
  endpoint: channel.endpoint,
  number: channel.number,
  name: channel.name,
  peerNumber: channel.peerNumber,
  peerName: channel.peerName,
  ...(channel.dialled === undefined ? undefined : { dialled: channel.dialled }),
  context: channel.context,
  family: channel.family,
  state: channel.state,
  createdAt: channel.createdAt,
  ...(channel.application === undefined ? undefined : { application: channel.application }),
  ...(channel.bridge === undefined ? undefined : { bridge: channel.bridge }),
  held: channel.held,
  ...(channel.parking === undefined ? undefined : { parking: channel.parking }),
  ...(channel.queue === undefined ? undefined : { queue: channel.queue }),
  ...(channel.conference === undefined ? undefined : { conference: channel.conference }),
  ...(channel.supervising === undefined
    ? undefined
    : { supervising: { mode: channel.supervising.mode, target: channel.supervising.target.id } }),
  ...(channel.clickToDial === undefined ? undefined : { clickToDial: channel.clickToDial }),
});
