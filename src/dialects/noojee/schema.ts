import type { CallId, ExtensionNumber, LegId } from '../../model/ids.ts';
import type { IsoTime } from '../../model/time.ts';

/** The exact words of the vendor's page "14.0 Events". */
export const statuses = ['Ringing', 'Dialing Out', 'Connected', 'Unlinked', 'Busy', 'No Answer', 'Hungup'] as const;
export type Status = (typeof statuses)[number];

/** The messages of checkState. */
export type StateMessage = 'Ringing Agent' | 'Ringing Client' | 'On Call' | 'On Hold' | 'Hung Up';

/** An extension's part in a call: what the vendor numbers by `CallID`. Trunks have none. */
export interface Entry {
  /** `CallID`. */
  readonly id: number;
  readonly leg: LegId;
  readonly call: CallId;
  readonly extension: ExtensionNumber;
  /** The id of its own channel: `secondaryUniqueCallId`. */
  readonly ownId: string;
  /** The id of the far party's channel when the entry was first told of, and for ever after: `uniqueCallId`. */
  readonly farId: string;
  readonly inbound: boolean;
  /** The far party has been dialled. */
  readonly dialling: boolean;
  readonly isQueueCall: boolean;
  readonly isClickToDial: boolean;
  /** The other party's number. */
  readonly callerId: string;
  /** What an outbound entry dialled. */
  readonly destination: string;
  readonly status: Status;
  readonly held: boolean;
  /** The leg with which it talks, or talked last. */
  readonly partner?: LegId;
  /** Its partner is gone, and nothing tells yet whether it follows or goes on with somebody else. */
  readonly alone: boolean;
  /** A transfer takes its partner away; the parting has not been seen yet. */
  readonly leaving: boolean;
  readonly dialledAt: IsoTime;
  readonly connectedAt?: IsoTime;
  readonly endedAt?: IsoTime;
}

/** What every answer carries; negative is an error, positive a notice. */
export interface Reply {
  readonly Message: string;
  readonly Code: number;
}

export interface DialReply extends Reply {
  /** The `CallID` of the dialling extension's entry. */
  readonly SessionID: number;
}

/** One extension in an answer to checkState; idle ones have a `Code` alone. */
export interface ExtensionState {
  readonly uniqueCallId?: string;
  readonly Message?: StateMessage;
  readonly Code: 0;
}

/** What is known of a recording; the vendor's spelling, in the vendor's order, and all of them texts. */
export interface MetaData {
  readonly Destination: string;
  readonly UniqueId: string;
  readonly Username: string;
  readonly Start: string;
  /** Seconds. */
  readonly Duration: string;
  readonly Tag: string;
  readonly Direction: 'Inbound' | 'Outbound';
  readonly CallRecordId: string;
  readonly DID: string;
  readonly Source: string;
  readonly callend: string;
  readonly Leg: string;
}

/** An answer of the RecordingAPI. */
export interface MetaDataReply {
  readonly MetaData: readonly MetaData[];
  readonly Code: 0;
}
