import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import type { Cursor, Gap } from '../model/cursor.ts';
import { GatewayError } from '../model/errors.ts';
import type { NewEvent } from '../model/event.ts';
import type { CallId, NewId, TenantId } from '../model/ids.ts';
import type { Clock, Micros } from '../model/time.ts';
import { sqliteResult } from '../sqlite/result.ts';
import { syncFolder } from './durable-file.ts';
import { isGap } from './event-log.ts';
import type { EventLog, Lease, LogHealth, LoggedEvent, Page, StateChange } from './event-log.ts';
import { lockFolder } from './folder-lock.ts';
import type { FolderLock } from './folder-lock.ts';
import { layOut } from './group.ts';
import type { Group, WaitingAppend } from './group.ts';
import { LogFile, rowsOf } from './log-file.ts';
import { Marks } from './marks.ts';
import type { Mark } from './marks.ts';
import { RecentEvents } from './recent-events.ts';
import { Reserve } from './reserve.ts';
import { TenantLog } from './tenant-log.ts';
import type { Epoch } from './tenant-log.ts';
import { writerInPlace, WriterThread, type LogWriter } from './writer.ts';

export interface SqliteLogOptions {
  /** The data folder; made if it is not there, and locked against other processes while the log is open. */
  readonly folder: string;
  readonly clock: Clock;
  /** Names epochs. */
  readonly newId: NewId;
  /** Told after each commit how much it wrote and how long it took. */
  readonly onCommit?: (commit: { readonly events: number; readonly took: Micros }) => void;
  /** Room kept on the disk for what is urgent; 32 MiB. */
  readonly reserveBytes?: number;
  /** Whether a thread of its own writes, so that the disk holds up nobody else here. */
  readonly ownThread?: boolean;
  /** What is kept in memory of each tenant for those who follow: 512 events, 4 MiB of JSON. More would outlive the young generation. */
  readonly recentEvents?: number;
  readonly recentBytes?: number;
}

/** The reserve, for others who keep files in the same folder: asked before writing, and when the disk turns out to be full. */
export interface LogReserve {
  /** Whether only what is urgent may be written. */
  isReleased(): boolean;
  /** Makes room; false if there is none left to give. */
  release(): boolean;
}

export interface SqliteLog extends EventLog {
  readonly reserve: LogReserve;
}

/** So many events are not left to gather until the end of a turn. */
const largestGroup = 4_096;
const pageOfFollower = 512;
/** Events deleted in one go: a step takes a few milliseconds, in which nothing else happens. */
const retentionStep = 200;

/**
 * Opens the log in SQLite files of a data folder. Throws `config-invalid` if there can be no such folder, `data-locked` if another
 * process uses it, `data-damaged` if its files cannot be read. A database that was deleted, or replaced by an older one, is noticed; its tenants begin new epochs.
 */
export const openSqliteLog = (options: SqliteLogOptions): SqliteLog => {
  makeFolder(options.folder);
  const lock = lockFolder(options.folder);
  try {
    return new FileLog(options, lock);
  } catch (error) {
    lock.release();
    throw error;
  }
};

class FileLog implements SqliteLog {
  readonly reserve: Reserve;
  readonly #lock: FolderLock;
  readonly #file: LogFile;
  readonly #writer: LogWriter;
  readonly #marks: Marks;
  readonly #clock: Clock;
  readonly #newId: NewId;
  readonly #onCommit: SqliteLogOptions['onCommit'];
  readonly #recentEvents: number;
  readonly #recentBytes: number;
  readonly #tenants = new Map<TenantId, TenantLog>();
  readonly #closing = new AbortController();
  #waiting: WaitingAppend[] = [];
  #waitingEvents = 0;
  #commitSoon: NodeJS.Immediate | undefined;
  /** The end of the line of those who write. */
  #line: Promise<unknown> = Promise.resolve();
  #closed: Promise<void> | undefined;

  constructor(options: SqliteLogOptions, lock: FolderLock) {
    const { folder } = options;
    this.#clock = options.clock;
    this.#newId = options.newId;
    this.#onCommit = options.onCommit;
    this.#recentEvents = options.recentEvents ?? 512;
    this.#recentBytes = options.recentBytes ?? 4 * 1_048_576;
    this.#lock = lock;
    this.#marks = new Marks(join(folder, 'log.marks'));
    const path = join(folder, 'log.db');
    this.#file = new LogFile(path);
    try {
      syncFolder(folder);
      this.reserve = new Reserve(join(folder, 'log.reserve'), options.reserveBytes ?? 32 * 1_048_576, options.clock);
      this.#findTenants();
      this.#writer = options.ownThread === true ? new WriterThread(path) : writerInPlace(this.#file);
    } catch (error) {
      this.#file.close();
      throw error;
    }
  }

  #findTenants(): void {
    const isTheSame = !this.#marks.existed || this.#marks.goesWith(this.#file.run());
    const marks = new Map(this.#marks.tenants);
    for (const row of this.#file.tenants()) {
      const log = this.#addTenant(row, this.#file.epochs(row.no));
      const mark = marks.get(row.tenant);
      marks.delete(row.tenant);
      if (isTheSame && (mark === undefined || belongsTo(mark, log))) continue;
      this.#beginEpoch(log);
    }
    // Those of which only the mark is left: the database was deleted.
    for (const tenant of marks.keys()) this.#createTenant(tenant);
    this.#urgently(() => {
      const run = this.#newId.token();
      this.#marks.beginRun(this.#file.run(), run, () => this.#file.setRun(run));
    });
  }

  acquire(tenant: TenantId): Promise<Lease> {
    return this.#inLine(() => {
      const log = this.#tenants.get(tenant) ?? this.#createTenant(tenant);
      const fence = log.fence + 1;
      this.#urgently(() => this.#file.setFence(log.no, fence));
      log.fence = fence;
      return { tenant, fence };
    });
  }

  append(
    lease: Lease,
    events: readonly NewEvent[],
    changes: readonly StateChange[],
    options: { readonly urgent?: boolean } = {},
  ): Promise<readonly LoggedEvent[]> {
    if (this.#closed !== undefined) return Promise.reject(new GatewayError('shutting-down'));
    return new Promise((resolve, reject) => {
      this.#waiting.push({ lease, events, changes, urgent: options.urgent ?? false, resolve, reject });
      this.#waitingEvents += events.length;
      // What else arrives in this turn of the event loop goes into the same commit.
      if (this.#waitingEvents >= largestGroup) this.#commitWaiting();
      else this.#commitSoon ??= setImmediate(() => this.#commitWaiting());
    });
  }

  read(tenant: TenantId, after: Cursor, limit: number): Promise<Page | Gap> {
    return this.#answer(() => this.#page(this.#tenantLog(tenant), after, limit));
  }

  async *follow(tenant: TenantId, after: Cursor, signal: AbortSignal): AsyncGenerator<readonly LoggedEvent[] | Gap> {
    const log = this.#tenantLog(tenant);
    const ended = AbortSignal.any([signal, this.#closing.signal]);
    let cursor = after;
    while (!ended.aborted) {
      const isHistory = !log.recent.continuesFrom(cursor.seq);
      const page = this.#page(log, cursor, pageOfFollower);
      if (isGap(page)) {
        yield page;
        return;
      }
      if (page.events.length === 0) {
        await log.changed(ended);
        continue;
      }
      cursor = page.next;
      yield page.events;
      // A long history must not keep the process from everything else.
      if (isHistory) await turn();
    }
  }

  head(tenant: TenantId): Cursor {
    return this.#tenantLog(tenant).headCursor;
  }

  oldest(tenant: TenantId): Cursor {
    return this.#tenantLog(tenant).oldestCursor;
  }

  ofCall(tenant: TenantId, call: CallId, limit: number): Promise<readonly LoggedEvent[]> {
    return this.#answer(() => this.#file.ofCall(this.#tenantLog(tenant), call, limit));
  }

  state(tenant: TenantId): Promise<ReadonlyMap<string, string>> {
    return this.#answer(() => this.#file.state(this.#tenantLog(tenant).no));
  }

  async retain(tenant: TenantId, limits: { readonly olderThan?: Micros; readonly maxBytes?: number }): Promise<void> {
    const { olderThan = -Infinity, maxBytes = Infinity } = limits;
    const log = this.#tenantLog(tenant);
    // In steps, with turns between them: what is live goes first.
    for (let more = true; more && this.#closed === undefined; await turn()) {
      more = await this.#inLine(() => {
        const deleted = this.#deleteOldest(log, olderThan, maxBytes);
        const freed = this.#urgently(() => this.#file.shrink(this.reserve.isReleased()));
        return deleted || freed;
      });
    }
  }

  newEpoch(tenant: TenantId): Promise<Cursor> {
    // What waits was meant for the epoch that ends.
    this.#commitWaiting();
    return this.#inLine(() => {
      const log = this.#tenants.get(tenant);
      if (log === undefined) return this.#createTenant(tenant).headCursor;
      this.#beginEpoch(log);
      return log.headCursor;
    });
  }

  health(): LogHealth {
    return this.reserve.health();
  }

  close(): Promise<void> {
    this.#commitWaiting();
    return (this.#closed ??= this.#inLine(() => this.#end()));
  }

  async #end(): Promise<void> {
    this.#closing.abort();
    try {
      await this.#writer.close();
      this.#marks.settle([...this.#tenants.values()].map((log) => [log.tenant, { epoch: log.epoch, from: log.head, mark: log.head }]));
    } catch (error) {
      // The marks that stand cover every number given; after this the next opening only cannot tell as exactly what was lost.
      if (sqliteResult(error) !== 'full') throw error;
    } finally {
      this.#file.close();
      this.#lock.release();
    }
  }

  /** Writers go one after the other, or two connections would lock each other out of the file. */
  #inLine<Result>(work: () => Result | Promise<Result>): Promise<Result> {
    if (this.#closed !== undefined) return Promise.reject(new GatewayError('shutting-down'));
    const turn = this.#line.then(work);
    this.#line = turn.catch(() => undefined);
    return turn;
  }

  /** One transaction for all that waits when its turn comes. */
  #commitWaiting(): void {
    clearImmediate(this.#commitSoon);
    this.#commitSoon = undefined;
    if (this.#waiting.length > 0) void this.#inLine(() => this.#commitGathered());
  }

  async #commitGathered(): Promise<void> {
    const appends = this.#waiting;
    this.#waiting = [];
    this.#waitingEvents = 0;
    if (appends.length === 0) return;
    try {
      await this.#commit(appends);
    } catch (error) {
      const refusal =
        error instanceof GatewayError ? error : new GatewayError('internal', {}, { note: 'The log could not be written.', cause: error });
      for (const { reject } of appends) reject(refusal);
    }
  }

  async #commit(appends: readonly WaitingAppend[]): Promise<void> {
    if (this.reserve.isReleased()) return this.#commitUrgent(appends);
    try {
      await this.#write(layOut(appends, this.#tenants));
    } catch (error) {
      if (sqliteResult(error) !== 'full') throw error;
      this.reserve.release();
      await this.#commitUrgent(appends, error);
    }
  }

  /** The disk is full: writes what is urgent to the reserve and refuses the rest, which may be tried again. */
  async #commitUrgent(appends: readonly WaitingAppend[], cause?: unknown): Promise<void> {
    const refuse = ({ reject }: WaitingAppend): void => reject(new GatewayError('log-full', {}, { cause }));
    for (const append of appends) if (!append.urgent) refuse(append);
    const urgent = appends.filter((append) => append.urgent);
    if (urgent.length === 0) return;
    try {
      await this.#write(layOut(urgent, this.#tenants));
      this.reserve.wrote();
    } catch (error) {
      if (sqliteResult(error) !== 'full') throw error;
      this.reserve.release();
      for (const append of urgent) refuse(append);
    }
  }

  async #write(group: Group): Promise<void> {
    const began = this.#clock.now();
    for (const { log, head } of group.additions) this.#marks.cover(log.tenant, log.epoch, log.head, head);
    if (group.additions.length > 0) await this.#writer.append(rowsOf(group.additions));
    let events = 0;
    for (const { log, records, head, bytes } of group.additions) {
      for (const record of records) log.recent.push(record);
      log.head = head;
      log.bytes = bytes;
      events += records.length;
    }
    // Durable from here on: now those who wrote may know, and those who read.
    for (const settle of group.settlements) settle();
    for (const { log } of group.additions) log.announce();
    if (group.additions.length > 0) this.#onCommit?.({ events, took: this.#clock.now() - began });
  }

  #page(log: TenantLog, after: Cursor, limit: number): Page | Gap {
    const gap = log.gapAt(after);
    if (gap !== undefined) return gap;
    const isRecent = log.recent.continuesFrom(after.seq);
    const events = isRecent ? log.recent.after(after.seq, limit) : this.#file.page(log, after.seq, limit);
    return { events, next: events.at(-1)?.cursor ?? after, head: log.headCursor };
  }

  /** One step of retention; false when nothing more has to go. */
  #deleteOldest(log: TenantLog, olderThan: Micros, maxBytes: number): boolean {
    let { oldest, bytes } = log;
    for (const { seq, at, size } of this.#file.oldestSizes(log, retentionStep)) {
      if (at >= olderThan && bytes <= maxBytes) break;
      oldest = seq;
      bytes -= size;
    }
    if (oldest === log.oldest) return false;
    // Deleting needs room itself before it makes any.
    this.#urgently(() => this.#file.deleteUpTo(log, oldest, bytes));
    log.oldest = oldest;
    log.bytes = bytes;
    log.recent.startAfter(oldest);
    log.announce();
    return true;
  }

  #beginEpoch(log: TenantLog): void {
    const base = Math.max(log.head, this.#marks.tenants.get(log.tenant)?.mark ?? 0);
    const epoch = this.#nextEpoch(base);
    this.#urgently(() => {
      this.#marks.cover(log.tenant, epoch.epoch, base, base);
      this.#file.beginEpoch(log.no, epoch);
    });
    log.begin(epoch);
  }

  #createTenant(tenant: TenantId): TenantLog {
    const epoch = this.#nextEpoch(this.#marks.tenants.get(tenant)?.mark ?? 0);
    return this.#urgently(() => {
      this.#marks.cover(tenant, epoch.epoch, epoch.base, epoch.base);
      return this.#addTenant(this.#file.createTenant(tenant, epoch), [epoch]);
    });
  }

  #addTenant(row: ReturnType<LogFile['createTenant']>, epochs: readonly Epoch[]): TenantLog {
    const log = new TenantLog(row, epochs, new RecentEvents(this.#recentEvents, this.#recentBytes, row.head));
    this.#tenants.set(row.tenant, log);
    return log;
  }

  #nextEpoch(base: number): Epoch {
    return { epoch: this.#newId.token().slice(0, 8), base };
  }

  #tenantLog(tenant: TenantId): TenantLog {
    const log = this.#tenants.get(tenant);
    if (log === undefined) throw new GatewayError('not-found', { tenant }, { note: `The log has no tenant ${tenant}.` });
    return log;
  }

  /** Does what must be done even when the disk is full, with the reserve if need be. */
  #urgently<Result>(run: () => Result): Result {
    try {
      return run();
    } catch (error) {
      if (sqliteResult(error) !== 'full') throw error;
      if (this.reserve.release()) return this.#urgently(run);
      throw new GatewayError('log-full', {}, { cause: error });
    }
  }

  /** A promise of what is at hand at once: SQLite answers in the same turn. */
  #answer<Result>(run: () => Result): Promise<Result> {
    return new Promise((resolve) => {
      if (this.#closing.signal.aborted) throw new GatewayError('shutting-down');
      resolve(run());
    });
  }
}

/** Whether the log's head is one that can have been reached since the mark was written. */
const belongsTo = (mark: Mark, log: TenantLog): boolean => mark.epoch === log.epoch && log.head >= mark.from && log.head <= mark.mark;

const makeFolder = (folder: string): void => {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (cause) {
    const note = `The data folder ${folder} cannot be made: ${cause instanceof Error ? cause.message : 'unknown'}.`;
    throw new GatewayError('config-invalid', { folder }, { note, cause });
  }
};
