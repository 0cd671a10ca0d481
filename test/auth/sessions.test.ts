import { randomBytes } from 'node:crypto';
import { expect, onTestFinished, test } from 'vitest';
import type { Auth } from '../../src/auth/auth.ts';
import { createAuth } from '../../src/auth/create-auth.ts';
import type { SessionNews, Sessions } from '../../src/auth/sessions.ts';
import type { User, Users } from '../../src/auth/users.ts';
import { createNewId, extensionNumber, tenantId } from '../../src/model/ids.ts';
import { openSqliteStore } from '../../src/store/sqlite-store.ts';
import { quickPeople } from '../quick-users.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const tenant = tenantId('demo');
const day = 24 * 60 * 60;

interface World {
  readonly users: Users;
  readonly sessions: Sessions;
  readonly auth: Auth;
  readonly tom: User;
  readonly news: readonly SessionNews['what'][];
  pass(seconds: number): void;
  restart(): Sessions;
}

const open = async (): Promise<World> => {
  let now = 1_763_719_200_000_000;
  const clock = { now: () => now };
  const store = openSqliteStore({ folder: temporaryFolder() });
  onTestFinished(() => store.close());
  const auth = createAuth({ store, clock, newId: createNewId(randomBytes), masterKey: randomBytes(32) });
  const { users, sessions } = quickPeople({ store, clock, auth });
  const news: SessionNews['what'][] = [];
  sessions.onChanged(({ what }) => void news.push(what));
  const tom = await users.create(tenant, { name: 'tom', password: 'river', extension: extensionNumber('102'), scopes: ['observe'] });
  return {
    users,
    sessions,
    auth,
    tom,
    news,
    pass: (seconds) => (now += seconds * 1_000_000),
    restart: () => quickPeople({ store, clock, auth }).sessions,
  };
};

test('a session says who asks, also after a restart, for a day', async () => {
  const { sessions, tom, pass, restart, news } = await open();
  const { secret, session } = await sessions.begin(tom);
  expect(secret).toMatch(/^sws_[a-z0-9]{32}$/);
  const identity = { tenant, key: tom.id, name: 'tom', scopes: new Set(['observe']), user: tom.id, extension: '102', session: session.id };
  expect(sessions.identify(secret)?.identity).toEqual(identity);
  expect(restart().identify(secret)).toEqual({ identity, session });
  expect(sessions.identify(secret.replace(/.$/, '!'))).toBeUndefined();
  pass(day);
  expect(sessions.identify(secret)).toBeUndefined();
  expect(sessions.isLive(session.id)).toBe(false);
  await sessions.sweep();
  expect(news).toEqual(['began', 'ended']);
  expect(restart().isLive(session.id)).toBe(false);
});

test('a session ends once, and with it what it allowed', async () => {
  const { sessions, tom } = await open();
  const { secret, session } = await sessions.begin(tom);
  expect([await sessions.end(session.id), await sessions.end(session.id)]).toEqual([true, false]);
  expect(sessions.identify(secret)).toBeUndefined();
});

test('what a user may do changes under a session; another password, other scopes or removal end it', async () => {
  const { sessions, users, tom } = await open();
  const first = await sessions.begin(tom);
  await users.update(tenant, tom.id, { displayName: 'Tom' });
  expect(sessions.identify(first.secret)).toBeDefined();
  await users.update(tenant, tom.id, { scopes: ['observe', 'control'] });
  expect(sessions.identify(first.secret)).toBeUndefined();
  const second = await sessions.begin(tom);
  expect(sessions.identify(second.secret)?.identity.scopes).toEqual(new Set(['observe', 'control']));
  await users.remove(tenant, tom.id);
  expect(sessions.identify(second.secret)).toBeUndefined();
});

test('a session with a key ends when the key is revoked', async () => {
  const { sessions, auth } = await open();
  const { secret, info } = auth.create({ tenant, name: 'wallboard', scopes: ['observe'] });
  const holder = auth.bySecret(secret);
  if (holder === undefined) throw new Error('no key');
  const session = await sessions.begin(holder);
  expect(sessions.identify(session.secret)?.identity).toMatchObject({ key: info.id, name: 'wallboard', session: session.session.id });
  auth.revoke(tenant, info.id);
  expect(sessions.identify(session.secret)).toBeUndefined();
});

test('of one user the oldest sessions make room', async () => {
  const { sessions, tom } = await open();
  const begun = [];
  for (let count = 0; count < 51; count += 1) begun.push(await sessions.begin(tom));
  expect(begun.map(({ session }) => sessions.isLive(session.id)).indexOf(true)).toBe(1);
});
