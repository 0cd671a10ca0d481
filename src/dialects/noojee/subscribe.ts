import type { Projection } from '../../delivery/projection.ts';
import type { ExtensionNumber } from '../../model/ids.ts';
import type { PbxState } from '../../model/live-state.ts';
import type { Clock, Timers } from '../../model/time.ts';
import { eventsLost, pbxNotConnected } from './errors.ts';
import type { NoojeeOptions } from './options.ts';
import { pause, withDeadline } from './pause.ts';
import type { NoojeeState } from './project.ts';
import { renderSubscription } from './render.ts';
import type { Entry, Reply } from './schema.ts';

export interface Poll {
  readonly extensions: readonly ExtensionNumber[];
  /** `lastSequenceNumber`. */
  readonly cursor: number;
  /** Seconds. */
  readonly timeOut: number;
}

export interface PollSource {
  readonly projection: Projection<NoojeeState, string>;
  readonly options: NoojeeOptions;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly render: (entry: Entry) => string;
  readonly status: () => PbxState;
}

/**
 * Answers a long poll with the JSON of the reply: what happened after the cursor, or a snapshot where the cursor tells nothing
 * (0, of an earlier life of the server, or older than what is kept). Something to tell is told after the coalescing window,
 * so that what happens together leaves together; nothing to tell waits for `timeOut`, or until `signal` aborts.
 *
 * `seq` is always the head at which the data is true: both are read in one tick.
 */
export const answerPoll = async (poll: Poll, source: PollSource, signal: AbortSignal): Promise<string> => {
  const { projection, timers, options } = source;
  const { head, floor } = projection.view();
  const cursor = poll.cursor > head ? 0 : poll.cursor;
  const lost = cursor !== 0 && cursor < floor;
  if (lost || (cursor === 0 && (poll.timeOut === 0 || snapshotOf(poll, source).size > 0))) {
    await pause(timers, options.coalesceMs, signal);
    return renderSnapshot(poll, source, lost);
  }
  const after = cursor === 0 ? head : cursor;
  const nothingYet = projection.after(poll.extensions, after)?.size === 0;
  if (nothingYet && poll.timeOut > 0) {
    const timedOut = await withDeadline(timers, poll.timeOut * 1000, signal, async (ending) => {
      await projection.next(poll.extensions, ending);
      return ending.aborted;
    });
    if (!timedOut) await pause(timers, options.coalesceMs, signal);
  } else {
    await pause(timers, options.coalesceMs, signal);
  }
  const events = projection.after(poll.extensions, after);
  if (events === undefined) return renderSnapshot(poll, source, true);
  return renderSubscription(events, projection.view().head, events.size === 0 ? noticeOf(source) : undefined);
};

const renderSnapshot = (poll: Poll, source: PollSource, lost: boolean): string => {
  const { head } = source.projection.view();
  const snapshot = snapshotOf(poll, source);
  if (lost) return renderSubscription(snapshot, head, eventsLost);
  return renderSubscription(snapshot, head, poll.timeOut === 0 ? noticeOf(source) : undefined);
};

const noticeOf = (source: PollSource): Reply | undefined => (source.status().status === 'down' ? pbxNotConnected : undefined);

/** The latest state of every live entry, and, for who is about to wait, of those that ended just now; for who is not, the idle ones. */
const snapshotOf = (poll: Poll, source: PollSource): ReadonlyMap<string, readonly string[]> => {
  const { state } = source.projection.view();
  const asked = new Set(poll.extensions);
  const entries = [...state.live.values()].filter((entry) => asked.has(entry.extension));
  if (poll.timeOut > 0) entries.push(...recentlyEnded(state, source).filter((entry) => asked.has(entry.extension)));
  const found = new Map<string, readonly string[]>(poll.timeOut > 0 ? [] : poll.extensions.map((extension) => [extension, []]));
  for (const entry of entries.sort((one, two) => one.id - two.id)) {
    found.set(entry.extension, [...(found.get(entry.extension) ?? []), source.render(entry)]);
  }
  return found;
};

/** Newest last, and only those that ended within the window. */
export const recentlyEnded = ({ ended }: NoojeeState, { clock, options }: Pick<PollSource, 'clock' | 'options'>): readonly Entry[] => {
  if (options.endedWindowSeconds === 0) return [];
  const since = clock.now() / 1000 - options.endedWindowSeconds * 1000;
  const found: Entry[] = [];
  for (let index = ended.size - 1; index >= 0; index -= 1) {
    const entry = ended.get(index);
    if (entry?.endedAt === undefined || Date.parse(entry.endedAt) < since) break;
    found.push(entry);
  }
  return found.reverse();
};
