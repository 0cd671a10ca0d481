import { expect, test } from 'vitest';
import type { AgentSnapshot, FactOf } from '../../src/model/fact.ts';
import { createTrackerState, liveState, restoreState, saveChanges } from '../../src/tracker/tracker.ts';
import { calls, extension, id, pbx, phone, play, type Played } from './facts.ts';

const dora: AgentSnapshot = { device: 'PJSIP/104', name: 'Dora', extension: extension('104'), state: 'idle', penalty: 0, dynamic: false };
const emil: AgentSnapshot = { device: 'PJSIP/105', name: 'Emil', extension: extension('105'), state: 'idle', penalty: 2, dynamic: true };

const resync = (more: Partial<Pick<FactOf<'resync'>, 'queues' | 'conferences' | 'channels'>>) =>
  ({ type: 'resync', channels: [], extensions: [], queues: [], ...more }) as const;
const support = (...agents: readonly AgentSnapshot[]) =>
  resync({ queues: [{ name: 'support', displayName: 'Help', number: '600', strategy: 'ringall', agents }] });
const told = ({ events }: Played, family: string): readonly unknown[] =>
  events
    .filter(({ type }) => type.startsWith(family))
    .map(({ type, data, reconciled }) => [type, (data as { name?: string }).name, reconciled]);

test('a queue is shown with its names, its strategy and its agents', () => {
  const { state } = play([support(dora, emil)]);
  expect(liveState(state).queues).toEqual([
    { name: 'support', displayName: 'Help', number: '600', strategy: 'ringall', agents: [dora, emil], waiting: [] },
  ]);
});

test('agents who are found with their queue are no news; one who came or went while nobody watched is', () => {
  const first = play([support(dora)]);
  expect(told(first, 'agent.')).toEqual([]);
  const second = play([support(emil)], first);
  expect(told(second, 'agent.')).toEqual([
    ['agent.loggedOut', 'Dora', true],
    ['agent.loggedIn', 'Emil', true],
    ['agent.stateChanged', 'Emil', true],
  ]);
  expect(liveState(second.state).queues[0]?.agents).toEqual([emil]);
});

test('a queue that was known by its callers alone is no news when the PBX tells of it', () => {
  const waits = play([...calls('a', phone('101'), '600'), { type: 'queue.joined', channel: id('a'), queue: 'support', position: 1 }]);
  const channel = {
    channel: id('a'),
    endpoint: phone('101'),
    number: '101',
    name: '',
    peerNumber: '',
    peerName: '',
    dialled: '600',
    family: id('a'),
    state: 'up',
    createdAt: 0,
    held: false,
    queue: { name: 'support', position: 1, since: 0 },
  } as const;
  const found = play([resync({ channels: [channel], queues: [{ name: 'support', agents: [dora] }] })], waits);
  expect(told(found, 'agent.')).toEqual([]);
  expect(liveState(found.state).queues[0]).toMatchObject({ agents: [dora], waiting: [{}] });
});

test('another penalty is told with the state; the first one is not', () => {
  const agent = { type: 'agent.state', queue: 'support', ...dora } as const;
  const played = play([support(dora), agent, { ...agent, penalty: 3 }, { ...agent, penalty: 3 }]);
  expect(played.events.filter(({ type }) => type.startsWith('agent.'))).toMatchObject([
    { type: 'agent.stateChanged', extension: '104', data: { queue: 'support', state: 'idle', penalty: 3 } },
  ]);
});

test('a room that is known is there with nobody in it, and stays when the last has left', () => {
  const rooms = resync({ conferences: [{ name: '650', displayName: 'Main', number: '650' }] });
  const shown = (played: Played): unknown => liveState(played.state).conferences.map(({ name, members }) => [name, members.length]);
  const empty = play([rooms]);
  expect(liveState(empty.state).conferences).toEqual([{ name: '650', displayName: 'Main', number: '650', members: [] }]);
  const joined = play(
    [
      ...calls('a', phone('101'), '650'),
      { type: 'conference.joined', channel: id('a'), conference: '650' },
      ...calls('b', phone('102'), '651'),
      { type: 'conference.joined', channel: id('b'), conference: '651' },
    ],
    empty,
  );
  expect(shown(joined)).toEqual([
    ['650', 1],
    ['651', 1],
  ]);
  const left = play(
    [
      { type: 'conference.left', channel: id('a'), conference: '650' },
      { type: 'conference.left', channel: id('b'), conference: '651' },
    ],
    joined,
  );
  expect(shown(left)).toEqual([['650', 0]]);
  expect(shown(play([resync({ conferences: [] })], left))).toEqual([]);
  // A PBX that does not tell of rooms takes none away.
  expect(shown(play([resync({})], left))).toEqual([['650', 0]]);
});

test('who was muted while nobody watched is muted', () => {
  const joined = play([...calls('a', phone('101'), '650'), { type: 'conference.joined', channel: id('a'), conference: '650' }]);
  const channel = {
    channel: id('a'),
    endpoint: phone('101'),
    number: '101',
    name: '',
    peerNumber: '',
    peerName: '',
    dialled: '650',
    family: id('a'),
    state: 'up',
    createdAt: 0,
    held: false,
    conference: '650',
    muted: true,
  } as const;
  const found = play([resync({ channels: [channel] })], joined);
  expect(liveState(found.state).conferences[0]?.members).toMatchObject([{ muted: true }]);
  expect(found.events.at(-1)).toMatchObject({ type: 'leg.muted', reconciled: true });
});

test('rows that an older version wrote are still understood', () => {
  const old = new Map([
    ['conference/650', JSON.stringify(['a'])],
    ['queue/support', JSON.stringify({ name: 'support', agents: [], waiting: [] })],
    [
      'extension/101',
      JSON.stringify({
        number: '101',
        name: 'Alice',
        devices: ['PJSIP/101'],
        presence: 'idle',
        since: 5_000_000,
        dnd: false,
        registered: [{ device: 'PJSIP/101', contact: 'sip:101@192.0.2.7' }],
        tellsRegistrations: true,
        leaving: [],
        channels: [],
      }),
    ],
  ]);
  const state = restoreState(pbx, old);
  expect(liveState(state)).toMatchObject({
    conferences: [{ name: '650' }],
    queues: [{ name: 'support' }],
    extensions: [{ number: '101' }],
  });
  const owned = play([{ type: 'users.assigned', users: [{ name: 'alice', extension: extension('101') }] }], { state, events: [] });
  expect(liveState(owned.state).users[0]?.logins).toMatchObject([{ address: '192.0.2.7', since: '1970-01-01T00:00:05.000Z' }]);
});

test('places are as they were after a restart', () => {
  const { state } = play([
    resync({ queues: [{ name: 'support', strategy: 'ringall', agents: [dora] }], conferences: [{ name: '650', displayName: 'Main' }] }),
  ]);
  const rows = saveChanges(createTrackerState(pbx), state).flatMap(({ key, value }) =>
    value === undefined ? [] : [[key, value] as const],
  );
  const { queues, conferences } = liveState(restoreState(pbx, new Map(rows)));
  expect({ queues, conferences }).toEqual({ queues: liveState(state).queues, conferences: liveState(state).conferences });
});
