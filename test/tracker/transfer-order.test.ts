/** Transfers that are told after the transferee has gone on: a busy PBX publishes them late. */
import { expect, test } from 'vitest';
import type { EventOf } from '../../src/model/event.ts';
import type { Endpoint, Fact } from '../../src/model/fact.ts';
import { liveState } from '../../src/tracker/tracker.ts';
import { answers, bridge, calls, ends, extension, hangsUp, id, isRung, phone, play, type Played } from './facts.ts';

/** 101 has called 102, and they talk. */
const talk = play([...calls('a', phone('101'), '102'), ...isRung('b', phone('102'), 'a'), ...answers('b', 'a')]);

const leaves = (channel: string, room: string): Parameters<typeof play>[0] => [
  { type: 'bridge.left', channel: id(channel), bridge: bridge(room) },
];
/** The transferee is out of the talk, and the transferer has hung up. */
const isSentOn: Parameters<typeof play>[0] = [...leaves('a', 'of a'), ...leaves('b', 'of a'), ...ends('b')];
const told = (to: string): Parameters<typeof play>[0] => [
  { type: 'transfer.blind', transferer: id('b'), transferee: id('a'), to, succeeded: true },
];

const transfersIn = ({ events }: Played): readonly EventOf<'call.transferred'>['data'][] =>
  events.flatMap((event) => (event.type === 'call.transferred' ? [event.data] : []));

const by102 = { legId: expect.stringMatching(/./) as string, extension: '102' };

test('to a mailbox that it is in already', () => {
  const arrived = play([...isSentOn, { type: 'channel.entered', channel: id('a'), application: 'voicemail', detail: '103' }], talk);
  expect(transfersIn(arrived)).toEqual([]);
  expect(transfersIn(play(told('103'), arrived))).toMatchObject([{ kind: 'voicemail', by: by102, to: { number: '103' }, succeeded: true }]);
});

test('to a phone that rings already', () => {
  const ringing = play([...isSentOn, ...isRung('c', phone('103'), 'a')], talk);
  expect(transfersIn(play(told('103'), ringing))).toMatchObject([{ kind: 'blind', by: by102, to: { number: '103' }, succeeded: true }]);
});

test('to somebody who has answered already', () => {
  const answered = play([...isSentOn, ...isRung('c', phone('103'), 'a'), ...answers('c', 'a', 'another')], talk);
  const after = play([...told('103'), ...hangsUp('a'), ...ends('c')], answered);
  expect(transfersIn(after)).toMatchObject([{ kind: 'blind', by: by102, succeeded: true }]);
});

test('to a queue or a conference that it is in already', () => {
  const queued = play([...isSentOn, { type: 'queue.joined', channel: id('a'), queue: 'support', position: 1 }], talk);
  expect(transfersIn(play(told('600'), queued))).toMatchObject([{ kind: 'blind', by: by102, to: { number: '600' } }]);
  const inRoom = play(
    [
      ...isSentOn,
      { type: 'bridge.entered', channel: id('a'), bridge: bridge('room'), kind: 'conference' },
      { type: 'conference.joined', channel: id('a'), conference: '650' },
    ],
    talk,
  );
  expect(transfersIn(play(told('650'), inRoom))).toMatchObject([{ kind: 'blind', by: by102, to: { number: '650' } }]);
});

test('a transferee that has only left the talk has arrived nowhere yet', () => {
  const left = play([...leaves('a', 'of a'), ...told('777')], talk);
  expect(transfersIn(left)).toEqual([]);
  expect(transfersIn(play(ends('a'), left))).toMatchObject([{ kind: 'blind', by: by102, succeeded: false }]);
});

test('told before the PBX acts, it is not what the transferee hears while it is held', () => {
  const held = play([...leaves('a', 'of a'), { type: 'channel.entered', channel: id('a'), application: 'music', detail: '' }], talk);
  const [transfer] = told('103');
  const ahead = play([{ ...transfer, isAhead: true } as Fact], held);
  expect(transfersIn(ahead)).toEqual([]);
  const arrived = play([{ type: 'channel.entered', channel: id('a'), application: 'voicemail', detail: '103' }], ahead);
  expect(transfersIn(arrived)).toMatchObject([{ kind: 'voicemail', by: by102, succeeded: true }]);
});

test('what it came to before the talk is not where a transfer led', () => {
  expect(transfersIn(play(told('103'), talk))).toEqual([]);
});

test('into a queue whose first word is of the agent that it rings', () => {
  // As when a party takes the place of the one that waited: nobody tells that it joins.
  const facts = [
    ...isSentOn,
    { type: 'channel.entered', channel: id('a'), application: 'queue', detail: 'support' } as const,
    ...isRung('c', phone('106'), 'a'),
    { type: 'queue.called', channel: id('a'), queue: 'support', callee: id('c'), agentDevice: 'PJSIP/106', agentName: 'Fay' } as const,
  ];
  const [queue] = liveState(play(facts, talk).state).queues;
  expect(queue?.waiting).toHaveLength(1);
});

test('attended, by a phone whose legs have ended: who it was is known', () => {
  // 102 has called 103 as well, and joins the two.
  const consults = play([...calls('c', phone('102'), '103'), ...isRung('d', phone('103'), 'c'), ...answers('d', 'c')], talk);
  const joined = play(
    [
      ...leaves('d', 'of c'),
      ...leaves('b', 'of a'),
      ...leaves('c', 'of c'),
      ...ends('b'),
      ...ends('c'),
      { type: 'bridge.entered', channel: id('d'), bridge: bridge('of a'), kind: 'mixing' },
      {
        type: 'transfer.attended',
        first: id('c'),
        second: id('b'),
        extension: extension('102'),
        transferee: id('d'),
        target: id('a'),
        succeeded: true,
      },
    ],
    consults,
  );
  expect(transfersIn(joined)).toMatchObject([{ kind: 'attended', by: { extension: '102' }, to: { number: '101' }, succeeded: true }]);
});

test('attended, while the consulted phone rings, by a phone whose legs have ended', () => {
  const consults = play([...calls('c', phone('102'), '103'), ...isRung('d', phone('103'), 'c')], talk);
  const gone = play([...leaves('b', 'of a'), ...ends('b'), ...leaves('a', 'of a'), ...ends('c')], consults);
  const transferred = play(
    [
      {
        type: 'transfer.attended',
        first: id('b'),
        second: id('c'),
        extension: extension('102'),
        dialled: '103',
        transferee: id('a'),
        succeeded: true,
      },
      ...answers('d', 'a', 'new'),
    ],
    gone,
  );
  expect(transfersIn(transferred)).toMatchObject([{ kind: 'attended', by: { extension: '102' }, to: { number: '103' } }]);
  expect(liveState(transferred.state).calls).toMatchObject([{ legs: [{ extension: '101' }, { extension: '102' }, { extension: '103' }] }]);
});

test('to an extension that is nothing but a mailbox or music, of which Asterisk tells no step: who lives on has arrived', () => {
  const [transfer] = told('8100');
  const sent = play([{ ...transfer, at: 100_000_000 } as Fact, ...isSentOn], talk);
  const soon = play([{ type: 'tick', at: 104_000_000 }], sent);
  expect(transfersIn(soon)).toEqual([]);
  const later = play([{ type: 'tick', at: 105_000_000 }, ...ends('a')], soon);
  expect(transfersIn(later)).toMatchObject([{ kind: 'blind', by: by102, to: { number: '8100' }, succeeded: true }]);
});

test('a phone that answers one half of a pair, with nobody behind the other, is connected', () => {
  const half = (which: 1 | 2): Endpoint => ({ kind: 'local', pair: 'Local/103@x-1', half: which, device: 'Local/103@x' });
  const made = { number: '', name: '', family: id('l1'), state: 'down' } as const;
  const answered = play([
    { type: 'channel.created', channel: id('l1'), endpoint: half(1), ...made },
    { type: 'channel.created', channel: id('l2'), endpoint: half(2), ...made },
    ...isRung('c', phone('103'), 'l2'),
    { type: 'channel.state', channel: id('c'), state: 'up' },
  ]);
  expect(liveState(answered.state).calls).toMatchObject([{ legs: [{ extension: '103', state: 'connected' }] }]);
});
