import type { SipDialog, SlotRef } from '../../model/call.ts';
import type { CallId, ExtensionNumber, LegId, RecordingId } from '../../model/ids.ts';
import type { IsoTime } from '../../model/time.ts';

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
  /** It was Answered once, a human or a machine at the other end. */
  readonly wasAnswered: boolean;
  /** The other end is really there: the vendor's caller is Answered as soon as the callee's rules run. */
  readonly isTalking: boolean;
  readonly missedCall: boolean;
  readonly muted: boolean;
  readonly queueCall: boolean;
  readonly isConferring: boolean;
  readonly recordings: readonly { readonly id: RecordingId; readonly active: boolean }[];
  readonly sip?: SipDialog;
  readonly startedAt: IsoTime;
}

/** A call of ours as the vendor shows it. */
export interface Session {
  readonly call: CallId;
  /** Of the last event that was told of it; the first is 2. */
  readonly sequence: number;
  readonly origin: 'Call' | 'CallOut' | 'Conference';
  readonly startedAt: IsoTime;
  /** Of those that ended the newest. In order of their numbers. */
  readonly parties: readonly Party[];
}
