import type { List, Map as ImmutableMap } from 'immutable';
import type { SipDialog, SlotRef } from '../../model/call.ts';
import type { HangupCause } from '../../model/cause.ts';
import type { Presence } from '../../model/extension.ts';
import type { CallId, ExtensionNumber, LegId, RecordingId } from '../../model/ids.ts';
import type { IsoTime, Micros } from '../../model/time.ts';

/** What a party is doing, in the vendor's words. */
export const statusCodes = ['Setup', 'Proceeding', 'Answered', 'Hold', 'Parked', 'VoiceMail', 'Disconnected', 'Gone'] as const;
export type StatusCode = (typeof statusCodes)[number];

/** Why it came to that; of the vendor's reasons those that a PBX lets one know. */
export const statusReasons = [
  'Pickup',
  'Supervising',
  'BlindTransfer',
  'AttendedTransfer',
  'AgentAnswered',
  'Rejected',
  'Cancelled',
  'InternalError',
  'NoAnswer',
  'TargetBusy',
  'InvalidNumber',
  'CallPark',
  'Voicemail',
  'Conference',
] as const;
export type StatusReason = (typeof statusReasons)[number];

/** What a user says of the own presence. */
export const userStatuses = ['Available', 'Busy', 'Offline'] as const;
export type UserStatus = (typeof userStatuses)[number];

/** Which calls a user takes; those of a department are a queue's. */
export const dndStatuses = ['TakeAllCalls', 'DoNotAcceptAnyCalls', 'DoNotAcceptDepartmentCalls', 'TakeDepartmentCallsOnly'] as const;
export type DndStatus = (typeof dndStatuses)[number];

/** A party by its session and its number in it. */
export interface PartyRef {
  readonly call: CallId;
  readonly number: number;
}

export interface PartyStatus {
  readonly code: StatusCode;
  readonly reason?: StatusReason;
  /** Of one that went on in another session: as whom. */
  readonly peer?: PartyRef;
  /** Of one who parked: where. */
  readonly parked?: SlotRef;
}

/** One end of a party's conversation: a number, and who it is as far as that is known. */
export interface Side {
  readonly number: string;
  readonly name: string;
  readonly extension?: ExtensionNumber;
  /** The device that placed the call; of `from` alone. */
  readonly device?: string;
}

/** A leg of ours as the vendor shows it. */
export interface Party {
  readonly leg: LegId;
  /** From 1, the caller, in the order in which they came. */
  readonly number: number;
  /** Whose it is; absent of a party outside the account. */
  readonly extension?: ExtensionNumber;
  readonly device: string;
  readonly direction: 'Inbound' | 'Outbound';
  readonly from: Side;
  readonly to: Side;
  readonly status: PartyStatus;
  /** It was Answered once, by a human or a machine. */
  readonly wasAnswered: boolean;
  /** The other end is really there: the vendor's caller is Answered as soon as the callee's rules run. */
  readonly isTalking: boolean;
  /** It was on hold once. */
  readonly wasHeld: boolean;
  readonly missedCall: boolean;
  readonly muted: boolean;
  readonly queueCall: boolean;
  readonly isConferring: boolean;
  /** It is no phone but the mailbox that takes the caller's message. */
  readonly isMailbox: boolean;
  readonly recordings: readonly { readonly id: RecordingId; readonly active: boolean }[];
  readonly sip?: SipDialog;
  readonly startedAt: IsoTime;
}

/** What belongs to a session, whoever takes part in it. */
export interface SessionHead {
  readonly call: CallId;
  /** Of the last event that was told of it; the first is 2. */
  readonly sequence: number;
  readonly origin: 'Call' | 'CallOut' | 'Conference';
  readonly startedAt: IsoTime;
}

/** A call of ours as the vendor shows it. */
export interface Session extends SessionHead {
  /** The number that the next party gets. */
  readonly nextNumber: number;
  /** In order of their numbers: those that live, and of those that ended the newest. */
  readonly parties: readonly Party[];
}

/** A party of one of the extension's calls, as its presence shows it. */
export interface ActiveCall {
  readonly call: CallId;
  readonly party: Party;
  /** Its end has been told; the next notice does not list it. */
  readonly isOver?: true;
}

/** What the fold knows of an extension's presence. */
export interface PresenceState {
  /** Of the last event that was told of it. */
  readonly sequence: number;
  /** Oldest first; of the newest event one that has just ended is among them. */
  readonly calls: readonly ActiveCall[];
  /** Absent as long as no event has said so: then the engine knows. */
  readonly presence?: Presence;
  readonly dnd?: boolean;
}

/**
 * A party that the PBX has ended in the middle of a conversation: hung up, or by a transfer, which some tell of only
 * afterwards. What happens next to the call decides.
 */
export interface Leaving {
  readonly call: CallId;
  readonly leg: LegId;
  readonly time: IsoTime;
  readonly at: Micros;
  readonly cause: HangupCause;
}

/** What the fold over the log knows. */
export interface RingCentralState {
  readonly sessions: ImmutableMap<CallId, Session>;
  /** In order of their end, those of the last moment: who has just hung up may still ask. */
  readonly ended: List<Session>;
  readonly presence: ImmutableMap<ExtensionNumber, PresenceState>;
  /** In order of their end. */
  readonly leaving: List<Leaving>;
  /** Of the last notice; 0 before the first. */
  readonly tick: Micros;
}

/** Where and when a notice stands in all that is told. */
export interface Stamp {
  /** Of the event of the log by which it is known, */
  readonly seq: number;
  /** and its place among all that this event is told by. */
  readonly place: number;
  readonly time: IsoTime;
  /** That time, or one more than the tick before where time has stood still or gone back: it rises from notice to notice. */
  readonly tick: Micros;
}

/** Something changed of one party: what subscribers are told of telephony sessions. */
export interface SessionNotice extends Stamp {
  readonly kind: 'session';
  readonly session: SessionHead;
  readonly party: Party;
}

/** An extension's presence changed. */
export interface PresenceNotice extends Stamp {
  readonly kind: 'presence';
  readonly extension: ExtensionNumber;
  readonly state: PresenceState;
}

export type Notice = SessionNotice | PresenceNotice;
