import type { Call } from './call.ts';
import type { Extension } from './extension.ts';
import type { PbxId } from './ids.ts';
import type { Conference, Queue, Slot } from './place.ts';
import type { IsoTime, Micros } from './time.ts';
import type { UserState } from './user.ts';

export const pbxStatuses = ['live', 'degraded', 'down'] as const;
export type PbxStatus = (typeof pbxStatuses)[number];

/** How far the state of one PBX can be trusted, and since when. */
export interface PbxState {
  readonly id: PbxId;
  readonly status: PbxStatus;
  readonly since: IsoTime;
  readonly reason?: string;
  /** The PBX's own start, where it tells. */
  readonly startedAt?: IsoTime;
  readonly version?: string;
}

/** How long the PBX took to answer when it was last asked whether it is there, and when that was. No event tells of it. */
export interface PingTime {
  readonly at: Micros;
  readonly took: Micros;
}

/** What is so now: live calls only; the log and the history know those that ended. */
export interface LiveState {
  readonly calls: readonly Call[];
  readonly extensions: readonly Extension[];
  readonly queues: readonly Queue[];
  readonly conferences: readonly Conference[];
  readonly slots: readonly Slot[];
  readonly users: readonly UserState[];
}
