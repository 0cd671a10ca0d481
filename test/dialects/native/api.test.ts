import { expect, test } from 'vitest';
import { z } from 'zod';
import type { EndpointDescription } from '../../../src/dialects/native/endpoint.ts';
import { nativeDescriptions } from '../../../src/dialects/native/index.ts';
import { eventSchema } from '../../../src/dialects/native/schema/events.ts';
import { snapshotSchema } from '../../../src/dialects/native/schema/state.ts';
import { renderCursor } from '../../../src/model/cursor.ts';
import { serveNative } from './serve-native.ts';
import type { NativeWorld } from './serve-native.ts';

const describedAs = (id: string): EndpointDescription => {
  const found = nativeDescriptions.find((each) => each.id === id);
  if (found === undefined) throw new Error(`There is no endpoint ${id}`);
  return found;
};

/** Throws unless the body is what the endpoint's own schema says of that status. */
const conforms = (id: string, { status, body }: { readonly status: number; readonly body: unknown }): void => {
  describedAs(id).answers[status]?.schema?.parse(body);
};

const problemOf = async (world: NativeWorld, path: string, init?: Parameters<NativeWorld['ask']>[1]): Promise<unknown> => {
  const { status, headers, body } = await world.ask(path, init);
  expect(headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
  expect(body).toMatchObject({ status });
  return body;
};

/** A call from outside that rings at an extension. */
const ring = async (world: NativeWorld, extension: string): Promise<{ readonly call: string; readonly leg: string }> => {
  world.sandbox.phones.call('+15550100001', extension);
  const leg = await world.leg(extension, ({ state }) => state === 'ringing');
  return { call: leg.callId, leg: leg.id };
};

test('the state is true at its cursor: the events after it follow without a gap', async () => {
  const world = await serveNative();
  const before = await world.ask('/v1/state');
  const state = snapshotSchema.parse(before.body);
  expect(state).toMatchObject({ pbxStatus: 'live', calls: [] });
  const { call } = await ring(world, '101');
  const page = (await world.ask(`/v1/events?after=${state.cursor}`)).body as {
    readonly events: readonly { readonly seq: number }[];
    readonly next: string;
  };
  expect(page.events[0]).toMatchObject({ type: 'call.started', callId: call, seq: Number(state.cursor.split('-')[1]) + 1 });
  for (const event of page.events) eventSchema.parse(event);
  const after = snapshotSchema.parse((await world.ask('/v1/state')).body);
  expect(after.calls.map(({ id }) => id)).toEqual([call]);
});

test('every answer that carries state says how fresh it is', async () => {
  const world = await serveNative();
  const { call, leg } = await ring(world, '101');
  world.sandbox.faults.disconnect('the cable is out');
  const lost = await world.event(({ type }) => type === 'pbx.disconnected');
  const paths = [
    'state',
    'calls',
    `calls/${call}`,
    `legs/${leg}`,
    'extensions',
    'extensions/101',
    'slots',
    'queues',
    'conferences',
    'pbxs',
  ];
  for (const path of paths) expect((await world.ask(`/v1/${path}`)).body).toMatchObject({ pbxStatus: 'down', asOf: lost.time });
  expect(await problemOf(world, `/v1/legs/${leg}/answer`, { method: 'POST' })).toMatchObject({
    id: 'pbx-down',
    status: 503,
    since: lost.time,
  });
});

test('calls are listed, the live ones first and then those that ended, page by page', async () => {
  const world = await serveNative();
  const ids: string[] = [];
  for (let count = 0; count < 3; count += 1) {
    const { call, leg } = await ring(world, '101');
    ids.unshift(call);
    if (count === 2) break;
    await world.ask(`/v1/legs/${leg}/reject`, { method: 'POST' });
    await world.ended(call as never);
    world.clock.advance(1);
  }
  await expect.poll(async () => ((await world.ask('/v1/calls')).body as { calls: unknown[] }).calls.length).toBe(3);
  const all = await world.ask('/v1/calls');
  conforms('listCalls', all);
  expect((all.body as { calls: { id: string; state: string }[] }).calls.map(({ id, state }) => [id, state])).toEqual([
    [ids[0], 'ringing'],
    [ids[1], 'ended'],
    [ids[2], 'ended'],
  ]);
  const paged: string[] = [];
  for (let path = '/v1/calls?limit=1'; ;) {
    const { calls, next } = (await world.ask(path)).body as { calls: { id: string }[]; next?: string };
    paged.push(...calls.map(({ id }) => id));
    if (next === undefined) break;
    path = `/v1/calls?limit=1&before=${next}`;
  }
  expect(paged).toEqual(ids);
  const only = async (query: string): Promise<number> =>
    ((await world.ask(`/v1/calls?${query}`)).body as { calls: unknown[] }).calls.length;
  expect([
    await only('state=live'),
    await only('state=ended'),
    await only('disposition=rejected'),
    await only('extension=102'),
    await only('number=5550100001'),
  ]).toEqual([1, 2, 2, 0, 3]);
});

test('a call can be asked for, living and ended, and why it became what it is', async () => {
  const world = await serveNative();
  const { call, leg } = await ring(world, '101');
  const live = await world.ask(`/v1/calls/${call}`);
  conforms('getCall', live);
  expect(live.body).toMatchObject({ id: call, state: 'ringing' });
  await world.ask(`/v1/legs/${leg}/reject`, { method: 'POST' });
  await world.ended(call as never);
  await expect.poll(async () => (await world.ask(`/v1/calls/${call}`)).body).toMatchObject({ state: 'ended', disposition: 'rejected' });
  const why = await world.ask(`/v1/calls/${call}/why`);
  conforms('whyCall', why);
  const { entries } = why.body as { entries: { kind: string }[] };
  expect(new Set(entries.map(({ kind }) => kind))).toEqual(new Set(['pbx', 'fact', 'event']));
});

test('a command answers 202 once it is recorded, and after its end when the client would wait', async () => {
  const world = await serveNative();
  const { leg } = await ring(world, '101');
  const answered = await world.ask(`/v1/legs/${leg}/answer`, { method: 'POST', headers: { prefer: 'respond-async, wait=5' } });
  conforms('answer', answered);
  expect([answered.status, answered.headers.get('preference-applied')]).toEqual([200, 'wait=5']);
  const { id } = answered.body as { id: string };
  expect(answered.body).toMatchObject({ name: 'answer', state: 'done', legId: leg });
  expect(answered.headers.get('location')).toBe(`/v1/commands/${id}`);
  expect((await world.ask(`/v1/commands/${id}`)).body).toMatchObject({ id, state: 'done' });

  const dialled = await world.ask('/v1/calls', { method: 'POST', json: { extension: '102', number: '111' } });
  conforms('dial', dialled);
  expect([dialled.status, dialled.body]).toEqual([202, expect.objectContaining({ name: 'dial', state: 'accepted' })]);
  const list = await world.ask('/v1/commands?limit=1');
  conforms('listCommands', list);
  expect((list.body as { commands: unknown[] }).commands).toHaveLength(1);
});

test('the same Idempotency-Key gives the same command, with another request it is refused', async () => {
  const world = await serveNative();
  const dial = (number: string): ReturnType<NativeWorld['ask']> =>
    world.ask('/v1/calls', { method: 'POST', json: { extension: '102', number }, headers: { 'idempotency-key': 'order-7' } });
  const first = (await dial('111')).body as { id: string };
  expect((await dial('111')).body).toMatchObject({ id: first.id });
  expect(await dial('112')).toMatchObject({ status: 409, body: { id: 'idempotency-conflict' } });
});

test('a command on what the client saw is refused when the call has moved on', async () => {
  const world = await serveNative();
  const { leg } = await ring(world, '101');
  const seen = renderCursor(world.engine.cursor());
  await world.ask(`/v1/legs/${leg}/answer`, { method: 'POST', headers: { prefer: 'wait=5' } });
  const init = { method: 'POST', headers: { 'if-cursor': seen } };
  expect(await problemOf(world, `/v1/legs/${leg}/hangup`, init)).toMatchObject({ id: 'call-moved-on', status: 409 });
  const garbage = { method: 'POST', headers: { 'if-cursor': 'yesterday' } };
  expect(await problemOf(world, `/v1/legs/${leg}/hangup`, garbage)).toMatchObject({ id: 'invalid-cursor', field: 'If-Cursor' });
});

test('no body is as good as an empty one, and a wrong one is told by the member that is wrong', async () => {
  const world = await serveNative();
  const { leg } = await ring(world, '101');
  const json = { 'content-type': 'application/json' };
  const post = (path: string, body: string): Promise<unknown> => problemOf(world, path, { method: 'POST', body, headers: json });
  expect(await post('/v1/calls', '')).toMatchObject({ id: 'missing-parameter', field: 'extension' });
  expect(await post('/v1/calls', '{"extension":101,"number":"5"}')).toMatchObject({ id: 'invalid-parameter', field: 'extension' });
  expect(await post('/v1/calls', '{"extension":"101","number":"5","callerId":{"number":"1"}}')).toMatchObject({
    id: 'missing-parameter',
    field: 'callerId.name',
  });
  expect(await post('/v1/calls', '{"extension":"101","number":"5\\r\\nAction: x"}')).toMatchObject({ id: 'forbidden-character' });
  expect(await post('/v1/calls', '[]')).toMatchObject({ id: 'invalid-parameter', field: 'body' });
  expect(await post('/v1/calls', '{')).toMatchObject({ id: 'invalid-json' });
  expect(await post(`/v1/legs/${leg}/transfer`, '{"to":"102","when":"now"}')).toMatchObject({ id: 'invalid-parameter', field: 'when' });
  expect((await world.ask(`/v1/legs/${leg}/reject`, { method: 'POST', body: '', headers: json })).status).toBe(202);
});

test('what does not exist is told by what was asked', async () => {
  const world = await serveNative();
  expect(await problemOf(world, '/v1/calls/call_x')).toMatchObject({ id: 'no-such-call', call: 'call_x', status: 404 });
  expect(await problemOf(world, '/v1/calls/call_x/why')).toMatchObject({ id: 'no-such-call', call: 'call_x' });
  expect(await problemOf(world, '/v1/legs/leg_x')).toMatchObject({ id: 'no-such-leg', leg: 'leg_x' });
  expect(await problemOf(world, '/v1/legs/leg_x/hangup', { method: 'POST' })).toMatchObject({ id: 'no-such-leg', leg: 'leg_x' });
  expect(await problemOf(world, '/v1/legs/leg_x/dance', { method: 'POST' })).toMatchObject({ id: 'not-found' });
  expect(await problemOf(world, '/v1/extensions/999')).toMatchObject({ id: 'no-such-extension', extension: '999' });
  expect(await problemOf(world, '/v1/commands/cmd_x')).toMatchObject({ id: 'no-such-command' });
  expect(await problemOf(world, '/v1/keys/key_x')).toMatchObject({ id: 'no-such-key' });
  expect(await problemOf(world, '/v1/pbxs/nowhere/diagnose', { method: 'POST' })).toMatchObject({ id: 'no-such-pbx' });
  expect(await problemOf(world, '/v1/state', { method: 'PUT' })).toMatchObject({ id: 'method-not-allowed' });
});

test.each([
  ['after=garbage', 'invalid-cursor', 400],
  ['after=-1', 'invalid-cursor', 400],
  ['after=EPOCH--1', 'invalid-cursor', 400],
  ['after=EPOCH-9007199254740992', 'invalid-cursor', 400],
  ['after=EPOCH-9007199254740991', 'invalid-cursor', 400],
  ['after=EPOCH-1e3', 'invalid-cursor', 400],
  ['after=other-1', 'too-old', 410],
  ['type=call.begun', 'invalid-parameter', 400],
  ['tpye=call.*', 'invalid-parameter', 400],
] as const)('a feed refuses %s with %s, and never leaves a gap in silence', async (query, id, status) => {
  const world = await serveNative();
  const asked = query.replace('EPOCH', world.engine.cursor().epoch);
  expect(await problemOf(world, `/v1/events?${asked}`)).toMatchObject({ id, status });
  expect(await problemOf(world, `/v1/events/stream?${asked}`)).toMatchObject({ id, status });
});

test('a page refuses a wait or a limit that is none, by its name', async () => {
  const world = await serveNative();
  for (const query of ['wait=soon', 'wait=61', 'wait=-1', 'limit=0', 'limit=1001', 'limit=1&limit=2', 'limit=1e2']) {
    const field = query.split('=')[0];
    expect(await problemOf(world, `/v1/events?${query}`)).toMatchObject({ id: 'invalid-parameter', status: 400, field });
  }
});

test('a cursor that is too old is answered with what there is, and what to do', async () => {
  const world = await serveNative();
  expect(await problemOf(world, '/v1/events?after=other-1')).toMatchObject({
    reason: 'epoch',
    after: 'other-1',
    oldest: renderCursor(world.engine.log.oldest(world.engine.tenant)),
    head: renderCursor(world.engine.cursor()),
    detail: expect.stringContaining('GET /v1/state'),
  });
});

test('nobody gets in without a key, and each key does what its scopes allow', async () => {
  const world = await serveNative();
  const { leg } = await ring(world, '101');
  const as = async (secret: string | undefined, path: string, method = 'GET'): Promise<number> =>
    (await world.ask(path, { method, headers: { authorization: secret === undefined ? '' : `Bearer ${secret}` } })).status;
  expect([await as(undefined, '/v1/state'), await as('wrong', '/v1/state'), await as('wrong', '/v1/events')]).toEqual([401, 401, 401]);
  const [observer, own, controller] = [world.keyFor(['observe']), world.keyFor(['control-own'], '102'), world.keyFor(['control'])];
  const asEach = async (path: string, method = 'GET'): Promise<readonly number[]> => {
    const statuses: number[] = [];
    for (const secret of [observer, own, controller]) statuses.push(await as(secret, path, method));
    return statuses;
  };
  expect(await asEach('/v1/state')).toEqual([200, 403, 403]);
  expect(await asEach('/v1/events')).toEqual([200, 403, 403]);
  expect(await asEach('/v1/keys')).toEqual([403, 403, 403]);
  expect(await asEach(`/v1/legs/${leg}/reject`, 'POST')).toEqual([403, 403, 202]);
});

test('keys are made, listed without their secret, and revoked', async () => {
  const world = await serveNative();
  const created = await world.ask('/v1/keys', { method: 'POST', json: { name: 'wallboard', scopes: ['observe'] } });
  conforms('createKey', created);
  const { id, secret } = created.body as { id: string; secret: string };
  expect((await world.ask('/v1/state', { headers: { authorization: `Bearer ${secret}` } })).status).toBe(200);
  const list = await world.ask('/v1/keys');
  conforms('listKeys', list);
  expect(JSON.stringify(list.body)).not.toContain(secret);
  conforms('getKey', await world.ask(`/v1/keys/${id}`));
  expect((await world.ask(`/v1/keys/${id}`, { method: 'DELETE' })).status).toBe(204);
  expect((await world.ask('/v1/state', { headers: { authorization: `Bearer ${secret}` } })).status).toBe(401);
  const wrong = { method: 'POST', json: { name: 'x', scopes: ['control-own'] } };
  expect(await problemOf(world, '/v1/keys', wrong)).toMatchObject({ id: 'missing-parameter', field: 'extension' });
});

test('what the office has is shown as its schema says', async () => {
  const world = await serveNative();
  for (const [id, path] of [
    ['listExtensions', '/v1/extensions'],
    ['getExtension', '/v1/extensions/102'],
    ['listQueues', '/v1/queues'],
    ['listConferences', '/v1/conferences'],
    ['listSlots', '/v1/slots'],
    ['listPbxs', '/v1/pbxs'],
    ['listTenants', '/v1/tenants'],
  ] as const) {
    const answer = await world.ask(path);
    expect(answer.status).toBe(200);
    conforms(id, answer);
  }
  expect((await world.ask('/v1/extensions/102')).body).toMatchObject({ extension: { number: '102', name: 'Tom Sawyer' }, legs: [] });
  conforms('diagnosePbx', await world.ask('/v1/pbxs/sandbox/diagnose', { method: 'POST' }));
});

test('the documents tell of every address of the API, and of nothing else', async () => {
  const world = await serveNative();
  const openapi = (await world.ask('/v1/openapi.json', { headers: { authorization: '' } })).body as {
    readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
    readonly components: { readonly schemas: Readonly<Record<string, unknown>> };
  };
  const told = Object.entries(openapi.paths).flatMap(([path, operations]) =>
    Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`),
  );
  const served = world.server.routes
    .list()
    .filter((route) => route.includes(' /v1/'))
    .map((route) => route.replaceAll(/:(\w+)/g, '{$1}'));
  expect(told.filter((route) => route !== 'GET /v1/ws').sort()).toEqual([...served].sort());
  expect(world.server.upgrades.paths).toEqual(['/v1/ws']);
  const asyncapi = (await world.ask('/v1/asyncapi.json')).body as {
    readonly components: { readonly schemas: Readonly<Record<string, unknown>> };
  };
  for (const document of [openapi, asyncapi]) {
    const references = [...JSON.stringify(document).matchAll(/"#\/components\/schemas\/(\w+)"/g)].map(([, name]) => name ?? '');
    expect(references.length).toBeGreaterThan(10);
    for (const name of new Set(references)) expect(Object.keys(document.components.schemas)).toContain(name);
  }
  // What a document says can be read back as a schema: it is one.
  expect(
    z.fromJSONSchema({ ...(openapi.components.schemas['HangupCause'] as object) }).safeParse({ code: 16, name: 'normal-clearing' }).success,
  ).toBe(true);
});
