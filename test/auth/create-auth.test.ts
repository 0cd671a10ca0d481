import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Auth, NewKey } from '../../src/auth/auth.ts';
import { createAuth } from '../../src/auth/create-auth.ts';
import type { AuthOptions } from '../../src/auth/create-auth.ts';
import { openMasterKey } from '../../src/auth/master-key.ts';
import { createNewId, extensionNumber, tenantId } from '../../src/model/ids.ts';
import type { KeyId } from '../../src/model/ids.ts';
import { openSqliteStore } from '../../src/store/sqlite-store.ts';
import type { Store } from '../../src/store/store.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const tenant = tenantId('demo');
const other = tenantId('other');
const second = 1_000_000;
const reception: NewKey = { tenant, name: 'reception', scopes: ['observe', 'control'] };

const open = (
  more: Partial<AuthOptions> = {},
): { readonly auth: Auth; readonly store: Store; readonly folder: string; readonly pass: (seconds: number) => void } => {
  let now = 1_763_719_200_000_000;
  const folder = temporaryFolder();
  const store = openSqliteStore({ folder });
  onTestFinished(() => store.close());
  const auth = createAuth({ store, clock: { now: () => now }, newId: createNewId(randomBytes), masterKey: randomBytes(32), ...more });
  return { auth, store, folder, pass: (seconds) => (now += seconds * second) };
};

test('a key opens with its secret, as whoever it was made for, and nothing else does', () => {
  const { auth } = open();
  const { info, secret } = auth.create({ ...reception, scopes: ['control-own', 'observe'], extension: extensionNumber('101') });
  expect(secret).toMatch(/^swk_[a-z0-9]{32}$/);
  expect(auth.bySecret(secret)).toEqual({
    tenant,
    key: info.id,
    name: 'reception',
    scopes: new Set(['observe', 'control-own']),
    extension: '101',
  });
  for (const wrong of ['', `${secret}x`, secret.slice(0, -1), secret.toUpperCase(), 'x'.repeat(1_000_000)])
    expect(auth.bySecret(wrong)).toBeUndefined();
});

test('neither the secret nor its readable form lies on the disk in plain', async () => {
  const { auth, store, folder } = open();
  const plain = auth.create(reception).secret;
  const readable = auth.create({ ...reception, readable: true }).secret;
  await store.close();
  const bytes = readFileSync(join(folder, 'store.db'));
  expect(bytes.includes('reception')).toBe(true);
  for (const secret of [plain, readable]) expect(bytes.includes(secret)).toBe(false);
});

test('a revoked key opens nothing, its tickets neither, and those who listen are told, once', () => {
  const { auth } = open();
  const { info, secret } = auth.create({ ...reception, readable: true });
  const identity = auth.bySecret(secret);
  if (identity === undefined) throw new Error('the key does not open');
  const ticket = auth.issueTicket(identity, 30);
  const told: KeyId[] = [];
  const stop = auth.onRevoked((key) => told.push(key));
  expect(auth.revoke(other, info.id)).toBe(false);
  expect(auth.revoke(tenant, info.id)).toBe(true);
  expect(auth.revoke(tenant, info.id)).toBe(true);
  expect(told).toEqual([info.id]);
  expect([auth.bySecret(secret), auth.redeemTicket(ticket), auth.byReadable(() => true)]).toEqual([undefined, undefined, undefined]);
  expect(auth.list(tenant)).toMatchObject([{ id: info.id, revokedAt: '2025-11-21T10:00:00.000Z' }]);
  stop();
});

test("a listener's failure is its own", () => {
  const problems: unknown[] = [];
  const { auth } = open({ onProblem: ({ problem }) => problems.push(problem) });
  const told: KeyId[] = [];
  auth.onRevoked(() => {
    throw new Error('broken');
  });
  auth.onRevoked((key) => told.push(key));
  const { info } = auth.create(reception);
  auth.revoke(tenant, info.id);
  expect(told).toEqual([info.id]);
  expect(problems).toEqual(['listener-failed']);
});

test('a readable key is found by what is made of its secret; others are never shown', () => {
  const { auth } = open();
  const plain = auth.create(reception).secret;
  const readable = auth.create({ ...reception, name: 'noticeboard', secret: 'given-secret', readable: true });
  const hash = createHash('md5').update(`salt${readable.secret}`).digest('hex');
  const seen: string[] = [];
  const found = auth.byReadable((secret) => {
    seen.push(secret);
    return createHash('md5').update(`salt${secret}`).digest('hex') === hash;
  });
  expect(found?.name).toBe('noticeboard');
  expect(seen).toEqual(['given-secret']);
  expect(seen).not.toContain(plain);
  expect(auth.byReadable(() => false)).toBeUndefined();
});

test('a readable key whose master key is lost is told of and passed over', () => {
  const problems: unknown[] = [];
  const { auth, store } = open();
  const { info } = auth.create({ ...reception, readable: true });
  const later = createAuth({
    store,
    clock: { now: () => 0 },
    newId: createNewId(randomBytes),
    masterKey: randomBytes(32),
    onProblem: ({ problem, key }) => problems.push([problem, key]),
  });
  expect(later.byReadable(() => true)).toBeUndefined();
  expect(problems).toEqual([['key-unreadable', info.id]]);
});

test('a ticket is good once, and not for longer than it was issued', () => {
  const { auth, pass } = open();
  const identity = auth.bySecret(auth.create(reception).secret);
  if (identity === undefined) throw new Error('the key does not open');
  const [first, late] = [auth.issueTicket(identity, 30), auth.issueTicket(identity, 30)];
  expect(auth.redeemTicket(first)).toEqual(identity);
  expect(auth.redeemTicket(first)).toBeUndefined();
  pass(30);
  expect(auth.redeemTicket(late)).toBeUndefined();
  expect(auth.redeemTicket('swt_never')).toBeUndefined();
});

test('there are only so many tickets; those that ran out make room', () => {
  const { auth, pass } = open();
  const identity = auth.bySecret(auth.create(reception).secret);
  if (identity === undefined) throw new Error('the key does not open');
  for (let count = 0; count < 10_000; count += 1) auth.issueTicket(identity, 30);
  expect(() => auth.issueTicket(identity, 30)).toThrow(expect.objectContaining({ code: 'too-many-requests' }));
  pass(31);
  expect(auth.redeemTicket(auth.issueTicket(identity, 30))).toEqual(identity);
});

test('the last use is kept, to the minute', () => {
  const { auth, pass } = open();
  const { secret } = auth.create(reception);
  const lastUse = (): string | undefined => auth.list(tenant)[0]?.lastUsedAt;
  expect(lastUse()).toBeUndefined();
  auth.bySecret(secret);
  pass(59);
  auth.bySecret(secret);
  expect(lastUse()).toBe('2025-11-21T10:00:00.000Z');
  pass(1);
  auth.bySecret(secret);
  expect(lastUse()).toBe('2025-11-21T10:01:00.000Z');
});

test('a full disk locks nobody out', () => {
  const { auth, store } = open();
  const { secret } = auth.create(reception);
  const full = openSqliteStore({ folder: temporaryFolder(), reserve: { isReleased: () => true, release: () => false } });
  onTestFinished(() => full.close());
  const later = createAuth({
    store: { ...store, keys: { ...store.keys, touch: (id, at) => full.keys.touch(id, at) } },
    clock: { now: () => 0 },
    newId: createNewId(randomBytes),
    masterKey: randomBytes(32),
  });
  expect(later.bySecret(secret)?.name).toBe('reception');
});

test('a given secret may be given again, by the same tenant', () => {
  const { auth } = open();
  const first = auth.create({ ...reception, secret: 'demo-key' });
  const again = auth.create({ ...reception, secret: 'demo-key', name: 'demo' });
  expect(again.info).toEqual({ ...first.info, name: 'demo' });
  expect(auth.list(tenant).length).toBe(1);
  expect(() => auth.create({ ...reception, tenant: other, secret: 'demo-key' })).toThrow(
    expect.objectContaining({ code: 'invalid-parameter', details: { field: 'secret' } }),
  );
});

test.each([
  ['scopes', { ...reception, scopes: [] }],
  ['extension', { ...reception, scopes: ['control-own'] }],
  ['secret', { ...reception, secret: '' }],
] satisfies [string, NewKey][])('a key that makes no sense is refused by its field: %s', (field, key) => {
  const { auth } = open();
  expect(() => auth.create(key)).toThrow(expect.objectContaining({ code: 'invalid-parameter', details: { field } }));
});

test('the master key is made once, for its owner alone, and read from then on', () => {
  const folder = join(temporaryFolder(), 'data');
  const key = openMasterKey(folder, randomBytes);
  expect(key.length).toBe(32);
  expect(Buffer.from(openMasterKey(folder, randomBytes)).equals(key)).toBe(true);
  expect(statSync(join(folder, 'master.key')).mode & 0o777).toBe(0o600);
  rmSync(join(folder, 'master.key'));
  writeFileSync(join(folder, 'master.key'), 'half a key');
  expect(() => openMasterKey(folder, randomBytes)).toThrow(expect.objectContaining({ code: 'data-damaged' }));
});
