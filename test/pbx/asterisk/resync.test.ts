import { describe, expect, test } from 'vitest';
import { createAmiParser, type AmiMessage } from '../../../src/pbx/asterisk/ami-parser.ts';
import { createDirectory } from '../../../src/pbx/asterisk/directory.ts';
import type { AsteriskConfig } from '../../../src/pbx/asterisk/index.ts';
import type { PbxLists } from '../../../src/pbx/asterisk/pbx-lists.ts';
import { resyncFactOf, startOf, type ResyncFact } from '../../../src/pbx/asterisk/resync.ts';
import { configFor } from './driven.ts';
import { officeLists } from './scripted-ami.ts';

const messages = (texts: readonly string[]): readonly AmiMessage[] =>
  createAmiParser().push(Buffer.from(texts.map((text) => `${text.replaceAll('\n', '\r\n')}\r\n\r\n`).join('')));

const listOf = (action: string): readonly AmiMessage[] =>
  messages(officeLists.get(action) ?? []).filter((item) => item.event !== undefined && item.get('EventList') !== 'Complete');

const only = (text: string): AmiMessage => {
  const [message] = messages([text]);
  if (message === undefined) throw new Error('no message');
  return message;
};

const lists = (more: Partial<PbxLists> = {}): PbxLists => ({
  coreStatus: only('Response: Success\nCoreStartupDate: 2026-11-21\nCoreStartupTime: 06:31:13'),
  startOffset: '+0100',
  version: '22.10.1',
  channels: listOf('Status'),
  laterChannels: listOf('Status'),
  bridges: listOf('BridgeList'),
  parkedCalls: listOf('ParkedCalls'),
  parkingLots: [],
  queues: listOf('QueueStatus'),
  conferenceMembers: listOf('ConfbridgeList'),
  hints: listOf('ExtensionStateList'),
  deviceStates: listOf('DeviceStateList'),
  presenceStates: listOf('PresenceStateList'),
  endpoints: listOf('PJSIPShowEndpoints'),
  contacts: listOf('PJSIPShowContacts'),
  callerIds: new Map([['101', '"User 101" <101>']]),
  ...more,
});

const at = Date.parse('2026-11-21T06:40:32Z') * 1_000;
const resync = (more: Partial<PbxLists> = {}, config: Partial<AsteriskConfig> = {}): ResyncFact =>
  resyncFactOf(lists(more), { directory: createDirectory(), config: configFor(5038, config), callerIds: new Map() }, at);

/** The office as it was: 101 with 102, whom 109 spies on; 103 with 104; 108 rings 109 and is in a conference; 110 waits in a queue that rings 106; 105 is parked. */
describe('channels', () => {
  const channel = (id: string, fact = resync()): ResyncFact['channels'][number] => {
    const found = fact.channels.find((each) => each.channel === id);
    if (found === undefined) throw new Error(`no channel ${id}`);
    return found;
  };

  test('all are there, once', () => {
    expect(
      resync()
        .channels.map((each) => each.channel)
        .toSorted(),
    ).toHaveLength(11);
  });

  test('two in a call share a bridge and a family, and know each other', () => {
    expect(channel('1795243229.238')).toMatchObject({
      endpoint: { kind: 'extension', extension: '101', device: 'PJSIP/101' },
      number: '101',
      name: 'User 101',
      peerNumber: '102',
      dialled: '102',
      family: '1795243229.238',
      state: 'up',
      createdAt: 1_795_243_229_000_000,
      application: 'dial',
      bridge: { bridge: '1500732a-553f-416a-8ad0-eaa9d084b054', kind: 'mixing' },
      held: false,
    });
    const callee = channel('1795243229.239');
    expect(callee).toMatchObject({ family: '1795243229.238', bridge: channel('1795243229.238').bridge });
    expect(callee).not.toHaveProperty('dialled');
  });

  test('a ringing phone rings', () => {
    expect(channel('1795243231.247')).toMatchObject({ state: 'ringing', family: '1795243231.246' });
    expect(channel('1795243231.246')).toMatchObject({ state: 'dialling', dialled: '109' });
  });

  test('a parked caller is in its slot, by who parked it', () => {
    expect(channel('1795243230.242')).toMatchObject({
      bridge: { kind: 'holding' },
      parking: { lot: 'default', slot: '702', parkerDevice: 'PJSIP/105', parker: '105', since: at - 2_000_000, timeoutSeconds: 60 },
    });
  });

  test('a waiting caller is in its queue since it joined', () => {
    expect(channel('1795243230.244')).toMatchObject({
      application: 'queue',
      queue: { name: 'support', position: 1, since: at - 2_000_000 },
    });
  });

  test('a member of a conference is in it', () => {
    expect(channel('1795243231.249')).toMatchObject({ conference: '400', bridge: { kind: 'conference' } });
  });

  test('a supervisor watches its target', () => {
    expect(channel('1795243231.248')).toMatchObject({
      application: 'supervision',
      supervising: { mode: 'listen', target: '1795243229.239' },
    });
  });

  test('the holder is the other of the one that Asterisk marks as held', () => {
    const channels = listOf('Status').map((item) =>
      item.get('Uniqueid') === '1795243229.238' ? only(`${item.text().replaceAll('\r\n', '\n')}\nVariable: CHANNEL(onhold)=1`) : item,
    );
    const fact = resync({ channels, laterChannels: [] });
    expect(channel('1795243229.238', fact).held).toBe(false);
    expect(channel('1795243229.239', fact).held).toBe(true);
  });

  test('a click-to-dial of ours is known by its mark', () => {
    const [item] = listOf('Status');
    const marked = only(`${item?.text().replaceAll('\r\n', '\n')}\nVariable: SWITCHHOOK_DIAL=cmd_1\nVariable: CHANNEL(onhold)=0`);
    expect(resync({ channels: [marked], laterChannels: [] }).channels[0]).toMatchObject({ clickToDial: 'cmd_1' });
  });

  test('a channel whose id is not of Asterisk’s making is as old as it says', () => {
    const item = only('Event: Status\nChannel: PJSIP/101-1\nUniqueid: own-1\nSeconds: 7');
    expect(resync({ channels: [item], laterChannels: [] }).channels[0]).toMatchObject({ createdAt: at - 7_000_000 });
  });
});

describe('extensions', () => {
  test('come from hints on phones and from endpoints, not from hints on slots and conferences', () => {
    const { extensions } = resync();
    expect(extensions.map(({ extension }) => extension).toSorted()).toEqual([
      '101', '102', '103', '104', '105', '106', '107', '108', '109', '110',
    ]); // prettier-ignore
  });

  test('have the name of their endpoint, or that of the configuration', () => {
    const names = (fact: ResyncFact): ReadonlyMap<string, string> =>
      new Map(fact.extensions.map(({ extension, name }) => [extension, name]));
    expect(names(resync()).get('101')).toBe('User 101');
    expect(names(resync()).get('102')).toBe('');
    expect(names(resync({}, { extensions: { '101': { name: 'Anna' } } })).get('101')).toBe('Anna');
  });

  test('have their registered phones, or none is told where they may not be seen', () => {
    const of = (fact: ResyncFact): unknown => fact.extensions.find(({ extension }) => extension === '101')?.registered;
    expect(of(resync())).toEqual([{ device: 'PJSIP/101', contact: 'sip:101@127.0.0.1:6101', userAgent: 'labua' }]);
    expect(of(resync({ contacts: [] }))).toEqual([]);
    expect(of(resync({ contacts: undefined }))).toBeUndefined();
  });

  test('are not to be disturbed where the dialplan says so, in either of two ways', () => {
    const presence = only('Event: PresenceStateChange\nPresentity: CustomPresence:101\nStatus: dnd\nMessage: At lunch');
    const device = only('Event: DeviceStateChange\nDevice: Custom:DND102\nState: INUSE');
    const { extensions } = resync({ presenceStates: [presence], deviceStates: [device] });
    expect(extensions.filter(({ dnd }) => dnd).map(({ extension, statusText }) => [extension, statusText])).toEqual(
      expect.arrayContaining([
        ['101', 'At lunch'],
        ['102', undefined],
      ]),
    );
  });
});

test('queues have their members with their states', () => {
  const { queues } = resync();
  expect(queues.map(({ name }) => name)).toEqual(['support', 'sales']);
  expect(queues[0]?.agents).toEqual(
    expect.arrayContaining([{ device: 'PJSIP/107', name: 'Agent 107', extension: '107', state: 'idle', penalty: 0, dynamic: false }]),
  );
});

describe('the start', () => {
  test('is the PBX’s wall clock less its offset', () => {
    expect(startOf(lists())).toBe(Date.parse('2026-11-21T05:31:13Z') * 1_000);
    expect(startOf(lists({ startOffset: '-0330' }))).toBe(Date.parse('2026-11-21T10:01:13Z') * 1_000);
  });

  test('is unknown where it cannot be read', () => {
    expect(startOf(lists({ coreStatus: only('Response: Success') }))).toBeUndefined();
  });
});
