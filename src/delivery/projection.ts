import type { Logger } from 'pino';
import { isGap, type EventLog, type LoggedEvent } from '../log/event-log.ts';
import type { Cursor, Gap } from '../model/cursor.ts';
import { GatewayError } from '../model/errors.ts';
import type { TenantId } from '../model/ids.ts';
import type { LiveState } from '../model/live-state.ts';
import type { Clock, Micros } from '../model/time.ts';
import type { Store } from '../store/store.ts';
import { ProjectionPast, type Mark, type PastPage } from './projection-past.ts';
import { projectLogged, type Projector } from './projector.ts';

export type { Message, Projected, Projector } from './projector.ts';

/** What a projection takes of a tenant's engine. */
export interface ProjectedTenant {
  readonly tenant: TenantId;
  readonly log: EventLog;
  /** What is live now, and the cursor at which that is true: asked when the log cannot tell what led to the present. */
  snapshot(): LiveState & { readonly cursor: Cursor };
}

export interface ProjectionView<State> {
  readonly state: State;
  /** The seq up to which events are in `state`. */
  readonly head: number;
  /** Every message of a seq above this is kept; of this and those below none is. */
  readonly floor: number;
}

/**
 * A projector running over one tenant's log. Reads of what is in memory are synchronous: what one tick reads of `view` and `after` and waits for
 * with `next` fits together, so that a snapshot, its tail and the waiting after it have no gap between them.
 */
export interface Projection<State, Body> {
  /** Of one that begins `onDemand`: begins it, once; resolves when everything in the log is folded. Nothing else may be called before. */
  wake(): Promise<void>;
  view(): ProjectionView<State>;
  /** The messages for `keys` with a seq above `seq`, by key, oldest first; keys without any are absent. `seq` below the floor is a gap: undefined. */
  after(keys: readonly string[], seq: number): ReadonlyMap<string, readonly Body[]> | undefined;
  /**
   * As `after`, some `limit` messages at a time, whole events always, with up to where they reach; where `seq` is below the floor,
   * out of the log. Undefined only where the log itself no longer tells.
   */
  read(keys: readonly string[], seq: number, limit: number): Promise<PastPage<Body> | undefined>;
  /** Resolves when a message for one of `keys` is there, when history had to begin anew, or when `signal` aborts. Never rejects: look again. */
  next(keys: readonly string[], signal: AbortSignal): Promise<void>;
  /** Resolves when anything has been folded, or when `signal` aborts. */
  changed(signal: AbortSignal): Promise<void>;
  /** Writes the checkpoint and wakes all who wait. Safe to call twice. */
  close(): Promise<void>;
}

export interface ProjectionOptions<State, Body> {
  readonly engine: ProjectedTenant;
  readonly projector: Projector<State, Body>;
  readonly store: Store;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Of how many events at least the messages are kept, and at most an eighth more; so many are folded again at a start. */
  readonly historyEvents?: number;
  /**
   * Folds nothing until it is woken for the first time in the tenant's life: most installations use few of the dialects. It begins
   * with what is live then, or where the log does if that is near; woken once, it follows the log for good.
   */
  readonly onDemand?: boolean;
}

const defaultHistoryEvents = 50_000;
const marksInHistory = 8;
const checkpointMicros = 10_000_000;

/** Starts the projection from its checkpoint; resolves when everything in the log is folded, or at once if nobody has ever needed it. */
export const openProjection = async <State, Body>(options: ProjectionOptions<State, Body>): Promise<Projection<State, Body>> => {
  const opened = new RunningProjection(options);
  if (options.onDemand !== true || opened.hasRun) await opened.wake();
  return opened;
};

class RunningProjection<State, Body> implements Projection<State, Body> {
  readonly #options: ProjectionOptions<State, Body>;
  readonly #historyEvents: number;
  readonly #history = new MessageHistory<Body>();
  readonly #past: ProjectionPast<State, Body>;
  readonly #waiters = new Waiters();
  readonly #stop = new AbortController();
  #caughtUp: Promise<void> | undefined;
  #running: Promise<void> = Promise.resolve();
  #state: State;
  #cursor: Cursor;
  /** Never empty once it runs; oldest first. */
  #marks: readonly Mark<State>[] = [];
  #written: Mark<State> | undefined;
  #writtenAt: Micros = 0;
  #failure: unknown;

  constructor(options: ProjectionOptions<State, Body>) {
    const { tenant, log } = options.engine;
    this.#options = options;
    this.#historyEvents = options.historyEvents ?? defaultHistoryEvents;
    this.#state = options.projector.initial;
    this.#cursor = log.oldest(tenant);
    this.#past = new ProjectionPast({ ...options, tenant, log, apart: this.#historyEvents });
  }

  /** Whether it was awake in this tenant's life, in this process or one before. */
  get hasRun(): boolean {
    return this.#options.store.state.get(this.#options.engine.tenant, this.#checkpointName) !== undefined;
  }

  wake(): Promise<void> {
    return (this.#caughtUp ??= this.#begin());
  }

  async #begin(): Promise<void> {
    const { engine, logger, projector } = this.#options;
    const { tenant, log } = engine;
    const checkpoint = this.#readCheckpoint();
    const mark = checkpoint ?? this.#firstMark();
    this.#state = mark.state;
    this.#cursor = mark.cursor;
    this.#marks = [mark];
    this.#past.keep(mark);
    if (checkpoint === undefined) this.#writeCheckpoint();
    else this.#written = checkpoint;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#running = this.#run(log.head(tenant), resolve).catch((error: unknown) => {
      this.#failure = error;
      logger.error({ event: 'projection.stopped', projection: projector.name, err: error }, 'a projection has stopped');
      this.#waiters.wakeAll();
      reject(error);
    });
    await promise;
  }

  view(): ProjectionView<State> {
    this.#requireRunning();
    return { state: this.#state, head: this.#cursor.seq, floor: this.#floor };
  }

  after(keys: readonly string[], seq: number): ReadonlyMap<string, readonly Body[]> | undefined {
    return seq < this.#floor ? undefined : this.#history.after(keys, seq);
  }

  async read(keys: readonly string[], seq: number, limit: number): Promise<PastPage<Body> | undefined> {
    this.#requireRunning();
    if (seq >= this.#floor) return this.#history.page(keys, seq, limit, this.#cursor.seq);
    return this.#past.read(keys, seq, this.#floor, limit);
  }

  next(keys: readonly string[], signal: AbortSignal): Promise<void> {
    return this.#waiters.wait(keys, signal);
  }

  changed(signal: AbortSignal): Promise<void> {
    return this.#waiters.wait([anything], signal);
  }

  async close(): Promise<void> {
    if (this.#stop.signal.aborted) return this.#running;
    this.#stop.abort();
    await this.#running;
    this.#waiters.wakeAll();
    if (this.#caughtUp !== undefined && this.#marks[0] !== this.#written) this.#writeCheckpoint();
  }

  #requireRunning(): void {
    if (this.#caughtUp === undefined) throw new TypeError(`The projection ${this.#options.projector.name} is read before it is woken.`);
    if (this.#failure !== undefined) throw new GatewayError('internal', {}, { cause: this.#failure });
  }

  get #floor(): number {
    return this.#marks[0]?.cursor.seq ?? 0;
  }

  async #run(target: Cursor, caughtUp: () => void): Promise<void> {
    const { tenant, log } = this.#options.engine;
    const { signal } = this.#stop;
    if (this.#reached(target)) caughtUp();
    while (!signal.aborted) {
      for await (const batch of log.follow(tenant, this.#cursor, signal)) {
        if (isGap(batch)) this.#restart(batch);
        else this.#fold(batch);
        if (this.#reached(target)) caughtUp();
      }
    }
    caughtUp();
  }

  #reached(target: Cursor): boolean {
    return this.#cursor.seq >= target.seq;
  }

  #fold(batch: readonly LoggedEvent[]): void {
    const touched = new Set<string>();
    for (const logged of batch) {
      const { state, messages } = projectLogged(this.#options, this.#state, logged);
      this.#state = state;
      for (const { key, body } of messages) {
        this.#history.add(key, { seq: logged.cursor.seq, body });
        touched.add(key);
      }
      this.#cursor = logged.cursor;
      this.#mark();
    }
    this.#waiters.wake(touched);
  }

  /** Keeps states to go back to, and lets the oldest go when those after it hold enough of history. */
  #mark(): void {
    const { seq } = this.#cursor;
    const newest = this.#marks.at(-1)?.cursor.seq ?? 0;
    if (seq - newest < Math.ceil(this.#historyEvents / marksInHistory)) return;
    this.#marks = [...this.#marks, { cursor: this.#cursor, state: this.#state }];
    const second = this.#marks[1];
    if (second === undefined || seq - second.cursor.seq < this.#historyEvents) return;
    this.#marks = this.#marks.slice(1);
    this.#history.forget(second.cursor.seq);
    this.#past.keep(second);
    if (this.#options.clock.now() - this.#writtenAt >= checkpointMicros) this.#writeCheckpoint();
  }

  /** The log no longer tells what followed: go on from what is live. */
  #restart(gap: Gap): void {
    const { engine, projector, logger, clock } = this.#options;
    const live = engine.snapshot();
    const lost = Math.max(0, live.cursor.seq - this.#cursor.seq);
    logger.warn({ event: 'projection.gap', projection: projector.name, reason: gap.gap, from: this.#cursor.seq, to: live.cursor.seq });
    if (lost === 0 && live.cursor.epoch === this.#cursor.epoch && gap.gap !== 'future') {
      throw new GatewayError('data-damaged', { seq: live.cursor.seq }, { note: 'The log cannot be read from where it ends.' });
    }
    this.#state = projector.rebase(this.#state, live, lost, clock.now());
    this.#cursor = live.cursor;
    this.#marks = [{ cursor: this.#cursor, state: this.#state }];
    this.#history.clear();
    this.#past.clear();
    this.#past.keep({ cursor: this.#cursor, state: this.#state });
    this.#writeCheckpoint();
    this.#waiters.wakeAll();
  }

  #firstMark(): Mark<State> {
    const { engine, projector, clock } = this.#options;
    const { tenant, log } = engine;
    const oldest = log.oldest(tenant);
    if (oldest.seq === 0 && log.head(tenant).seq <= this.#historyEvents) return { cursor: oldest, state: projector.initial };
    const live = engine.snapshot();
    return { cursor: live.cursor, state: projector.rebase(projector.initial, live, 0, clock.now()) };
  }

  get #checkpointName(): string {
    return `projection:${this.#options.projector.name}`;
  }

  #readCheckpoint(): Mark<State> | undefined {
    const { engine, store, projector, logger } = this.#options;
    const text = store.state.get(engine.tenant, this.#checkpointName);
    if (text === undefined) return undefined;
    const saved = JSON.parse(text) as { readonly version: number; readonly cursor: Cursor; readonly state: unknown };
    if (saved.version === projector.version) return { cursor: saved.cursor, state: projector.load(saved.state) };
    logger.warn({ event: 'projection.checkpoint-outdated', projection: projector.name, version: saved.version });
    return undefined;
  }

  /** Of the oldest mark, not of the present: folding again from there rebuilds the history too. */
  #writeCheckpoint(): void {
    const { engine, store, projector, clock, logger } = this.#options;
    const mark = this.#marks[0];
    if (mark === undefined) return;
    const checkpoint = { version: projector.version, cursor: mark.cursor, state: projector.save(mark.state) };
    this.#writtenAt = clock.now();
    try {
      store.state.put(engine.tenant, this.#checkpointName, JSON.stringify(checkpoint));
      this.#written = mark;
    } catch (error) {
      if (!(error instanceof GatewayError && error.code === 'log-full')) throw error;
      // The one that stands is only older: folding again from there gives the same.
      logger.warn({ event: 'projection.checkpoint-refused', projection: projector.name, err: error });
    }
  }
}

interface Sequenced<Body> {
  readonly seq: number;
  readonly body: Body;
}

/** Messages by key, so that a reader pays only for its own. */
class MessageHistory<Body> {
  readonly #byKey = new Map<string, Sequenced<Body>[]>();

  add(key: string, message: Sequenced<Body>): void {
    const messages = this.#byKey.get(key);
    if (messages === undefined) this.#byKey.set(key, [message]);
    else messages.push(message);
  }

  after(keys: readonly string[], seq: number): ReadonlyMap<string, readonly Body[]> {
    const found = new Map<string, readonly Body[]>();
    for (const key of keys) {
      const messages = this.#byKey.get(key);
      if (messages === undefined || (messages.at(-1)?.seq ?? 0) <= seq) continue;
      found.set(
        key,
        messages.slice(firstAfter(messages, seq)).map((message) => message.body),
      );
    }
    return found;
  }

  /** Of each key some `limit`, and no further than all of them reach. */
  page(keys: readonly string[], seq: number, limit: number, head: number): PastPage<Body> {
    let upTo = Math.max(head, seq);
    const slices = keys.map((key) => {
      const messages = this.#byKey.get(key) ?? [];
      const from = firstAfter(messages, seq);
      const to = wholeUpTo(messages, Math.min(from + limit, messages.length));
      if (to < messages.length) upTo = Math.min(upTo, messages[to - 1]?.seq ?? seq);
      return { key, messages: messages.slice(from, to) };
    });
    const page = slices.map(({ key, messages }): [string, readonly Body[]] => [
      key,
      messages.filter((message) => message.seq <= upTo).map(({ body }) => body),
    ]);
    return { messages: new Map(page.filter(([, bodies]) => bodies.length > 0)), upTo };
  }

  forget(upTo: number): void {
    for (const [key, messages] of this.#byKey) {
      const kept = messages.slice(firstAfter(messages, upTo));
      if (kept.length === 0) this.#byKey.delete(key);
      else this.#byKey.set(key, kept);
    }
  }

  clear(): void {
    this.#byKey.clear();
  }
}

/** The messages of one event stay together. */
const wholeUpTo = (messages: readonly Sequenced<unknown>[], end: number): number => {
  let to = end;
  while (to > 0 && to < messages.length && messages[to]?.seq === messages[to - 1]?.seq) to += 1;
  return to;
};

/** Where in the messages, which are in order, those above `seq` begin. */
const firstAfter = (messages: readonly Sequenced<unknown>[], seq: number): number => {
  let low = 0;
  let high = messages.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((messages[middle]?.seq ?? 0) > seq) high = middle;
    else low = middle + 1;
  }
  return low;
};

/** A key that every change touches. No dialect's key is empty. */
const anything = '';

/** Who waits for which keys: a message costs only those who wait for it. */
class Waiters {
  readonly #byKey = new Map<string, Set<() => void>>();

  wait(keys: readonly string[], signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = (): void => {
        signal.removeEventListener('abort', wake);
        for (const key of keys) this.#leave(key, wake);
        resolve();
      };
      signal.addEventListener('abort', wake, { once: true });
      for (const key of keys) this.#enter(key, wake);
    });
  }

  wake(keys: Iterable<string>): void {
    for (const key of [anything, ...keys]) for (const wake of this.#byKey.get(key) ?? []) wake();
  }

  wakeAll(): void {
    this.wake([...this.#byKey.keys()]);
  }

  #enter(key: string, wake: () => void): void {
    const waiting = this.#byKey.get(key);
    if (waiting === undefined) this.#byKey.set(key, new Set([wake]));
    else waiting.add(wake);
  }

  #leave(key: string, wake: () => void): void {
    const waiting = this.#byKey.get(key);
    waiting?.delete(wake);
    if (waiting?.size === 0) this.#byKey.delete(key);
  }
}
