import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { GatewayError } from '../../../src/model/errors.ts';
import type { AmiMessage } from '../../../src/pbx/asterisk/ami-parser.ts';
import { createAmiParser, parseAmi } from '../../../src/pbx/asterisk/ami-parser.ts';

const bytes = (text: string): Buffer => Buffer.from(text, 'utf8');
const parse = (text: string | Buffer): readonly AmiMessage[] => createAmiParser().push(typeof text === 'string' ? bytes(text) : text);
const texts = (messages: readonly AmiMessage[]): readonly string[] => messages.map((message) => message.text());

const stream = [
  'Asterisk Call Manager/9.0.0\r\n',
  'Response: Success\r\nActionID: 1\r\nMessage: Authentication accepted\r\n\r\n',
  'Event: Newchannel\r\nPrivilege: call,all\r\nChannel: PJSIP/101-00000000\r\nChannelState: 4\r\nCallerIDName: Jürgen Größe\r\nAccountCode: \r\n\r\n',
  'Response: Success\r\nActionID: c327\r\nMessage: Park successful\n\r\n\r\n',
  'Event: TestEvent\r\nPrivilege: reporting,all\r\nState: CallIDChange\r\nState: Second\r\n\r\n',
  'Response: Success\r\nActionID: 9\r\nMessage: Command output follows\r\nOutput: first\r\nOutput: \r\nOutput: third: with colon\r\n\r\n',
  'Response: Follows\r\nActionID: 10\r\nsome\nold output\n--END COMMAND--\r\n\r\n',
  'Event: Shutdown\r\nShutdown: Cleanly\r\n\r\n',
].join('');

const pushInPieces = (data: Buffer, cuts: readonly number[]): readonly AmiMessage[] => {
  const parser = createAmiParser();
  const edges = [0, ...cuts.map((cut) => cut % (data.length + 1)).toSorted((a, b) => a - b), data.length];
  return edges.slice(1).flatMap((end, index) => parser.push(data.subarray(edges[index], end)));
};

describe('what a message says', () => {
  test('the greeting tells the version and is there before any blank line', () => {
    const [greeting] = parse('Asterisk Call Manager/9.0.0\r\n');
    expect(greeting?.greeting).toBe('9.0.0');
    expect(greeting?.event).toBeUndefined();
    expect(greeting?.response).toBeUndefined();
  });

  test('an event has its name and its headers', () => {
    const message = parse(stream)[2];
    expect(message?.event).toBe('Newchannel');
    expect(message?.response).toBeUndefined();
    expect(message?.get('Channel')).toBe('PJSIP/101-00000000');
    expect(message?.get('ChannelState')).toBe('4');
    expect(message?.get('Event')).toBe('Newchannel');
  });

  test('an empty header is empty, an absent one is absent', () => {
    const message = parse(stream)[2];
    expect(message?.get('AccountCode')).toBe('');
    expect(message?.get('Exten')).toBeUndefined();
  });

  test('a header is found by its whole name only', () => {
    const [message] = parse('Event: Dial\r\nDestChannel: b\r\nChannelState: 4\r\nChannel: a\r\n\r\n');
    expect(message?.get('Channel')).toBe('a');
    expect(message?.get('State')).toBeUndefined();
  });

  test('a blank line too many after a message hides nothing of the next', () => {
    const data = Buffer.from('Event: MixMonitorMute\r\nState: 1\r\n\r\n\r\nEvent: Hangup\r\nCause: 16\r\n\r\n');
    const parser = createAmiParser();
    const bytewise = [...data].flatMap((byte) => parser.push(Uint8Array.of(byte)));
    for (const messages of [createAmiParser().push(data), bytewise]) {
      expect(messages.map((message) => message.event)).toEqual(['MixMonitorMute', 'Hangup']);
    }
  });

  test('a bare line feed belongs to the value it is in', () => {
    const message = parse(stream)[3];
    expect(message?.response).toBe('Success');
    expect(message?.get('Message')).toBe('Park successful');
    expect(parse(stream)[4]?.event).toBe('TestEvent');
  });

  test('a header that comes twice gives its first value, or all', () => {
    const message = parse(stream)[4];
    expect(message?.get('State')).toBe('CallIDChange');
    expect(message?.getAll('State')).toEqual(['CallIDChange', 'Second']);
  });

  test('the lines of a command come as they are', () => {
    expect(parse(stream)[5]?.getAll('Output')).toEqual(['first', '', 'third: with colon']);
    expect(parse(stream)[6]?.response).toBe('Follows');
    expect(parse(stream)[7]?.event).toBe('Shutdown');
  });

  test('UTF-8 is read, and what is not UTF-8 is replaced', () => {
    expect(parse(stream)[2]?.get('CallerIDName')).toBe('Jürgen Größe');
    expect(parse('Event: A\r\nName: voilà\r\n\r\n')[0]?.get('Name')).toBe('voilà');
    const broken = Buffer.concat([bytes('Event: A\r\nName: x'), Buffer.from([0xff, 0xc3]), bytes('y\r\n\r\n')]);
    expect(parse(broken)[0]?.get('Name')).toBe('x\ufffd\ufffdy');
  });

  test('the text of a message is what came', () => {
    expect(parse(stream)[7]?.text()).toBe('Event: Shutdown\r\nShutdown: Cleanly');
  });
});

describe('what is not of interest', () => {
  test('is dropped by its name; responses and the greeting always come', () => {
    const parser = createAmiParser({ interesting: (event) => event === 'Shutdown' });
    const messages = parser.push(bytes(stream));
    expect(messages.map((message) => message.event ?? message.response ?? message.greeting)).toEqual([
      '9.0.0',
      'Success',
      'Success',
      'Success',
      'Follows',
      'Shutdown',
    ]);
  });
});

describe('limits', () => {
  const refusal = (run: () => unknown): unknown => {
    try {
      run();
    } catch (error) {
      return error instanceof GatewayError ? { code: error.code, ...error.details } : error;
    }
    return 'not refused';
  };

  test('a header of 1 MB is refused, whether it ends or not', () => {
    const huge = 'x'.repeat(1_000_000);
    const expected = { code: 'too-large', field: 'header', limit: 262_144 };
    expect(refusal(() => parse(`Event: A\r\nName: ${huge}\r\n\r\n`))).toEqual(expected);
    expect(refusal(() => parse(`Event: A\r\nName: ${huge}`))).toEqual(expected);
  });

  test('a header without an end is refused while it comes in', () => {
    const parser = createAmiParser({ maxHeaderBytes: 100 });
    parser.push(bytes('Event: A\r\nName: '));
    const outcome = refusal(() => {
      for (let i = 0; i < 200; i += 1) parser.push(bytes('x'));
    });
    expect(outcome).toEqual({ code: 'too-large', field: 'header', limit: 100 });
  });

  test('a message of many short headers is refused at its own limit', () => {
    const parser = createAmiParser({ maxHeaderBytes: 100, maxMessageBytes: 1_000 });
    const allowed = `Event: A\r\n${'Name: value\r\n'.repeat(70)}\r\n`;
    expect(parser.push(bytes(allowed))).toHaveLength(1);
    expect(refusal(() => parser.push(bytes(`Event: A\r\n${'Name: value\r\n'.repeat(90)}`)))).toEqual({
      code: 'too-large',
      field: 'message',
      limit: 1_000,
    });
  });
});

describe('chunks', () => {
  test('one byte at a time gives the same messages', () => {
    const parser = createAmiParser();
    const messages = [...bytes(stream)].flatMap((byte) => parser.push(Uint8Array.of(byte)));
    expect(texts(messages)).toEqual(texts(parse(stream)));
    expect(parser.buffered).toBe(0);
  });

  test('any cuts give the same messages', () => {
    const whole = texts(parse(stream));
    fc.assert(
      fc.property(fc.array(fc.nat(), { maxLength: 12 }), (cuts) => {
        expect(texts(pushInPieces(bytes(stream), cuts))).toEqual(whole);
      }),
    );
  });

  test('arbitrary headers come out as they went in, however they are cut', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 20 }).filter((value) => !/[\r\n]/.test(value));
    const name = fc.stringMatching(/^[A-Z][A-Za-z]{0,12}$/).filter((value) => value !== 'Event' && value !== 'Response');
    const event = fc.uniqueArray(fc.tuple(name, text), { maxLength: 8, selector: ([key]) => key });
    fc.assert(
      fc.property(fc.array(event, { minLength: 1, maxLength: 5 }), fc.array(fc.nat(), { maxLength: 20 }), (events, cuts) => {
        const wire = events.map((headers) => `Event: X\r\n${headers.map(([key, value]) => `${key}: ${value}\r\n`).join('')}\r\n`).join('');
        const messages = pushInPieces(bytes(wire), cuts);
        expect(messages.map((message) => message.event)).toEqual(events.map(() => 'X'));
        messages.forEach((message, index) => {
          for (const [key, value] of events[index] ?? []) expect(message.get(key)).toBe(value.trim());
        });
      }),
    );
  });

  test('garbage never makes it throw', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 10 }), (chunks) => {
        const parser = createAmiParser();
        expect(() => chunks.flatMap((chunk) => parser.push(chunk).map((message) => message.get('Channel')))).not.toThrow();
      }),
    );
  });

  test('as a stage of a pipeline it ends with its source', async () => {
    const source = async function* (): AsyncGenerator<Uint8Array, void> {
      yield bytes('Event: A\r\n\r\nEve');
      yield bytes('nt: B\r\n\r\nEvent: C\r\n');
    };
    const names: (string | undefined)[] = [];
    for await (const message of parseAmi(source())) names.push(message.event);
    expect(names).toEqual(['A', 'B']);
  });
});
