import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createEslParser, type EslMessage } from '../../../src/pbx/freeswitch/esl-parser.ts';

const framed = (contentType: string, body: string): string =>
  `Content-Length: ${Buffer.byteLength(body)}\nContent-Type: ${contentType}\n\n${body}`;

const created = 'Event-Name: CHANNEL_CREATE\nUnique-ID: ab-1\nCaller-Caller-ID-Name: Zo%C3%AB%20100%25,%20Ltd.\nEmpty: \n\n';
const jobResult = '+OK first\n\nUnique-ID: not-a-header\nJürgen\n';
const job = `Event-Name: BACKGROUND_JOB\nJob-UUID: j-1\nContent-Length: ${Buffer.byteLength(jobResult)}\n\n${jobResult}`;
const parked = 'Event-Name: CUSTOM\nEvent-Subclass: valet_parking%3A%3Ainfo\nAction: hold\n\n';
const json = JSON.stringify({
  'Event-Name': 'CUSTOM',
  'Event-Subclass': 'sofia::register',
  'from-user': '1001',
  contact: 'Zoë',
  _body: 'whole',
});

const stream = Buffer.from(
  [
    'Content-Type: auth/request\n\n',
    'Content-Type: command/reply\nReply-Text: +OK accepted\n\n',
    framed('text/event-plain', created),
    framed('text/event-plain', job),
    framed('api/response', '{"row_count": 0}'),
    framed('text/event-plain', parked),
    framed('text/event-json', json),
    framed('text/disconnect-notice', 'Disconnected, goodbye.\nSee you at ClueCon!\n'),
  ].join(''),
);

const parse = (bytes: Uint8Array): readonly EslMessage[] => createEslParser().push(bytes);

const inPieces = (data: Buffer, cuts: readonly number[]): readonly string[] => {
  const parser = createEslParser();
  const edges = [0, ...cuts.toSorted((one, two) => one - two), data.length];
  return edges.slice(1).flatMap((end, index) => parser.push(data.subarray(edges[index], end)).map((message) => message.text()));
};

describe('what a message says', () => {
  const [greeting, reply, create, result, answer, custom, register, notice] = parse(stream);

  test('greetings, replies and notices have their type and what they say, and are no events', () => {
    expect([greeting, reply, answer, notice].map((message) => message?.event)).toEqual([undefined, undefined, undefined, undefined]);
    expect(greeting?.contentType).toBe('auth/request');
    expect(reply?.get('Reply-Text')).toBe('+OK accepted');
    expect(answer?.body).toBe('{"row_count": 0}');
    expect(notice?.body).toBe('Disconnected, goodbye.\nSee you at ClueCon!\n');
  });

  test('a plain event has its values decoded; what it lacks is not there', () => {
    expect(create?.event).toBe('CHANNEL_CREATE');
    expect(create?.get('Caller-Caller-ID-Name')).toBe('Zoë 100%, Ltd.');
    expect(create?.get('Empty')).toBe('');
    expect(create?.get('Caller-ID-Name')).toBeUndefined();
    expect(create?.body).toBe('');
  });

  test('a body inside an event is its body, and holds no headers', () => {
    expect(result?.get('Job-UUID')).toBe('j-1');
    expect(result?.body).toBe(jobResult);
    expect(result?.get('Unique-ID')).toBeUndefined();
  });

  test('a custom event goes by its subclass, as json like as plain', () => {
    expect(custom?.event).toBe('valet_parking::info');
    expect(register?.event).toBe('sofia::register');
    expect(register?.get('contact')).toBe('Zoë');
    expect(register?.body).toBe('whole');
  });

  test('a value that is no UTF-8 is still read', () => {
    const [message] = parse(Buffer.from(framed('text/event-plain', 'Event-Name: X\nName: J%FCrgen%20M\n\n')));
    expect(message?.get('Name')).toBe('J\uFFFDrgen M');
  });
});

describe('any chunking', () => {
  const whole = parse(stream).map((message) => message.text());

  test('byte by byte the same messages come out, and nothing stays behind', () => {
    expect(inPieces(stream, [...stream.keys()])).toEqual(whole);
    const parser = createEslParser();
    parser.push(stream);
    expect(parser.buffered).toBe(0);
  });

  test('cut anywhere the same messages come out', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(stream.length), { maxLength: 12 }), (cuts) => {
        expect(inPieces(stream, cuts)).toEqual(whole);
      }),
      { numRuns: 200 },
    );
  });

  test('whatever an event is given to say comes out again', () => {
    const value = fc.string({ unit: 'grapheme', maxLength: 40 }).filter((text) => text === text.trimEnd() && text.isWellFormed());
    fc.assert(
      fc.property(value, value, (one, two) => {
        const event = `Event-Name: X\nOne: ${encodeURIComponent(one)}\nTwo: ${encodeURIComponent(two)}\n\n`;
        const [message] = parse(Buffer.from(framed('text/event-plain', event)));
        expect([message?.get('One'), message?.get('Two')]).toEqual([one, two]);
      }),
      { numRuns: 200 },
    );
  });
});

describe('bounds', () => {
  test('events of no interest are dropped, replies never', () => {
    const messages = createEslParser({ interesting: (event) => event === 'valet_parking::info' }).push(stream);
    expect(messages.map(({ event, contentType }) => event ?? contentType)).toEqual([
      'auth/request',
      'command/reply',
      'api/response',
      'valet_parking::info',
      'text/disconnect-notice',
    ]);
  });

  test('headers without an end, and a body beyond the limit, are refused before they are read', () => {
    expect(() => createEslParser({ maxHeaderBytes: 100 }).push(Buffer.alloc(101, 'x'))).toThrow('larger than is allowed');
    expect(() => createEslParser({ maxBodyBytes: 100 }).push(Buffer.from('Content-Length: 101\n\n'))).toThrow('larger than is allowed');
  });

  test('a length that is no number is refused', () => {
    expect(() => parse(Buffer.from('Content-Type: api/response\nContent-Length: 1x\n\n'))).toThrow('malformed');
    expect(() => parse(Buffer.from('Content-Type: api/response\nContent-Length: -1\n\n'))).toThrow('malformed');
  });
});
