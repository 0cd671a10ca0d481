import type { SlotRef, SupervisionMode } from './call.ts';
import type { BridgeId, ChannelId, CommandId, ExtensionNumber, LoginId } from './ids.ts';
import type { AgentState, PlaceNames } from './place.ts';
import type { Micros } from './time.ts';

/**
 * What a PBX said, in our words and free of any vendor's. A driver translates into facts; the tracker folds facts into events.
 *
 * What the tracker may rely on, from every driver: a channel's first fact is `channel.created` and its last `channel.ended`,
 * after which its id never comes again; `bridge.entered` and `bridge.left` alternate for a channel; after a break of the link
 * `resync` comes before any other fact. Everything else may be missing, doubled or late: `dial.ended` (a pickup has none, a
 * queue two), `channel.unheld` without `channel.held`, identities that change.
 */

/** Who or what is at the far end of a channel. `device` is the PBX's name of it: `PJSIP/101`. */
export type Endpoint =
  | { readonly kind: 'extension'; readonly extension: ExtensionNumber; readonly device: string }
  | { readonly kind: 'trunk'; readonly trunk: string; readonly device: string }
  /** One half of a pair of channels inside the PBX (Asterisk Local, FreeSWITCH loopback): never a leg of its own. */
  | { readonly kind: 'local'; readonly pair: string; readonly half: 1 | 2; readonly device: string }
  /** Neither a phone nor a trunk: an announcer, a recorder, a music source. Never a leg. */
  | { readonly kind: 'internal'; readonly device: string };

/** `dialling`: it has dialled and waits; `ringing`: its phone rings; `up`: answered. */
export const channelStates = ['down', 'dialling', 'ringing', 'up'] as const;
export type ChannelState = (typeof channelStates)[number];

/** What the dialplan does with a channel, where it matters to a call. */
export const applications = [
  'dial',
  'queue',
  'voicemail',
  'announcement',
  'conference',
  'music',
  'parking',
  'pickup',
  'supervision',
  'bridge',
  'other',
] as const;
export type Application = (typeof applications)[number];

export const dialResults = ['answered', 'busy', 'no-answer', 'cancelled', 'unavailable', 'congested', 'forwarded', 'unknown'] as const;
export type DialResult = (typeof dialResults)[number];

/** `mixing`: those in it hear each other. `holding`: each hears music (parking, hold). `conference`: a room with a name. */
export const bridgeKinds = ['mixing', 'holding', 'conference'] as const;
export type BridgeKind = (typeof bridgeKinds)[number];

export interface BridgeMembership {
  readonly bridge: BridgeId;
  readonly kind: BridgeKind;
}

/** A parked channel: its slot, who parked it, and when it is to go back. */
export interface Parking extends SlotRef {
  /** The device that parked it and gets it back: `PJSIP/102`. */
  readonly parkerDevice?: string;
  readonly parker?: ExtensionNumber;
  /** From `since` on, or from the moment in which it was parked. */
  readonly timeoutSeconds?: number;
  /** Where a resync found it there: since when. */
  readonly since?: Micros;
}

/** One live channel as a resync found it. */
export interface ChannelSnapshot {
  readonly channel: ChannelId;
  readonly endpoint: Endpoint;
  readonly number: string;
  readonly name: string;
  readonly peerNumber: string;
  readonly peerName: string;
  readonly dialled?: string;
  readonly context?: string;
  /** The PBX's own grouping: the channel from which this one descends, itself if from none. */
  readonly family: ChannelId;
  readonly state: ChannelState;
  readonly createdAt: Micros;
  readonly application?: Application;
  readonly bridge?: BridgeMembership;
  readonly held: boolean;
  readonly parking?: Parking;
  readonly queue?: { readonly name: string; readonly position: number; readonly since: Micros };
  readonly conference?: string;
  /** Of one in a conference, where the PBX tells. */
  readonly muted?: boolean;
  readonly supervising?: { readonly mode: SupervisionMode; readonly target?: ChannelId };
  /** Set when the channel belongs to a click-to-dial of ours. */
  readonly clickToDial?: CommandId;
}

export interface ExtensionSnapshot {
  readonly extension: ExtensionNumber;
  readonly name: string;
  readonly devices: readonly string[];
  /** Registered contacts, where the PBX tells them; absent where it does not. */
  readonly registered?: readonly { readonly device: string; readonly contact: string; readonly userAgent?: string }[];
  /** With `statusText`: absent where this does not tell; both stay as they are. */
  readonly dnd?: boolean;
  readonly statusText?: string;
}

export interface AgentSnapshot {
  readonly device: string;
  readonly name: string;
  readonly extension?: ExtensionNumber;
  readonly state: AgentState;
  readonly pausedReason?: string;
  readonly penalty?: number;
  readonly dynamic?: boolean;
}

export interface QueueSnapshot extends PlaceNames {
  readonly name: string;
  readonly strategy?: string;
  readonly agents: readonly AgentSnapshot[];
}

/** A room that is there also when nobody is in it. */
export interface ConferenceSnapshot extends PlaceNames {
  readonly name: string;
}

type OfChannel<Type extends string, More = unknown> = {
  readonly type: Type;
  readonly at: Micros;
  readonly channel: ChannelId;
} & Readonly<More>;

type ChannelFact =
  | OfChannel<
      'channel.created',
      {
        endpoint: Endpoint;
        number: string;
        name: string;
        /** What it dialled; absent for a channel that is called. */
        dialled?: string;
        context?: string;
        family: ChannelId;
        state: ChannelState;
      }
    >
  | OfChannel<'channel.state', { state: ChannelState }>
  | OfChannel<'channel.identified', { number: string; name: string }>
  | OfChannel<'channel.peerIdentified', { number: string; name: string }>
  | OfChannel<'channel.entered', { application: Application; detail: string; dialled?: string; context?: string }>
  | OfChannel<'channel.held'>
  | OfChannel<'channel.unheld'>
  | OfChannel<'channel.muted', { muted: boolean }>
  | OfChannel<'channel.dtmf', { digit: string; direction: 'sent' | 'received'; durationMs?: number }>
  /** A hangup was asked for: `far-end` by the party itself, `command` by us, `pbx` by the PBX or another channel. */
  | OfChannel<'channel.hangupRequested', { by: 'far-end' | 'command' | 'pbx' }>
  /** `causeCode` is Q.850. `sipCode` where the PBX tells the technology's own. */
  | OfChannel<'channel.ended', { causeCode: number; sipCode?: number }>;

type DialFact =
  /** `caller` is absent for an originated channel. */
  | { readonly type: 'dial.began'; readonly at: Micros; readonly caller?: ChannelId; readonly callee: ChannelId }
  | { readonly type: 'dial.ringing'; readonly at: Micros; readonly caller?: ChannelId; readonly callee: ChannelId }
  | {
      readonly type: 'dial.ended';
      readonly at: Micros;
      readonly caller?: ChannelId;
      readonly callee: ChannelId;
      readonly result: DialResult;
      readonly forwardedTo?: string;
    }
  /** We are about to originate `channel` to `extension`, to connect it to `number`. Comes from the driver, before the PBX acts. */
  | OfChannel<'dial.commanded', { command: CommandId; extension: ExtensionNumber; number: string }>;

type BridgeFact =
  | OfChannel<'bridge.entered', BridgeMembership>
  | OfChannel<'bridge.left', { bridge: BridgeId }>
  /** Two halves of a local pair carry sound for those behind them; `optimised`: the PBX takes them out and joins those directly. */
  | { readonly type: 'local.joined'; readonly at: Micros; readonly one: ChannelId; readonly two: ChannelId }
  | { readonly type: 'local.optimised'; readonly at: Micros; readonly one: ChannelId; readonly two: ChannelId };

type TransferFact =
  | {
      readonly type: 'transfer.blind';
      readonly at: Micros;
      readonly transferer: ChannelId;
      /** Whose channel that is, should it be gone by now. */
      readonly extension?: ExtensionNumber;
      readonly transferee?: ChannelId;
      readonly to: string;
      readonly context?: string;
      readonly succeeded: boolean;
      /** It comes from the driver, before the PBX acts. */
      readonly isAhead?: true;
    }
  | {
      readonly type: 'transfer.attended';
      readonly at: Micros;
      /** The transferer's channel towards the transferee, and towards the target. */
      readonly first: ChannelId;
      readonly second?: ChannelId;
      /** Whose channels these are, and what the second one dialled, should they be gone by now. */
      readonly extension?: ExtensionNumber;
      readonly dialled?: string;
      readonly transferee?: ChannelId;
      readonly target?: ChannelId;
      readonly succeeded: boolean;
    }
  /** `picker` takes over what rings at `ringing`. */
  | { readonly type: 'pickup'; readonly at: Micros; readonly picker: ChannelId; readonly ringing: ChannelId };

type PlaceFact =
  | OfChannel<'parking.entered', Parking>
  | OfChannel<'parking.left', SlotRef & { reason: 'retrieved' | 'timed-out' | 'gave-up'; retriever?: ChannelId }>
  | OfChannel<'queue.joined', { queue: string; position: number }>
  | OfChannel<'queue.left', { queue: string; reason: 'answered' | 'abandoned' | 'left' }>
  /** The queue rings an agent: `channel` is the caller, `callee` the agent's channel. */
  | OfChannel<'queue.called', { queue: string; callee: ChannelId; agentDevice: string; agentName: string }>
  | ({ readonly type: 'agent.state'; readonly at: Micros; readonly queue: string } & AgentSnapshot)
  | {
      readonly type: 'agent.loggedIn' | 'agent.loggedOut';
      readonly at: Micros;
      readonly queue: string;
      readonly device: string;
      readonly name: string;
      readonly extension?: ExtensionNumber;
    }
  | OfChannel<'conference.joined', { conference: string }>
  | OfChannel<'conference.left', { conference: string }>
  | OfChannel<'conference.muted', { conference: string; muted: boolean }>
  | OfChannel<'supervision.started', { target: ChannelId; mode: SupervisionMode }>
  | OfChannel<'supervision.modeChanged', { mode: SupervisionMode }>
  | OfChannel<'supervision.stopped'>
  | OfChannel<'recording.started' | 'recording.paused' | 'recording.resumed' | 'recording.stopped', { name: string; file?: string }>;

type ExtensionFact =
  | ({ readonly type: 'extension.found'; readonly at: Micros } & ExtensionSnapshot)
  | { readonly type: 'extension.lost'; readonly at: Micros; readonly extension: ExtensionNumber }
  | {
      readonly type: 'extension.registered' | 'extension.unregistered';
      readonly at: Micros;
      readonly extension: ExtensionNumber;
      readonly device: string;
      readonly contact: string;
      readonly userAgent?: string;
    }
  | { readonly type: 'extension.dnd'; readonly at: Micros; readonly extension: ExtensionNumber; readonly dnd: boolean }
  /** What the user set; `dnd` where both come in one. */
  | {
      readonly type: 'extension.status';
      readonly at: Micros;
      readonly extension: ExtensionNumber;
      readonly text: string;
      readonly dnd?: boolean;
    };

type PbxFact =
  | { readonly type: 'pbx.connected'; readonly at: Micros; readonly startedAt?: Micros; readonly version?: string }
  | { readonly type: 'pbx.degraded'; readonly at: Micros; readonly reason: string }
  | { readonly type: 'pbx.recovered'; readonly at: Micros }
  | { readonly type: 'pbx.disconnected'; readonly at: Micros; readonly reason: string }
  /**
   * Everything that lives in the PBX now. A start time other than the one known means that it restarted: every call that was
   * is gone. A channel that is not listed is gone too; one that is listed and unknown began while nobody watched.
   */
  | {
      readonly type: 'resync';
      readonly at: Micros;
      readonly startedAt?: Micros;
      readonly version?: string;
      readonly channels: readonly ChannelSnapshot[];
      readonly extensions: readonly ExtensionSnapshot[];
      readonly queues: readonly QueueSnapshot[];
      /** Rooms that are known whether anybody is in them or not. */
      readonly conferences?: readonly ConferenceSnapshot[];
    };

/** What the gateway itself knows of the people; no PBX says it. */
type UserFact =
  /** Everybody there is. Who is no longer listed is logged out and forgotten. */
  | {
      readonly type: 'users.assigned';
      readonly at: Micros;
      readonly users: readonly { readonly name: string; readonly extension?: ExtensionNumber }[];
    }
  | {
      readonly type: 'user.sessionBegan';
      readonly at: Micros;
      readonly user: string;
      readonly login: LoginId;
      readonly address?: string;
      readonly port?: number;
    }
  | { readonly type: 'user.sessionEnded'; readonly at: Micros; readonly user: string; readonly login: LoginId }
  | {
      readonly type: 'user.status';
      readonly at: Micros;
      readonly user: string;
      readonly status: string;
      readonly label?: string;
      readonly note?: string;
      readonly returnAt?: Micros;
    };

/** Time passes for the tracker as a fact; the engine sends one about every second. */
type TickFact = { readonly type: 'tick'; readonly at: Micros };

export type Fact = ChannelFact | DialFact | BridgeFact | TransferFact | PlaceFact | ExtensionFact | UserFact | PbxFact | TickFact;
/** A fact that the gateway tells of a tenant, as no PBX can. */
export type TenantFact = UserFact;
export type FactType = Fact['type'];

/** The fact of one type: `FactOf<'queue.joined'>`. */
export type FactOf<Type extends FactType> = FactWith<Fact, Type>;
type FactWith<One, Type extends FactType> = One extends { readonly type: infer Own } ? (Type extends Own ? One : never) : never;
