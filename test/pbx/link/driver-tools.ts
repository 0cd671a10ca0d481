import { randomBytes } from 'node:crypto';
import { createNewId, type NewId } from '../../../src/model/ids.ts';
import type { ManualTime } from './manual-time.ts';

export interface DriverTools {
  readonly clock: ManualTime;
  readonly timers: ManualTime;
  readonly newId: NewId;
  readonly random: () => number;
  readonly log: { readonly info: () => undefined; readonly warn: () => undefined };
}

/** What a driver under test works with: time that moves when it is told to, waits without jitter, a log that nobody reads. */
export const driverTools = (time: ManualTime): DriverTools => ({
  clock: time,
  timers: time,
  newId: createNewId(randomBytes),
  random: () => 1,
  log: { info: () => undefined, warn: () => undefined },
});
