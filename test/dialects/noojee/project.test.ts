import { describe, expect, test } from 'vitest';
import type { Projector } from '../../../src/delivery/projection.ts';
import { createNoojeeProjector, type NoojeeState } from '../../../src/dialects/noojee/project.ts';
import { renderEntry } from '../../../src/dialects/noojee/render.ts';
import { createServerTime } from '../../../src/dialects/noojee/server-time.ts';
import { microsOf } from '../../../src/model/time.ts';
import { Story } from './story.ts';

interface Told {
  readonly extension: string;
  readonly status: string;
  readonly id: number;
  readonly data: Readonly<Record<string, unknown>>;
}

const projector = (extended = false): Projector<NoojeeState, string> =>
  createNoojeeProjector({
    render: (entry) => renderEntry(entry, { serverTime: createServerTime('Australia/Melbourne'), extended }),
    endedWindowSeconds: 60,
  });

const tell = (story: Story, extended = false): readonly Told[] => {
  const { initial, project, types } = projector(extended);
  let state = initial;
  const told: Told[] = [];
  for (const event of story.numbered()) {
    if (!types.has(event.type)) continue;
    const step = project(state, event, microsOf(event.time));
    state = step.state;
    for (const { key, body } of step.messages) {
      const { CallData: data, CallID: id } = JSON.parse(body) as { CallData: Record<string, unknown>; CallID: number };
      told.push({ extension: key, status: String(data['status']), id, data });
    }
  }
  return told;
};

/** What each extension was told, in order. */
const statusesOf = (told: readonly Told[]): Readonly<Record<string, readonly string[]>> => {
  const statuses: Record<string, string[]> = {};
  for (const { extension, status } of told) (statuses[extension] ??= []).push(status);
  return statuses;
};

const channels = ['1412749510.488', '1412749517.489'] as const;
const ringing = (): Story => new Story().rings('A', '400', '410', channels);
const talking = (): Story => ringing().wait(5).answers('A', '400', '410');

describe('the statuses of a call from 400 to 410', () => {
  const cases: readonly {
    readonly what: string;
    readonly story: () => Story;
    readonly expected: Readonly<Record<string, readonly string[]>>;
  }[] = [
    {
      what: 'rings, is answered and ends',
      story: () => talking().hangsUp('A', '400', '410'),
      expected: { 400: ['Dialing Out', 'Connected', 'Hungup'], 410: ['Ringing', 'Connected', 'Hungup'] },
    },
    {
      what: 'is declined at the phone',
      story: () => ringing().end('A', '410', 21, 'self').end('A', '400', 21, 'pbx'),
      expected: { 400: ['Dialing Out', 'Hungup'], 410: ['Ringing', 'Hungup'] },
    },
    {
      what: 'rings and is declined as busy (486)',
      story: () => ringing().end('A', '410', 17, 'self').end('A', '400', 17, 'pbx'),
      expected: { 400: ['Dialing Out', 'Hungup'], 410: ['Ringing', 'Hungup'] },
    },
    {
      what: 'is declined by the API',
      story: () => ringing().end('A', '410', 21, 'command').end('A', '400', 21, 'pbx'),
      expected: { 400: ['Dialing Out', 'Hungup'], 410: ['Ringing', 'Hungup'] },
    },
    {
      what: 'finds 410 busy',
      story: () =>
        new Story()
          .begin('A', '400', '410')
          .start('A', '400', 'outbound', channels[0], '410')
          .start('A', '410', 'inbound', channels[1], '400')
          .end('A', '410', 17, 'self')
          .end('A', '400', 17, 'pbx'),
      expected: { 400: ['Dialing Out', 'Hungup'], 410: ['Busy', 'Hungup'] },
    },
    {
      what: 'rings out, and the PBX names the cause',
      story: () => ringing().end('A', '410', 19, 'pbx').end('A', '400', 19, 'pbx'),
      expected: { 400: ['Dialing Out', 'Hungup'], 410: ['Ringing', 'No Answer', 'Hungup'] },
    },
    {
      what: 'rings out at the end of the dial time, without a cause',
      story: () => ringing().end('A', '410', 0, 'pbx').end('A', '400', 0, 'self'),
      expected: { 400: ['Dialing Out', 'Hungup'], 410: ['Ringing', 'No Answer', 'Hungup'] },
    },
    {
      what: 'is given up by the caller',
      story: () => ringing().end('A', '400', 127, 'self').end('A', '410', 127, 'peer'),
      expected: { 400: ['Dialing Out', 'Hungup'], 410: ['Ringing', 'Hungup'] },
    },
    {
      what: 'reaches nobody: the number does not exist',
      story: () => new Story().begin('A', '400', '999').start('A', '400', 'outbound', channels[0], '999').end('A', '400', 1, 'pbx'),
      expected: { 400: ['Hungup'] },
    },
    {
      what: 'is held and resumed, of which subscribe says nothing',
      story: () => talking().hold('A', '410').resume('A', '410').hangsUp('A', '400', '410'),
      expected: { 400: ['Dialing Out', 'Connected', 'Hungup'], 410: ['Ringing', 'Connected', 'Hungup'] },
    },
    {
      what: 'is sent on to 420 by 410',
      story: () =>
        talking()
          .transfer('A', 'blind', '410', '420')
          .unlink('A', '400', '410')
          .end('A', '410', 16, 'pbx')
          .start('A', '420', 'inbound', '1412749530.490', '400')
          .ring('A', '420')
          .connect('A', '420')
          .link('A', '400', '420')
          .hangsUp('A', '400', '420'),
      expected: {
        400: ['Dialing Out', 'Connected', 'Unlinked', 'Connected', 'Hungup'],
        410: ['Ringing', 'Connected', 'Unlinked', 'Hungup'],
        420: ['Ringing', 'Connected', 'Hungup'],
      },
    },
    {
      what: 'is redirected by an administrator, so that nobody is told to have transferred',
      story: () =>
        talking()
          .unlink('A', '400', '410')
          .end('A', '410', 16, 'pbx')
          .start('A', '420', 'inbound', '1412749530.490', '400')
          .ring('A', '420')
          .connect('A', '420')
          .link('A', '400', '420'),
      expected: {
        400: ['Dialing Out', 'Connected', 'Unlinked', 'Connected'],
        410: ['Ringing', 'Connected', 'Unlinked', 'Hungup'],
        420: ['Ringing', 'Connected'],
      },
    },
    {
      what: 'is handed to 420 after 410 has asked there on a second line',
      story: () =>
        talking()
          .hold('A', '410')
          .begin('B', '410', '420')
          .start('B', '410#2', 'outbound', '1412749530.490', '420')
          .start('B', '420', 'inbound', '1412749530.491', '410')
          .ring('B', '420')
          .answers('B', '410#2', '420')
          .unlink('A', '400', '410')
          .unlink('B', '410#2', '420')
          .move('410#2', 'B', 'A')
          .move('420', 'B', 'A')
          .link('A', '400', '420')
          .transfer('A', 'attended', '410', '420')
          .end('A', '410', 16, 'pbx')
          .end('A', '410#2', 16, 'pbx')
          .hangsUp('A', '400', '420'),
      expected: {
        400: ['Dialing Out', 'Connected', 'Unlinked', 'Connected', 'Hungup'],
        410: ['Ringing', 'Connected', 'Dialing Out', 'Connected', 'Unlinked', 'Unlinked', 'Hungup', 'Hungup'],
        420: ['Ringing', 'Connected', 'Unlinked', 'Connected', 'Hungup'],
      },
    },
    {
      what: 'is parked by 410 and retrieved by 420',
      story: () =>
        talking()
          .transfer('A', 'park', '410', '706')
          .unlink('A', '400', '410')
          .park('A', '400')
          .end('A', '410', 16, 'pbx')
          .start('A', '420', 'outbound', '1412749530.490', '706')
          .connect('A', '420')
          .connect('A', '400')
          .link('A', '400', '420'),
      expected: {
        400: ['Dialing Out', 'Connected', 'Unlinked', 'Connected'],
        410: ['Ringing', 'Connected', 'Unlinked', 'Hungup'],
        420: ['Connected'],
      },
    },
    {
      what: 'reaches a voicemail, which is no leg',
      story: () =>
        new Story()
          .begin('A', '400', '*97')
          .start('A', '400', 'outbound', channels[0], '*97')
          .connect('A', '400')
          .end('A', '400', 16, 'self'),
      expected: { 400: ['Connected', 'Hungup'] },
    },
  ];

  test.each(cases)('$what', ({ story, expected }) => {
    expect(statusesOf(tell(story()))).toEqual(expected);
  });
});

test('a call from outside is told of at the extension alone, with the number of the caller', () => {
  const story = new Story().rings('A', '0383208100', '410', channels, { direction: 'inbound' }).answers('A', '0383208100', '410');
  const told = tell(story);
  expect(told.map(({ extension, status }) => `${extension} ${status}`)).toEqual(['410 Ringing', '410 Connected']);
  expect(told[0]?.data).toMatchObject({ callerId: '0383208100', uniqueCallId: '1412749510.488', inbound: true });
});

describe("the vendor's sample", () => {
  test('has exactly these members, in this order, with these values', () => {
    const story = new Story()
      .begin('A', '400', '410')
      .start('A', '400', 'outbound', channels[0], '410')
      .wait(8)
      .start('A', '410', 'inbound', channels[1], '400')
      .ring('A', '410')
      .wait(1)
      .end('A', '410', 21, 'self')
      .end('A', '400', 21, 'pbx');
    const sample = (callerId: string, uniqueCallId: string, inbound: boolean): unknown => ({
      canAnswer: false,
      callerId,
      uniqueCallId,
      callStartTime: '2014/10/08 17:25:18',
      isQueueCall: false,
      isClickToDialCall: false,
      inbound,
      status: 'Hungup',
    });
    const told = tell(story);
    const last = (extension: string): Told | undefined => told.findLast((each) => each.extension === extension);
    expect(last('410')?.data).toEqual(sample('400', channels[0], true));
    expect(last('400')?.data).toEqual(sample('410', channels[1], false));
    expect([last('400')?.id, last('410')?.id]).toEqual([1, 2]);
    expect(Object.keys(last('410')?.data ?? {})).toEqual(Object.keys(sample('', '', true) as object));
  });

  test("a newer server's members come on top when they are asked for", () => {
    expect(tell(ringing(), true).map(({ data }) => data)).toMatchObject([
      { secondaryUniqueCallId: channels[0], otherPartyCallerId: '410', connectedCallerIdNum: '', outboundDestination: '410' },
      { secondaryUniqueCallId: channels[1], otherPartyCallerId: '400', connectedCallerIdNum: '', outboundDestination: '' },
    ]);
  });
});

test('canAnswer is true while it rings, and never else', () => {
  for (const { status, data } of tell(talking().hangsUp('A', '400', '410'))) expect(data['canAnswer']).toBe(status === 'Ringing');
});

test('callStartTime is empty until the answer, then its time for both sides', () => {
  const told = tell(talking().wait(30).hangsUp('A', '400', '410'));
  expect(told.map(({ extension, status, data }) => [extension, status, data['callStartTime']])).toEqual([
    ['400', 'Dialing Out', ''],
    ['410', 'Ringing', ''],
    ['410', 'Connected', '2014/10/08 17:25:15'],
    ['400', 'Connected', '2014/10/08 17:25:15'],
    ['400', 'Hungup', '2014/10/08 17:25:15'],
    ['410', 'Hungup', '2014/10/08 17:25:15'],
  ]);
});

test('CallID and uniqueCallId stay what they were, whoever the far party becomes', () => {
  const told = tell(
    talking()
      .transfer('A', 'blind', '410', '420')
      .unlink('A', '400', '410')
      .end('A', '410', 16, 'pbx')
      .start('A', '420', 'inbound', '1412749530.490', '400')
      .ring('A', '420')
      .connect('A', '420')
      .link('A', '400', '420'),
  );
  const mine = told.filter(({ extension }) => extension === '400');
  expect(new Set(mine.map(({ id, data }) => `${id} ${String(data['uniqueCallId'])}`))).toEqual(new Set([`1 ${channels[1]}`]));
});

test('channels that are not called as Asterisk calls them get ids in its form, the same on both sides of the call', () => {
  const uuid = '6bb6ee5e-1c2f-4a5e-9a4c-2f6f4bd0a6f1';
  const told = tell(new Story().rings('A', '400', '410', [uuid, '1412749517.489']), true);
  expect(told[1]?.data['uniqueCallId']).toMatch(/^1412749510\.\d+$/);
  expect(told[1]?.data['uniqueCallId']).toBe(told[0]?.data['secondaryUniqueCallId']);
});

describe('click-to-dial', () => {
  const dialled = (): Story =>
    new Story()
      .begin('A', '400', '410', { clickToDial: true })
      .start('A', '400', 'outbound', 'switchhook-1', '410')
      .wait(1)
      .ring('A', '400')
      .wait(1)
      .connect('A', '400')
      .wait(1)
      .start('A', '410', 'inbound', '1412749513.7', '400')
      .ring('A', '410');

  test('is `Dialing Out` at once and `Connected` only with the far party', () => {
    const told = tell(dialled().wait(1).connect('A', '410').link('A', '400', '410').hangsUp('A', '400', '410'));
    expect(statusesOf(told)).toEqual({ 400: ['Dialing Out', 'Connected', 'Hungup'], 410: ['Ringing', 'Connected', 'Hungup'] });
    expect(told.every(({ data }) => data['isClickToDialCall'] === true)).toBe(true);
    expect(told[0]?.data).toMatchObject({ callerId: '410', inbound: false });
  });

  test('that is not answered carries the time of the dial on both sides', () => {
    const told = tell(dialled().wait(9).end('A', '410', 19, 'pbx').end('A', '400', 19, 'pbx'));
    const times = told.filter(({ status }) => status === 'Hungup').map(({ data }) => data['callStartTime']);
    expect(times).toEqual(['2014/10/08 17:25:13', '2014/10/08 17:25:13']);
  });
});

test('who picks a call up by a second call to its phone is told of as called, and not as dialling', () => {
  const story = ringing()
    .begin('B', '410', '')
    .start('B', '410#2', 'outbound', '1412749520.490', '')
    .ring('B', '410#2')
    .connect('B', '410#2')
    .move('410#2', 'B', 'A', { direction: 'inbound', ordinal: 3 })
    .end('A', '410', 26, 'pbx')
    .connect('A', '400')
    .link('A', '400', '410#2');
  const told = tell(story);
  expect(statusesOf(told)).toEqual({ 400: ['Dialing Out', 'Connected'], 410: ['Ringing', 'Hungup', 'Connected'] });
  expect(told.at(-1)).toMatchObject({ extension: '410', data: { inbound: true, callerId: '400', uniqueCallId: channels[0] } });
});

test('a call that another program places by ringing a phone is told of when the far party is called', () => {
  const story = new Story()
    .begin('A', '400', '410')
    .start('A', '400', 'outbound', '1412749510.1', '410')
    .ring('A', '400')
    .connect('A', '400')
    .start('A', '410', 'inbound', '1412749511.2', '400')
    .ring('A', '410')
    .connect('A', '410')
    .link('A', '400', '410');
  const told = tell(story);
  expect(statusesOf(told)).toEqual({ 400: ['Dialing Out', 'Connected'], 410: ['Ringing', 'Connected'] });
  expect(told[0]?.data).toMatchObject({ uniqueCallId: '1412749511.2', isClickToDialCall: false });
});

test('a call that comes through a queue says so at the agent', () => {
  const story = new Story()
    .begin('A', '0383208100', '600', { direction: 'inbound', queue: 'support' })
    .start('A', '0383208100', 'outbound', channels[0], '600')
    .queue('A', '0383208100', 'support')
    .start('A', '410', 'inbound', channels[1], '0383208100', { queue: 'support' })
    .ring('A', '410');
  expect(tell(story).map(({ data }) => data)).toMatchObject([{ isQueueCall: true, status: 'Ringing' }]);
});

test('a ring group is told of at each phone, and ends at those who did not answer without `No Answer`', () => {
  const story = new Story()
    .begin('A', '400', '610')
    .start('A', '400', 'outbound', '1412749510.1', '610')
    .start('A', '410', 'inbound', '1412749510.2', '400')
    .start('A', '420', 'inbound', '1412749510.3', '400')
    .ring('A', '410')
    .ring('A', '420')
    .connect('A', '420')
    .connect('A', '400')
    .link('A', '400', '420')
    .end('A', '410', 26, 'pbx');
  expect(statusesOf(tell(story))).toEqual({ 400: ['Dialing Out', 'Connected'], 410: ['Ringing', 'Hungup'], 420: ['Ringing', 'Connected'] });
});

test('a saved state goes on as the one that was kept in memory', () => {
  const { initial, project, types, save, load } = projector();
  const events = talking().hangsUp('A', '400', '410').rings('B', '420', '430', ['1412749520.1', '1412749520.2']).numbered();
  for (let cut = 0; cut <= events.length; cut += 1) {
    const bodies: string[] = [];
    let state = initial;
    for (const [index, event] of events.entries()) {
      if (index === cut) state = load(JSON.parse(JSON.stringify(save(state))));
      if (!types.has(event.type)) continue;
      const step = project(state, event, microsOf(event.time));
      state = step.state;
      bodies.push(...step.messages.map(({ body }) => body));
    }
    expect(bodies.map((body) => (JSON.parse(body) as { CallID: number }).CallID)).toEqual([1, 2, 2, 1, 1, 2, 3, 4]);
  }
});

test('after a loss numbers are not given twice, live legs are kept, and those that are gone have hung up', () => {
  const { initial, project, types, rebase } = projector();
  const story = talking();
  let state = initial;
  for (const event of story.numbered()) if (types.has(event.type)) state = project(state, event, microsOf(event.time)).state;
  const later = new Story().rings('B', '420', '430', ['1412749590.1', '1412749590.2']);
  const call = later.events.at(-1)?.call;
  if (call === undefined) throw new TypeError('the story has a call');
  const live = { calls: [call], extensions: [], queues: [], conferences: [], slots: [], users: [] };
  const rebased = rebase(state, live, 100, later.now);
  expect([...rebased.live.values()].map(({ id, extension, status }) => ({ id, extension, status }))).toEqual([
    { id: 203, extension: '420', status: 'Dialing Out' },
    { id: 204, extension: '430', status: 'Ringing' },
  ]);
  expect(rebased.ended.map(({ id, status }) => ({ id, status })).toArray()).toEqual([
    { id: 1, status: 'Hungup' },
    { id: 2, status: 'Hungup' },
  ]);
});
