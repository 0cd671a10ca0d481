import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { commandNames } from '../../../src/model/command.ts';
import { GatewayError } from '../../../src/model/errors.ts';
import type { NewEvent } from '../../../src/model/event.ts';
import type { Fact } from '../../../src/model/fact.ts';
import { pbxId, type ChannelId } from '../../../src/model/ids.ts';
import { Traffic } from '../../../src/pbx/sandbox/index.ts';
import { liveState } from '../../../src/tracker/snapshot.ts';
import { createTrackerState, type TrackerState } from '../../../src/tracker/state.ts';
import { track } from '../../../src/tracker/tracker.ts';
import { brokenPromises } from '../../contract/driver.ts';
import { channel, extension, openOffice, type TestOffice } from './harness.ts';

const fold = (facts: readonly Fact[]): { readonly state: TrackerState; readonly events: readonly NewEvent[] } => {
  let state = createTrackerState(pbxId('office'));
  const events: NewEvent[] = [];
  for (const fact of facts) {
    const step = track(state, fact);
    state = step.state;
    events.push(...step.events);
  }
  return { state, events };
};

/** How each call ended, in the order in which they did; `merged` if another call absorbed it. */
const endings = (events: readonly NewEvent[]): readonly string[] =>
  events.flatMap((event) => (event.type === 'call.ended' ? [event.data.mergedInto === undefined ? event.data.disposition : 'merged'] : []));

const outside = '+15550100001';
const dial = { name: 'dial', channel: channel('own-1'), extension: extension('101'), number: '102', timeoutSeconds: 20 } as const;

const stories: readonly { readonly story: string; readonly play: (office: TestOffice) => unknown; readonly ends: readonly string[] }[] = [
  { story: 'answered', ends: ['answered'], play: ({ phones }) => (phones.call('101', '102'), phones.answer('102'), phones.hangUp('101')) },
  { story: 'given up', ends: ['cancelled'], play: ({ phones }) => (phones.call('101', '102'), phones.hangUp('101')) },
  { story: 'declined', ends: ['rejected'], play: ({ phones }) => (phones.call('101', '102'), phones.reject('102')) },
  { story: 'to a busy phone', ends: ['busy'], play: ({ phones }) => phones.call('101', '116') },
  { story: 'to a phone that is off', ends: ['failed'], play: ({ phones }) => phones.call('101', '119') },
  { story: 'to voicemail', ends: ['missed'], play: ({ phones, driver }) => (phones.call('101', '102'), driver.clock.advance(100)) },
  { story: 'left in the queue', ends: ['abandoned'], play: ({ phones }) => (phones.call(outside, '600'), phones.hangUpOutside(outside)) },
  {
    story: 'answered out of the queue',
    ends: ['answered'],
    play: ({ phones }) => (phones.call(outside, '600'), phones.answer('104'), phones.hangUp('104')),
  },
  {
    story: 'parked and fetched',
    ends: ['merged', 'answered'],
    play: ({ phones }) => (
      phones.call(outside, '101'),
      phones.answer('101'),
      phones.transfer('101', '*806'),
      phones.call('102', '*806'),
      phones.hangUp('102')
    ),
  },
  {
    story: 'transferred with a word before',
    ends: ['merged', 'answered'],
    play: ({ phones }) => (
      phones.call(outside, '101'),
      phones.answer('101'),
      phones.hold('101'),
      phones.call('101', '102'),
      phones.answer('102'),
      phones.transfer('101'),
      phones.hangUp('102')
    ),
  },
  {
    story: 'dialled by a click and answered',
    ends: ['answered'],
    play: async (office) => {
      await office.command({ ...dial, autoAnswer: {} });
      office.phones.answer('102');
      office.phones.hangUp('102');
    },
  },
  {
    story: 'dialled by a click that the own phone does not take',
    ends: ['missed'],
    play: async (office) => {
      await office.command(dial);
      office.driver.clock.advance(20);
    },
  },
];

test.each(stories)('a call $story ends as $ends', async ({ play, ends }) => {
  await using office = await openOffice();
  await play(office);
  await office.told();
  const { state, events } = fold(office.facts);
  expect(endings(events)).toEqual(ends);
  expect(liveState(state).calls).toEqual([]);
});

test('a day with a restart and a lost link in it: each call that started ended, once', async () => {
  await using office = await openOffice();
  const { phones, driver } = office;
  const traffic = new Traffic({ office: driver.office, phones, clock: driver.clock, seed: 9 });
  traffic.start();
  driver.clock.advance(1200);
  driver.faults.restart();
  driver.clock.advance(1200);
  driver.faults.disconnect();
  driver.clock.advance(300);
  driver.faults.reconnect();
  driver.clock.advance(1200);
  traffic.close();
  // What rings or waits runs out, or is answered by itself; who talks then hangs up.
  driver.clock.advance(600);
  for (const { number } of driver.office.extensions) while (phones.stateOf(number) !== 'idle') phones.hangUp(number);
  await office.told();
  const { state, events } = fold(office.facts);
  const idsOf = (type: NewEvent['type']): readonly string[] =>
    events.filter((event) => event.type === type).map(({ callId }) => String(callId));
  expect(idsOf('call.ended').toSorted()).toEqual(idsOf('call.started').toSorted());
  expect(idsOf('call.started').length).toBeGreaterThan(200);
  expect(new Set(endings(events))).toEqual(
    new Set(['answered', 'missed', 'cancelled', 'rejected', 'busy', 'abandoned', 'merged', 'unknown']),
  );
  expect(liveState(state).calls).toEqual([]);
});

const people = ['101', '102', '103', '104', '111', '116', '119'] as const;
const places = [...people, '600', '610', '650', '*801', outside] as const;
const someone = fc.constantFrom(...people);
const deed = fc.oneof(
  fc.tuple(fc.constant('call'), fc.constantFrom(...people, outside), fc.constantFrom(...places)),
  fc.tuple(fc.constantFrom('answer', 'reject', 'hangUp', 'hold', 'resume', 'join', 'register', 'unregister'), someone, someone),
  fc.tuple(fc.constant('transfer'), someone, fc.constantFrom(...places)),
  fc.tuple(fc.constant('advance'), fc.constantFrom('1', '5', '30', '200'), someone),
  fc.tuple(fc.constantFrom('hangUpOutside', 'disconnect', 'reconnect', 'restart'), someone, someone),
);

/** A command about the channels that were made as the `one`th and `other`th; many are refused, for want of sense. */
const wish = fc.record({
  name: fc.constantFrom(...commandNames),
  one: fc.nat(6),
  other: fc.nat(6),
  extension: someone.map(extension),
  to: fc.constantFrom(...places),
  slot: fc.constantFrom({ lot: 'valet', slot: '1' }, { lot: 'valet', slot: '2' }, { lot: 'none', slot: '1' }),
  mode: fc.constantFrom('listen', 'whisper', 'barge'),
});

const parkedLast = ({ facts }: TestOffice, { slot }: Wish['slot']): ChannelId | undefined =>
  facts.flatMap((fact) => (fact.type === 'parking.entered' && fact.slot === slot ? [fact.channel] : [])).at(-1);

const command = async (office: TestOffice, { name, one, other, extension: by, to, slot, mode }: Wish): Promise<void> => {
  await office.told();
  const made = office.facts.flatMap((fact) => (fact.type === 'channel.created' ? [fact.channel] : [])).toReversed();
  const own = made[one] ?? channel('none');
  const peer = made[other] ?? channel('none');
  const id = channel(`asked-${office.facts.length}`);
  switch (name) {
    case 'dial':
      return void (await office.command({ name, channel: id, extension: by, number: to, timeoutSeconds: 10, record: { name: 'r' } }));
    case 'answer':
      return void (await office.command({ name, channel: own, extension: by }));
    case 'dtmf':
      return void (await office.command({ name, channel: own, digits: '12' }));
    case 'transfer':
      return void (await office.command({ name, channel: own, peer, to }));
    case 'voicemail':
      return void (await office.command({ name, channel: own, peer, mailbox: by }));
    case 'divert':
      return void (await office.command({ name, channel: own, caller: peer, to }));
    case 'pickup':
      return void (await office.command({ name, channel: own, extension: by, picker: id }));
    case 'bridge':
      return void (await office.command({ name, channel: own, other: peer }));
    case 'supervise':
      return void (await office.command({ name, channel: own, extension: by, mode, supervisor: id }));
    case 'park':
      return void (await office.command({ name, channel: own, peer, slot, timeoutSeconds: 30 }));
    case 'retrieve':
      return void (await office.command({ name, slot, parked: parkedLast(office, slot) ?? peer, extension: by, channel: id }));
    case 'bridgeSlot':
      return void (await office.command({ name, channel: own, peer, slot, parked: parkedLast(office, slot) ?? peer }));
    case 'startTransfer':
      return void (await office.command({ name, channel: own, peer, extension: by, to, consult: id, timeoutSeconds: 10 }));
    case 'completeTransfer':
      return void (await office.command({ name, channel: own, peer, consult: made[other + 1] ?? peer, to }));
    case 'cancelTransfer':
      return void (await office.command({ name, channel: own, peer, consult: peer }));
    case 'join':
      return void (await office.command({ name, channel: own, extension: by, joiner: id }));
    case 'conference':
      return void (await office.command({ name, channel: own, peer, conference: to }));
    case 'invite':
      return void (await office.command({ name, conference: '650', extension: by, channel: id }));
    case 'kick':
      return void (await office.command({ name, channel: own, conference: '650' }));
    case 'superviseMode':
      return void (await office.command({ name, channel: own, mode }));
    case 'agentLogin':
    case 'agentLogout':
    case 'agentPause':
    case 'agentUnpause':
      return void (await office.command({ name, queue: '600', extension: by }));
    case 'agentPenalty':
      return void (await office.command({ name, queue: '600', extension: by, penalty: one % 3 }));
    case 'setDnd':
      return void (await office.command({ name, extension: by, dnd: one % 2 === 0 }));
    case 'setStatus':
      return void (await office.command({ name, extension: by, text: to }));
    case 'record':
    case 'pauseRecording':
    case 'resumeRecording':
    case 'stopRecording':
      return void (await office.command({ name, channel: own, recording: 'r' }));
    default:
      return void (await office.command({ name, channel: own }));
  }
};
type Wish = typeof wish extends fc.Arbitrary<infer Value> ? Value : never;

const perform = ({ phones, driver }: TestOffice, [act, one, two]: readonly [string, string, string]): void => {
  if (act === 'call') phones.call(one, two);
  if (act === 'answer') phones.answer(one);
  if (act === 'reject') phones.reject(one);
  if (act === 'hangUp') phones.hangUp(one);
  if (act === 'hold') phones.hold(one);
  if (act === 'resume') phones.resume(one);
  if (act === 'join') phones.transfer(one);
  if (act === 'transfer') phones.transfer(one, two);
  if (act === 'register') phones.register(one);
  if (act === 'unregister') phones.unregister(one);
  if (act === 'hangUpOutside') phones.hangUpOutside(outside);
  if (act === 'advance') driver.clock.advance(Number(one));
  if (act === 'disconnect') driver.faults.disconnect();
  if (act === 'reconnect') driver.faults.reconnect();
  if (act === 'restart') driver.faults.restart();
};

test('whatever people do and programs command, the facts keep their promises and the calls that are tracked are those that live', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.oneof(deed, wish), { maxLength: 40 }), async (deeds) => {
      await using office = await openOffice();
      for (const each of deeds) {
        try {
          if ('name' in each) await command(office, each);
          else perform(office, each);
        } catch (error) {
          // The office says no to what makes no sense now; that it then did nothing at all shows in the facts.
          if (!(error instanceof GatewayError)) throw error;
        }
      }
      office.driver.faults.reconnect();
      await office.told();
      expect(brokenPromises(office.facts)).toEqual([]);
      const { state, events } = fold(office.facts);
      const { calls } = liveState(state);
      const idsOf = (type: NewEvent['type']): readonly string[] =>
        events.filter((event) => event.type === type).map(({ callId }) => String(callId));
      expect([...idsOf('call.ended'), ...calls.map(({ id }) => id)].toSorted()).toEqual(idsOf('call.started').toSorted());
      const tracked = calls
        .flatMap(({ legs }) => legs.filter((leg) => leg.state !== 'ended'))
        .map(({ channel: id, held, state: is, conference }) =>
          [id, held && 'held', is === 'parked' && is, is === 'queued' && is, conference].filter(Boolean).join(' '),
        );
      office.driver.faults.disconnect();
      office.driver.faults.reconnect();
      await office.told();
      const resync = office.facts.at(-1);
      const live = (resync?.type === 'resync' ? resync.channels : []).map(({ channel: id, held, parking, queue, conference }) =>
        [id, held && 'held', parking && 'parked', queue && 'queued', conference].filter(Boolean).join(' '),
      );
      expect(tracked.toSorted()).toEqual(live.toSorted());
    }),
    { numRuns: 200 },
  );
});
