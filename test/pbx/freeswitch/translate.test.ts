import * as fc from 'fast-check';
import { readdirSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { Fact } from '../../../src/model/fact.ts';
import { createDirectory } from '../../../src/pbx/freeswitch/directory.ts';
import { createEslParser, type EslMessage } from '../../../src/pbx/freeswitch/esl-parser.ts';
import { createTranslator } from '../../../src/pbx/freeswitch/translate.ts';
import { brokenPromises } from '../../captures/facts.ts';
import { brokenInvariants } from '../../captures/invariants.ts';
import { play } from '../../captures/play.ts';
import { tell } from '../../captures/short-form.ts';

const folder = new URL('../../captures/freeswitch/', import.meta.url);
const recordings = readdirSync(folder).filter((file) => file.endsWith('.esl.gz'));
const messagesOf = (file: string): readonly EslMessage[] => createEslParser().push(gunzipSync(readFileSync(new URL(file, folder))));

const translated = (messages: readonly EslMessage[]): readonly Fact[] => {
  const translator = createTranslator({ directory: createDirectory() });
  return messages.flatMap((message) => translator.translate(message, 0));
};

const eventOf = (headers: Readonly<Record<string, string>>): EslMessage => {
  const body = JSON.stringify(headers);
  const [message] = createEslParser().push(
    Buffer.from(`Content-Length: ${Buffer.byteLength(body)}\nContent-Type: text/event-json\n\n${body}`),
  );
  if (message === undefined) throw new Error('no message');
  return message;
};

describe('a stream that is not whole', () => {
  test.each(recordings)('%s: whatever is lost of it or told twice, facts and events keep what they promise', (file) => {
    const messages = messagesOf(file);
    const times = fc.array(fc.constantFrom(0, 1, 1, 1, 2), { minLength: messages.length, maxLength: messages.length });
    fc.assert(
      fc.property(times, (counts) => {
        const facts = translated(messages.flatMap((message, index) => Array.from({ length: counts[index] ?? 0 }, () => message)));
        expect(brokenPromises(facts)).toEqual([]);
        expect(brokenInvariants(play(facts).events, false)).toEqual([]);
      }),
      { numRuns: 10 },
    );
  });
});

/** Events may overtake those of other channels by so much. Microseconds. */
const slack = 40_000;

const mayOvertake = (one: EslMessage, two: EslMessage): boolean =>
  one.get('Unique-ID') !== two.get('Unique-ID') && Math.abs(stampOf(one) - stampOf(two)) <= slack;

const stampOf = (message: EslMessage): number => Number(message.get('Event-Date-Timestamp'));

/** Each pick lets the event at that place fall behind by up to four. */
const disordered = (messages: readonly EslMessage[], picks: readonly number[]): readonly EslMessage[] => {
  const order = [...messages];
  for (const pick of picks) {
    for (let index = pick % Math.max(1, order.length - 1), steps = 0; steps < 4; index += 1, steps += 1) {
      const [one, two] = [order[index], order[index + 1]];
      if (one === undefined || two === undefined || !mayOvertake(one, two)) break;
      order.splice(index, 2, two, one);
    }
  }
  return order;
};

describe('a stream that is out of order between channels, as FreeSWITCH’s is', () => {
  test.each(recordings)('%s: tells the same', (file) => {
    const messages = messagesOf(file).filter(({ event }) => event !== undefined);
    const tellOf = (order: readonly EslMessage[]): unknown => {
      const { events, presence } = tell(play(translated(order)).events);
      return { events: events.toSorted(), presence };
    };
    const whole = tellOf(messages);
    fc.assert(
      fc.property(fc.array(fc.nat(), { minLength: 6, maxLength: 6 }), (picks) => {
        expect(tellOf(disordered(messages, picks))).toEqual(whole);
      }),
      { numRuns: 8 },
    );
  });
});

describe('what no recording has', () => {
  const made = (id: string, user: string, more: Readonly<Record<string, string>>): EslMessage =>
    eventOf({ 'Event-Name': 'CHANNEL_CREATE', 'Unique-ID': id, 'Channel-Name': `sofia/internal/${user}@pbx`, ...more });
  const of = (name: string, id: string, more: Readonly<Record<string, string>> = {}): EslMessage =>
    eventOf({ 'Event-Name': name, 'Unique-ID': id, 'Call-Direction': id === 'a' ? 'inbound' : 'outbound', ...more });
  const called = (id: string, user: string, by: string): readonly EslMessage[] => [
    made(id, user, { 'Call-Direction': 'outbound', 'Other-Type': 'originator', 'Other-Leg-Unique-ID': by }),
    of('CHANNEL_PROGRESS', id),
  ];
  const joined = (name: string, one: string, two: string): EslMessage =>
    of(name, one, { 'Bridge-A-Unique-ID': one, 'Bridge-B-Unique-ID': two });
  const gone = (id: string, cause: string, q850: string, by = ''): readonly EslMessage[] => [
    of('CHANNEL_HANGUP', id, { 'Hangup-Cause': cause, variable_sip_hangup_disposition: by }),
    of('CHANNEL_HANGUP_COMPLETE', id, { 'Hangup-Cause': cause, variable_hangup_cause_q850: q850 }),
  ];
  const dialled: readonly EslMessage[] = [
    made('a', '1001', { 'Call-Direction': 'inbound', 'Caller-Destination-Number': '1002', 'Caller-Caller-ID-Number': '1001' }),
    of('CHANNEL_EXECUTE', 'a', { Application: 'bridge', 'Application-Data': 'user/1002@pbx', 'Caller-Destination-Number': '1002' }),
    ...called('b', '1002', 'a'),
  ];
  const talking: readonly EslMessage[] = [
    ...dialled,
    of('CHANNEL_ANSWER', 'b'),
    of('CHANNEL_ANSWER', 'a'),
    joined('CHANNEL_BRIDGE', 'a', 'b'),
  ];
  const eventsOf = (...messages: readonly EslMessage[]): readonly string[] => tell(play(translated(messages)).events).events;

  const half = (id: string, other: string): EslMessage =>
    eventOf({
      'Event-Name': 'CHANNEL_CREATE',
      'Unique-ID': id,
      'Channel-Name': `loopback/1002-${id === 'l1' ? 'a' : 'b'}`,
      'Call-Direction': id === 'l1' ? 'outbound' : 'inbound',
      variable_other_loopback_leg_uuid: other,
      ...(id === 'l1' ? { 'Other-Type': 'originator', 'Other-Leg-Unique-ID': 'a' } : { 'Caller-Destination-Number': '1002' }),
    });
  const rungByHalf: readonly EslMessage[] = [
    made('c', '1002', {
      'Call-Direction': 'outbound',
      'Other-Type': 'originator',
      'Other-Leg-Unique-ID': 'l2',
      'Other-Leg-Channel-Name': 'loopback/1002-b',
    }),
    of('CHANNEL_PROGRESS', 'c'),
  ];
  const dialsLoopback: readonly EslMessage[] = [
    made('a', '1001', { 'Call-Direction': 'inbound', 'Caller-Destination-Number': '1002', 'Caller-Caller-ID-Number': '1001' }),
    half('l1', 'l2'),
  ];

  test('in whichever order a loopback and the phone that it rings show, they are of one call', () => {
    const ends = [
      ...gone('c', 'NO_ANSWER', '19'),
      ...gone('l2', 'NO_ANSWER', '19'),
      ...gone('l1', 'NO_ANSWER', '19'),
      ...gone('a', 'NO_ANSWER', '19'),
    ];
    const inOrder = eventsOf(...dialsLoopback, half('l2', 'l1'), ...rungByHalf, ...ends);
    expect(inOrder.filter((line) => line.startsWith('call.started'))).toHaveLength(1);
    expect(eventsOf(...dialsLoopback, ...rungByHalf, half('l2', 'l1'), ...ends)).toEqual(inOrder);
    const [caller, firstHalf] = dialsLoopback;
    if (caller === undefined || firstHalf === undefined) throw new Error('the story begins with the caller and the first half');
    expect(eventsOf(caller, half('l2', 'l1'), firstHalf, ...rungByHalf, ...ends)).toEqual(inOrder);
    expect(eventsOf(caller, ...rungByHalf, half('l2', 'l1'), firstHalf, ...ends)).toEqual(inOrder);
  });

  test('a phone whose loopback never shows is told of all the same, once it is over', () => {
    const events = eventsOf(...rungByHalf, ...gone('c', 'NO_ANSWER', '19'));
    expect(events.filter((line) => line.startsWith('call.ended'))).toHaveLength(1);
  });

  test('a phone that a lost half of a loopback rang was answered elsewhere', () => {
    const events = eventsOf(
      ...dialsLoopback,
      half('l2', 'l1'),
      ...rungByHalf,
      ...gone('l2', 'LOSE_RACE', '502'),
      ...gone('c', 'ORIGINATOR_CANCEL', '487'),
    );
    expect(events.find((line) => line.startsWith('leg.ended 1002'))).toContain(' 26');
  });

  test('a phone that sends sound and then declines was never talked to', () => {
    const events = eventsOf(
      ...dialled,
      joined('CHANNEL_BRIDGE', 'a', 'b'),
      ...gone('b', 'USER_BUSY', '17', 'recv_refuse'),
      ...gone('a', 'USER_BUSY', '17'),
    );
    expect(events).not.toContain('legs.linked 1001 1002');
    expect(events.at(-1)).toBe('call.ended A internal 1001>1002 rejected 17');
  });

  test.each([
    ['never answers', []],
    ['answers, and leaves', [of('CHANNEL_ANSWER', 'c'), joined('CHANNEL_BRIDGE', 'b', 'c'), joined('CHANNEL_UNBRIDGE', 'b', 'c')]],
  ])('who consults somebody that %s is back with the party that waited', (_what, between) => {
    const consults = of('CHANNEL_EXECUTE', 'b', { Application: 'att_xfer', 'Application-Data': 'user/1003@pbx' });
    const events = eventsOf(...talking, consults, ...called('c', '1003', 'b'), ...between, ...gone('c', 'NORMAL_CLEARING', '16'));
    const links = events.filter((line) => line.includes('1001 1002'));
    expect(links).toEqual(['legs.linked 1001 1002', 'legs.unlinked 1001 1002', 'legs.linked 1001 1002']);
    expect(events.filter((line) => line.startsWith('call.transferred'))).toEqual([]);
  });

  test('a transfer to a phone that rings still is one, and it rings for the transferee', () => {
    const consult = made('d', '1002', {
      'Call-Direction': 'inbound',
      'Caller-Destination-Number': '1003',
      'Caller-Caller-ID-Number': '1002',
    });
    const events = eventsOf(
      ...talking,
      of('CHANNEL_HOLD', 'b'),
      consult,
      ...called('c', '1003', 'd'),
      of('CHANNEL_HANGUP', 'd', { variable_endpoint_disposition: 'ATTENDED_TRANSFER' }),
      of('CHANNEL_HANGUP_COMPLETE', 'd', { variable_hangup_cause_q850: '16' }),
      of('CHANNEL_HANGUP', 'b', { variable_transfer_disposition: 'recv_replace' }),
      joined('CHANNEL_UNBRIDGE', 'a', 'b'),
      of('CHANNEL_HANGUP_COMPLETE', 'b', { variable_hangup_cause_q850: '16' }),
      of('CHANNEL_ANSWER', 'c'),
      joined('CHANNEL_BRIDGE', 'a', 'c'),
    );
    expect(events).toEqual(
      expect.arrayContaining(['call.transferred A attended by=1002 to=1003 ok', 'leg.moved 1003 B>A', 'legs.linked 1001 1003']),
    );
  });

  test('one who waits in a fifo is taken out of it, or gives up', () => {
    const waits = of('CUSTOM', 'a', { 'Event-Subclass': 'fifo::info', 'FIFO-Name': 'sales', 'FIFO-Action': 'push' });
    const givesUp = of('CUSTOM', 'a', { 'Event-Subclass': 'fifo::info', 'FIFO-Name': 'sales', 'FIFO-Action': 'abort' });
    const caller = made('a', '1001', { 'Call-Direction': 'inbound', 'Caller-Destination-Number': '2200' });
    expect(eventsOf(caller, waits, givesUp, ...gone('a', 'NORMAL_CLEARING', '16', 'recv_bye'))).toEqual(
      expect.arrayContaining(['queue.joined 1001 sales 1', 'queue.left 1001 sales abandoned']),
    );
    const taken = eventsOf(
      caller,
      waits,
      of('CHANNEL_ANSWER', 'a'),
      ...called('b', '1002', 'a'),
      of('CHANNEL_ANSWER', 'b'),
      joined('CHANNEL_BRIDGE', 'b', 'a'),
    );
    expect(taken).toContain('queue.left 1001 sales answered');
  });
});

describe('time', () => {
  const created = {
    'Event-Name': 'CHANNEL_CREATE',
    'Unique-ID': 'a',
    'Channel-Name': 'sofia/internal/1001@pbx',
    'Call-Direction': 'inbound',
  };

  test.each([
    ['the time of FreeSWITCH itself is a fact’s', { 'Event-Date-Timestamp': '1795244693000001' }, 1_795_244_693_000_001],
    ['without one it is when the message came', {}, 7],
    ['one that is no number is none', { 'Event-Date-Timestamp': 'soon' }, 7],
  ])('%s', (_what, stamp, at) => {
    const [fact] = createTranslator({ directory: createDirectory() }).translate(eventOf({ ...created, ...stamp }), 7);
    expect(fact?.at).toBe(at);
  });
});

describe('who is behind a channel', () => {
  const directory = createDirectory();

  test.each([
    ['sofia/internal/1001@pbx.local', { kind: 'extension', extension: '1001', device: 'user/1001' }],
    ['sofia/internal/1002@192.0.2.7:5060', { kind: 'extension', extension: '1002', device: 'user/1002' }],
    ['sofia/external/1002@carrier.example', { kind: 'trunk', trunk: 'external', device: 'sofia/external' }],
    ['sofia/internal/+4930123456@carrier.example', { kind: 'trunk', trunk: 'internal', device: 'sofia/internal' }],
    ['loopback/1002-a', { kind: 'local', pair: 'loopback/1002', half: 1, device: 'loopback/1002-a' }],
    ['loopback/1002-b', { kind: 'local', pair: 'loopback/1002', half: 2, device: 'loopback/1002-b' }],
    ['null/nobody', { kind: 'internal', device: 'null/nobody' }],
  ])('%s', (name, endpoint) => {
    expect(directory.endpointOf(name)).toEqual(endpoint);
  });
});
