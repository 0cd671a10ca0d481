import { isGap } from '../log/event-log.ts';
import type { Cursor, Gap } from '../model/cursor.ts';
import { matchesFilter } from './filter.ts';
import type { Hub, Reader, Shape } from './hub.ts';

/** A reader that can be given history first. */
export interface ReplayReader extends Reader {
  /** As `deliver`, but of history: resolves when the reader can take more. Aborting settles it too. */
  replay(bytes: Buffer, cursor: Cursor, signal: AbortSignal): Promise<void>;
}

/** How many events of history are handed over at a time: what a reader must be able to hold. */
const pageSize = 256;

/**
 * Replays what followed `after`, then joins the live events, with neither a gap nor a duplicate between the two: the reader
 * is added in the very turn in which it is found to be where the hub is. Resolves when it is live, with how to leave; with a
 * `Gap` if the log cannot continue from where the reader is; with undefined if `signal` aborted first.
 */
export const startFeed = async (
  hub: Hub,
  reader: ReplayReader,
  shape: Shape,
  after: Cursor,
  signal: AbortSignal,
): Promise<(() => void) | Gap | undefined> => {
  let at = after;
  while (!signal.aborted) {
    if (at.seq === hub.position.seq && at.epoch === hub.position.epoch) return hub.join(reader, shape);
    const page = await hub.read(at, pageSize, signal);
    if (isGap(page)) return page;
    if (signal.aborted) return undefined;
    const wanted = page.events.filter((event) => matchesFilter(shape.filter, event));
    if (wanted.length > 0) await reader.replay(shape.encoder.encode(wanted, page.next), page.next, signal);
    at = page.next;
  }
  return undefined;
};
