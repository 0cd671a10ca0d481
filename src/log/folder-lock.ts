import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { GatewayError } from '../model/errors.ts';
import { sqliteResult } from '../sqlite/result.ts';

/** The right to use a data folder; it ends with `release` or with the process, however that ends. */
export interface FolderLock {
  release(): void;
}

/**
 * Locks a data folder for this process, or throws `data-locked`. The lock is SQLite's own, held on an empty database by a
 * transaction that never ends: the system takes it back even after `kill -9`, which a file with a process id in it would outlive.
 */
export const lockFolder = (folder: string): FolderLock => {
  const database = new DatabaseSync(join(folder, 'lock.db'), { timeout: 0 });
  try {
    database.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    if (sqliteResult(error) !== 'busy') throw error;
    throw new GatewayError('data-locked', { folder }, { note: `The folder is ${folder}.`, cause: error });
  }
  return {
    release: () => {
      if (database.isOpen) database.close();
    },
  };
};
