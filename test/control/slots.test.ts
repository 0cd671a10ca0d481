import { describe, expect, onTestFinished, test } from 'vitest';
import type { SlotRef } from '../../src/model/call.ts';
import { extensionNumber, type LegId } from '../../src/model/ids.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { ParkingWorld } from './parking-world.ts';

const valet = (slot: string): SlotRef => ({ lot: 'valet', slot });

/** Outside callers talk to these extensions. */
const open = async (...extensions: readonly string[]): Promise<ParkingWorld> => {
  const world = await ParkingWorld.open(temporaryFolder());
  onTestFinished(() => world.close());
  await world.settled();
  await putThrough(world, ...extensions);
  return world;
};

const outside = (extension: string): string => `+15550100${extension}`;

const putThrough = async (world: ParkingWorld, ...extensions: readonly string[]): Promise<void> => {
  for (const extension of extensions) {
    world.phones.call(outside(extension), extension);
    world.phones.answer(extension);
  }
  await world.settled();
};

const legOf = (world: ParkingWorld, extension: string): LegId => {
  const leg = world.engine.legsOf(extensionNumber(extension)).find(({ state }) => state === 'connected');
  if (leg === undefined) throw new Error(`${extension} talks to nobody`);
  return leg.id;
};

/** Who waits where: `1 +15550100101`. */
const parked = (world: ParkingWorld): readonly string[] =>
  world.control.slots.occupied(world.tenant).map(({ slot, legId }) => `${slot} ${world.engine.leg(legId)?.party.number}`);

const free = (world: ParkingWorld): readonly string[] => world.control.slots.free(world.tenant).map(({ slot }) => slot);

describe('parking', () => {
  test('of two for one slot at the same moment, one reaches the PBX', async () => {
    const world = await open('101', '102');
    const legs = [legOf(world, '101'), legOf(world, '102')];
    const sent = world.sent.length;
    const outcomes = await Promise.all(legs.map((leg) => world.give({ name: 'park', leg, slot: valet('6') })));
    expect(outcomes.toSorted()).toEqual(['done', 'slot-occupied']);
    expect(world.sent.length - sent).toBe(1);
    expect(world.phones.stateOf(outcomes[0] === 'done' ? '102' : '101')).toBe('talking');
  });

  test('of two without a slot, each gets one of its own', async () => {
    const world = await open('101', '102');
    const legs = [legOf(world, '101'), legOf(world, '102')];
    expect(await Promise.all(legs.map((leg) => world.give({ name: 'park', leg })))).toEqual(['done', 'done']);
    expect(parked(world).toSorted()).toEqual([`1 ${outside('101')}`, `2 ${outside('102')}`]);
  });

  test('a slot on its way to a call is neither free nor occupied', async () => {
    const world = await open('101');
    world.pbxHangs = true;
    const parking = world.give({ name: 'park', leg: legOf(world, '101'), slot: valet('1') });
    await world.untilSent(1);
    expect([free(world)[0], parked(world)]).toEqual(['2', []]);
    world.clock.advance(10);
    expect(await parking).toBe('timed-out');
    // The PBX may park it yet.
    expect(free(world)[0]).toBe('2');
    world.clock.advance(20);
    expect(free(world)[0]).toBe('1');
  });

  test('where a phone was quicker, the next slot is taken; unless this very one was asked for', async () => {
    const world = await open('101', '102', '103');
    const [second, third] = [legOf(world, '102'), legOf(world, '103')];
    // Not heard of yet by the gateway.
    world.phones.transfer('101', '*801');
    const asked = world.give({ name: 'park', leg: third, slot: valet('1') });
    expect(await world.give({ name: 'park', leg: second })).toBe('done');
    expect(await asked).toBe('slot-occupied');
    expect(parked(world)).toEqual([`1 ${outside('101')}`, `2 ${outside('102')}`]);
    expect(world.phones.stateOf('103')).toBe('talking');
  });

  test('when every slot is taken there is none', async () => {
    const desks = ['101', '102', '103', '104', '105', '106', '107', '108', '109'];
    const world = await open(...desks, '110');
    for (const desk of desks) expect(await world.give({ name: 'park', leg: legOf(world, desk) })).toBe('done');
    expect(free(world)).toEqual([]);
    expect(await world.give({ name: 'park', leg: legOf(world, '110') })).toBe('no-free-slot');
    expect(world.phones.stateOf('110')).toBe('talking');
  });

  test('whose time is over rings at who parked it, as the same call', async () => {
    const world = await open('101');
    const leg = legOf(world, '101');
    const callId = world.engine.leg(leg)?.callId;
    await world.give({ name: 'park', leg, slot: valet('6') });
    const [slot] = world.control.slots.occupied(world.tenant);
    expect(slot).toMatchObject({ ...valet('6'), parkedBy: '101', callId });
    expect(Date.parse(slot?.until ?? '') - Date.parse(slot?.since ?? '')).toBe(180_000);
    world.clock.advance(179);
    expect(world.phones.stateOf('101')).toBe('idle');
    world.clock.advance(1);
    expect(world.phones.stateOf('101')).toBe('ringing');
    await world.settled();
    expect(world.engine.legsOf(extensionNumber('101'))).toMatchObject([{ state: 'ringing', callId }]);
    expect(world.events.findLast(({ type }) => type === 'slot.released')?.data).toEqual({ ...valet('6'), reason: 'timed-out' });
    expect(free(world)).toHaveLength(9);
  });
});

describe('fetching', () => {
  test('connects the peer of a leg with who waits; the two calls are one, the leg ends', async () => {
    const world = await open('101', '102');
    const first = world.engine.leg(legOf(world, '101'))?.callId;
    await world.give({ name: 'park', leg: legOf(world, '101'), slot: valet('6') });
    expect(await world.give({ name: 'bridgeSlot', leg: legOf(world, '102'), slot: valet('6') })).toBe('done');
    await world.settled();
    expect(world.phones.stateOf('102')).toBe('idle');
    const [call, ...others] = world.engine.snapshot().calls;
    expect(others).toEqual([]);
    expect(call?.id).toBe(first);
    expect(call?.legs.filter(({ state }) => state === 'connected').map(({ party }) => party.number)).toEqual([
      outside('101'),
      outside('102'),
    ]);
  });

  test('without a slot takes who has waited longest, whatever the number', async () => {
    const world = await open('101', '102', '103');
    await world.give({ name: 'park', leg: legOf(world, '101'), slot: valet('9') });
    world.clock.advance(5);
    await world.give({ name: 'park', leg: legOf(world, '102'), slot: valet('1') });
    expect(await world.give({ name: 'bridgeSlot', leg: legOf(world, '103') })).toBe('done');
    expect(parked(world)).toEqual([`1 ${outside('102')}`]);
    expect(await world.give({ name: 'retrieve', extension: extensionNumber('104') })).toBe('done');
    expect(world.phones.stateOf('104')).toBe('talking');
    expect(await world.give({ name: 'retrieve', extension: extensionNumber('105') })).toBe('slot-empty');
  });

  test('of two for one slot at the same moment, one gets the call', async () => {
    const world = await open('101', '102', '103');
    await world.give({ name: 'park', leg: legOf(world, '101'), slot: valet('6') });
    const outcomes = await Promise.all([
      world.give({ name: 'bridgeSlot', leg: legOf(world, '102'), slot: valet('6') }),
      world.give({ name: 'bridgeSlot', leg: legOf(world, '103'), slot: valet('6') }),
    ]);
    expect(outcomes).toEqual(['done', 'slot-empty']);
    expect(world.phones.stateOf('103')).toBe('talking');
  });

  test('fails when who waits gives up before the phone has answered, and the slot is free', async () => {
    const world = await open('101');
    await world.give({ name: 'park', leg: legOf(world, '101'), slot: valet('6') });
    const fetching = world.give({ name: 'retrieve', extension: extensionNumber('117'), slot: valet('6') });
    await world.settled();
    expect(await world.give({ name: 'retrieve', extension: extensionNumber('102'), slot: valet('6') })).toBe('slot-empty');
    world.phones.hangUpOutside(outside('101'));
    expect(await fetching).toBe('slot-empty');
    expect(free(world)).toHaveLength(9);
  });

  test('an empty slot is said to be empty, one that is not there to be none', async () => {
    const world = await open('101');
    const leg = legOf(world, '101');
    expect(await world.give({ name: 'bridgeSlot', leg, slot: valet('6') })).toBe('slot-empty');
    for (const slot of ['0', '10', 'x']) {
      expect(await world.give({ name: 'bridgeSlot', leg, slot: valet(slot) })).toBe('invalid-parameter');
      expect(await world.give({ name: 'park', leg, slot: valet(slot) })).toBe('invalid-parameter');
    }
    expect(world.phones.stateOf('101')).toBe('talking');
  });
});

describe('a restart', () => {
  test('of the gateway finds the calls where they were, since when and until when', async () => {
    const world = await open('101');
    await world.give({ name: 'park', leg: legOf(world, '101'), slot: valet('6') });
    const before = world.control.slots.occupied(world.tenant);
    world.clock.advance(60);
    await world.killGateway();
    await world.startGateway();
    await world.settled();
    expect(world.control.slots.occupied(world.tenant)).toEqual(before);
  });

  test('of the gateway while a call is being parked leaves its slot to nobody else for half a minute', async () => {
    const world = await open('101', '102');
    world.pbxHangs = true;
    const parking = world.give({ name: 'park', leg: legOf(world, '101'), slot: valet('6') });
    await world.untilSent(1);
    await world.killGateway();
    await parking;
    world.pbxHangs = false;
    await world.startGateway();
    await world.settled();
    expect(await world.give({ name: 'park', leg: legOf(world, '102'), slot: valet('6') })).toBe('slot-occupied');
    world.clock.advance(30);
    expect(await world.give({ name: 'park', leg: legOf(world, '102'), slot: valet('6') })).toBe('done');
  });

  test('of the PBX frees every slot, and each call has ended', async () => {
    const world = await open('101');
    const callId = world.engine.leg(legOf(world, '101'))?.callId;
    await world.give({ name: 'park', leg: legOf(world, '101'), slot: valet('6') });
    world.restartPbx();
    await world.settled();
    expect([parked(world), free(world).length]).toEqual([[], 9]);
    expect(world.events.filter((event) => event.type === 'call.ended' && event.callId === callId)).toMatchObject([{ reconciled: true }]);
  });
});
