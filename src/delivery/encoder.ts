import type { LoggedEvent } from '../log/event-log.ts';
import type { Cursor } from '../model/cursor.ts';

/**
 * How a transport of a dialect writes events. `name` is unique among the encoders of a process: readers with the same encoder
 * and the same filter are sent the same bytes.
 */
export interface Encoder {
  readonly name: string;
  /** The bytes of these events, oldest first and at least one; `position` is where a reader is after them. */
  encode(events: readonly LoggedEvent[], position: Cursor): Buffer;
}

/** An encoder whose bytes of several events are those of each, one after the other: an event is then encoded once for all filters. */
export const eachEvent = (name: string, encodeOne: (event: LoggedEvent) => Buffer): Encoder => {
  const known = new WeakMap<LoggedEvent, Buffer>();
  const bytesOf = (event: LoggedEvent): Buffer => {
    const have = known.get(event);
    if (have !== undefined) return have;
    const made = encodeOne(event);
    known.set(event, made);
    return made;
  };
  return {
    name,
    encode: (events) => {
      const [only] = events;
      return events.length === 1 && only !== undefined ? bytesOf(only) : Buffer.concat(events.map(bytesOf));
    },
  };
};
