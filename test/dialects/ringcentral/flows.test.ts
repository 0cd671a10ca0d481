import { expect, test } from 'vitest';
import { extensionNumber } from '../../../src/model/ids.ts';
import { fold, flowsOf } from './fold.ts';
import { startSandboxTenant, type SandboxTenant } from '../../sandbox-tenant.ts';

const endOf = (world: SandboxTenant, count = 1): Promise<unknown> =>
  world.event(() => world.events.filter(({ type }) => type === 'call.ended').length >= count);

test('an internal call is told as the vendor tells it', async () => {
  const world = await startSandboxTenant();
  const { phones } = world.sandbox;
  phones.call('104', '101');
  phones.answer('101');
  phones.hold('104');
  phones.resume('104');
  phones.hangUp('104');
  await endOf(world);
  expect(flowsOf(world.events)).toEqual([
    [
      '2 -1 Outbound Setup 104',
      '3 -2 Inbound Setup 101',
      '4 -1 Outbound Answered 104',
      '5 -2 Inbound Proceeding 101',
      '6 -2 Inbound Answered 101',
      '7 -1 Outbound Hold 104',
      '8 -1 Outbound Answered 104',
      '9 -1 Outbound Disconnected 104',
      '10 -2 Inbound Disconnected 101',
    ],
  ]);
});

test('a call to the outside', async () => {
  const world = await startSandboxTenant();
  const { phones } = world.sandbox;
  phones.call('101', '+15550109999');
  phones.answerOutside('+15550109999');
  phones.hold('101');
  phones.resume('101');
  phones.hangUp('101');
  await endOf(world);
  expect(flowsOf(world.events)).toEqual([
    [
      '2 -1 Outbound Setup 101',
      '3 -2 Inbound Proceeding (none)',
      '4 -1 Outbound Proceeding 101',
      '5 -2 Inbound Answered (none)',
      '6 -1 Outbound Answered 101',
      '7 -1 Outbound Hold 101',
      '8 -1 Outbound Answered 101',
      '9 -1 Outbound Disconnected 101',
      '10 -2 Inbound Disconnected (none)',
    ],
  ]);
});

test('a call from the outside that nobody answers, and its message', async () => {
  const world = await startSandboxTenant();
  world.sandbox.phones.call('+15550100001', '+15550200117');
  world.clock.advance(120);
  await endOf(world);
  expect(flowsOf(world.events)).toEqual([
    [
      '2 -1 Outbound Setup (none)',
      '3 -2 Inbound Setup 117',
      '4 -1 Outbound Answered (none)',
      '5 -2 Inbound Proceeding 117',
      '6 -2 Inbound Disconnected 117 NoAnswer missed',
      '7 -3 Inbound VoiceMail 117',
      '8 -3 Inbound Disconnected 117',
      '9 -1 Outbound Disconnected (none)',
    ],
  ]);
});

test('who was called by a group and too late has not missed the call', async () => {
  const world = await startSandboxTenant();
  const { phones } = world.sandbox;
  phones.call('+15550100001', '+15550200000');
  phones.answer('107');
  phones.hangUp('107');
  await endOf(world);
  expect(flowsOf(world.events)[0]?.slice(8)).toEqual([
    '10 -3 Inbound Answered 107',
    '11 -2 Inbound Disconnected 106 Pickup',
    '12 -4 Inbound Disconnected 108 Pickup',
    '13 -3 Inbound Disconnected 107',
    '14 -1 Outbound Disconnected (none)',
  ]);
});

test.each([
  ['118', 'Rejected', ['6 -2 Inbound Disconnected 118 Rejected missed', '7 -1 Outbound Disconnected 103 Rejected']],
  ['116', 'TargetBusy', ['5 -2 Inbound Disconnected 116 TargetBusy missed', '6 -1 Outbound Disconnected 103 TargetBusy']],
])('a call to %s ends with %s', async (extension, _reason, last) => {
  const world = await startSandboxTenant();
  world.sandbox.phones.call('103', extension);
  world.clock.advance(5);
  await endOf(world);
  expect(flowsOf(world.events)[0]?.slice(-2)).toEqual(last);
});

test('who gives up cancels, and the one who was called has missed the call', async () => {
  const world = await startSandboxTenant();
  world.sandbox.phones.call('103', '102');
  world.sandbox.phones.hangUp('103');
  await endOf(world);
  expect(flowsOf(world.events)[0]?.slice(-2)).toEqual(['6 -1 Outbound Disconnected 103', '7 -2 Inbound Disconnected 102 Cancelled missed']);
});

test('a blind transfer, a park and its retrieval', async () => {
  const world = await startSandboxTenant();
  const { control, engine, sandbox } = world;
  const { phones } = sandbox;
  const identity = world.identity(['control']);
  phones.call('+15550100001', '+15550200101');
  phones.answer('101');
  await control.submit(identity, { name: 'transfer', leg: (await world.leg('101')).id, to: '103' });
  await world.event(({ type, extension }) => type === 'leg.ringing' && extension === '103');
  phones.answer('103');
  await control.submit(identity, { name: 'park', leg: (await world.leg('103', ({ state }) => state === 'connected')).id });
  await world.event(({ type }) => type === 'slot.occupied');
  const [slot] = engine.snapshot().slots;
  await control.submit(identity, { name: 'retrieve', slot: slot ?? { lot: '', slot: '' }, extension: extensionNumber('102') });
  await world.event(({ type, leg }) => type === 'legs.linked' && leg?.peer.number === '102');
  phones.hangUp('102');
  await endOf(world, 2);
  expect(flowsOf(world.events)).toEqual([
    [
      '2 -1 Outbound Setup (none)',
      '3 -2 Inbound Setup 101',
      '4 -1 Outbound Answered (none)',
      '5 -2 Inbound Proceeding 101',
      '6 -2 Inbound Answered 101',
      '7 -2 Inbound Disconnected 101 BlindTransfer',
      '8 -3 Inbound Setup 103',
      '9 -3 Inbound Proceeding 103',
      '10 -3 Inbound Answered 103',
      '11 -3 Inbound Parked 103',
      '12 -3 Inbound Disconnected 103 Pickup',
      '13 -4 Outbound Answered 102',
      '14 -4 Outbound Disconnected 102',
      '15 -1 Outbound Disconnected (none)',
    ],
    ['2 -1 Outbound Setup 102', '3 -1 Outbound Proceeding 102', '4 -1 Outbound Gone 102 Pickup'],
  ]);
});

test('who parks a call and fetches it again has picked it up, not transferred it', async () => {
  const world = await startSandboxTenant();
  const { control, engine, sandbox } = world;
  const identity = world.identity(['control']);
  sandbox.phones.call('+15550100001', '+15550200101');
  sandbox.phones.answer('101');
  await control.submit(identity, { name: 'park', leg: (await world.leg('101', ({ state }) => state === 'connected')).id });
  await world.event(({ type }) => type === 'slot.occupied');
  const [slot] = engine.snapshot().slots;
  await control.submit(identity, { name: 'retrieve', slot: slot ?? { lot: '', slot: '' }, extension: extensionNumber('101') });
  await world.event(({ type }) => type === 'leg.moved');
  sandbox.phones.hangUp('101');
  await endOf(world, 2);
  expect(flowsOf(world.events)[1]).toEqual(['2 -1 Outbound Setup 101', '3 -1 Outbound Proceeding 101', '4 -1 Outbound Gone 101 Pickup']);
});

test('who comes to listen is Gone from the own session by Supervising', async () => {
  const world = await startSandboxTenant();
  const { control, sandbox } = world;
  sandbox.phones.call('103', '102');
  sandbox.phones.answer('102');
  const { id: leg } = await world.leg('102', ({ state }) => state === 'connected');
  await control.submit(world.identity(['control', 'supervise']), {
    name: 'supervise',
    leg,
    extension: extensionNumber('101'),
    mode: 'listen',
  });
  await world.event(({ type }) => type === 'supervision.started');
  sandbox.phones.hangUp('103');
  await endOf(world, 2);
  const [listened, own] = flowsOf(world.events);
  expect(own).toEqual(['2 -1 Outbound Setup 101', '3 -1 Outbound Proceeding 101', '4 -1 Outbound Gone 101 Supervising']);
  expect(listened).toContain('8 -3 Outbound Answered 101 Supervising');
});

test('an attended transfer: both parties of the one who transfers are gone, the other goes on in the first session', async () => {
  const world = await startSandboxTenant();
  const { control, sandbox } = world;
  const { phones } = sandbox;
  const identity = world.identity(['control']);
  phones.call('102', '101');
  phones.answer('101');
  await control.submit(identity, { name: 'startTransfer', leg: (await world.leg('101')).id, to: '103' });
  await world.event(({ type, extension }) => type === 'leg.ringing' && extension === '103');
  phones.answer('103');
  await control.submit(identity, { name: 'completeTransfer', leg: (await world.leg('101', ({ held }) => held)).id });
  await world.event(({ type }) => type === 'call.transferred');
  phones.hangUp('103');
  await endOf(world, 2);
  const [first, second] = flowsOf(world.events);
  expect(first?.slice(5)).toEqual([
    '7 -2 Inbound Hold 101',
    '8 -2 Inbound Answered 101',
    '9 -2 Inbound Gone 101 AttendedTransfer',
    '10 -3 Inbound Answered 103',
    '11 -3 Inbound Disconnected 103',
    '12 -1 Outbound Disconnected 102',
  ]);
  expect(second?.slice(-2)).toEqual(['8 -1 Outbound Gone 101 AttendedTransfer', '9 -2 Inbound Gone 103 AttendedTransfer']);
});

test('a pickup is told by the one who fetched and the one who was fetched from', async () => {
  const world = await startSandboxTenant();
  const { control, sandbox } = world;
  sandbox.phones.call('103', '102');
  const ringing = await world.leg('102');
  await control.submit(world.identity(['control']), { name: 'pickup', leg: ringing.id, extension: extensionNumber('101') });
  await world.event(({ type }) => type === 'legs.linked');
  sandbox.phones.hangUp('103');
  await endOf(world, 2);
  expect(flowsOf(world.events)[0]?.slice(4)).toEqual([
    '6 -3 Inbound Answered 101',
    '7 -2 Inbound Disconnected 102 Pickup',
    '8 -1 Outbound Disconnected 103',
    '9 -3 Inbound Disconnected 101',
  ]);
});

test('a queue, a recording, a muted phone and a conference', async () => {
  const world = await startSandboxTenant();
  const { control, sandbox } = world;
  const identity = world.identity(['control', 'record']);
  sandbox.phones.call('103', '600');
  await world.event(({ type, extension }) => type === 'leg.ringing' && extension === '104');
  sandbox.phones.answer('104');
  const { id: leg } = await world.leg('104', ({ state }) => state === 'connected');
  const done = async (request: Parameters<typeof control.submit>[1]): Promise<void> => {
    const { id } = await control.submit(identity, request);
    await world.event((event) => event.type === 'command.done' && event.data.commandId === id);
  };
  await done({ name: 'record', leg });
  await done({ name: 'pauseRecording', leg });
  await done({ name: 'stopRecording', leg });
  await done({ name: 'mute', leg });
  await done({ name: 'conference', leg, conference: '650' });
  sandbox.phones.hangUp('104');
  sandbox.phones.hangUp('103');
  await endOf(world);
  expect(flowsOf(world.events)[0]).toEqual([
    '2 -1 Outbound Setup 103',
    '3 -1 Outbound Answered 103',
    '4 -2 Inbound Setup 104',
    '5 -2 Inbound Proceeding 104',
    '6 -2 Inbound Answered 104',
    '7 -2 Inbound Answered 104',
    '8 -2 Inbound Answered 104',
    '9 -2 Inbound Answered 104',
    '10 -2 Inbound Answered 104 muted',
    '11 -2 Inbound Disconnected 104 muted',
    '12 -1 Outbound Disconnected 103',
  ]);
  const told = fold(world.events).notices.flatMap((notice) => (notice.kind === 'session' ? [notice.party] : []));
  expect(told.slice(5, 8).map(({ recordings }) => recordings.map(({ active }) => active))).toEqual([[true], [false], []]);
  expect(told.filter(({ queueCall }) => queueCall).length).toBeGreaterThan(8);
});
