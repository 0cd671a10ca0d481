import { strict as assert } from 'node:assert';
import fc from 'fast-check';
import { test } from 'vitest';
import type { SlotRef } from '../../src/model/call.ts';
import { extensionNumber, type ChannelId, type LegId } from '../../src/model/ids.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { ParkingWorld } from './parking-world.ts';

const desks = ['101', '102', '103', '104', '105'] as const;
const fetchers = ['106', '107', '108'] as const;
const desk = fc.constantFrom(...desks);
/** Few, so that they meet; and none at all. */
const slot = fc.option(fc.constantFrom('1', '2', '3'), { nil: undefined });

const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('call'), desk }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('park'), desk, slot, seconds: fc.constantFrom(20, 60, undefined) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('parkTwo'), desk, other: desk, slot }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('parkByPhone'), desk, slot: fc.constantFrom('1', '2') }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('bridge'), desk, slot }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('fetch'), by: fc.constantFrom(...fetchers), slot }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('fetchTwo'), slot }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('giveUp'), place: fc.nat(3) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('hangUp'), desk }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('pass'), seconds: fc.constantFrom(5, 25, 70) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('restartGateway') }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('killDuring'), desk, slot }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('restartPbx') }) },
);
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

const refOf = (name: string | undefined): { readonly slot?: SlotRef } => (name === undefined ? {} : { slot: { lot: 'valet', slot: name } });

/** What the steps do, and what must be so after each of them. */
class Story {
  readonly #world: ParkingWorld;
  #callers = 0;

  constructor(world: ParkingWorld) {
    this.#world = world;
  }

  async play(step: Step): Promise<void> {
    if ('desk' in step) await this.#putThrough(step.desk);
    if ('other' in step) await this.#putThrough(step.other);
    const before = this.#ids();
    const parkedBefore = this.#parked();
    const lost = await this.#perform(step);
    await this.#world.settled();
    const gone = before.filter((id) => !this.#ids().includes(id));
    // Whoever is gone was meant to go: the others, and those whose command was refused, are where they were.
    if (lost !== 'any') assert.deepEqual(gone.toSorted(), lost.toSorted(), `${step.kind} ended others than it should`);
    this.#check();
    if (step.kind === 'restartGateway') assert.deepEqual(this.#parked(), parkedBefore);
  }

  async #perform(step: Step): Promise<readonly ChannelId[] | 'any'> {
    const { phones, clock } = this.#world;
    switch (step.kind) {
      case 'call':
        return [];
      case 'park':
        return this.#park(step.desk, refOf(step.slot), step.seconds);
      case 'parkTwo': {
        if (step.desk === step.other) return [];
        const ended = await Promise.all([this.#park(step.desk, refOf(step.slot)), this.#park(step.other, refOf(step.slot))]);
        if (step.slot !== undefined) assert.ok(ended.filter((legs) => legs.length > 0).length <= 1);
        return ended.flat();
      }
      case 'parkByPhone': {
        const own = this.#talking(step.desk);
        if (own === undefined || phones.isOccupied(step.slot)) return [];
        phones.transfer(step.desk, `*80${step.slot}`);
        return [own.channel];
      }
      case 'bridge': {
        const own = this.#talking(step.desk);
        if (own === undefined) return [];
        const outcome = await this.#world.give({ name: 'bridgeSlot', leg: own.id, ...refOf(step.slot) });
        assert.ok(['done', 'slot-empty'].includes(outcome), outcome);
        return outcome === 'done' ? [own.channel] : [];
      }
      case 'fetch':
        await this.#fetch(step.by, refOf(step.slot));
        return [];
      case 'fetchTwo': {
        const waiting = this.#parked().length;
        const outcomes = await Promise.all(['106', '107'].map((by) => this.#fetch(by, refOf(step.slot))));
        const most = step.slot === undefined ? waiting : Math.min(waiting, 1);
        assert.ok(outcomes.filter((outcome) => outcome === 'done').length <= most);
        return [];
      }
      case 'giveUp': {
        const parked = this.#world.channels.filter(({ parking }) => parking !== undefined)[step.place];
        if (parked === undefined) return [];
        phones.hangUpChannel(parked.id);
        return [parked.id];
      }
      case 'hangUp': {
        const own = this.#talking(step.desk);
        if (own === undefined) return [];
        phones.hangUpChannel(own.channel);
        return 'any';
      }
      case 'pass': {
        const late = clock.now() + step.seconds * 1e6;
        const stay = this.#world.channels.filter(
          ({ parking }) => parking?.since !== undefined && parking.since + (parking.timeoutSeconds ?? 0) * 1e6 > late,
        );
        clock.advance(step.seconds);
        for (const { parking } of stay) assert.ok(parking !== undefined, 'it was sent back before its time was over');
        return 'any';
      }
      case 'restartGateway':
        await this.#world.killGateway();
        await this.#world.startGateway();
        return [];
      case 'killDuring': {
        const own = this.#talking(step.desk);
        if (own === undefined) return [];
        const parking = this.#world.give({ name: 'park', leg: own.id, ...refOf(step.slot) });
        await this.#world.killGateway();
        await parking;
        await this.#world.startGateway();
        await this.#world.settled();
        assert.equal(
          this.#ids().includes(own.channel),
          this.#parked().every((parked) => !parked.endsWith(` ${own.peer}`)),
        );
        // Nobody saw how the command ended: its slot is nobody else's for a while.
        clock.advance(31);
        return 'any';
      }
      case 'restartPbx':
        this.#world.restartPbx();
        return 'any';
      default:
        throw new Error('no such step');
    }
  }

  /** A desk that does nothing gets a call; one that rings takes it. */
  async #putThrough(number: string): Promise<void> {
    const { phones } = this.#world;
    if (phones.stateOf(number) === 'idle') {
      this.#callers += 1;
      phones.call(`+1555010${String(this.#callers).padStart(4, '0')}`, number);
    }
    if (phones.stateOf(number) === 'ringing') phones.answer(number);
    await this.#world.settled();
  }

  /** The channels that ended by it. */
  async #park(from: string, ref: { readonly slot?: SlotRef }, timeoutSeconds?: number): Promise<readonly ChannelId[]> {
    const own = this.#talking(from);
    if (own === undefined) return [];
    const seconds = timeoutSeconds === undefined ? undefined : { timeoutSeconds };
    const outcome = await this.#world.give({ name: 'park', leg: own.id, ...ref, ...seconds });
    assert.ok(['done', 'slot-occupied', 'no-free-slot'].includes(outcome), outcome);
    if (outcome !== 'done') return [];
    return [own.channel];
  }

  async #fetch(by: string, ref: { readonly slot?: SlotRef }): Promise<string> {
    const outcome = await this.#world.give({ name: 'retrieve', extension: extensionNumber(by), ...ref });
    assert.ok(['done', 'slot-empty'].includes(outcome), outcome);
    return outcome;
  }

  /** The leg that an extension talks on, and whom it talks with. */
  #talking(number: string): { readonly id: LegId; readonly channel: ChannelId; readonly peer: ChannelId } | undefined {
    for (const leg of this.#world.engine.legsOf(extensionNumber(number))) {
      const others = this.#world.engine.call(leg.callId)?.legs.filter(({ id, state }) => id !== leg.id && state === 'connected') ?? [];
      const [peer, more] = others;
      if (leg.state === 'connected' && peer !== undefined && more === undefined)
        return { id: leg.id, channel: leg.channel, peer: peer.channel };
    }
    return undefined;
  }

  #ids(): readonly ChannelId[] {
    return this.#world.channels.map(({ id }) => id);
  }

  #parked(): readonly string[] {
    return this.#world.channels.flatMap(({ parking, id }) => (parking === undefined ? [] : [`${parking.slot} ${id}`])).toSorted();
  }

  #check(): void {
    const { control, tenant, events, engine, channels } = this.#world;
    const taken = channels.flatMap(({ parking }) => (parking === undefined ? [] : [parking.slot]));
    assert.equal(new Set(taken).size, taken.length, 'two calls are in one slot');
    // Nothing is under way between the steps: what is not occupied is free.
    const free = control.slots.free(tenant).map(({ slot: name }) => name);
    assert.deepEqual(
      [...free, ...taken].toSorted(),
      control.slots.all(tenant).map(({ slot: name }) => name),
    );
    const live = new Set(engine.snapshot().calls.flatMap(({ id, aliases }) => [id, ...aliases]));
    for (const { callId } of events.filter(({ type }) => type === 'call.started')) {
      const ends = events.filter((event) => event.type === 'call.ended' && event.callId === callId).length;
      const isAlias = callId !== undefined && engine.call(callId)?.id !== callId;
      assert.equal(ends, callId !== undefined && live.has(callId) && !isAlias ? 0 : 1, `${callId} ends once, or lives`);
    }
  }
}

test('never two calls in a slot, never a call lost, whoever parks, fetches, gives up or is restarted', { timeout: 60_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 40 }), async (steps) => {
      const world = await ParkingWorld.open(temporaryFolder());
      try {
        const story = new Story(world);
        await world.settled();
        for (const each of steps) await story.play(each);
      } finally {
        await world.close();
      }
    }),
    { numRuns: 6 },
  );
});
