import type { Logger } from 'pino';
import type { TenantEngine } from '../../engine/engine.ts';
import type { LoggedEvent } from '../../log/event-log.ts';
import type { Filter } from './filter.ts';
import { FilterIndex } from './filter-index.ts';
import type { EventProjection } from './project.ts';
import { createEventFrame } from './render.ts';
import type { WireEvent } from './schema.ts';

/** One that events are written to: a whole number of frames at a time. The same bytes go to others and must not be changed. */
export interface EventReader {
  deliver(frames: Buffer): void;
}

/** Readers with the same filter get the same bytes. */
interface Group {
  readonly filter: Filter;
  readonly readers: Set<EventReader>;
  /** What has matched in the turn that is under way. */
  frames: Buffer[];
}

export interface EventFeedOptions {
  readonly engine: Pick<TenantEngine, 'onCommitted'>;
  readonly projection: Pick<EventProjection, 'take'>;
  readonly logger: Logger;
}

/**
 * A tenant's events for all its connections. What is committed within one turn of the event loop is handed out together, in one
 * write for each reader; an event costs what the readers cost that want it, for filters are looked up, not tried.
 */
export class EventFeed {
  readonly #options: EventFeedOptions;
  readonly #index = new FilterIndex<Group>();
  readonly #groups = new Map<string, Group>();
  readonly #of = new Map<EventReader, Group>();
  readonly #stopListening: () => void;
  #pending: LoggedEvent[] = [];
  #scheduled: NodeJS.Immediate | undefined;

  constructor(options: EventFeedOptions) {
    this.#options = options;
    this.#stopListening = options.engine.onCommitted((events) => this.#gather(events));
  }

  /** Adds a reader, or gives one that is there another filter: for what is committed from now on. */
  set(reader: EventReader, filter: Filter): void {
    this.#flush();
    this.leave(reader);
    let group = this.#groups.get(filter.key);
    if (group === undefined) {
      group = { filter, readers: new Set(), frames: [] };
      this.#groups.set(filter.key, group);
      this.#index.add(group);
    }
    group.readers.add(reader);
    this.#of.set(reader, group);
  }

  /** Safe to call of one that is not there. */
  leave(reader: EventReader): void {
    const group = this.#of.get(reader);
    if (group === undefined) return;
    this.#of.delete(reader);
    group.readers.delete(reader);
    if (group.readers.size > 0) return;
    this.#groups.delete(group.filter.key);
    this.#index.remove(group);
  }

  /** Writes events to whoever wants them. */
  tell(events: readonly WireEvent[]): void {
    const touched = new Set<Group>();
    for (const event of events) {
      const frame = createEventFrame(event);
      for (const group of this.#index.match(event)) {
        group.frames.push(frame(group.filter.longNamed.has(event.type)));
        touched.add(group);
      }
    }
    for (const group of touched) {
      const { frames } = group;
      group.frames = [];
      this.#hand(group, frames);
    }
  }

  /** Hands out what is pending and listens no more. Safe to call twice. */
  close(): void {
    this.#stopListening();
    this.#flush();
  }

  #gather(events: readonly LoggedEvent[]): void {
    for (const event of events) this.#pending.push(event);
    this.#scheduled ??= setImmediate(() => this.#flush());
  }

  #flush(): void {
    if (this.#scheduled !== undefined) clearImmediate(this.#scheduled);
    this.#scheduled = undefined;
    if (this.#pending.length === 0) return;
    const pending = this.#pending;
    this.#pending = [];
    this.tell(pending.flatMap((logged) => this.#project(logged)));
  }

  #project(logged: LoggedEvent): readonly WireEvent[] {
    try {
      return this.#options.projection.take(logged.event, this.#of.size > 0);
    } catch (error) {
      // One event that cannot be told must not end what is told of all others.
      this.#options.logger.error({ event: 'isymphony.event-failed', type: logged.type, cursor: logged.cursor, err: error });
      return [];
    }
  }

  #hand(group: Group, frames: readonly Buffer[]): void {
    const [only] = frames;
    const bytes = frames.length === 1 && only !== undefined ? only : Buffer.concat(frames);
    // One that is too slow leaves while it is written to.
    for (const reader of [...group.readers]) {
      try {
        reader.deliver(bytes);
      } catch (error) {
        // One reader's failure is its own; the others get theirs.
        this.#options.logger.error({ event: 'isymphony.reader-failed', err: error });
      }
    }
  }
}
