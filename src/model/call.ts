import type { HangupCause } from './cause.ts';
import type { CallId, ChannelId, ExtensionNumber, LegId, RecordingId } from './ids.ts';
import type { IsoTime } from './time.ts';

/** Absent members are not known or do not apply (yet); nothing is ever `null`. */

export const callStates = ['ringing', 'active', 'ended'] as const;
export type CallState = (typeof callStates)[number];

export const callDirections = ['inbound', 'outbound', 'internal'] as const;
export type CallDirection = (typeof callDirections)[number];

/** CSTA connection states in plain words. `held` is the holder; its peer stays `connected`. */
export const legStates = ['initiated', 'ringing', 'connected', 'held', 'parked', 'queued', 'ended'] as const;
export type LegState = (typeof legStates)[number];

/**
 * How a call ended. `busy` never rang; a ringing leg that was declined is `rejected`; `cancelled`: the caller left while it
 * rang; `missed`: it rang out, or only voicemail or an announcement answered; `abandoned`: the caller left a queue.
 */
export const dispositions = ['answered', 'missed', 'busy', 'rejected', 'cancelled', 'abandoned', 'failed', 'unknown'] as const;
export type Disposition = (typeof dispositions)[number];

/** Seen from the leg's owner: `outbound` placed the call, `inbound` was called. */
export const legDirections = ['inbound', 'outbound'] as const;
export type LegDirection = (typeof legDirections)[number];

/** A number with its name, and the extension it is, if it is one of ours. Unknown texts are empty. */
export interface Party {
  readonly number: string;
  readonly name: string;
  readonly extension?: ExtensionNumber;
}

/** Where a call is parked: `{ lot: 'valet', slot: '6' }`. */
export interface SlotRef {
  readonly lot: string;
  readonly slot: string;
}

/** Who ended a leg or call: the leg's own user, the other party, an API command, or the PBX (time-out, dialplan, feature). */
export const endedByValues = ['self', 'peer', 'command', 'pbx', 'unknown'] as const;
export type EndedBy = (typeof endedByValues)[number];

export const supervisionModes = ['listen', 'whisper', 'barge'] as const;
export type SupervisionMode = (typeof supervisionModes)[number];

/** The SIP dialog of a leg's device, where the PBX tells it. */
export interface SipDialog {
  readonly callId: string;
  readonly localTag?: string;
  readonly remoteTag?: string;
  readonly localUri?: string;
  readonly remoteUri?: string;
}

export const recordingStates = ['recording', 'paused'] as const;

/** A running recording of a leg. */
export interface LegRecording {
  readonly id: RecordingId;
  readonly state: (typeof recordingStates)[number];
}

/** One party's participation in a call: one device, trunk or application. */
export interface Leg {
  readonly id: LegId;
  readonly callId: CallId;
  /** Legs of a call are numbered from 1 as they begin. */
  readonly ordinal: number;
  readonly extension?: ExtensionNumber;
  readonly user?: string;
  /** The PBX's name of the device: `PJSIP/101`. */
  readonly device: string;
  /** The trunk's name, when the party is outside. */
  readonly trunk?: string;
  readonly direction: LegDirection;
  /** This leg's own number and name. */
  readonly party: Party;
  /** The other party, as this leg's owner would see it. */
  readonly peer: Party;
  readonly state: LegState;
  readonly held: boolean;
  readonly muted: boolean;
  readonly recording?: LegRecording;
  readonly supervising?: { readonly mode: SupervisionMode; readonly legId?: LegId };
  /** The queue that rings this leg, or in which it waits. */
  readonly queue?: string;
  readonly slot?: SlotRef;
  readonly conference?: string;
  readonly voicemail?: boolean;
  readonly startedAt: IsoTime;
  readonly ringingAt?: IsoTime;
  readonly connectedAt?: IsoTime;
  readonly endedAt?: IsoTime;
  readonly cause?: HangupCause;
  readonly endedBy?: EndedBy;
  /** The PBX's id of the channel. */
  readonly channel: ChannelId;
  readonly sip?: SipDialog;
}

/** Everything from the first leg's start to the last leg's end. */
export interface Call {
  readonly id: CallId;
  /** Ids of calls that this one absorbed; each works in every path in place of `id`. */
  readonly aliases: readonly CallId[];
  readonly state: CallState;
  readonly direction: CallDirection;
  readonly from: Party;
  readonly to: Party;
  /** What the first leg dialled, as dialled. */
  readonly dialled?: string;
  /** The outside number that was called, of an inbound call. */
  readonly did?: string;
  readonly queue?: string;
  readonly slot?: SlotRef;
  readonly conference?: string;
  readonly clickToDial: boolean;
  readonly reachedVoicemail: boolean;
  readonly startedAt: IsoTime;
  readonly answeredAt?: IsoTime;
  readonly endedAt?: IsoTime;
  readonly disposition?: Disposition;
  readonly cause?: HangupCause;
  /** In order of `ordinal`: every live leg, and of the ended ones the newest 32. */
  readonly legs: readonly Leg[];
}
