import type { SlotRef } from './call.ts';
import type { CallId, ExtensionNumber, LegId } from './ids.ts';
import type { IsoTime } from './time.ts';

/** The places of a PBX in which legs gather: queues, conferences, slots. */

export const agentStates = ['idle', 'ringing', 'busy', 'paused', 'unavailable'] as const;
export type AgentState = (typeof agentStates)[number];

/** A member of a queue. */
export interface Agent {
  /** The member's name in the PBX: `PJSIP/104`. */
  readonly device: string;
  readonly name: string;
  readonly extension?: ExtensionNumber;
  readonly state: AgentState;
  readonly pausedReason?: string;
  /** Agents of a lower one are rung first. */
  readonly penalty?: number;
  /** It logged in, and can log out; the others belong to the queue by its configuration. Absent where the PBX does not tell. */
  readonly dynamic?: boolean;
}

/** What a place is called and dialled by, where the PBX or the configuration tells. */
export interface PlaceNames {
  readonly displayName?: string;
  readonly number?: string;
}

export interface Queue extends PlaceNames {
  readonly name: string;
  /** How it chooses whom to ring, in the PBX's own word: `ringall`. */
  readonly strategy?: string;
  readonly agents: readonly Agent[];
  /** In order of their position. */
  readonly waiting: readonly { readonly callId: CallId; readonly legId: LegId; readonly since: IsoTime }[];
}

/** A room that the PBX or the configuration knows is there also when nobody is in it. */
export interface Conference extends PlaceNames {
  readonly name: string;
  readonly members: readonly { readonly callId: CallId; readonly legId: LegId; readonly muted: boolean }[];
}

/** A numbered place with a parked call in it. */
export interface Slot extends SlotRef {
  readonly callId: CallId;
  readonly legId: LegId;
  /** Who parked it, if that is known. */
  readonly parkedBy?: ExtensionNumber;
  readonly since: IsoTime;
  /** When the call goes back to who parked it. */
  readonly until?: IsoTime;
}
