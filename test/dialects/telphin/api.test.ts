import { expect, test } from 'vitest';
import { RateLimit } from '../../../src/dialects/telphin/rate-limit.ts';
import { Subscriptions } from '../../../src/dialects/telphin/subscriptions.ts';
import { extensionNumber } from '../../../src/model/ids.ts';
import { serveTelphin, type TelphinWorld } from './serve-telphin.ts';

const hook = (world: TelphinWorld, change: object = {}): object => ({
  url: `${world.receiver.url}/hook`,
  event_type: 'answer',
  method: 'GET',
  ...change,
});

test('an event is made, listed, read, changed and deleted; with and without a slash', async () => {
  const world = await serveTelphin();
  const url = `${world.receiver.url}/hook`;
  const made = await world.api('POST', '/extension/34414/event', hook(world));
  expect(made).toMatchObject({ status: 201, body: { id: 1, url, event_type: 'answer', method: 'GET' } });
  await world.api('POST', '/extension/34414/event/', hook(world, { event_type: 'hangup', method: 'post' }));
  const second = { id: 2, url, event_type: 'hangup', method: 'POST' };
  expect((await world.api('GET', '/extension/34414/event/')).body).toEqual([made.body, second]);
  expect((await world.api('GET', '/extension/34414/event/2')).body).toEqual(second);
  const changed = await world.api('PUT', '/extension/34414/event/2/', { event_type: 'dial-in' });
  expect(changed).toMatchObject({ status: 200, body: { ...second, event_type: 'dial-in' } });
  const deleted = await world.api('DELETE', '/extension/34414/event/1');
  expect(deleted).toMatchObject({ status: 204, body: undefined });
  expect((await world.api('GET', '/extension/34414/event/1')).status).toBe(404);
  expect((await world.api('DELETE', '/extension/34414/event/')).status).toBe(204);
  expect((await world.api('GET', '/extension/34414/event')).body).toEqual([]);
  // Ids are given once.
  expect((await world.api('POST', '/extension/34414/event', hook(world))).body).toMatchObject({ id: 3 });
});

test('an event that cannot be is refused, and says why', async () => {
  const cases = [
    ['no url', { url: undefined }],
    ['an address of this network', { url: 'http://169.254.169.254/latest' }],
    ['what is no http address', { url: 'ftp://h/' }],
    ['an event that there is not', { event_type: 'ringing' }],
    ['a method that there is not', { method: 'PATCH' }],
  ] as const;
  const world = await serveTelphin();
  for (const [what, change] of cases) {
    const reply = await world.api('POST', '/extension/34414/event/', hook(world, change));
    expect({ what, ...reply }).toMatchObject({ what, status: 400, body: { message: expect.any(String) } });
  }
  expect((await world.api('GET', '/extension/34414/event/')).body).toEqual([]);
});

test('events are there again after a restart', async () => {
  const world = await serveTelphin();
  await world.api('POST', '/extension/34414/event/', hook(world));
  const again = new Subscriptions({
    tenant: world.engine.tenant,
    store: world.store,
    checkUrl: () => Promise.resolve(),
    head: () => 7,
    onChange: () => undefined,
  });
  expect(again.all()).toMatchObject([
    { id: 1, extension: '341', type: 'answer', method: 'GET', url: `${world.receiver.url}/hook`, rank: 0 },
  ]);
  expect(await again.add({ ...again.get(extensionNumber('341'), 1) })).toMatchObject({ id: 2, after: 7, rank: 1 });
});

test('events that an older version kept begin anew, each beside the other', async () => {
  const { engine, store } = await serveTelphin();
  const kept = { extension: '341', type: 'answer', method: 'GET', url: 'https://crm.example/hook' };
  const old = {
    lastId: 2,
    subscriptions: [
      { ...kept, id: 1 },
      { ...kept, id: 2 },
    ],
  };
  store.state.put(engine.tenant, 'telphin:events', JSON.stringify(old));
  const open = (head: number): Subscriptions =>
    new Subscriptions({ tenant: engine.tenant, store, checkUrl: () => Promise.resolve(), head: () => head, onChange: () => undefined });
  const places = [
    { id: 1, after: 7, rank: 0 },
    { id: 2, after: 7, rank: 1 },
  ];
  expect(open(7).all()).toMatchObject(places);
  expect(open(9).all()).toMatchObject(places);
});

test('what is no JSON is refused in the same shape', async () => {
  const world = await serveTelphin();
  expect(await world.api('POST', '/extension/34414/event/', '{')).toMatchObject({ status: 400, body: { message: expect.any(String) } });
});

test('what is not served at the bare paths is not found in the same shape', async () => {
  const world = await serveTelphin();
  const headers = { Authorization: `Bearer ${await world.token()}` };
  for (const [method, path] of [
    ['PATCH', '/extension/34414/event/'],
    ['GET', '/client/@me/nothing'],
    ['PUT', '/extension/34414/'],
  ] as const) {
    const reply = await fetch(world.url + path, { method, headers });
    expect([reply.status, await reply.json(), reply.headers.get('x-ratelimit-limit')]).toEqual([404, { message: 'Not found' }, '10000']);
  }
});

test('what there is not is not found, and even that tells the limit', async () => {
  const cases = [
    ['GET', '/extension/1/event/'],
    ['GET', '/extension/341/event/'],
    ['GET', '/extension/34414/event/99'],
    ['DELETE', '/extension/34414/event/99'],
    ['GET', '/extension/34414/current_calls/3232240860-37b98fb2-a66c-11ea-ae69-6fd86d94a0e0'],
    ['GET', '/client/77/extension/'],
    ['GET', '/nowhere/'],
    ['POST', '/extension/34414/valet_park/'],
    ['PATCH', '/extension/34414/event/'],
  ] as const;
  const world = await serveTelphin();
  for (const [method, path] of cases) {
    const reply = await world.api(method, path);
    expect({ path, ...reply }).toMatchObject({ path, status: 404, body: { message: 'Not found' } });
    expect(reply.headers.get('x-ratelimit-limit')).toBe('10000');
  }
});

test('the paths of the page work without the prefix too, with and without a token', async () => {
  const world = await serveTelphin();
  const headers = { Authorization: `Bearer ${await world.token()}` };
  const get = (path: string, init: RequestInit = {}): Promise<Response> => fetch(`${world.url}${path}`, init);
  expect((await get('/extension/34414/event/', { headers })).status).toBe(200);
  const refused = await get('/extension/34414/event/');
  expect(refused.status).toBe(401);
  expect(await refused.json()).toEqual({ status: 401, message: 'Unauthorized' });
  expect(refused.headers.has('x-ratelimit-reset')).toBe(true);
  for (const method of ['GET', 'POST']) {
    const { headers: told } = await get(method === 'POST' ? '/oauth/token' : '/oauth/authorize', { method });
    expect(told.get('x-ratelimit-remaining')).toBe('10000');
  }
  const wrong = await get('/api/ver1.0/user/', { headers: { Authorization: 'Bearer nothing-of-the-kind' } });
  expect(wrong.status).toBe(401);
});

test('a client is told its limit with every reply, and refused beyond it', async () => {
  const world = await serveTelphin({ requestsPerHour: 2 });
  const ask = (): ReturnType<TelphinWorld['api']> => world.api('GET', '/user/');
  const told = ({ headers }: Awaited<ReturnType<typeof ask>>): readonly (string | null)[] =>
    ['limit', 'remaining', 'reset'].map((name) => headers.get(`x-ratelimit-${name}`));
  expect(told(await ask())).toEqual(['2', '1', '3600']);
  world.clock.advance(60);
  expect(told(await ask())).toEqual(['2', '0', '3540']);
  const refused = await ask();
  expect(refused).toMatchObject({ status: 429, body: { status: 'rate_limit_exceeded' } });
  expect(told(refused)).toEqual(['2', '0', '3540']);
});

test('after an hour a client may ask as often again; each has its own count', () => {
  let now = 1_000;
  const limit = new RateLimit({ now: () => now });
  expect(limit.spend('one', 1).isExceeded).toBe(false);
  expect(limit.spend('one', 1)).toMatchObject({ isExceeded: true, remaining: 0 });
  expect(limit.spend('two', 1).isExceeded).toBe(false);
  now += 3_600e6;
  expect(limit.spend('one', 1)).toMatchObject({ isExceeded: false, remaining: 0, resetSeconds: 3_600 });
});

test('who may only watch changes nothing', async () => {
  const world = await serveTelphin();
  const body = new URLSearchParams({ grant_type: 'client_credentials', client_id: 'watcher', client_secret: 'demo-secret' });
  const { access_token: token } = (await (await fetch(`${world.url}/oauth/token`, { method: 'POST', body })).json()) as {
    access_token: string;
  };
  const headers = { Authorization: `Bearer ${token}` };
  const path = `${world.url}/api/ver1.0/extension/34414`;
  expect((await fetch(`${path}/event/`, { headers })).status).toBe(200);
  const refused = await fetch(`${path}/event/`, { method: 'POST', headers, body: JSON.stringify(hook(world)) });
  expect(refused.status).toBe(403);
  expect(await refused.json()).toMatchObject({ status: 'access_denied' });
  const dialled = await fetch(`${path}/callback/`, { method: 'POST', headers, body: '{"src_num":["341"],"dst_num":"101"}' });
  expect(dialled.status).toBe(403);
});

test('ids of extensions are found by listing them', async () => {
  const world = await serveTelphin();
  const { body } = await world.api('GET', '/client/@me/extension/');
  expect(body).toContainEqual({ id: 34_414, client_id: 1, name: '022*341', label: 'Workshop', type: 'phone', status: 'active' });
  expect(body).toContainEqual(expect.objectContaining({ id: 34_600, type: 'queue' }));
  expect((await world.api('GET', '/extension/34414/')).body).toMatchObject({ name: '022*341' });
  expect((await world.api('GET', '/client/@me/extension/34414')).body).toMatchObject({ name: '022*341' });
  const page = (await world.api('GET', '/client/@me/extension/?page=2&per_page=5&type=phone')).body as readonly { id: number }[];
  expect(page.map(({ id }) => id)).toEqual([34_106, 34_107, 34_108, 34_109, 34_110]);
  expect((await world.api('GET', '/client/@me/extension/?page=0')).status).toBe(400);
  expect((await world.api('GET', '/user')).body).toMatchObject({ login: 'demo-client', client_id: 1, extension_id: null });
});
