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
}

export interface Queue {
  readonly name: string;
  readonly agents: readonly Agent[];
  /** In order of their position. */
  readonly waiting: readonly { readonly callId: CallId; readonly legId: LegId; readonly since: IsoTime }[];
}

export interface Conference {
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
