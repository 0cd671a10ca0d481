import type { DatabaseSync } from 'node:sqlite';
import { sqliteResult } from './result.ts';

/** Moves what the write-ahead log has gathered to the database. What cannot be moved now is moved later. https://sqlite.org/wal.html#ckpt */
export const checkpoint = (database: DatabaseSync): void => {
  try {
    database.exec('PRAGMA wal_checkpoint(PASSIVE)');
  } catch (error) {
    if (sqliteResult(error) === 'other' || sqliteResult(error) === 'damaged') throw error;
  }
};

/** Tells how many pages of the write-ahead log have not been moved to the database. To be asked outside a transaction. */
export const pagesToMove = (database: DatabaseSync): (() => number) => {
  const gathered = database.prepare('PRAGMA wal_checkpoint(NOOP)');
  return () => {
    const { log, checkpointed } = gathered.get() as { readonly log: number; readonly checkpointed: number };
    return log - checkpointed;
  };
};
