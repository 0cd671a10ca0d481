/** What a resync makes of the lists of a real FreeSWITCH: one call on hold, one that rings, one parked, and a conference. */
import { readFileSync } from 'node:fs';
import { afterEach, expect, test } from 'vitest';
import { liveState } from '../../../src/tracker/tracker.ts';
import { play } from '../../captures/play.ts';
import { Driven } from './driven.ts';
import { eventFrom } from './recorded.ts';
import { ReplayingSocket } from './replaying-socket.ts';

/** Questions and answers, as recorded. Where a channel's own answer was not recorded, its last event stands for it. */
const recorded = JSON.parse(readFileSync(new URL('office-lists.json', import.meta.url), 'utf8')) as Readonly<Record<string, string>>;

let opened: Driven | undefined;
afterEach(() => opened?.close());

const resynced = async (prepare: (esl: ReplayingSocket) => void = () => undefined): Promise<Driven> => {
  const esl = await ReplayingSocket.start();
  esl.on(/^/, (question) => recorded[question]);
  prepare(esl);
  opened = await (await Driven.create({ esl })).start();
  return opened;
};

test('each leg is where it is', async () => {
  const { facts } = await resynced();
  const { calls, slots, conferences } = liveState(play(facts).state);
  const shown = calls.map((call) =>
    call.legs.map(({ extension, state, direction, peer }) => `${extension} ${direction} ${state} ${peer.number}`.trim()).toSorted(),
  );
  expect(shown.toSorted()).toEqual([
    ['1001 outbound held 1002', '1002 inbound connected 1001'],
    ['1003 outbound initiated 1004', '1004 inbound ringing 1003'],
    ['1004 outbound connected 3001'],
    ['1005 outbound parked 6'],
  ]);
  expect(slots).toMatchObject([{ lot: 'valet', slot: '6' }]);
  expect(conferences).toMatchObject([{ name: '3001-pbx.local', members: [{ muted: false }] }]);
});

test('names and numbers come through as they are written', async () => {
  const { facts } = await resynced();
  const channels = facts.flatMap((fact) => (fact.type === 'resync' ? fact.channels : []));
  expect(channels.map(({ number, name }) => `${number} ${name}`.trim()).toSorted()).toEqual([
    '1001 Alice Adams',
    '1002',
    '1003 Carol Clark',
    '1004',
    '1004 Dave Dürr',
    '1005 Eve & Sons, Ltd.',
  ]);
});

test('who is registered is known by contact, and who is not by its absence', async () => {
  const one = await resynced();
  const [resync] = one.of('resync');
  const registered = Object.fromEntries(
    (resync?.extensions ?? []).map(({ extension, registered: devices }) => [extension, devices?.map(({ contact }) => contact)]),
  );
  expect(registered).toMatchObject({ 1001: ['sip:1001@127.0.0.1:6001'], 1002: [], 1003: ['sip:1003@127.0.0.1:6003'] });
});

test('a channel that the list has still, but that answers no more, is gone', async () => {
  const [parked = ''] = /[0-9a-f-]{36}/.exec(recorded['valet_info'] ?? '') ?? [];
  const one = await resynced((esl) => esl.on(new RegExp(`^uuid_dump ${parked}`), '-ERR No such channel!\n'));
  const [resync] = one.of('resync');
  expect(resync?.channels.map(({ channel }) => channel)).not.toContain(parked);
  expect(resync?.channels).toHaveLength(5);
});

test('who is called is later than who calls, where both were made in one step of the clock', async () => {
  const one = await resynced((esl) =>
    esl.on(/^uuid_dump/, (question) => recorded[question]?.replaceAll(/("Caller-Channel-Created-Time":\s*)"\d+"/g, '$1"1795243000000000"')),
  );
  const [resync] = one.of('resync');
  const later = resync?.channels.filter(({ channel, family }) => channel !== family) ?? [];
  expect(later.map(({ createdAt }) => createdAt)).toEqual([1_795_243_000_000_001, 1_795_243_000_000_001]);
});

test('do-not-disturb and status texts are read from where they are kept', async () => {
  const one = await resynced((esl) => {
    esl.on(/^db list\//, '1001,1003\n');
    esl.on(/^db select\/switchhook_dnd\/1001/, 'true');
    esl.on(/^db select\/switchhook_status\/1003/, 'Back%20at%205%3A00');
  });
  const [resync] = one.of('resync');
  const set = resync?.extensions.filter(({ dnd, statusText }) => dnd || statusText !== undefined);
  expect(set).toMatchObject([
    { extension: '1001', dnd: true },
    { extension: '1003', statusText: 'Back at 5:00' },
  ]);
});

test('more channels than may be asked after at once are asked after in turn', async () => {
  const [row] = (JSON.parse(recorded['show channels as json'] ?? '{}') as { readonly rows: readonly object[] }).rows;
  const rows = Array.from({ length: 1_500 }, (_, index) => ({ ...row, uuid: `channel-${index}` }));
  const one = await resynced((esl) => {
    esl.on(/^show channels/, JSON.stringify({ row_count: rows.length, rows }));
    esl.on(/^uuid_dump channel-/, (question) => JSON.stringify({ 'Unique-ID': question.split(' ')[1], 'Answer-State': 'answered' }));
  });
  expect(one.of('resync')[0]?.channels).toHaveLength(1_500);
});

test('an agent is told of in each of its queues, with the level of its tier', async () => {
  const one = await resynced((esl) =>
    esl.on(
      /^callcenter_config tier list/,
      'queue|agent|state|level|position\nsales@default|1002@default|Ready|2|1\nsupport@default|1002@default|Ready|1|1\n+OK\n',
    ),
  );
  expect(one.of('resync')[0]?.queues).toMatchObject([
    { name: 'sales@default', agents: [{ device: 'user/1002', extension: '1002', state: 'idle', penalty: 2 }] },
    { name: 'support@default', agents: [{ device: 'user/1002', state: 'idle', penalty: 1 }] },
  ]);
  const change = { 'Event-Name': 'CUSTOM', 'Event-Subclass': 'callcenter::info', 'CC-Agent': '1002@default' };
  one.esl.play([
    eventFrom({ ...change, 'CC-Action': 'agent-state-change', 'CC-Agent-State': 'Receiving' }),
    eventFrom({ ...change, 'CC-Action': 'agent-status-change', 'CC-Agent-Status': 'On Break' }),
  ]);
  await one.settled();
  expect(one.of('agent.state').map(({ queue, state }) => `${queue} ${state}`)).toEqual([
    'sales@default ringing',
    'support@default ringing',
    'sales@default paused',
    'support@default paused',
  ]);
});
