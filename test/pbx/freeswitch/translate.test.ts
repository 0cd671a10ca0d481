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
