import { mkdirSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { SQLInputValue, SQLOutputValue, StatementSync } from 'node:sqlite';
import { GatewayError } from '../model/errors.ts';
import type { Timers } from '../model/time.ts';
import { pagesToMove } from '../sqlite/checkpoint.ts';
import { Checkpointer } from '../sqlite/checkpointer.ts';
import { migrate } from '../sqlite/migrate.ts';
import { sqliteResult } from '../sqlite/result.ts';
import { inTransaction } from '../sqlite/transaction.ts';
import { migrations } from './migrations.ts';

/** Room on the disk for what must be written even when it is full (the log keeps it). */
export interface StoreReserve {
  /** Whether only what is urgent may be written. */
  isReleased(): boolean;
  /** Makes room; false if there is none left to give. */
  release(): boolean;
}

/** Where the time of what may be gathered comes from, and how long it is gathered. */
export interface Gathering {
  readonly timers: Timers;
  readonly ms: number;
}

export interface StoreFileOptions {
  /** Where command records and keys go when the disk is full; without one they are refused as everything else is. */
  readonly reserve?: StoreReserve;
  /** How long what is written often and can be had again shares a transaction; without it, each write is one. */
  readonly gathering?: Gathering;
  /** Whether a thread of its own makes the checkpoints; else now and then a write waits for one. */
  readonly ownThread?: boolean;
}

interface Gathered {
  readonly run: () => void;
  readonly lost: () => void;
}

/** Somebody who looks into the file with a tool of SQLite's may hold it for a moment. */
const busyTimeoutMs = 1_000;

/** Moved from the write-ahead log every 1 MiB. */
const checkpointPages = 256;
/**
 * While writes follow each other closely a checkpoint of another thread never finds the log at rest, and it would grow for ever.
 * At 8 MiB the writer moves what little is left itself, and begins the log anew.
 */
const mostPages = 2048;

export type Row = Readonly<Record<string, SQLOutputValue>>;

/** The store's SQLite database: its migrations, its transactions, and what its errors mean. */
export class StoreFile {
  readonly #database: DatabaseSync;
  readonly #path: string;
  readonly #reserve: StoreReserve | undefined;
  readonly #gathering: Gathering | undefined;
  readonly #statements = new Map<string, StatementSync>();
  /** What the open transaction holds, while one is open for what is gathered. */
  #gathered: Gathered[] | undefined;
  #cancelCommit: () => void = () => undefined;
  /** Counts what was written without waiting for the disk. */
  #written = 0;
  /** How much of that has reached the disk for sure. */
  #onDisk = 0;
  #syncing: Promise<void> | undefined;
  readonly #pagesToMove: () => number;
  readonly #checkpointer: Checkpointer | undefined;

  constructor(path: string, { reserve, gathering, ownThread }: StoreFileOptions) {
    this.#path = path;
    this.#reserve = reserve;
    this.#gathering = gathering;
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    this.#database = new DatabaseSync(path, { timeout: busyTimeoutMs });
    try {
      this.#database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 16777216');
      this.#database.exec(`PRAGMA wal_autocheckpoint = ${ownThread === true ? mostPages : checkpointPages}`);
      if (!migrate(this.#database, migrations)) {
        throw new GatewayError('data-damaged', { file: path }, { note: `${path} was written by a newer version.` });
      }
      this.#pagesToMove = pagesToMove(this.#database);
      if (ownThread === true) this.#checkpointer = new Checkpointer(path);
    } catch (error) {
      this.#database.close();
      throw this.#explained(error);
    }
  }

  get(sql: string, ...values: readonly SQLInputValue[]): Row | undefined {
    return this.#tried(() => this.#prepared(sql).get(...values));
  }

  all(sql: string, ...values: readonly SQLInputValue[]): readonly Row[] {
    return this.#tried(() => this.#prepared(sql).all(...values));
  }

  /** For use within `write`. Returns how many rows changed. */
  run(sql: string, ...values: readonly SQLInputValue[]): number {
    return Number(this.#prepared(sql).run(...values).changes);
  }

  /** One durable transaction. When the disk is full it throws `log-full`, unless it is urgent and the reserve has room for it. */
  write<Result>(run: () => Result, options: { readonly urgent?: boolean } = {}): Result {
    const urgent = options.urgent ?? false;
    this.#refuseWhileFull(urgent);
    this.#commitGathered();
    try {
      return inTransaction(this.#database, run);
    } catch (error) {
      if (sqliteResult(error) !== 'full' || !urgent || this.#reserve?.release() !== true) throw this.#explained(error);
      return this.#tried(() => inTransaction(this.#database, run));
    } finally {
      this.#checkpointIfMuch();
    }
  }

  /** One transaction, with what is gathered, that does not wait for the disk; it becomes durable with the next that does. */
  writeSoon(run: () => void, options: { readonly urgent?: boolean } = {}): void {
    if (this.#isTakenAlong(run)) return;
    this.#database.exec('PRAGMA synchronous = NORMAL');
    try {
      this.write(run, options);
      this.#written += 1;
    } finally {
      this.#database.exec('PRAGMA synchronous = FULL');
    }
  }

  /** Resolves once all that `writeSoon` wrote before is on the disk, for which nobody else has to wait. */
  async synced(): Promise<void> {
    const wanted = this.#written;
    while (this.#onDisk < wanted) {
      this.#syncing ??= this.#sync().finally(() => {
        this.#syncing = undefined;
      });
      await this.#syncing;
    }
  }

  /** What a commit left in the write-ahead log is durable once that file is; a checkpoint sees to that by itself. */
  async #sync(): Promise<void> {
    const written = this.#written;
    try {
      const file = await open(`${this.#path}-wal`, 'r');
      try {
        await file.datasync();
      } finally {
        await file.close();
      }
    } catch (error) {
      // Closed meanwhile: that has written everything.
      if (!isMissing(error)) throw this.#explained(error);
    }
    this.#onDisk = written;
  }

  /**
   * For what is written often and can be had again: it is seen at once by every reader of this store, and shares one transaction
   * with what comes in the next moments. `lost` is told if in the end it could not be kept; a killed process tells nobody.
   */
  writeGathered(run: () => void, lost: () => void = () => undefined): void {
    if (this.#gathering === undefined) {
      this.writeSoon(run);
      return;
    }
    this.#refuseWhileFull(false);
    const gathered = this.#gathered ?? this.#beginGathering(this.#gathering);
    try {
      this.#database.exec('SAVEPOINT gathered');
      run();
      this.#database.exec('RELEASE gathered');
      gathered.push({ run, lost });
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK TO gathered; RELEASE gathered');
      // SQLite has rolled all of it back by itself when the disk is full.
      else this.#writeAgain();
      throw this.#explained(error);
    }
  }

  /** As `writeGathered`, but what has no room goes to the reserve. */
  writeGatheredUrgently(run: () => void): void {
    const writeAlone = (): void => this.writeSoon(run, { urgent: true });
    if (this.#gathering === undefined) writeAlone();
    else unlessFull(() => this.writeGathered(run, () => unlessFull(writeAlone, () => undefined)), writeAlone);
  }

  async close(): Promise<void> {
    if (!this.#database.isOpen) return;
    this.#commitGathered();
    this.#database.close();
    await this.#checkpointer?.close();
  }

  /** Whether it could be written in the transaction of what is gathered, if there is one. */
  #isTakenAlong(run: () => void): boolean {
    if (this.#gathered === undefined) return false;
    let isWritten = true;
    const lose = (): void => {
      isWritten = false;
    };
    unlessFull(() => this.writeGathered(run, lose), lose);
    this.#commitGathered();
    this.#written += 1;
    return isWritten;
  }

  #refuseWhileFull(urgent: boolean): void {
    if (!urgent && this.#reserve?.isReleased() === true) throw new GatewayError('log-full', { file: this.#path });
  }

  #beginGathering({ timers, ms }: Gathering): Gathered[] {
    this.#tried(() => this.#database.exec('PRAGMA synchronous = NORMAL; BEGIN IMMEDIATE'));
    this.#cancelCommit = timers.after(ms, () => this.#commitGathered());
    this.#gathered = [];
    return this.#gathered;
  }

  #commitGathered(): void {
    if (this.#gathered === undefined) return;
    try {
      this.#database.exec('COMMIT');
      this.#endGathering();
      this.#checkpointIfMuch();
    } catch {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
      this.#writeAgain();
    }
  }

  #checkpointIfMuch(): void {
    if (this.#checkpointer === undefined) return;
    try {
      if (this.#pagesToMove() >= checkpointPages) this.#checkpointer.begin();
    } catch {
      // What was written is written, and must not seem to have failed; what is wrong with the file shows at the next write.
    }
  }

  #endGathering(): readonly Gathered[] {
    const gathered = this.#gathered ?? [];
    this.#gathered = undefined;
    this.#cancelCommit();
    this.#database.exec('PRAGMA synchronous = FULL');
    return gathered;
  }

  /** What shared a transaction that failed is tried once more, each by itself; after the first that fails, in order, all are lost. */
  #writeAgain(): void {
    const again = this.#endGathering();
    const failed = again.findIndex(({ run }) => !this.#isWritten(run));
    if (failed !== -1) for (const { lost } of again.slice(failed)) lost();
  }

  #isWritten(run: () => void): boolean {
    try {
      inTransaction(this.#database, run);
      return true;
    } catch {
      return false;
    }
  }

  #prepared(sql: string): StatementSync {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const statement = this.#database.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }

  #tried<Result>(run: () => Result): Result {
    try {
      return run();
    } catch (error) {
      throw this.#explained(error);
    }
  }

  #explained(error: unknown): unknown {
    if (error instanceof GatewayError) return error;
    const details = { file: this.#path };
    const options = { note: `It is ${this.#path}.`, cause: error };
    const result = sqliteResult(error);
    switch (result) {
      case 'full':
        return new GatewayError('log-full', details, { cause: error });
      case 'damaged':
        return new GatewayError('data-damaged', details, options);
      case 'busy':
      case 'other':
        return new GatewayError('internal', details, options);
      default:
        return result satisfies never;
    }
  }
}

const isMissing = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'ENOENT';

/** Does `otherwise` if the disk is full. */
const unlessFull = (write: () => void, otherwise: () => void): void => {
  try {
    write();
  } catch (error) {
    if (!(error instanceof GatewayError && error.code === 'log-full')) throw error;
    otherwise();
  }
};
