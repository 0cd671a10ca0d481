import type { DatabaseSync } from 'node:sqlite';

/** All that `run` writes, or nothing. Throws what `run` or SQLite throws. */
export const inTransaction = <Result>(database: DatabaseSync, run: () => Result): Result => {
  database.exec('BEGIN IMMEDIATE');
  try {
    const result = run();
    database.exec('COMMIT');
    return result;
  } catch (error) {
    // SQLite has rolled back by itself when the disk is full.
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
};
