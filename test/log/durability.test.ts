import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { isGap } from '../../src/log/event-log.ts';
import type { EventLog, LoggedEvent } from '../../src/log/event-log.ts';
import type { Cursor } from '../../src/model/cursor.ts';
import { callIdFrom, tenantId } from '../../src/model/ids.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { numbered, numberedBetween, numberOf } from './events.ts';
import { openTestLog } from './open-log.ts';

const tenant = tenantId('demo');

const everything = async (log: EventLog): Promise<LoggedEvent[]> => {
  const events: LoggedEvent[] = [];
  for (let after: Cursor = log.oldest(tenant); ;) {
    const page = await log.read(tenant, after, 1_000);
    if (isGap(page)) throw new Error(`a gap: ${page.gap}`);
    if (page.events.length === 0) return events;
    events.push(...page.events);
    after = page.next;
  }
};

/** Starts a process that appends for ever, lets it promise some, and kills it. Returns the last `seq` that it promised. */
const appendAndKill = async (folder: string, promises: number, meanwhile: () => void = () => undefined): Promise<number> => {
  const child = spawn(process.execPath, [fileURLToPath(new URL('append-for-ever.ts', import.meta.url)), folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  let last = 0;
  let count = 0;
  for await (const line of createInterface(child.stdout)) {
    last = Number(line);
    count += 1;
    if (count === promises) {
      meanwhile();
      child.kill('SIGKILL');
    }
  }
  await exited;
  return last;
};

test('what was acked is there after a kill -9, without holes, and so is its state', async () => {
  const folder = temporaryFolder();
  for (const promises of [3, 50, 400]) {
    const acked = await appendAndKill(folder, promises);
    const log = openTestLog({ folder });
    const numbers = (await everything(log)).map(numberOf);
    expect(numbers.length).toBeGreaterThanOrEqual(acked);
    expect(numbers).toEqual(numbers.map((_, index) => index + 1));
    const state = await log.state(tenant);
    expect(Math.max(...[...state.values()].map(Number))).toBe(numbers.length);
    expect(log.oldest(tenant).seq).toBe(0);
    await log.close();
  }
});

test('a data folder belongs to one process, until it ends in whatever way', async () => {
  const folder = temporaryFolder();
  const refused = expect.objectContaining({ code: 'data-locked', details: { folder }, message: expect.stringContaining(folder) });
  await appendAndKill(folder, 1, () => expect(() => openTestLog({ folder })).toThrow(refused));
  const log = openTestLog({ folder });
  expect(() => openTestLog({ folder })).toThrow(refused);
  await log.close();
  await openTestLog({ folder }).close();
});

test('everything is there again after closing and opening', async () => {
  const folder = temporaryFolder();
  const log = openTestLog({ folder });
  const lease = await log.acquire(tenant);
  await log.append(lease, numberedBetween(1, 10), [{ key: 'a', value: 'b' }]);
  await log.retain(tenant, { maxBytes: 1_000 });
  const [head, oldest, events] = [log.head(tenant), log.oldest(tenant), await everything(log)];
  await log.close();
  const again = openTestLog({ folder });
  expect([again.head(tenant), again.oldest(tenant)]).toEqual([head, oldest]);
  expect((await everything(again)).map(({ event }) => event)).toEqual(events.map(({ event }) => event));
  expect((await again.state(tenant)).get('a')).toBe('b');
  expect((await again.acquire(tenant)).fence).toBeGreaterThan(lease.fence);
});

test('a database that was deleted begins a new epoch above every number given', async () => {
  const folder = temporaryFolder();
  const log = openTestLog({ folder });
  await log.append(await log.acquire(tenant), numberedBetween(1, 10), []);
  const head = log.head(tenant);
  await log.close();
  rmSync(join(folder, 'log.db'));
  const again = openTestLog({ folder });
  expect(again.head(tenant).seq).toBe(10);
  expect(again.head(tenant).epoch).not.toBe(head.epoch);
  expect(await again.read(tenant, head, 10)).toMatchObject({ gap: 'epoch', oldest: again.head(tenant) });
});

test('a lost file of marks is written anew from the database', async () => {
  const folder = temporaryFolder();
  const log = openTestLog({ folder });
  await log.append(await log.acquire(tenant), numberedBetween(1, 10), []);
  const head = log.head(tenant);
  await log.close();
  rmSync(join(folder, 'log.marks'));
  const again = openTestLog({ folder });
  expect(again.head(tenant)).toEqual(head);
  expect(existsSync(join(folder, 'log.marks'))).toBe(true);
});

test('no number is given twice, whatever is deleted or put back between two openings', async () => {
  const step = fc.oneof(
    fc.record({ do: fc.constant('append' as const), count: fc.integer({ min: 1, max: 20 }) }),
    fc.record({ do: fc.constantFrom('reopen' as const, 'back up' as const, 'restore' as const, 'delete' as const, 'new epoch' as const) }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
      const folder = temporaryFolder();
      const database = join(folder, 'log.db');
      const backup = join(folder, 'backup.db');
      let log = openTestLog({ folder });
      let lease = await log.acquire(tenant);
      const closed = async (change: () => void): Promise<void> => {
        await log.close();
        change();
        log = openTestLog({ folder });
        lease = await log.acquire(tenant);
      };
      const given: number[] = [];
      for (const each of steps) {
        switch (each.do) {
          case 'append':
            given.push(...(await log.append(lease, numberedBetween(1, each.count), [])).map(({ cursor }) => cursor.seq));
            break;
          case 'reopen':
            await closed(() => undefined);
            break;
          case 'back up':
            await closed(() => copyFileSync(database, backup));
            break;
          case 'restore':
            await closed(() => existsSync(backup) && copyFileSync(backup, database));
            break;
          case 'delete':
            await closed(() => rmSync(database));
            break;
          case 'new epoch':
            await log.newEpoch(tenant);
            break;
        }
      }
      await log.close();
      expect(given).toEqual([...new Set(given)].sort((a, b) => a - b));
    }),
    { numRuns: 40 },
  );
});

test("an older epoch's events keep their cursors", async () => {
  const log = openTestLog();
  const lease = await log.acquire(tenant);
  const old = await log.append(lease, [numbered(1, 'call_a')], []);
  await log.newEpoch(tenant);
  const fresh = await log.append(lease, [numbered(2, 'call_a')], []);
  const found = await log.ofCall(tenant, callIdFrom('call_a'), 10);
  expect(found.map(({ cursor }) => cursor)).toEqual([...old, ...fresh].map(({ cursor }) => cursor));
  expect(found.map(({ event }) => event.id)).toEqual([...old, ...fresh].map(({ event }) => event.id));
});

test.each([
  ['a changed event', 'UPDATE events SET json = replace(json, \'"5"\', \'"6"\') WHERE (place & 1023) = 7', 7],
  ['a changed column', "UPDATE events SET call = 'call_b' WHERE (place & 1023) = 7", 7],
  ['a missing event', 'DELETE FROM events WHERE (place & 1023) = 7', 7],
  ['an event of other bytes', 'UPDATE events SET json = CAST(json AS BLOB) WHERE (place & 1023) = 7', 7],
  ['a lost end', 'DELETE FROM events WHERE (place & 1023) > 15', 16],
])('%s is told of, never passed over', async (_, damage, seq) => {
  const folder = temporaryFolder();
  const log = openTestLog({ folder });
  await log.append(await log.acquire(tenant), numberedBetween(1, 20), []);
  await log.close();
  const database = new DatabaseSync(join(folder, 'log.db'));
  database.exec(damage);
  database.close();
  const again = openTestLog({ folder });
  const begin = again.oldest(tenant);
  const expected = { code: 'data-damaged', details: { file: join(folder, 'log.db'), tenant, seq } };
  await expect(again.read(tenant, begin, 100)).rejects.toMatchObject(expected);
  await expect(again.follow(tenant, begin, new AbortController().signal)[Symbol.asyncIterator]().next()).rejects.toMatchObject(expected);
  // What is before the damage can still be read.
  expect(await again.read(tenant, begin, seq - 1)).toMatchObject({ next: { seq: seq - 1 } });
});

test('what retention deletes goes back to the file system', async () => {
  const folder = temporaryFolder();
  const log = openTestLog({ folder });
  const lease = await log.acquire(tenant);
  const wide = numbered(1, `call_${'x'.repeat(4_000)}`);
  for (let count = 0; count < 10; count += 1)
    await log.append(
      lease,
      Array.from({ length: 1_000 }, () => wide),
      [],
    );
  const before = statSync(join(folder, 'log.db')).size;
  await log.retain(tenant, { maxBytes: 0 });
  await log.close();
  expect(before).toBeGreaterThan(40_000_000);
  expect(statSync(join(folder, 'log.db')).size).toBeLessThan(20_000_000);
});

test('each commit is told with its figures, and several appends of one turn are one commit', async () => {
  const commits: number[] = [];
  let now = 0;
  const log = openTestLog({ clock: { now: () => (now += 5) }, onCommit: ({ events, took }) => commits.push(events, took) });
  const lease = await log.acquire(tenant);
  await Promise.all([log.append(lease, numberedBetween(1, 3), []), log.append(lease, numberedBetween(4, 5), [])]);
  await log.append(lease, [], [{ key: 'a', value: 'b' }]);
  expect(commits).toEqual([5, 5, 0, 5]);
});
