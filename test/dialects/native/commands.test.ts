import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Scope } from '../../../src/auth/auth.ts';
import { renderCursor } from '../../../src/model/cursor.ts';
import { callSchema } from '../../../src/dialects/native/schema/calls.ts';
import { auditEntrySchema } from '../../../src/dialects/native/schema/commands.ts';
import type { SandboxTenantOptions } from '../../sandbox-tenant.ts';
import { temporaryFolder } from '../../temporary-folder.ts';
import { serveNative, type NativeWorld } from './serve-native.ts';

const post = { method: 'POST' } as const;

const talking = async (
  options: SandboxTenantOptions = {},
): Promise<{ readonly world: NativeWorld; readonly leg: string; readonly callId: string }> => {
  const world = await serveNative({}, options);
  world.sandbox.phones.call('+15550100001', '101');
  await world.leg('101', ({ state }) => state === 'ringing');
  world.sandbox.phones.answer('101');
  const { id, callId } = await world.leg('101', ({ state }) => state === 'connected');
  return { world, leg: id, callId };
};

test('a command whose call has moved on is answered with the call as it is now, from where the client can go on', async () => {
  const { world, leg, callId } = await talking();
  const seen = renderCursor(world.engine.cursor());
  world.sandbox.phones.hold('101');
  await world.leg('101', ({ held }) => held);
  const { status, headers, body } = await world.ask(`/v1/legs/${leg}/hangup`, { ...post, headers: { 'if-cursor': seen } });
  expect(status).toBe(409);
  expect(headers.get('content-type')).toContain('application/problem+json');
  const { current, cursor, id } = body as { current: unknown; cursor: string; id: string };
  expect(id).toBe('call-moved-on');
  expect(callSchema.parse(current)).toMatchObject({ id: callId, legs: expect.arrayContaining([expect.objectContaining({ held: true })]) });
  const again = await world.ask(`/v1/legs/${leg}/hangup`, { ...post, headers: { 'if-cursor': cursor } });
  expect(again.status).toBe(202);
});

test('what is about no leg has an address of its own', async () => {
  const { world } = await talking();
  const headers = { prefer: 'wait=5' };
  for (const [path, json] of [
    ['/v1/queues/600/agents/102/login', {}],
    ['/v1/queues/600/agents/102/pause', { reason: 'lunch' }],
    ['/v1/queues/600/agents/102/unpause', {}],
    ['/v1/queues/600/agents/102/logout', {}],
    ['/v1/extensions/102/dnd', { dnd: true }],
    ['/v1/extensions/103/status', { text: 'away' }],
    ['/v1/conferences/650/invite', { extension: '104' }],
  ] as const) {
    expect([path, await world.ask(path, { ...post, json, headers })]).toMatchObject([path, { status: 200, body: { state: 'done' } }]);
  }
  expect(await world.ask('/v1/queues/699/agents/102/login', post)).toMatchObject({ status: 404, body: { id: 'no-such-queue' } });
});

test('a call is parked, shown with what is free, and fetched: from its slot, or as the one that has waited longest', async () => {
  const { world, leg, callId } = await talking();
  const headers = { prefer: 'wait=5' };
  const all = ['1', '2', '3', '4', '5', '6', '7', '8', '9'].map((slot) => ({ lot: 'valet', slot }));
  expect((await world.ask('/v1/slots')).body).toMatchObject({ slots: [], free: all });
  const parked = await world.ask(`/v1/legs/${leg}/park`, { ...post, json: { timeoutSeconds: 60 }, headers });
  expect(parked).toMatchObject({ status: 200, body: { name: 'park', state: 'done' } });
  const shown = (await world.ask('/v1/slots')).body as { readonly slots: readonly { readonly since: string; readonly until: string }[] };
  expect(shown).toMatchObject({ slots: [{ lot: 'valet', slot: '1', callId, parkedBy: '101' }], free: all.slice(1), pbxStatus: 'live' });
  expect(Date.parse(shown.slots[0]?.until ?? '') - Date.parse(shown.slots[0]?.since ?? '')).toBe(60_000);

  world.sandbox.phones.call('+15550100002', '102');
  world.sandbox.phones.answer('102');
  const other = await world.leg('102', ({ state }) => state === 'connected');
  const taken = { ...post, json: { slot: { lot: 'valet', slot: '1' } } };
  expect(await world.ask(`/v1/legs/${other.id}/park`, taken)).toMatchObject({ status: 409, body: { id: 'slot-occupied', slot: '1' } });
  expect(await world.ask('/v1/slots/valet/2/retrieve', { ...post, json: { extension: '103' } })).toMatchObject({
    status: 409,
    body: { id: 'slot-empty' },
  });
  for (const path of ['/v1/slots/valet/1/retrieve', '/v1/slots/retrieve']) {
    expect(await world.ask(path, { ...post, json: { extension: '103' }, headers })).toMatchObject({ status: 200, body: { state: 'done' } });
    const again = await world.leg('103', ({ state }) => state === 'connected');
    await world.ask(`/v1/legs/${again.id}/park`, { ...taken, headers });
  }
  expect(await world.ask(`/v1/legs/${other.id}/bridgeSlot`, { ...post, headers })).toMatchObject({ status: 200, body: { state: 'done' } });
  expect((await world.ask('/v1/slots')).body).toMatchObject({ slots: [], free: all });
});

test('the audit is for administrators, and read by pages', async () => {
  const { world, leg, callId } = await talking();
  await world.ask(`/v1/legs/${leg}/hold`, post);
  await world.ask('/v1/legs/leg_x/hold', post);
  await world.ask(`/v1/legs/${leg}/hangup`, post);
  const all = (await world.ask('/v1/audit')).body as { entries: readonly unknown[]; next?: string };
  expect(all.entries.map((entry) => auditEntrySchema.parse(entry).command).toSorted()).toEqual(['hangup', 'hold', 'hold']);
  const first = (await world.ask('/v1/audit?limit=2')).body as { entries: readonly unknown[]; next: string };
  const rest = (await world.ask(`/v1/audit?limit=2&before=${first.next}`)).body as { entries: readonly unknown[] };
  expect([...first.entries, ...rest.entries]).toEqual(all.entries);
  expect(((await world.ask(`/v1/audit?call=${callId}`)).body as { entries: readonly unknown[] }).entries).toHaveLength(2);
  const headers = { authorization: `Bearer ${world.keyFor(['control', 'observe'])}` };
  expect((await world.ask('/v1/audit', { headers })).status).toBe(403);
});

test("a key of one extension brings others into its own calls, and itself into nobody else's", async () => {
  const { world, leg } = await talking();
  const join = (extension: string, by: string): ReturnType<NativeWorld['ask']> => {
    const headers = { authorization: `Bearer ${world.keyFor(['control-own'], by)}`, prefer: 'wait=5' };
    return world.ask(`/v1/legs/${leg}/join`, { ...post, json: { extension }, headers });
  };
  expect(await join('103', '103')).toMatchObject({ status: 403 });
  expect(await join('103', '101')).toMatchObject({ status: 200, body: { state: 'done' } });
});

test('a recording is heard by keys that may, and by no others', async () => {
  const recordings = temporaryFolder();
  const { world, leg, callId } = await talking({ recordings });
  await world.ask(`/v1/legs/${leg}/record`, { ...post, headers: { prefer: 'wait=5' } });
  const listed = (await world.ask(`/v1/calls/${callId}/recordings`)).body as { recordings: readonly { id: string; file: string }[] };
  const [recording] = listed.recordings;
  if (recording === undefined) throw new Error('nothing was recorded');
  const path = `/v1/calls/${callId}/recordings/${recording.id}`;
  expect(await world.ask(path)).toMatchObject({ status: 404, body: { id: 'recording-unavailable' } });

  writeFileSync(join(recordings, recording.file), 'RIFF and so on');
  const as = (scope: Scope): RequestInit => ({ headers: { authorization: `Bearer ${world.keyFor([scope])}` } });
  const heard = await world.ask(path, as('recordings'));
  expect(heard).toMatchObject({ status: 200, body: 'RIFF and so on' });
  expect(heard.headers.get('content-type')).toBe('audio/wav');
  expect(heard.headers.get('content-length')).toBe('14');
  for (const scope of ['observe', 'record', 'control'] as const) expect((await world.ask(path, as(scope))).status).toBe(403);
});

test('a key of one extension reads of its own commands, and of nobody else', async () => {
  const { world, leg } = await talking();
  const own = { headers: { authorization: `Bearer ${world.keyFor(['control-own'], '101')}` } };
  const others = (await world.ask(`/v1/legs/${leg}/hold`, post)).body as { id: string };
  expect((await world.ask('/v1/commands', own)).status).toBe(403);
  expect(await world.ask(`/v1/commands/${others.id}`, own)).toMatchObject({ status: 404, body: { id: 'no-such-command' } });
  const given = (await world.ask(`/v1/legs/${leg}/hangup`, { ...post, ...own })).body as { id: string };
  expect((await world.ask(`/v1/commands/${given.id}`, own)).status).toBe(200);
});
