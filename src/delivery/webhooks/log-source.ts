import { isGap } from '../../log/event-log.ts';
import type { EventLog, LoggedEvent } from '../../log/event-log.ts';
import type { Cursor } from '../../model/cursor.ts';
import type { CallId } from '../../model/ids.ts';
import { matchesFilter } from '../filter.ts';
import type { FeedFilter } from '../filter.ts';
import type { Hub } from '../hub.ts';
import type { DeliveryItem, DeliverySource } from './webhook-engine.ts';

export interface LogSourceOptions {
  readonly hub: Hub;
  readonly log: EventLog;
  readonly filter: FeedFilter;
  /** `previous` is the `seq` of the call's event that the endpoint was sent before; undefined for the first, and for what is of no call. */
  readonly itemOf: (event: LoggedEvent, previous: number | undefined) => DeliveryItem;
  readonly gap: (from: Cursor, to: Cursor) => DeliveryItem;
}

/** Calls whose last event is remembered; of others the log is asked. */
const mostRemembered = 1_000;
/** Of a call's events so many are looked at. */
const mostOfCall = 10_000;

/** A source out of a tenant's own log, read through its hub: who is close to the present is served from memory. */
export const createLogSource = (options: LogSourceOptions): DeliverySource => {
  const { hub, filter, itemOf, gap } = options;
  const previous = new PreviousOfCall(options);
  return {
    read: async (after, limit, signal) => {
      const page = await hub.read(after, limit, signal);
      if (isGap(page)) return page;
      previous.goOnFrom(after);
      const items: DeliveryItem[] = [];
      for (const event of page.events) {
        if (!matchesFilter(filter, event)) continue;
        const known = previous.recall(event);
        items.push(itemOf(event, known === 'unknown' ? await previous.look(event) : known));
        previous.remember(event);
      }
      previous.reached(page.next);
      return { items, next: page.next };
    },
    head: () => hub.position,
    onMore: (listener) => hub.onMoved(listener),
    gap,
  };
};

/** Which event of the same call came before, of those that pass the filter. Remembered only while reading goes on without a jump. */
class PreviousOfCall {
  readonly #options: Pick<LogSourceOptions, 'hub' | 'log' | 'filter'>;
  readonly #last = new Map<CallId, number>();
  #at: Cursor | undefined;

  constructor(options: LogSourceOptions) {
    this.#options = options;
  }

  goOnFrom(after: Cursor): void {
    if (this.#at?.seq !== after.seq || this.#at.epoch !== after.epoch) this.#last.clear();
    this.#at = undefined;
  }

  reached(next: Cursor): void {
    this.#at = next;
  }

  recall({ callId, type }: LoggedEvent): number | undefined | 'unknown' {
    if (callId === undefined || type === 'call.started') return undefined;
    return this.#last.get(callId) ?? 'unknown';
  }

  remember({ callId, type, cursor }: LoggedEvent): void {
    if (callId === undefined) return;
    this.#last.delete(callId);
    if (type === 'call.ended') return;
    this.#last.set(callId, cursor.seq);
    const [oldest] = this.#last.keys();
    if (this.#last.size > mostRemembered && oldest !== undefined) this.#last.delete(oldest);
  }

  async look({ callId, cursor }: LoggedEvent): Promise<number | undefined> {
    if (callId === undefined) return undefined;
    const { hub, log, filter } = this.#options;
    const events = await log.ofCall(hub.tenant, callId, mostOfCall);
    return events.findLast((event) => event.cursor.seq < cursor.seq && matchesFilter(filter, event))?.cursor.seq;
  }
}
