import { expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { serveNative } from './serve-native.ts';
import type { NativeWorld } from './serve-native.ts';

const tom = { name: 'tom', password: 'river', extension: '119' };

const open = async (): Promise<NativeWorld> => {
  const world = await serveNative();
  await world.ask('/v1/users', { method: 'POST', json: tom });
  return world;
};

/** What a browser that logged in sends. */
const logIn = async (world: NativeWorld, body: object = { user: 'tom', password: 'river' }): Promise<{ readonly cookie: string }> => {
  const response = await fetch(`${world.url}/v1/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: world.url },
    body: JSON.stringify(body),
  });
  expect(response.status).toBe(200);
  const given = response.headers.get('set-cookie') ?? '';
  expect(given).toMatch(/^switchhook_session=sws_[a-z0-9]{32}; Max-Age=86400; Path=\/; HttpOnly; SameSite=Strict$/);
  return { cookie: given.split(';', 1)[0] ?? '' };
};

const asked = async (world: NativeWorld, path: string, init: RequestInit): Promise<{ readonly status: number; readonly body: unknown }> => {
  const response = await fetch(world.url + path, init);
  const text = await response.text();
  return { status: response.status, body: text === '' ? undefined : (JSON.parse(text) as unknown) };
};

test('a browser logs in, asks as its user, and logs out; both are told', async () => {
  const world = await open();
  const headers = await logIn(world);
  const began = await world.event(({ type }) => type === 'user.loggedIn');
  expect(began).toMatchObject({ extension: '119', data: { user: 'tom', login: { kind: 'session', address: '127.0.0.1' } } });
  const who = await asked(world, '/v1/login', { headers });
  expect(who).toMatchObject({ status: 200, body: { name: 'tom', extension: '119', scopes: ['observe', 'control-own'], session: {} } });
  expect(await asked(world, '/v1/state', { headers })).toMatchObject({
    status: 200,
    body: { users: [{ logins: [{ kind: 'session' }] }] },
  });
  expect(await asked(world, '/v1/keys', { headers })).toMatchObject({ status: 403 });
  expect(
    await asked(world, '/v1/users/tom/status', {
      method: 'PUT',
      headers: { ...headers, 'content-type': 'application/json' },
      body: '{"status":"away"}',
    }),
  ).toMatchObject({ status: 200 });
  expect(await asked(world, '/v1/login', { method: 'DELETE', headers })).toMatchObject({ status: 204 });
  const ended = await world.event(({ type }) => type === 'user.loggedOut');
  expect(ended.data).toEqual(began.data);
  expect(await asked(world, '/v1/state', { headers })).toMatchObject({ status: 401 });
});

test('a key logs a browser in as well, and is told of as nobody', async () => {
  const world = await open();
  const headers = await logIn(world, { key: world.key });
  expect(await asked(world, '/v1/login', { headers })).toMatchObject({ status: 200, body: { name: 'test', scopes: ['administer'] } });
  expect(world.events.some(({ type }) => type === 'user.loggedIn')).toBe(false);
});

test('who asks by a key is told so, and who asks by nothing is refused', async () => {
  const world = await open();
  expect(await world.ask('/v1/login')).toMatchObject({ status: 200, body: { name: 'test', tenant: 'demo' } });
  expect(await asked(world, '/v1/login', {})).toMatchObject({ status: 401 });
});

test.each([
  ['a wrong password', { user: 'tom', password: 'lake' }, 401],
  ['an unknown name', { user: 'huck', password: 'river' }, 401],
  ['an unknown tenant', { user: 'tom', password: 'river', tenant: 'other' }, 401],
  ['an unknown key', { key: 'swk_nothing' }, 401],
  ['both', { user: 'tom', password: 'river', key: 'x' }, 400],
  ['nothing', {}, 400],
])('%s logs nobody in', async (_what, body, status) => {
  const world = await open();
  const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
  expect(await asked(world, '/v1/login', init)).toMatchObject({ status });
});

test('who guesses waits longer and longer, whatever names it tries, and nobody is locked out', async () => {
  const world = await open();
  const guess = (user: string, password: string): Promise<{ readonly status: number }> => {
    const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ user, password }) };
    return asked(world, '/v1/login', init);
  };
  for (let count = 0; count < 5; count += 1) expect(await guess(`nobody-${count}`, 'x')).toMatchObject({ status: 401 });
  const answer = { isThere: false };
  const sixth = guess('tom', 'river').finally(() => {
    answer.isThere = true;
  });
  // Asked after it, on the same road, and answered before it.
  for (let count = 0; count < 5; count += 1) await asked(world, '/v1/login', {});
  expect(answer.isThere).toBe(false);
  for (let waited = 0; !answer.isThere && waited < 100; waited += 1) {
    world.clock.advance(0.5);
    await asked(world, '/v1/login', {});
  }
  expect(await sixth).toMatchObject({ status: 200 });
});

test("a session is of no use to another site's page", async () => {
  const world = await open();
  const { cookie } = await logIn(world);
  const foreign = [
    { cookie, origin: 'https://evil.example' },
    { cookie, origin: 'null' },
    { cookie, origin: world.url, 'sec-fetch-site': 'same-site' },
  ];
  for (const headers of foreign) {
    expect(await asked(world, '/v1/legs/leg_x/hangup', { method: 'POST', headers })).toMatchObject({
      status: 403,
      body: { id: 'forbidden' },
    });
    expect(await asked(world, '/v1/login', { method: 'DELETE', headers })).toMatchObject({ status: 403 });
  }
  const own = { cookie, origin: world.url, 'sec-fetch-site': 'same-origin' };
  expect(await asked(world, '/v1/legs/leg_x/hangup', { method: 'POST', headers: own })).toMatchObject({ status: 404 });
});

test('the live feeds of a session end with it', async () => {
  const world = await open();
  const headers = await logIn(world);
  const socket = new WebSocket(`${world.url.replace('http', 'ws')}/v1/ws`, { headers });
  await new Promise((resolve) => socket.once('message', resolve));
  const closed = new Promise<number>((resolve) => socket.once('close', resolve));
  await world.ask('/v1/users/tom', { method: 'PATCH', json: { password: 'sea' } });
  expect(await closed).toBeGreaterThanOrEqual(4000);
});
