import { expect, test } from 'vitest';
import { describeEventLog } from '../contract/event-log.ts';
import { openTestLog } from './open-log.ts';

describeEventLog('SQLite, all of it in memory as well', () => openTestLog());
describeEventLog('SQLite, followers fed from disk', () => openTestLog({ recentEvents: 8 }));
describeEventLog('SQLite, written by a thread of its own', () => openTestLog({ ownThread: true }));

test('a data folder that cannot be is an error of the configuration', () => {
  const folder = import.meta.filename;
  expect(() => openTestLog({ folder })).toThrow(expect.objectContaining({ code: 'config-invalid', details: { folder } }));
});
