import { randomBytes } from 'node:crypto';
import { onTestFinished } from 'vitest';
import { createNewId } from '../../src/model/ids.ts';
import { openSqliteLog } from '../../src/log/sqlite-log.ts';
import type { SqliteLog, SqliteLogOptions } from '../../src/log/sqlite-log.ts';
import { temporaryFolder } from '../temporary-folder.ts';

/** A real log in a folder of its own, closed after the test. Its reserve is small, to be quick. */
export const openTestLog = (options: Partial<SqliteLogOptions> = {}): SqliteLog => {
  const log = openSqliteLog({
    folder: options.folder ?? temporaryFolder(),
    clock: { now: () => Date.now() * 1000 },
    newId: createNewId(randomBytes),
    reserveBytes: 65_536,
    ...options,
  });
  onTestFinished(() => log.close());
  return log;
};
