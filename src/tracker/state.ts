import { Map } from 'immutable';
import type { CallDirection, EndedBy, Leg, Party, SlotRef } from '../model/call.ts';
import type { HangupCause } from '../model/cause.ts';
import type { Presence, RegisteredDevice } from '../model/extension.ts';
import type { Application, BridgeMembership, ChannelState, DialResult, Endpoint } from '../model/fact.ts';
import type { BridgeId, CallId, ChannelId, CommandId, ExtensionNumber, LegId, LoginId, PbxId } from '../model/ids.ts';
import type { PbxStatus } from '../model/live-state.ts';
import type { Agent, PlaceNames } from '../model/place.ts';
import type { Micros } from '../model/time.ts';
import type { Login, UserStatus } from '../model/user.ts';
import { emptyJournal, type Journal } from './journal.ts';

/**
 * All that the tracker knows of one PBX. Every part is immutable, so that an old state stays valid; a fact makes a new state that
 * shares with the old one whatever it did not touch.
 */
export interface TrackerState {
  readonly pbx: PbxId;
  readonly link: PbxLink;
  readonly channels: Map<ChannelId, Channel>;
  readonly calls: Map<CallId, TrackedCall>;
  /** Ids of absorbed calls, to the call that lives. */
  readonly aliases: Map<CallId, CallId>;
  /** The PBX's groupings of channels, to the call that each belongs to now. */
  readonly families: Map<ChannelId, CallId>;
  readonly bridges: Map<BridgeId, readonly ChannelId[]>;
  readonly legs: Map<LegId, ChannelId>;
  readonly extensions: Map<ExtensionNumber, TrackedExtension>;
  readonly queues: Map<string, TrackedQueue>;
  readonly conferences: Map<string, TrackedConference>;
  /** Occupied slots by `slotKey`. */
  readonly slots: Map<string, ChannelId>;
  /** By name. */
  readonly users: Map<string, TrackedUser>;
  /** Whose extension is whose: the name of its user. Follows from `users`. */
  readonly owners: ReadonlyMap<ExtensionNumber, string>;
  /** Channels that a command of ours is about to make. */
  readonly commanded: Map<ChannelId, CommandedDial>;
  /** Calls are numbered as they begin: of two that meet, the lower survives. */
  readonly lastOrder: number;
  readonly journal: Journal;
}

/** The link to the PBX, and how far what is known can be trusted. */
export interface PbxLink {
  readonly status: PbxStatus;
  readonly since: Micros;
  readonly reason?: string;
  /** When the PBX started; 0 until a fact tells. Ids derive from it. */
  readonly startedAt: Micros;
  readonly version?: string;
}

/** A channel of the PBX: the leg of a phone or trunk, or one half of a local pair, which is nobody's leg. */
export interface Channel {
  readonly id: ChannelId;
  readonly endpoint: Endpoint;
  readonly call: CallId;
  readonly state: ChannelState;
  /** It was rung by the PBX itself, for nobody that called. */
  readonly isOriginated: boolean;
  /** The channel that dials it. */
  readonly caller?: ChannelId;
  readonly application?: Application;
  readonly bridge?: BridgeMembership;
  /** The other half of a local pair. */
  readonly other?: ChannelId;
  /** The pair is being taken out: legs beside it change bridges, and hear each other all the while. */
  readonly isOptimised?: boolean;
  /** It left a bridge while a pair beside it was taken out, and is expected in another. */
  readonly isMoving?: boolean;
  /** Channels of the legs that it hears. */
  readonly hears: readonly ChannelId[];
  /** Who asked for its hangup. */
  readonly asked?: 'far-end' | 'command' | 'pbx';
  /** The other party has hung up: if it ends now, that is why. */
  readonly isLeftAlone?: boolean;
  /** It listens in, or did: how it ends is not how the call ends. */
  readonly isSupervisor?: boolean;
  /** Another channel took over what it rang for. */
  readonly isPickedUp?: boolean;
  readonly result?: DialResult;
  readonly waiting?: Waiting;
  /** A local half waits in a queue for this leg, which is behind its pair. */
  readonly waitsFor?: ChannelId;
  /** It was connected before it came to wait in a queue: who takes it connects it once more. */
  readonly isToReconnect?: boolean;
  readonly parked?: Parked;
  /** It hung up in its slot: it is on its way out, and busy with nothing. */
  readonly hasGivenUp?: boolean;
  /** A blind transfer sent it on; where it arrives tells what kind of transfer that was. */
  readonly transfer?: PendingTransfer;
  /** Since it was last in a talk it has come to something: if a blind transfer brought it there, that may be told only now. */
  readonly arrival?: Arrival;
  /** Absent of a local half. */
  readonly leg?: Leg;
}

export interface Waiting {
  readonly queue: string;
  readonly position: number;
  readonly since: Micros;
}

export interface Parked extends SlotRef {
  readonly parkedBy?: ExtensionNumber;
  readonly since: Micros;
  readonly until?: Micros;
}

export interface PendingTransfer {
  readonly byLeg?: LegId;
  readonly byExtension?: ExtensionNumber;
  readonly to: string;
  /** Absent of one that an earlier version saved. */
  readonly since?: Micros;
}

/** What a blind transfer turns out to be by where it led. */
export type Arrival = 'blind' | 'voicemail';

/** How one attempt to reach somebody went. */
export type Attempt = 'busy' | 'rejected' | 'missed' | 'cancelled' | 'failed' | 'forwarded';

/** A call, or channels that will be one as soon as a first leg shows. */
export interface TrackedCall {
  readonly id: CallId;
  readonly aliases: readonly CallId[];
  readonly order: number;
  readonly isAnnounced: boolean;
  readonly startedAt: Micros;
  readonly families: readonly ChannelId[];
  /** Its live channels, oldest first. */
  readonly channels: readonly ChannelId[];
  /** The newest of its legs that have ended. */
  readonly ended: readonly Leg[];
  readonly lastOrdinal: number;
  readonly direction: CallDirection;
  readonly from: Party;
  readonly to: Party;
  readonly dialled?: string;
  readonly did?: string;
  readonly queue?: string;
  readonly conference?: string;
  readonly clickToDial: boolean;
  readonly reachedVoicemail: boolean;
  readonly answeredAt?: Micros;
  readonly answeredBy?: LegId;
  /** It is up in a conference, where nobody else has come yet. */
  readonly isAlone?: true;
  readonly progress: Progress;
}

/** What the disposition will be decided by, should nobody answer. */
export interface Progress {
  /** The dialplan began to dial or queue, whether anybody was rung or not. */
  readonly hasDialled: boolean;
  /** An announcement, music or a conference room was all that answered. */
  readonly wasAnnounced: boolean;
  readonly isAbandoned: boolean;
  /** A new round of dialling began; its first callee makes the attempts before it void. */
  readonly isNewRound: boolean;
  readonly attempts: readonly Attempt[];
  /** A phone was said to have answered. */
  readonly wasTaken: boolean;
  /** The cause of the callee that ended last without answering. */
  readonly calleeCause?: HangupCause;
  /** The leg that ended last of its own accord, and its cause. */
  readonly leaver?: { readonly legId: LegId; readonly cause: HangupCause; readonly endedBy: EndedBy };
  readonly lastCause?: HangupCause;
}

export interface TrackedExtension {
  readonly number: ExtensionNumber;
  readonly name: string;
  readonly devices: readonly string[];
  readonly presence: Presence;
  readonly since: Micros;
  readonly dnd: boolean;
  readonly statusText?: string;
  readonly registered: readonly Registration[];
  /** The PBX tells who is registered: without a device the extension is offline. */
  readonly tellsRegistrations: boolean;
  /** Registrations that are gone, since when: told only once they have not come back for a while. */
  readonly leaving: readonly { readonly device: string; readonly contact: string; readonly since: Micros }[];
  /** Channels of its live legs, oldest first. */
  readonly channels: readonly ChannelId[];
}

/** A registered phone, since when, and the login that this is for its user. */
export interface Registration extends RegisteredDevice {
  readonly since: Micros;
  readonly login: LoginId;
}

export interface TrackedUser {
  readonly name: string;
  readonly extension?: ExtensionNumber;
  /** Absent until it is set. */
  readonly status?: UserStatus;
  readonly sessions: readonly Login[];
}

export interface TrackedConference extends PlaceNames {
  readonly name: string;
  /** It is there also when nobody is in it. */
  readonly isKnown: boolean;
  readonly members: readonly ChannelId[];
}

export interface TrackedQueue extends PlaceNames {
  readonly name: string;
  /** The PBX has told of it as a whole; until then it is known by who waits in it. */
  readonly isKnown: boolean;
  readonly strategy?: string;
  readonly agents: readonly Agent[];
  /** Channels that wait, in the order in which they joined. */
  readonly waiting: readonly ChannelId[];
}

export interface CommandedDial {
  readonly command: CommandId;
  readonly extension: ExtensionNumber;
  readonly number: string;
  readonly at: Micros;
}

export const slotKey = ({ lot, slot }: SlotRef): string => `${lot}/${slot}`;

export const noParty: Party = { number: '', name: '' };

export const noProgress: Progress = {
  hasDialled: false,
  wasAnnounced: false,
  isAbandoned: false,
  isNewRound: false,
  attempts: [],
  wasTaken: false,
};

export const createTrackerState = (pbx: PbxId): TrackerState => ({
  pbx,
  link: { status: 'down', since: 0, reason: 'not connected yet', startedAt: 0 },
  channels: Map(),
  calls: Map(),
  aliases: Map(),
  families: Map(),
  bridges: Map(),
  legs: Map(),
  extensions: Map(),
  queues: Map(),
  conferences: Map(),
  slots: Map(),
  users: Map(),
  owners: new globalThis.Map(),
  commanded: Map(),
  lastOrder: 0,
  journal: emptyJournal(),
});
