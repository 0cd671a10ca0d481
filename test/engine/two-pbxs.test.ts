import { expect, test } from 'vitest';
import { extensionNumber, pbxId } from '../../src/model/ids.ts';
import { parseOffice } from '../../src/pbx/sandbox/index.ts';
import { startSandboxTenant, type SandboxTenant } from '../sandbox-tenant.ts';

const extension = extensionNumber('701');
const office = parseOffice({
  extensions: [
    { number: '701', name: 'Bea Branch' },
    { number: '702', name: 'Cy Branch', registered: false },
  ],
  queues: [{ number: '7600', name: 'Branch desk', agents: ['702'] }],
  conferences: ['7650'],
});

const start = (): Promise<SandboxTenant> =>
  startSandboxTenant(undefined, {
    branch: office,
    users: [
      { name: 'bea', extension },
      { name: 'cy', extension: extensionNumber('702') },
    ],
  });

const give = async (world: SandboxTenant, request: Parameters<SandboxTenant['control']['submit']>[1]): Promise<unknown> => {
  const { id } = await world.control.submit(world.identity(['control']), request);
  return world.control.wait(world.engine.tenant, id, 15, new AbortController().signal);
};

test('a command goes to the PBX that has the extension or the queue', async () => {
  const world = await start();
  expect(world.engine.pbxOfExtension(extension)).toBe('branch');
  expect(await give(world, { name: 'setDnd', extension, dnd: true })).toMatchObject({ state: 'done' });
  expect(await give(world, { name: 'agentLogin', queue: '7600', extension, penalty: 1 })).toMatchObject({ state: 'done' });
  expect(await give(world, { name: 'agentPenalty', queue: '7600', extension, penalty: 2 })).toMatchObject({ state: 'done' });
  expect(await give(world, { name: 'agentPause', queue: '600', extension: extensionNumber('104') })).toMatchObject({ state: 'done' });
  const { queues, conferences } = world.engine.snapshot();
  expect(queues.map(({ name, displayName }) => [name, displayName])).toEqual([
    ['600', undefined],
    ['7600', 'Branch desk'],
  ]);
  expect(conferences.map(({ name }) => name)).toEqual(['650', '7650']);
  expect(queues[1]?.agents).toMatchObject([{ extension: '702' }, { extension: '701', penalty: 2 }]);
});

test('a click-to-dial rings the phone where it is', async () => {
  const world = await start();
  const { id } = await world.control.submit(world.identity(['control']), { name: 'dial', extension, number: '702' });
  const rung = await world.leg('701', ({ state }) => state === 'ringing');
  expect(world.engine.pbxOfCall(rung.callId)).toBe('branch');
  expect(id).toMatch(/^cmd_/);
});

test('a PBX that is down refuses what is for it, and nothing else', async () => {
  const world = await start();
  world.branch?.faults.disconnect('the cable is out');
  await world.event(({ type, pbx }) => type === 'pbx.disconnected' && pbx === pbxId('branch'));
  const identity = world.identity(['control']);
  await expect(world.control.submit(identity, { name: 'setDnd', extension, dnd: true })).rejects.toMatchObject({ code: 'pbx-down' });
  expect(await give(world, { name: 'setDnd', extension: extensionNumber('101'), dnd: true })).toMatchObject({ state: 'done' });
});

test('a user is logged in by its phone at any PBX, and has one status', async () => {
  const world = await start();
  const { engine, clock, branch } = world;
  expect(engine.user('bea')).toMatchObject({ extension: '701', logins: [{ kind: 'phone' }] });
  expect(engine.user('cy')?.logins).toEqual([]);
  branch?.phones.register('702');
  expect(await world.event(({ type }) => type === 'user.loggedIn')).toMatchObject({ pbx: 'branch', data: { user: 'cy' } });
  await engine.tell({ type: 'user.status', at: clock.now(), user: 'cy', status: 'away' });
  expect(engine.user('cy')).toMatchObject({ status: { status: 'away' }, logins: [{ kind: 'phone' }] });
  expect(engine.snapshot().users).toMatchObject([{ name: 'bea' }, { name: 'cy', status: { status: 'away' }, logins: [{}] }]);
  expect(world.events.filter(({ type }) => type === 'user.statusChanged')).toHaveLength(1);
});
