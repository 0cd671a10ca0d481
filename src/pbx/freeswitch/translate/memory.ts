import type { AgentSnapshot, Application, BridgeMembership, Endpoint, Fact } from '../../../model/fact.ts';
import { bridgeId, type ChannelId } from '../../../model/ids.ts';
import type { Micros } from '../../../model/time.ts';
import type { Directory } from '../directory.ts';

/**
 * FreeSWITCH tells of a bridge on one of its two channels only, and of a transfer not at all but in what the channels do next: so of each
 * live channel it is remembered whom it hears, whom it heard last, and what it waits for.
 */
export interface Memory {
  readonly directory: Directory;
  readonly channels: Map<ChannelId, Channel>;
  /** By name: `1002@default`. */
  readonly agents: Map<string, CallCenterAgent>;
  /** The consulting leg of an attended transfer has ended; the leg that holds the other party ends next and tells the rest. */
  transferer: Transferer | undefined;
  /**
   * FreeSWITCH's events keep their order within a channel, not between channels: the end of one that has sent another elsewhere waits, by
   * the other's id, until that has told where it went.
   */
  readonly heldBack: Map<ChannelId, () => readonly Fact[]>;
}

export interface Transferer {
  readonly second: ChannelId;
  readonly target: ChannelId | undefined;
  readonly device: string;
  readonly at: Micros;
  /** The end of the consulting leg: it waits, so that the leg is there when the transfer is told. */
  end?: () => readonly Fact[];
}

/** What is remembered of an agent of mod_callcenter, which serves several queues at once and tells of itself by its name alone. */
export interface CallCenterAgent {
  /** Each with the level of its tier there. */
  readonly queues: ReadonlyMap<string, number>;
  readonly snapshot: AgentSnapshot;
  status: string;
  state: string;
}

/** What is remembered of a live channel. */
export interface Channel {
  readonly id: ChannelId;
  readonly endpoint: Endpoint;
  readonly family: ChannelId;
  caller?: ChannelId;
  /** Of a loopback channel. */
  readonly otherHalf?: ChannelId;
  /** Its phone is rung; for `caller`, or for the PBX itself. */
  readonly isCalled?: boolean;
  isUp?: boolean;
  bridge?: Pair;
  /** Joined with it before both have answered: early media. They are a pair once both have. */
  earlyPeer?: ChannelId;
  /** Whom it heard last: the one that sent it elsewhere, if somebody did. */
  lastPeer?: ChannelId;
  /** It has heard more than one. */
  hasChangedPeers?: boolean;
  /** Its phone sent the other party elsewhere, and so leaves. */
  hasTransferred?: boolean;
  /** The transfer of it that was told last. */
  transferSource?: string;
  /** Who sent it where it is now. */
  sentBy?: { readonly channel: ChannelId; readonly device: string };
  /** The files that it is recorded into. */
  recordings?: readonly string[];
  /** It talks to somebody else meanwhile, by `att_xfer`; the party of this pair waits. */
  consultsBeside?: Pair;
  isHangingUp?: boolean;
  /** It rings for a half of a loopback that another has outrun: to FreeSWITCH its own caller has left. */
  isOutrun?: boolean;
  parked?: OccupiedSlot;
  application?: Application;
  /** Whose ringing it takes over, as soon as it has answered. */
  picksUp?: { readonly name: string; readonly detail: string };
  /** What it dials, several at once or in turn. */
  dials?: readonly string[];
  queue?: string;
  supervises?: { readonly byKeys: boolean };
}

export type Pair = { readonly with: ChannelId } & BridgeMembership;

/** FreeSWITCH has no bridges with a name of their own: two channels are one, whichever of them it names first. */
export const bridgeOf = (one: ChannelId, two: ChannelId): BridgeMembership => ({
  bridge: bridgeId([one, two].toSorted().join('+')),
  kind: 'mixing',
});

export interface OccupiedSlot {
  readonly lot: string;
  readonly slot: string;
  /** When its time in the slot is over. */
  readonly until?: Micros;
  readonly retriever?: ChannelId;
  /** It has left the slot; what it does next tells why. */
  readonly isLeaving?: boolean;
}
