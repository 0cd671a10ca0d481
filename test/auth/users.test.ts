import { randomBytes } from 'node:crypto';
import { expect, onTestFinished, test } from 'vitest';
import { createPasswords } from '../../src/auth/passwords.ts';
import { createUsers, type ConfiguredUser, type NewUser, type UserNews, type Users } from '../../src/auth/users.ts';
import { createNewId, extensionNumber, tenantId, userIdFrom } from '../../src/model/ids.ts';
import { openSqliteStore } from '../../src/store/sqlite-store.ts';
import { quickUsers } from '../quick-users.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const tenant = tenantId('demo');
const other = tenantId('other');
const start = 1_763_719_200_000_000;
const tom: NewUser = { name: 'tom', password: 'river', extension: extensionNumber('102'), scopes: ['observe', 'control-own'] };
const boss: ConfiguredUser = { tenant, name: 'boss', password: 'office', scopes: ['administer'] };

const open = (configured: readonly ConfiguredUser[] = []): { readonly users: Users; restart(now: readonly ConfiguredUser[]): Users } => {
  const store = openSqliteStore({ folder: temporaryFolder() });
  onTestFinished(() => store.close());
  const restart = (now: readonly ConfiguredUser[]): Users => quickUsers(store, { now: () => start }, now);
  return { users: restart(configured), restart };
};

test('a user logs in with its name and password, and with nothing else, also after a restart', async () => {
  const { users, restart } = open();
  const made = await users.create(tenant, tom);
  expect(made).toEqual({
    id: expect.stringMatching(/^user_[a-z0-9]{20}$/),
    tenant,
    name: 'tom',
    extension: '102',
    scopes: ['observe', 'control-own'],
    createdAt: start,
    isConfigured: false,
  });
  for (const each of [users, restart([])]) {
    expect(await each.byPassword(tenant, 'tom', 'river')).toEqual(made);
    expect(await each.byPassword(tenant, 'tom', 'lake')).toBeUndefined();
    expect(await each.byPassword(tenant, 'tom', `river${'r'.repeat(300)}`)).toBeUndefined();
    expect(await each.byPassword(tenant, 'huck', 'river')).toBeUndefined();
    expect(await each.byPassword(other, 'tom', 'river')).toBeUndefined();
  }
});

test('a right password is not worked out a second time, a wrong one each time', async () => {
  const store = openSqliteStore({ folder: temporaryFolder() });
  onTestFinished(() => store.close());
  const passwords = createPasswords({ randomBytes, cost: { n: 16, r: 1, p: 1 } });
  let tried = 0;
  const counting = {
    ...passwords,
    verify: (password: string, hash: string | undefined) => {
      tried += 1;
      return passwords.verify(password, hash);
    },
  };
  const users = createUsers({
    store,
    clock: { now: () => start },
    newId: createNewId(randomBytes),
    passwords: counting,
    configured: [boss],
  });
  const { id } = await users.create(tenant, tom);
  const trials = async (name: string, password: string): Promise<number> => {
    tried = 0;
    await users.byPassword(tenant, name, password);
    return tried;
  };
  expect([await trials('tom', 'river'), await trials('tom', 'river'), await trials('tom', 'lake')]).toEqual([1, 0, 1]);
  expect([await trials('boss', 'office'), await trials('boss', 'home'), await trials('huck', 'office')]).toEqual([0, 1, 1]);
  await users.update(tenant, id, { password: 'lake' });
  expect([await trials('tom', 'river'), await trials('tom', 'lake'), await trials('tom', 'lake')]).toEqual([1, 1, 0]);
});

test('a user is found by id, name and extension, in its own tenant alone', async () => {
  const { users } = open();
  const made = await users.create(tenant, tom);
  expect(users.get(tenant, made.id)).toEqual(made);
  expect(users.named(tenant, 'tom')).toEqual(made);
  expect(users.ofExtension(tenant, extensionNumber('102'))).toEqual(made);
  expect([users.get(other, made.id), users.named(other, 'tom'), users.ofExtension(other, extensionNumber('102'))]).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
  expect(users.list(other)).toEqual([]);
});

test('of two users of one extension the first by name is taken for its owner', async () => {
  const { users } = open();
  await users.create(tenant, tom);
  await users.create(tenant, { ...tom, name: 'becky' });
  expect(users.ofExtension(tenant, extensionNumber('102'))?.name).toBe('becky');
  expect(users.list(tenant).map(({ name }) => name)).toEqual(['becky', 'tom']);
});

test('a name is given once, also when two ask for it at the same time', async () => {
  const { users } = open([boss]);
  const results = await Promise.allSettled([users.create(tenant, tom), users.create(tenant, tom)]);
  expect(results.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
  await expect(users.create(tenant, { ...tom, name: 'boss' })).rejects.toMatchObject({ code: 'user-exists' });
  await expect(users.create(other, tom)).resolves.toMatchObject({ name: 'tom', tenant: other });
});

test('a change leaves what it does not name, takes away what it empties, and ends the old password', async () => {
  const { users, restart } = open();
  const { id } = await users.create(tenant, { ...tom, displayName: 'Tom Sawyer', email: 'tom@example.com' });
  const changed = await users.update(tenant, id, { password: 'lake', email: '', scopes: ['observe'] });
  expect(changed).toMatchObject({ displayName: 'Tom Sawyer', extension: '102', scopes: ['observe'] });
  expect(changed).not.toHaveProperty('email');
  expect(await users.byPassword(tenant, 'tom', 'river')).toBeUndefined();
  expect(await restart([]).byPassword(tenant, 'tom', 'lake')).toEqual(changed);
});

test('a user of the configuration is there at every start with the same id, and is changed there alone', async () => {
  const { users, restart } = open([boss]);
  const found = await users.byPassword(tenant, 'boss', 'office');
  expect(found).toMatchObject({ name: 'boss', isConfigured: true });
  const id = found?.id ?? userIdFrom('');
  expect(restart([boss]).get(tenant, id)).toEqual(found);
  await expect(users.update(tenant, id, { password: 'else' })).rejects.toMatchObject({ code: 'kept-in-configuration' });
  await expect(users.remove(tenant, id)).rejects.toMatchObject({ code: 'kept-in-configuration' });
  expect(restart([]).get(tenant, id)).toBeUndefined();
});

test('a user that the configuration names later takes the place of the one that was made before', async () => {
  const { users, restart } = open();
  await users.create(tenant, tom);
  const now = restart([{ ...tom, tenant, password: 'sea' }]);
  expect(now.list(tenant)).toHaveLength(1);
  expect(await now.byPassword(tenant, 'tom', 'river')).toBeUndefined();
  expect(await now.byPassword(tenant, 'tom', 'sea')).toMatchObject({ isConfigured: true });
});

test('whoever listens hears of each change, and whether what the user was given before is void', async () => {
  const { users } = open();
  const news: UserNews[] = [];
  users.onChanged((each) => void news.push(each));
  const { id } = await users.create(tenant, tom);
  await users.update(tenant, id, { displayName: 'Tom' });
  await users.update(tenant, id, { password: 'lake' });
  expect(await users.remove(tenant, id)).toBe(true);
  expect(await users.remove(tenant, id)).toBe(false);
  expect(news.map(({ what, credentials }) => [what, credentials])).toEqual([
    ['created', false],
    ['changed', false],
    ['changed', true],
    ['removed', true],
  ]);
});

test.each([
  ['name', { name: '' }],
  ['name', { name: ' tom' }],
  ['name', { name: 'to\nm' }],
  ['password', { password: '' }],
  ['scopes', { scopes: [] }],
  ['extension', { extension: extensionNumber('') }],
] as const)('a user without a usable %s is refused', async (field, wrong) => {
  await expect(open().users.create(tenant, { ...tom, ...wrong })).rejects.toMatchObject({ code: 'invalid-parameter', details: { field } });
});

test('a password is salted, and its hash says at what cost', async () => {
  const passwords = createPasswords({ randomBytes, cost: { n: 16, r: 1, p: 1 } });
  const [one, two] = [await passwords.hash('same'), await passwords.hash('same')];
  expect(one).toMatch(/^scrypt:16:1:1:/);
  expect(one).not.toBe(two);
  const dearer = createPasswords({ randomBytes, cost: { n: 32, r: 1, p: 1 } });
  expect(await dearer.verify('same', one)).toBe(true);
  expect(await dearer.verify('other', one)).toBe(false);
  expect(await dearer.verify('same', undefined)).toBe(false);
});

test('more passwords than can wait are refused, the others are all tried', async () => {
  const passwords = createPasswords({ randomBytes, cost: { n: 16, r: 1, p: 1 } });
  const results = await Promise.allSettled(Array.from({ length: 100 }, () => passwords.verify('x', undefined)));
  const refused = results.filter((result) => result.status === 'rejected');
  expect(refused).toHaveLength(34);
  expect(refused[0]?.reason).toMatchObject({ code: 'too-many-requests' });
  expect(await passwords.verify('x', await passwords.hash('x'))).toBe(true);
});
