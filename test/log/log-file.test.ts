import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, onTestFinished, test } from 'vitest';
import type { EventLog } from '../../src/log/event-log.ts';
import { callIdFrom, tenantId } from '../../src/model/ids.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { numbered, numberOf, timeOf } from './events.ts';
import { openTestLog } from './open-log.ts';

const [acme, demo] = [tenantId('acme'), tenantId('demo')];

/** Two calls of one tenant, in turns, and one of another tenant with the same id as the first. */
const fill = async (log: EventLog): Promise<void> => {
  const leases = [await log.acquire(acme), await log.acquire(demo)] as const;
  for (let number = 1; number <= 6; number += 1) {
    await log.append(leases[0], [numbered(number, number % 2 === 1 ? 'call_odd' : 'call_even')], [{ key: 'last', value: `${number}` }]);
  }
  await log.append(leases[1], [numbered(7, 'call_odd')], []);
};

const numbersOf = async (log: EventLog, tenant: typeof acme, call: string): Promise<readonly number[]> =>
  (await log.ofCall(tenant, callIdFrom(call), 100)).map(numberOf);

const databaseIn = (folder: string): DatabaseSync => {
  const database = new DatabaseSync(join(folder, 'log.db'));
  onTestFinished(() => {
    if (database.isOpen) database.close();
  });
  return database;
};

test('the events of a call are its own, in order, whatever another tenant calls its calls', async () => {
  const log = openTestLog();
  await fill(log);
  expect(await numbersOf(log, acme, 'call_odd')).toEqual([1, 3, 5]);
  expect(await numbersOf(log, acme, 'call_even')).toEqual([2, 4, 6]);
  expect(await numbersOf(log, demo, 'call_odd')).toEqual([7]);
  expect(await numbersOf(log, demo, 'call_even')).toEqual([]);
});

test('a call of which retention has left something is still known by it, and one of which nothing is left is forgotten', async () => {
  const folder = temporaryFolder();
  const log = openTestLog({ folder });
  await fill(log);
  await log.retain(acme, { olderThan: timeOf(3) });
  expect(await numbersOf(log, acme, 'call_odd')).toEqual([3, 5]);
  expect(await numbersOf(log, acme, 'call_even')).toEqual([4, 6]);
  const lease = await log.acquire(acme);
  await log.append(lease, [numbered(8, 'call_odd')], []);
  expect(await numbersOf(log, acme, 'call_odd')).toEqual([3, 5, 8]);
  await log.retain(acme, { olderThan: timeOf(7) });
  expect(await numbersOf(log, acme, 'call_even')).toEqual([]);
  await log.close();
  const counted = databaseIn(folder).prepare(
    'SELECT (SELECT count(*) FROM calls) AS calls, (SELECT count(*) FROM events_of_calls) AS events',
  );
  expect(counted.get()).toEqual({ calls: 2, events: 2 });
});

test('a log of the first version is brought up to date, with its live state and its calls', async () => {
  const folder = temporaryFolder();
  const before = openTestLog({ folder });
  await fill(before);
  await before.close();
  const old = databaseIn(folder);
  old.exec(`
    INSERT INTO state SELECT tenant, 'last', '6' FROM changes LIMIT 1;
    DROP TABLE changes; DROP TABLE calls; DROP TABLE events_of_calls;
    CREATE INDEX events_of_call ON events (call) WHERE call IS NOT NULL;
    PRAGMA user_version = 1;
  `);
  old.close();

  const log = openTestLog({ folder });
  expect([...(await log.state(acme))]).toEqual([['last', '6']]);
  const lease = await log.acquire(acme);
  await log.append(lease, [numbered(9, 'call_odd')], [{ key: 'last', value: '9' }]);
  expect([...(await log.state(acme))]).toEqual([['last', '9']]);
  expect(await numbersOf(log, acme, 'call_odd')).toEqual([1, 3, 5, 9]);
  expect(await numbersOf(log, acme, 'call_even')).toEqual([2, 4, 6]);
  expect(await numbersOf(log, demo, 'call_odd')).toEqual([7]);
});
