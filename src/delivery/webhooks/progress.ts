import type { Cursor } from '../../model/cursor.ts';
import type { Micros } from '../../model/time.ts';
import type { pauseReasons } from './webhook-engine.ts';

/** An item that was read and is not settled: where it is in the log, and how far its attempts are. Its body is not kept. */
export interface Unsettled {
  readonly seq: number;
  readonly lane: string;
  readonly attempts: number;
  readonly due: Micros;
  readonly at: Micros;
}

/** How far an endpoint is: everything up to `position` is settled but `unsettled`. */
export interface Progress {
  readonly position: Cursor;
  /** When that was. */
  readonly positionAt: Micros;
  readonly unsettled: readonly Unsettled[];
  readonly paused?: { readonly reason: (typeof pauseReasons)[number]; readonly detail?: string };
  /** Since when it is active or paused. */
  readonly since: Micros;
}

type Saved = Omit<Progress, 'unsettled'> & { readonly unsettled: readonly (readonly [number, string, number, Micros, Micros])[] };

export const renderProgress = ({ unsettled, ...progress }: Progress): string =>
  JSON.stringify({ ...progress, unsettled: unsettled.map(({ seq, lane, attempts, due, at }) => [seq, lane, attempts, due, at]) });

/** Reads what `renderProgress` wrote. */
export const parseProgress = (text: string): Progress => {
  const { unsettled, ...progress } = JSON.parse(text) as Saved;
  return { ...progress, unsettled: unsettled.map(([seq, lane, attempts, due, at]) => ({ seq, lane, attempts, due, at })) };
};
