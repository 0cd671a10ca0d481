import { DatabaseSync } from 'node:sqlite';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { callIdFrom, commandIdFrom, keyIdFrom, tenantId } from '../../src/model/ids.ts';
import { createManualClock } from '../../src/pbx/sandbox/index.ts';
import { openSqliteStore } from '../../src/store/sqlite-store.ts';
import type { Gathering, StoreFileOptions } from '../../src/store/store-file.ts';
import type { Store } from '../../src/store/store.ts';
import { describeStore } from '../contract/store.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const gathering = (): Gathering => ({ timers: createManualClock(0), ms: 100 });

const kinds: readonly (readonly [string, () => StoreFileOptions])[] = [
  ['SQLite', () => ({})],
  ['SQLite that gathers', () => ({ gathering: gathering() })],
  ['SQLite, its checkpoints made by a thread of its own', () => ({ ownThread: true })],
];

for (const [name, options] of kinds) {
  const folders = new WeakMap<Store, string>();
  const openIn = (folder: string): Store => {
    const store = openSqliteStore({ folder, ...options() });
    folders.set(store, folder);
    onTestFinished(() => store.close());
    return store;
  };
  describeStore(
    name,
    () => openIn(temporaryFolder()),
    async (store) => {
      await store.close();
      return openIn(folders.get(store) ?? '');
    },
  );
}

test('a store that a newer version wrote is refused', async () => {
  const folder = temporaryFolder();
  await openSqliteStore({ folder }).close();
  const database = new DatabaseSync(join(folder, 'store.db'));
  database.exec('PRAGMA user_version = 99');
  database.close();
  expect(() => openSqliteStore({ folder })).toThrow(
    expect.objectContaining({ code: 'data-damaged', message: expect.stringContaining('newer version') }),
  );
});

test('a file that is no database is refused with its name', () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'store.db'), 'no database at all, but long enough to be looked at as one'.repeat(100));
  expect(() => openSqliteStore({ folder })).toThrow(
    expect.objectContaining({ code: 'data-damaged', details: { file: join(folder, 'store.db') } }),
  );
});

test('while the reserve is in use only command records and keys are written', () => {
  const tenant = tenantId('demo');
  const store = openSqliteStore({ folder: temporaryFolder(), reserve: { isReleased: () => true, release: () => false } });
  onTestFinished(() => store.close());
  store.commands.put({ id: commandIdFrom('cmd_a'), tenant, at: 1, open: true, record: '{}' });
  store.keys.put({ id: keyIdFrom('key_a'), tenant, name: 'a', scopes: [], hash: 'aa', createdAt: 1, revokedAt: 2 });
  expect([store.commands.list(tenant, 1).length, store.keys.list(tenant).length]).toEqual([1, 1]);
  const refused = expect.objectContaining({ code: 'log-full' });
  expect(() => store.state.put(tenant, 'a', 'b')).toThrow(refused);
  expect(() => store.history.record(tenant, [], { epoch: 'e', seq: 1 })).toThrow(refused);
  expect(() => store.traces.put(tenant, [{ call: callIdFrom('call_a'), at: 1, text: 'said' }])).toThrow(refused);
});

test('a slot is claimed by one command at a time, whoever asks, until it is given up or the claim has run out', async () => {
  const tenant = tenantId('demo');
  const folder = temporaryFolder();
  const [store, other] = [openSqliteStore({ folder }), openSqliteStore({ folder })];
  onTestFinished(async () => {
    await store.close();
    await other.close();
  });
  const claim = (command: string, until: number): Parameters<typeof store.slots.claim>[0] => ({
    tenant,
    lot: 'valet',
    slot: '6',
    command: commandIdFrom(command),
    until,
  });
  expect(store.slots.claim(claim('cmd_a', 30), 0)).toBe(true);
  expect(other.slots.claim(claim('cmd_b', 31), 1)).toBe(false);
  expect(other.slots.claimed(tenant, 29)).toEqual([{ lot: 'valet', slot: '6' }]);
  expect(other.slots.claimed(tenantId('another'), 29)).toEqual([]);
  // What another has claimed is not given up by this.
  other.slots.release(tenant, commandIdFrom('cmd_b'));
  expect(other.slots.claim(claim('cmd_b', 59), 29)).toBe(false);
  expect(other.slots.claim(claim('cmd_b', 60), 30)).toBe(true);
  expect(store.slots.claimed(tenant, 60)).toEqual([]);
  other.slots.release(tenant, commandIdFrom('cmd_b'));
  expect(store.slots.claim(claim('cmd_c', 70), 40)).toBe(true);
});

test('a trace that an older version wrote as plain text is read', async () => {
  const folder = temporaryFolder();
  await openSqliteStore({ folder }).close();
  const database = new DatabaseSync(join(folder, 'store.db'));
  database.prepare('INSERT INTO traces (tenant, call, at, size, text) VALUES (?, ?, 1, 4, ?)').run('demo', 'call_a', 'said');
  database.close();
  const store = openSqliteStore({ folder });
  onTestFinished(() => store.close());
  expect(store.traces.get(tenantId('demo'), callIdFrom('call_a'))).toBe('said');
});

test('a command that begins takes along what is gathered; what came of one waits with the rest, unless the reserve is in use', async () => {
  const folder = temporaryFolder();
  const tenant = tenantId('demo');
  const store = openSqliteStore({ folder, gathering: gathering() });
  const other = openSqliteStore({ folder });
  onTestFinished(() => other.close());
  const row = { id: commandIdFrom('cmd_a'), tenant, at: 1, open: true, record: 'begun' };
  store.audit.put({ id: row.id, tenant, at: 1, key: keyIdFrom('key_a'), entry: '{}' });
  expect(other.audit.get(tenant, row.id)).toBeUndefined();
  store.commands.put(row);
  expect([other.audit.get(tenant, row.id)?.entry, other.commands.get(tenant, row.id)?.record]).toEqual(['{}', 'begun']);
  store.commands.put({ ...row, open: false, record: 'done' });
  expect([store.commands.get(tenant, row.id)?.record, other.commands.get(tenant, row.id)?.record]).toEqual(['done', 'begun']);
  await store.close();
  expect(other.commands.get(tenant, row.id)?.record).toBe('done');
  const full = openSqliteStore({ folder, gathering: gathering(), reserve: { isReleased: () => true, release: () => false } });
  onTestFinished(() => full.close());
  full.commands.put({ ...row, open: false, record: 'failed' });
  expect(other.commands.get(tenant, row.id)?.record).toBe('failed');
});
