import type { Logger } from 'pino';
import { isGap } from '../log/event-log.ts';
import type { EventLog, LoggedEvent, Page } from '../log/event-log.ts';
import type { Cursor, Gap } from '../model/cursor.ts';
import type { TenantId } from '../model/ids.ts';
import type { Clock, Micros } from '../model/time.ts';
import type { Encoder } from './encoder.ts';
import { FilterIndex } from './filter-index.ts';
import { filterKey } from './filter.ts';
import type { FeedFilter } from './filter.ts';

/** One that is written to as events are committed. */
export interface Reader {
  /**
   * The bytes of everything that matched since the last time, in order; afterwards the reader is at `cursor`. The very same
   * bytes go to other readers: they must not be changed. Called while the hub hands out: it must not join the hub.
   */
  deliver(bytes: Buffer, cursor: Cursor): void;
}

/** What readers have in common that get the same bytes. */
export interface Shape {
  readonly encoder: Encoder;
  readonly filter: FeedFilter;
  readonly key: string;
}

export const createShape = (encoder: Encoder, filter: FeedFilter): Shape => ({
  encoder,
  filter,
  key: `${encoder.name} ${filterKey(filter)}`,
});

/** What of the engine the hub needs: a tenant's log and its commits. `TenantEngine` is one. */
export interface CommitSource {
  readonly tenant: TenantId;
  readonly log: EventLog;
  cursor(): Cursor;
  onCommitted(listener: (events: readonly LoggedEvent[]) => void): () => void;
}

/** Told of what was handed out; for metrics. */
export interface HubObserver {
  /** `lag`: from the commit to the last reader. `deliveries`: events times the readers they went to. */
  flushed(report: { readonly events: number; readonly deliveries: number; readonly lag: Micros }): void;
}

export interface HubOptions {
  readonly source: CommitSource;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly observer?: HubObserver;
  /** How many of the newest events are kept in memory, so that who is only a little behind needs no disk. */
  readonly memory?: number;
}

/**
 * One tenant's live events for all its readers: the only follower of the commits. What is committed within one turn of the
 * event loop is handed out together, encoded once for each shape, in one write for each reader.
 *
 * Guarantee: a reader that joins at `position` is given every matching event after it, once and in order.
 */
export class Hub {
  readonly tenant: TenantId;
  readonly #source: CommitSource;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #observer: HubObserver | undefined;
  readonly #memory: number;
  readonly #index = new FilterIndex<Group>();
  readonly #groups = new Map<string, Group>();
  readonly #moved = new Set<() => void>();
  readonly #stopListening: () => void;
  #recent: LoggedEvent[] = [];
  #pending: LoggedEvent[] = [];
  #pendingSince: Micros = 0;
  #position: Cursor;
  #awaited: { readonly cursor: Cursor; readonly resolve: () => void }[] = [];

  constructor(options: HubOptions) {
    this.#source = options.source;
    this.tenant = options.source.tenant;
    this.#clock = options.clock;
    this.#logger = options.logger;
    this.#observer = options.observer;
    this.#memory = options.memory ?? 512;
    this.#position = options.source.cursor();
    this.#stopListening = options.source.onCommitted((events) => this.#take(events));
  }

  /** Up to where everything has been handed out. */
  get position(): Cursor {
    return this.#position;
  }

  /**
   * At most `limit` events after the cursor and up to `position`, from memory where it reaches back so far. A cursor that is
   * ahead of the hub is waited for; one beyond the log's head is a `Gap`.
   */
  async read(after: Cursor, limit: number, signal: AbortSignal): Promise<Page | Gap> {
    const remembered = this.recall(after, limit);
    if (remembered !== undefined) return remembered;
    const page = await this.#source.log.read(this.tenant, after, limit);
    if (isGap(page)) return page;
    // The log is ahead of the hub by what was committed in this very turn.
    await this.#reach(page.next, signal);
    return { ...page, head: this.#position };
  }

  /** As `read`, of what is in memory alone; undefined when that does not reach back to the cursor. */
  recall(after: Cursor, limit: number): Page | undefined {
    const { epoch, seq } = this.#position;
    if (after.epoch !== epoch || after.seq > seq) return undefined;
    if (after.seq === seq) return { events: [], next: after, head: this.#position };
    const first = this.#recent[0];
    if (first === undefined || after.seq < first.cursor.seq - 1) return undefined;
    // seq has no holes, so that it tells the place.
    const start = after.seq - first.cursor.seq + 1;
    const events = this.#recent.slice(start, start + limit);
    return { events, next: events.at(-1)?.cursor ?? after, head: this.#position };
  }

  /** Adds a reader that has everything up to `position`, and no more. Returns how to leave, safe to call twice. */
  join(reader: Reader, shape: Shape): () => void {
    const { key } = shape;
    let group = this.#groups.get(key);
    if (group === undefined) {
      group = { ...shape, readers: new Set(), batch: [] };
      this.#groups.set(key, group);
      this.#index.add(group);
    }
    const joined = group;
    joined.readers.add(reader);
    return () => {
      joined.readers.delete(reader);
      if (joined.readers.size > 0 || this.#groups.get(key) !== joined) return;
      this.#groups.delete(key);
      this.#index.remove(joined);
    };
  }

  /** Calls after `position` has moved; a listener must not throw. Returns how to stop, safe to call twice. */
  onMoved(listener: () => void): () => void {
    this.#moved.add(listener);
    return () => void this.#moved.delete(listener);
  }

  /** Hands out what is still pending and follows no more. Its readers are for their owners to end. */
  close(): void {
    this.#stopListening();
    this.#flush();
    for (const { resolve } of this.#awaited.splice(0)) resolve();
  }

  #take(events: readonly LoggedEvent[]): void {
    if (events.length === 0) return;
    if (this.#pending.length === 0) {
      this.#pendingSince = this.#clock.now();
      // What else is committed at this moment is handed out with it.
      queueMicrotask(() => this.#flush());
    }
    for (const event of events) this.#pending.push(event);
  }

  #flush(): void {
    const events = this.#pending;
    const last = events.at(-1);
    if (last === undefined) return;
    this.#pending = [];
    this.#remember(events, last.cursor);
    this.#position = last.cursor;

    const touched = this.#sort(events);
    let deliveries = 0;
    for (const group of touched) {
      const { batch } = group;
      group.batch = [];
      deliveries += batch.length * group.readers.size;
      this.#hand(group, batch, last.cursor);
    }
    for (const moved of this.#moved) moved();
    this.#observer?.flushed({ events: events.length, deliveries, lag: this.#clock.now() - this.#pendingSince });

    if (this.#awaited.length > 0) {
      const still = this.#awaited.filter(({ cursor }) => cursor.seq > last.cursor.seq);
      const reached = this.#awaited.filter(({ cursor }) => cursor.seq <= last.cursor.seq);
      this.#awaited = still;
      for (const { resolve } of reached) resolve();
    }
  }

  /** Puts each event into the batch of every group that wants it; returns those groups. */
  #sort(events: readonly LoggedEvent[]): readonly Group[] {
    const touched: Group[] = [];
    for (const event of events) {
      for (const group of this.#index.match(event)) {
        if (group.batch.length === 0) touched.push(group);
        group.batch.push(event);
      }
    }
    return touched;
  }

  #hand(group: Group, batch: readonly LoggedEvent[], cursor: Cursor): void {
    let bytes: Buffer;
    try {
      bytes = group.encoder.encode(batch, cursor);
    } catch (error) {
      this.#logger.error({ event: 'feed.encode', err: error, encoder: group.encoder.name, cursor }, 'events could not be encoded');
      return;
    }
    for (const reader of group.readers) {
      try {
        reader.deliver(bytes, cursor);
      } catch (error) {
        // One reader's failure is its own; the others get theirs.
        this.#logger.error({ event: 'feed.deliver', err: error, encoder: group.encoder.name, cursor }, 'a reader failed');
      }
    }
  }

  #remember(events: readonly LoggedEvent[], last: Cursor): void {
    if (this.#recent[0] !== undefined && this.#recent[0].cursor.epoch !== last.epoch) this.#recent = [];
    for (const event of events) if (event.cursor.epoch === last.epoch) this.#recent.push(event);
    // Trimmed at twice the size, so that it is seldom.
    if (this.#recent.length > 2 * this.#memory) this.#recent = this.#recent.slice(-this.#memory);
  }

  async #reach(cursor: Cursor, signal: AbortSignal): Promise<void> {
    if (cursor.seq <= this.#position.seq || signal.aborted) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#awaited.push({ cursor, resolve });
    const abort = (): void => resolve();
    signal.addEventListener('abort', abort, { once: true });
    await promise;
    signal.removeEventListener('abort', abort);
  }
}

interface Group extends Shape {
  readonly readers: Set<Reader>;
  /** What has matched in the flush that is under way. */
  batch: LoggedEvent[];
}
