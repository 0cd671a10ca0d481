import { expect, test } from 'vitest';
import { createTrackerState, liveState, restoreState, saveChanges, userOf } from '../../src/tracker/tracker.ts';
import type { LoginId } from '../../src/model/ids.ts';
import { calls, extension, pbx, phone, play, type Played } from './facts.ts';

const contact = 'sip:101@192.0.2.7:5062;ob';
const registered = { extension: extension('101'), device: 'PJSIP/101', contact };
const people = { type: 'users.assigned', users: [{ name: 'alice', extension: extension('101') }, { name: 'guest' }] } as const;
const session = 'login_one' as LoginId;

const told = ({ events }: Played): readonly unknown[] =>
  events.filter(({ type }) => type.startsWith('user.')).map(({ type, data }) => [type, (data as { user: string }).user]);

test('a user is logged in by each phone that registers for its extension, and says from where', () => {
  const played = play([people, { type: 'extension.registered', ...registered }]);
  expect(played.events.map(({ type }) => type)).toEqual(['extension.registered', 'user.loggedIn']);
  const news = played.events.at(-1);
  const login = {
    id: expect.stringMatching(/^login_[a-z0-9]{20}$/),
    kind: 'phone',
    device: 'PJSIP/101',
    address: '192.0.2.7',
    port: 5062,
    since: '1970-01-01T00:00:02.000Z',
  };
  expect(news).toMatchObject({ type: 'user.loggedIn', extension: '101', data: { user: 'alice', login } });
  expect(userOf(played.state, 'alice')).toEqual({ name: 'alice', extension: '101', status: { status: 'available' }, logins: [login] });
});

test('a phone that is gone for good logs its user out of the same login, one that comes back does not', () => {
  const before = play([people, { type: 'extension.registered', ...registered }]);
  const flapped = play(
    [
      { type: 'extension.unregistered', ...registered, at: 10_000_000 },
      { type: 'extension.registered', ...registered, contact: 'sip:101@192.0.2.7:5099', at: 11_000_000 },
      { type: 'tick', at: 20_000_000 },
    ],
    before,
  );
  expect(told(flapped)).toEqual([['user.loggedIn', 'alice']]);
  const gone = play(
    [
      { type: 'extension.unregistered', ...registered, at: 10_000_000 },
      { type: 'tick', at: 20_000_000 },
    ],
    before,
  );
  expect(told(gone)).toEqual([
    ['user.loggedIn', 'alice'],
    ['user.loggedOut', 'alice'],
  ]);
  const [began, ended] = gone.events.filter(({ type }) => type.startsWith('user.'));
  expect(ended?.data).toEqual(began?.data);
  expect(userOf(gone.state, 'alice')?.logins).toEqual([]);
});

test('who was registered when the gateway came is logged in, and is no news', () => {
  const snapshot = {
    extension: extension('101'),
    name: 'Alice',
    devices: ['PJSIP/101'],
    registered: [{ device: 'PJSIP/101', contact }],
    dnd: false,
  };
  const played = play([people, { type: 'resync', channels: [], extensions: [snapshot], queues: [] }]);
  expect(told(played)).toEqual([]);
  expect(userOf(played.state, 'alice')?.logins).toHaveLength(1);
});

test('an extension that changes hands logs the one out and the other in', () => {
  const before = play([people, { type: 'extension.registered', ...registered }]);
  const after = play([{ type: 'users.assigned', users: [{ name: 'bob', extension: extension('101') }] }], before);
  expect(told(after).slice(1)).toEqual([
    ['user.loggedOut', 'alice'],
    ['user.loggedIn', 'bob'],
  ]);
  expect(liveState(after.state).users.map(({ name }) => name)).toEqual(['bob']);
});

test('of two users of one extension the first by name owns it', () => {
  const users = [
    { name: 'zoe', extension: extension('101') },
    { name: 'alice', extension: extension('101') },
  ];
  const played = play([
    { type: 'users.assigned', users },
    { type: 'extension.registered', ...registered },
  ]);
  expect(told(played)).toEqual([['user.loggedIn', 'alice']]);
  expect(liveState(played.state).users.map(({ logins }) => logins.length)).toEqual([1, 0]);
});

test('a leg and an extension name their user', () => {
  const played = play([people, ...calls('a', phone('101'), '102')]);
  expect(liveState(played.state).calls[0]?.legs[0]?.user).toBe('alice');
  expect(liveState(played.state).extensions.find(({ number }) => number === '101')?.user).toBe('alice');
});

test('a session logs a user in and out once, also one without an extension', () => {
  const began = { type: 'user.sessionBegan', user: 'guest', login: session, address: '198.51.100.4', port: 40_000 } as const;
  const ended = { type: 'user.sessionEnded', user: 'guest', login: session } as const;
  const played = play([people, began, began, ended, ended, { ...began, user: 'nobody' }]);
  expect(played.events).toMatchObject([
    { type: 'user.loggedIn', data: { user: 'guest', login: { id: session, kind: 'session', address: '198.51.100.4', port: 40_000 } } },
    { type: 'user.loggedOut', data: { user: 'guest', login: { id: session } } },
  ]);
});

test('a user that is removed is logged out of its sessions', () => {
  const before = play([people, { type: 'user.sessionBegan', user: 'guest', login: session }]);
  expect(told(play([{ type: 'users.assigned', users: [] }], before)).at(-1)).toEqual(['user.loggedOut', 'guest']);
});

test('a status is told when it changes, and stays through a restart', () => {
  const lunch = { type: 'user.status', user: 'alice', status: 'away', label: 'Lunch', returnAt: 3_600_000_000 } as const;
  const played = play([people, { type: 'user.status', user: 'alice', status: 'available' }, lunch, lunch]);
  expect(played.events).toMatchObject([
    {
      type: 'user.statusChanged',
      extension: '101',
      data: { user: 'alice', status: 'away', label: 'Lunch', returnAt: '1970-01-01T01:00:00.000Z' },
    },
  ]);
  const rows = saveChanges(createTrackerState(pbx), played.state).flatMap(({ key, value }) =>
    value === undefined ? [] : [[key, value] as const],
  );
  const restored = restoreState(pbx, new Map(rows));
  expect(userOf(restored, 'alice')).toEqual(userOf(played.state, 'alice'));
  expect(restored.owners.get(extension('101'))).toBe('alice');
  expect(told(play([people], { state: restored, events: [] }))).toEqual([]);
});

test.each([
  ['sip:101@192.0.2.7:5062;ob', '192.0.2.7', 5062],
  ['<sips:101@[2001:db8::7]>', '2001:db8::7', 5061],
  ['sip:phone.example.com', 'phone.example.com', 5060],
  ['sandbox', undefined, undefined],
])('the contact %s comes from %s port %s', (given, address, port) => {
  const played = play([people, { type: 'extension.registered', ...registered, contact: given }]);
  const [login] = userOf(played.state, 'alice')?.logins ?? [];
  expect([login?.address, login?.port]).toEqual([address, port]);
});
