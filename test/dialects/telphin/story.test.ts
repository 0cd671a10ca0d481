/** The story that the vendor's page on valet parking tells, on the sandbox. */
import { expect, test } from 'vitest';
import type { Received } from '../world.ts';
import { serveTelphin, type TelphinWorld } from './serve-telphin.ts';

/** A call from outside that 341 answers; the webhook that told of it. */
const answeredCall = async (world: TelphinWorld, caller: string): Promise<Readonly<Record<string, string>>> => {
  const told = world.receiver.received.length;
  world.sandbox.phones.call(caller, '341');
  await world.leg('341', ({ state, peer }) => state === 'ringing' && peer.number === caller);
  world.sandbox.phones.answer('341');
  const received = await world.receiver.next(told + 1);
  return received.at(-1)?.parameters ?? {};
};

const uuidOf = (parameters: Readonly<Record<string, string>>): string =>
  /^3232240860-(.{36})$/.exec(parameters['CallAPIID'] ?? '')?.[1] ?? '';

test('an answered call is parked, found in its slot, and fetched by a second one', async () => {
  const world = await serveTelphin();
  await world.subscribe(34_414, ['answer']);
  const valet = (apiId: string, body: object): ReturnType<TelphinWorld['api']> =>
    world.api('PUT', `/extension/34414/valet_park/${apiId}`, body);

  const first = await answeredCall(world, '+15550100001');
  const one = first['CallAPIID'] ?? '';
  const parkedLeg = await world.leg('341');
  expect(await valet(one, { action: 'park', slot: '6' })).toMatchObject({ status: 200, body: { slot: '6', UUID: uuidOf(first) } });
  await world.event(({ type, legId }) => type === 'leg.ended' && legId === parkedLeg.id);

  // By the second call one sees who waits, and what is free.
  const second = await answeredCall(world, '+15550100002');
  const two = second['CallAPIID'] ?? '';
  expect((await valet(two, { action: 'slots', slot: '6' })).body).toEqual({ slot: '6', UUID: uuidOf(first) });
  expect((await valet(two, { action: 'slots', slot: 6 })).body).toEqual({ slot: '6', UUID: uuidOf(first) });
  expect((await valet(two, { action: 'slots' })).body).toEqual({ slots: ['1', '2', '3', '4', '5', '7', '8', '9'] });
  expect(await valet(two, { action: 'park', slot: '6' })).toMatchObject({
    status: 409,
    body: { message: 'slot already have parked member, slot is full' },
  });
  expect((await world.leg('341')).state).toBe('connected');

  expect(await valet(two, { action: 'bridge', slot: '6' })).toMatchObject({ status: 200, body: { slot: '6', UUID: uuidOf(first) } });
  await world.event(({ type, data }) => type === 'slot.released' && 'reason' in data && data.reason === 'retrieved');
  const [call, ...others] = world.engine.snapshot().calls;
  expect(others).toEqual([]);
  const talking = call?.legs.filter(({ state }) => state === 'connected').map(({ party }) => party.number);
  expect(talking?.toSorted()).toEqual(['+15550100001', '+15550100002']);
});

test('without a slot a call goes to the first free one, and who waits longest is fetched', async () => {
  const world = await serveTelphin();
  await world.subscribe(34_414, ['answer']);
  const parked: Readonly<Record<string, string>>[] = [];
  for (const caller of ['+15550100001', '+15550100002']) {
    const told = await answeredCall(world, caller);
    parked.push(told);
    const { body } = await world.api('PUT', `/extension/34414/valet_park/${told['CallAPIID']}`, { action: 'park' });
    expect(body).toEqual({ slot: String(parked.length), UUID: uuidOf(told) });
    world.clock.advance(1);
  }
  const third = await answeredCall(world, '+15550100003');
  const { body } = await world.api('PUT', `/extension/34414/valet_park/${third['CallAPIID']}`, { action: 'bridge' });
  expect(body).toEqual({ slot: '1', UUID: uuidOf(parked[0] ?? {}) });
});

test('after three minutes the call rings at 341 again: a dial-in of the same ids, but a part of its own', async () => {
  const world = await serveTelphin();
  await world.subscribe(34_414, ['dial-in', 'answer', 'hangup']);
  world.sandbox.phones.call('+15550100001', '341');
  await world.receiver.next(1);
  world.sandbox.phones.answer('341');
  const [, answered] = await world.receiver.next(2);
  const apiId = answered?.parameters['CallAPIID'] ?? '';
  await world.api('PUT', `/extension/34414/valet_park/${apiId}`, { action: 'park', slot: 6 });
  await world.receiver.next(3);
  world.clock.advance(180);
  const received = await world.receiver.next(4);
  const of = (name: string): readonly (string | undefined)[] => received.map(({ parameters }: Received) => parameters[name]);
  expect(of('EventType')).toEqual(['dial-in', 'answer', 'hangup', 'dial-in']);
  expect(of('CallStatus')).toEqual(['CALLING', 'ANSWER', 'ANSWER', 'CALLING']);
  expect(new Set(of('CallID')).size).toBe(1);
  expect(new Set(of('CallAPIID'))).toEqual(new Set([apiId]));
  const [rung, talked, ended, back] = of('SubCallID');
  expect([talked, ended]).toEqual([rung, rung]);
  expect(back).not.toBe(rung);
  expect((await world.api('PUT', `/extension/34414/valet_park/${apiId}`, { action: 'slots', slot: '6' })).body).toEqual({
    slot: '6',
    UUID: null,
  });
});

test('who gives up in a slot leaves it free, and the call is still a handle to look with', async () => {
  const world = await serveTelphin();
  await world.subscribe(34_414, ['answer']);
  const told = await answeredCall(world, '+15550100001');
  const path = `/extension/34414/valet_park/${told['CallAPIID']}`;
  await world.api('PUT', path, { action: 'park', slot: '6' });
  world.sandbox.phones.hangUpOutside('+15550100001');
  await world.event(({ type }) => type === 'call.ended');
  expect((await world.api('PUT', path, { action: 'slots', slot: '6' })).body).toEqual({ slot: '6', UUID: null });
  expect((await world.api('PUT', path, { action: 'slots' })).body).toEqual({ slots: ['1', '2', '3', '4', '5', '6', '7', '8', '9'] });
});

test('of two parks of one slot at the same moment exactly one is done', async () => {
  const world = await serveTelphin();
  await world.subscribe(34_414, ['answer']);
  await world.subscribe(32_494, ['answer']);
  const first = await answeredCall(world, '+15550100001');
  world.sandbox.phones.call('+15550100002', '200');
  await world.leg('200', ({ state }) => state === 'ringing');
  world.sandbox.phones.answer('200');
  const second = (await world.receiver.next(2)).at(-1)?.parameters ?? {};
  const replies = await Promise.all([
    world.api('PUT', `/extension/34414/valet_park/${first['CallAPIID']}`, { action: 'park', slot: '6' }),
    world.api('PUT', `/extension/32494/valet_park/${second['CallAPIID']}`, { action: 'park', slot: '6' }),
  ]);
  expect(replies.map(({ status }) => status).toSorted()).toEqual([200, 409]);
});

test('what cannot be parked or fetched is refused, and the call goes on', async () => {
  const cases = [
    ['no action', {}, 400],
    ['an action that there is not', { action: 'unpark' }, 400],
    ['slot 0', { action: 'park', slot: 0 }, 400],
    ['slot 10', { action: 'park', slot: '10' }, 400],
    ['a slot that is no number', { action: 'slots', slot: 'x' }, 400],
    ['an empty slot to fetch from', { action: 'bridge', slot: '6' }, 409],
    ['nobody to fetch', { action: 'bridge' }, 409],
  ] as const;
  const world = await serveTelphin();
  await world.subscribe(34_414, ['answer']);
  const { CallAPIID: apiId } = await answeredCall(world, '+15550100001');
  for (const [what, body, status] of cases) {
    const reply = await world.api('PUT', `/extension/34414/valet_park/${apiId}`, body);
    expect({ what, ...reply }).toMatchObject({ what, status, body: { message: expect.any(String) } });
  }
  expect((await world.leg('341')).state).toBe('connected');
});

test('a call that nobody knows, of another extension, or that still rings cannot be parked', async () => {
  const world = await serveTelphin();
  await world.subscribe(34_414, ['dial-in']);
  const unknown = '3232240860-37b98fb2-a66c-11ea-ae69-6fd86d94a0e0';
  expect(await world.api('PUT', `/extension/34414/valet_park/${unknown}`, { action: 'park' })).toMatchObject({
    status: 404,
    body: { message: 'Not found' },
  });
  expect((await world.api('PUT', `/extension/34414/valet_park/${unknown}`, { action: 'slots' })).status).toBe(404);
  world.sandbox.phones.call('+15550100001', '341');
  const [rung] = await world.receiver.next(1);
  const apiId = rung?.parameters['CallAPIID'];
  expect((await world.api('PUT', `/extension/34414/valet_park/${apiId}`, { action: 'park' })).status).toBe(409);
  expect((await world.api('PUT', `/extension/32494/valet_park/${apiId}`, { action: 'park' })).status).toBe(404);
});

test('a slot can be asked for always', async () => {
  const world = await serveTelphin({ slotRequired: true });
  await world.subscribe(34_414, ['answer']);
  const { CallAPIID: apiId } = await answeredCall(world, '+15550100001');
  for (const action of ['park', 'slots']) {
    expect((await world.api('PUT', `/extension/34414/valet_park/${apiId}`, { action })).status).toBe(400);
  }
});
