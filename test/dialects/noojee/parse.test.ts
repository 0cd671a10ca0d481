import { describe, expect, test } from 'vitest';
import {
  isUniqueId,
  parseAutoAnswer,
  parseCallerId,
  parseExtension,
  parseExtensions,
  parseParameters,
  parseSequenceNumber,
  parseTimeOut,
  required,
} from '../../../src/dialects/noojee/parse.ts';
import { createServerTime } from '../../../src/dialects/noojee/server-time.ts';

const query = (text: string): ReturnType<typeof parseParameters> => parseParameters(text, '');

describe('parameters', () => {
  test('of query and form come together, and the query wins', () => {
    expect([...parseParameters('exten=400&timeOut=5', 'timeOut=60&apiKey=k')]).toEqual([
      ['exten', '400'],
      ['timeOut', '5'],
      ['apiKey', 'k'],
    ]);
  });

  test("survive the line break of the vendor's sample URL", () => {
    expect([...query('timeOut=60&%0AapiKey=k%20&lastSequenceNumber=%2028')]).toEqual([
      ['timeOut', '60'],
      ['apiKey', 'k'],
      ['lastSequenceNumber', '28'],
    ]);
  });

  test('without a value count as missing', () => {
    expect(() => required(query('exten='), 'exten')).toThrow('Missing parameter: exten');
  });

  test('are told apart by case', () => {
    expect(() => required(query('Exten=400'), 'exten')).toThrow('Missing parameter: exten');
  });

  test('never hold a control character', () => {
    expect(() => required(query('number=1%0D%0AAction:x'), 'number')).toThrow('Invalid parameter: number');
  });
});

test.each([
  ['400', '400'],
  ['SIP/400', '400'],
  ['PJSIP/400', '400'],
  ['SIP/410-12FA7B', '410'],
  ['*98', '*98'],
])('the extension in %s is %s', (text, extension) => {
  expect(parseExtension(text)).toBe(extension);
});

test('a list of extensions has each once', () => {
  expect(parseExtensions(query('exten=400,%20410,,410,SIP/400'))).toEqual(['400', '410']);
  expect(() => parseExtensions(query('exten=,'))).toThrow('Missing parameter: exten');
});

test.each([
  ['1412750652.496', true],
  ['342082345-238.234', true],
  ['6bb6ee5e-1c2f-4a5e-9a4c-2f6f4bd0a6f1', true],
  ['410', false],
  ['SIP/410-12FA7B', false],
])('%s names a channel: %s', (text, expected) => {
  expect(isUniqueId(text)).toBe(expected);
});

test.each([
  ['', 10],
  ['timeOut=0', 0],
  ['timeout=7', 7],
  ['timeOut=30&timeout=7', 30],
  ['timeOut=-5', 0],
  ['timeOut=100000', 300],
])('the time-out of "%s" is %i s', (text, seconds) => {
  expect(parseTimeOut(query(text))).toBe(seconds);
});

test.each(['1.5', 'soon', '1e3'])('a time-out of %s is refused', (text) => {
  expect(() => parseTimeOut(query(`timeOut=${text}`))).toThrow('Invalid parameter: timeOut');
});

describe('lastSequenceNumber', () => {
  test('is any 64-bit number that is not negative', () => {
    expect(parseSequenceNumber(query('lastSequenceNumber=28'))).toBe(28);
    expect(parseSequenceNumber(query('lastSequenceNumber=9223372036854775807'))).toBeGreaterThan(2 ** 60);
  });

  test.each(['-1', '9223372036854775808', '1.0', 'x'])('is not %s', (text) => {
    expect(() => parseSequenceNumber(query(`lastSequenceNumber=${text}`))).toThrow('Invalid parameter: lastSequenceNumber');
  });

  test('must be given', () => {
    expect(() => parseSequenceNumber(query(''))).toThrow('Missing parameter: lastSequenceNumber');
  });
});

describe('an auto-answer header', () => {
  test.each([
    ['Call-info:answer-after=0', 'Call-info: answer-after=0'],
    ['Call-Info%3A%5C%5C%3B%20answer-after%3D0', 'Call-Info: ; answer-after=0'],
    ['Alert-Info:%20Ring%20Answer', 'Alert-Info: Ring Answer'],
  ])('%s reads %s', (text, header) => {
    expect(parseAutoAnswer(query(`autoAnswer=${text}`), 'autoAnswer')).toBe(header);
  });

  test('may be empty', () => {
    expect(parseAutoAnswer(query('autoAnswer='), 'autoAnswer')).toBeUndefined();
  });

  test.each(['Call-Info%3Ax%0D%0AVia%3Ay', 'Via:x', 'answer-after=0', 'Call-Info:'])('%s is refused', (text) => {
    expect(() => parseAutoAnswer(query(`autoAnswer=${text}`), 'autoAnswer')).toThrow('Invalid parameter: autoAnswer');
  });
});

test.each([
  ['0383208100', { number: '0383208100', name: '' }],
  ['"Sales" <0383208100>', { number: '0383208100', name: 'Sales' }],
  ['Sales <0383208100>', { number: '0383208100', name: 'Sales' }],
])('the caller id %s', (text, expected) => {
  expect(parseCallerId(query(`callerId=${encodeURIComponent(text)}`))).toEqual(expected);
});

describe('times', () => {
  test.each([
    ['Australia/Melbourne', '2014-10-08T06:25:10.000Z', '2014/10/08 17:25:10'],
    ['Australia/Melbourne', '2014-10-08T06:25:17.999Z', '2014/10/08 17:25:17'],
    ['Asia/Kathmandu', '2014-10-08T06:25:10.000Z', '2014/10/08 12:10:10'],
    ['UTC', '2014-01-01T00:00:00.000Z', '2014/01/01 00:00:00'],
  ])('in %s %s is %s', (zone, time, shown) => {
    expect(createServerTime(zone)(time)).toBe(shown);
  });

  test('change over at the minute at which the zone does', () => {
    const berlin = createServerTime('Europe/Berlin');
    expect(berlin('2026-03-29T00:59:59.000Z')).toBe('2026/03/29 01:59:59');
    expect(berlin('2026-03-29T01:00:00.000Z')).toBe('2026/03/29 03:00:00');
    expect(berlin('2026-03-29T00:59:59.000Z')).toBe('2026/03/29 01:59:59');
  });

  test('of a zone that does not exist are refused', () => {
    expect(() => createServerTime('Mars/Olympus')).toThrow('no such time zone');
  });
});
