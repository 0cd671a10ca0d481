import { DatabaseSync } from 'node:sqlite';
import type { SQLOutputValue, StatementSync } from 'node:sqlite';
import type { Cursor } from '../model/cursor.ts';
import { GatewayError } from '../model/errors.ts';
import type { EventType } from '../model/event.ts';
import type { CallId, ExtensionNumber, LegId, TenantId } from '../model/ids.ts';
import { checkpoint, pagesToMove } from '../sqlite/checkpoint.ts';
import { migrate } from '../sqlite/migrate.ts';
import { sqliteResult } from '../sqlite/result.ts';
import { inTransaction } from '../sqlite/transaction.ts';
import { CallIndex } from './call-index.ts';
import type { Addition } from './group.ts';
import { LiveRows, writeChanges, type ChangesRow } from './live-rows.ts';
import { mostTenants, placeOf } from './places.ts';
import { LoggedRecord, checksumOf } from './record.ts';
import type { Epoch, TenantLog } from './tenant-log.ts';

/** Somebody who looks into the file with a tool of SQLite's may hold it for a moment. */
const busyTimeoutMs = 1_000;

/** What made the log's tables what they are, in order; see `migrate`. */
const migrations = [
  `
  CREATE TABLE runs (run TEXT NOT NULL);
  CREATE TABLE tenants (
    no INTEGER PRIMARY KEY, tenant TEXT NOT NULL UNIQUE,
    fence INTEGER NOT NULL, head INTEGER NOT NULL, oldest INTEGER NOT NULL, bytes INTEGER NOT NULL
  );
  CREATE TABLE epochs (tenant INTEGER NOT NULL, base INTEGER NOT NULL, epoch TEXT NOT NULL, PRIMARY KEY (tenant, base)) WITHOUT ROWID;
  CREATE TABLE events (
    place INTEGER PRIMARY KEY, at INTEGER NOT NULL, type TEXT NOT NULL, call TEXT, leg TEXT, extension TEXT,
    checksum INTEGER NOT NULL, size INTEGER NOT NULL, json TEXT NOT NULL
  );
  CREATE INDEX events_of_call ON events (call) WHERE call IS NOT NULL;
  CREATE TABLE state (tenant INTEGER NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (tenant, key)) WITHOUT ROWID;
  `,
  'CREATE TABLE changes (no INTEGER PRIMARY KEY, tenant INTEGER NOT NULL, rows TEXT NOT NULL)',
  `
  CREATE TABLE calls (first INTEGER PRIMARY KEY, call TEXT NOT NULL);
  CREATE TABLE events_of_calls (first INTEGER NOT NULL, place INTEGER NOT NULL, PRIMARY KEY (first, place)) WITHOUT ROWID;
  INSERT INTO calls SELECT min(place), call FROM events WHERE call IS NOT NULL GROUP BY call, place >> 40;
  CREATE INDEX calls_by_id ON calls (call);
  INSERT INTO events_of_calls
    SELECT calls.first, events.place FROM calls JOIN events ON events.call = calls.call AND events.place >> 40 = calls.first >> 40;
  DROP INDEX events_of_call;
  `,
];

/** Moved from the write-ahead log every 4 MiB: smaller steps delay a commit less often, larger ones less long. */
const checkpointPages = 512;
/** Pages of deleted events that are kept for new ones; what is more goes back to the file system. */
const spareBytes = 16 * 1_048_576;
/** How many pages are given back in one go, which nothing else can interrupt. */
const mostPagesAtOnce = 256;

/** What is read of an event's row. */
const columns = ['place', 'at', 'type', 'call', 'leg', 'extension', 'checksum', 'json'];

interface TenantRow {
  readonly no: number;
  readonly tenant: TenantId;
  readonly fence: number;
  readonly head: number;
  readonly oldest: number;
  readonly bytes: number;
}

/** What one transaction adds, as the tables have it, so that another thread can be told to write it. */
export interface Rows {
  /** place, at, type, call, leg, extension, checksum, size, json */
  readonly events: readonly (readonly [number, number, string, string | null, string | null, string | null, number, number, string])[];
  readonly changes: readonly ChangesRow[];
  /** A tenant's head, the size of all its events, and its number. */
  readonly heads: readonly (readonly [number, number, number])[];
}

/** The size of the oldest events and how old they are, for retention to choose from. */
export interface EventSize {
  readonly seq: number;
  readonly at: number;
  readonly size: number;
}

/** The SQLite database in which events and live state lie. Each method that writes is one durable transaction. */
export class LogFile {
  readonly #database: DatabaseSync;
  readonly #path: string;
  readonly #pagesToMove: () => number;
  readonly #insertEvent: StatementSync;
  readonly #advance: StatementSync;
  readonly #live: LiveRows;
  readonly #selectPage: StatementSync;
  readonly #calls: CallIndex;
  readonly #selectSizes: StatementSync;

  /** `checkpoints`: whether a commit itself moves what has gathered in the write-ahead log to the database, or whoever calls `checkpoint`. */
  constructor(path: string, checkpoints: 'by commits' | 'when called' = 'by commits') {
    this.#path = path;
    this.#database = new DatabaseSync(path, { timeout: busyTimeoutMs });
    try {
      this.#open();
      const pages = checkpoints === 'by commits' ? checkpointPages : 0;
      this.#database.exec(`PRAGMA wal_autocheckpoint = ${pages}`);
      this.#pagesToMove = pagesToMove(this.#database);
      this.#insertEvent = this.#database.prepare(
        'INSERT INTO events (place, at, type, call, leg, extension, checksum, size, json) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
      );
      this.#advance = this.#database.prepare('UPDATE tenants SET head = ?, bytes = ? WHERE no = ?');
      this.#live = new LiveRows(this.#database);
      this.#selectPage = this.#database.prepare(
        `SELECT ${columns.join(', ')} FROM events WHERE place > ? AND place <= ? ORDER BY place LIMIT ?`,
      );
      this.#calls = new CallIndex(this.#database, columns);
      this.#selectSizes = this.#database.prepare(
        'SELECT place, at, size FROM events WHERE place > ? AND place <= ? ORDER BY place LIMIT ?',
      );
      for (const select of [this.#selectPage, this.#selectSizes]) select.setReturnArrays(true);
    } catch (error) {
      this.#database.close();
      throw this.#explained(error);
    }
  }

  #open(): void {
    const database = this.#database;
    // Before the first table, or they have no effect. Events of one or two kilobytes fill pages of 8 KiB better than SQLite's
    // 4 KiB (measured: half the time to read them); pages of deleted events can be given back in small steps.
    database.exec('PRAGMA page_size = 8192; PRAGMA auto_vacuum = INCREMENTAL');
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
    // After a burst the write-ahead log is cut back to this.
    database.exec(`PRAGMA journal_size_limit = ${spareBytes}`);
    if (!migrate(database, migrations)) {
      throw new GatewayError('data-damaged', { file: this.#path }, { note: `${this.#path} was written by a newer version.` });
    }
  }

  run(): string | undefined {
    return this.#database.prepare('SELECT run FROM runs').get()?.['run'] as string | undefined;
  }

  setRun(run: string): void {
    inTransaction(this.#database, () => {
      this.#database.exec('DELETE FROM runs');
      this.#database.prepare('INSERT INTO runs VALUES (?)').run(run);
    });
  }

  tenants(): readonly TenantRow[] {
    return this.#database.prepare('SELECT no, tenant, fence, head, oldest, bytes FROM tenants').all() as unknown as readonly TenantRow[];
  }

  epochs(no: number): readonly Epoch[] {
    const rows = this.#database.prepare('SELECT base, epoch FROM epochs WHERE tenant = ? ORDER BY base').all(no);
    return rows as unknown as readonly Epoch[];
  }

  /** Adds a tenant whose log is empty and begins as `epoch`. */
  createTenant(tenant: TenantId, { epoch, base }: Epoch): TenantRow {
    return inTransaction(this.#database, () => {
      const insert = this.#database.prepare('INSERT INTO tenants (tenant, fence, head, oldest, bytes) VALUES (?, 0, ?, ?, 0)');
      const no = Number(insert.run(tenant, base, base).lastInsertRowid);
      if (no > mostTenants) throw new GatewayError('internal', { tenants: mostTenants }, { note: 'The log holds no more tenants.' });
      this.#database.prepare('INSERT INTO epochs (tenant, base, epoch) VALUES (?, ?, ?)').run(no, base, epoch);
      return { no, tenant, fence: 0, head: base, oldest: base, bytes: 0 };
    });
  }

  beginEpoch(no: number, { epoch, base }: Epoch): void {
    inTransaction(this.#database, () => {
      // An epoch in which nothing was given yet makes room for its successor.
      this.#database.prepare('INSERT OR REPLACE INTO epochs (tenant, base, epoch) VALUES (?, ?, ?)').run(no, base, epoch);
      this.#database.prepare('UPDATE tenants SET head = ? WHERE no = ?').run(base, no);
    });
  }

  setFence(no: number, fence: number): void {
    this.#database.prepare('UPDATE tenants SET fence = ? WHERE no = ?').run(fence, no);
  }

  /** All of it becomes durable, or none. */
  append({ events, changes, heads }: Rows): void {
    try {
      inTransaction(this.#database, () => {
        for (const event of events) this.#insertEvent.run(...event);
        this.#calls.add(events.flatMap(([place, , , call]) => (call === null ? [] : [{ place, call }])));
        this.#live.write(changes);
        for (const head of heads) this.#advance.run(...head);
      });
    } catch (error) {
      this.#live.forget();
      throw error;
    }
  }

  /** Moves what the write-ahead log has gathered to the database, if it is much. What cannot be moved now is moved later. */
  checkpoint(): void {
    if (this.#pagesToMove() >= checkpointPages) checkpoint(this.#database);
  }

  /** At most `limit` events after `after`, up to the head; every one of them, or `data-damaged`. */
  page(log: TenantLog, after: number, limit: number): readonly LoggedRecord[] {
    const wanted = Math.min(limit, log.head - after);
    const rows = this.#all(this.#selectPage, placeOf(log.no, after), placeOf(log.no, log.head), wanted);
    const records = rows.map((row, index) => this.#recordFrom(row, log, after + 1 + index));
    if (records.length < wanted) throw this.#damaged(log, after + 1 + records.length, 'It is missing.');
    return records;
  }

  ofCall(log: TenantLog, call: CallId, limit: number): readonly LoggedRecord[] {
    const rows = this.#tried(() => this.#calls.events(call, placeOf(log.no, 0), placeOf(log.no, log.head), limit));
    return rows.map((row) => this.#recordFrom(row, log, Number(row[0]) - placeOf(log.no, 0)));
  }

  state(no: number): ReadonlyMap<string, string> {
    return this.#tried(() => {
      this.#database.exec('BEGIN');
      try {
        return this.#live.of(no);
      } finally {
        this.#database.exec('COMMIT');
      }
    });
  }

  oldestSizes(log: TenantLog, limit: number): readonly EventSize[] {
    const rows = this.#all(this.#selectSizes, placeOf(log.no, log.oldest), placeOf(log.no, log.head), limit);
    return rows.map(([place, at, size]) => ({ seq: Number(place) - placeOf(log.no, 0), at: Number(at), size: Number(size) }));
  }

  /** Deletes the oldest events, up to and with `seq`, after which `bytes` are left. */
  deleteUpTo(log: TenantLog, seq: number, bytes: number): void {
    inTransaction(this.#database, () => {
      this.#database.prepare('DELETE FROM events WHERE place > ? AND place <= ?').run(placeOf(log.no, 0), placeOf(log.no, seq));
      this.#calls.deleteUpTo(placeOf(log.no, seq));
      this.#database.prepare('UPDATE tenants SET oldest = ?, bytes = ? WHERE no = ?').run(seq, bytes, log.no);
    });
  }

  /** Gives some free pages back to the file system: of all, or of what is above a store for new events. True if there are more. */
  shrink(everything: boolean): boolean {
    const pageSize = Number(this.#database.prepare('PRAGMA page_size').get()?.['page_size']);
    const free = Number(this.#database.prepare('PRAGMA freelist_count').get()?.['freelist_count']);
    const excess = everything ? free : free - Math.ceil(spareBytes / pageSize);
    if (excess > 0) this.#database.exec(`PRAGMA incremental_vacuum(${Math.min(excess, mostPagesAtOnce)})`);
    if (everything) this.#database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    return excess > mostPagesAtOnce;
  }

  close(): void {
    if (this.#database.isOpen) this.#database.close();
  }

  #recordFrom(row: readonly SQLOutputValue[], log: TenantLog, seq: number): LoggedRecord {
    const [place, at, type, call, leg, extension, checksum, json] = row;
    const cursor: Cursor = { epoch: log.epochOf(seq), seq };
    const columns = {
      cursor,
      at: Number(at),
      type: type as EventType,
      callId: (call ?? undefined) as CallId | undefined,
      legId: (leg ?? undefined) as LegId | undefined,
      extension: (extension ?? undefined) as ExtensionNumber | undefined,
    };
    if (place !== placeOf(log.no, seq)) throw this.#damaged(log, seq, 'It is missing.');
    const record = new LoggedRecord(columns, typeof json === 'string' ? json : '');
    if (checksumOf(record, place) !== checksum) throw this.#damaged(log, seq, 'Its checksum is wrong.');
    return record;
  }

  #all(statement: StatementSync, ...values: readonly (string | number)[]): readonly SQLOutputValue[][] {
    return this.#tried(() => statement.all(...values) as unknown as readonly SQLOutputValue[][]);
  }

  #tried<Result>(read: () => Result): Result {
    try {
      return read();
    } catch (error) {
      throw this.#explained(error);
    }
  }

  #damaged(log: TenantLog, seq: number, note: string): GatewayError {
    return new GatewayError(
      'data-damaged',
      { file: this.#path, tenant: log.tenant, seq },
      { note: `Event ${seq} of ${log.tenant}: ${note}` },
    );
  }

  #explained(error: unknown): unknown {
    if (sqliteResult(error) !== 'damaged') return error;
    return new GatewayError('data-damaged', { file: this.#path }, { note: `It is ${this.#path}.`, cause: error });
  }
}

/** The rows of what several tenants' logs grow by. */
export const rowsOf = (additions: readonly Addition[]): Rows => ({
  events: additions.flatMap(({ log, records, sizes }) =>
    records.map((record, index): Rows['events'][number] => {
      const place = placeOf(log.no, record.cursor.seq);
      const { at, type, callId, legId, extension, json } = record;
      return [place, at, type, callId ?? null, legId ?? null, extension ?? null, checksumOf(record, place), sizes[index] ?? 0, json];
    }),
  ),
  changes: additions.filter(({ state }) => state.size > 0).map(({ log, state }): ChangesRow => [log.no, writeChanges(state)]),
  heads: additions.map(({ log, head, bytes }) => [head, bytes, log.no]),
});
