import type { DatabaseSync } from 'node:sqlite';
import { inTransaction } from './transaction.ts';

/**
 * Brings a database up to date: the steps that it has not taken yet, in order, each in a transaction; `user_version` counts them.
 * A step that was released is never changed; the next is added behind it. False if a newer version has written the database.
 */
export const migrate = (database: DatabaseSync, steps: readonly string[]): boolean => {
  const version = Number(database.prepare('PRAGMA user_version').get()?.['user_version']);
  for (const [index, step] of steps.entries()) {
    if (index >= version) inTransaction(database, () => database.exec(`${step}; PRAGMA user_version = ${index + 1}`));
  }
  return version <= steps.length;
};
