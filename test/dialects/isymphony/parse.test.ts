import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { parseBody, parseMessage } from '../../../src/dialects/isymphony/parse.ts';

const filtersOf = (text: string, strict = false): unknown => {
  const message = parseMessage(text, strict);
  return message.kind === 'filter' ? message.filters : message;
};

/** As the vendor's page prints them: a colon stands where a comma belongs. */
const printed = [
  ['{ "type" : "filter", "filters" : [ {"property" : "type" : "value" : "dial"} ] }', [{ property: 'type', value: 'dial' }]],
  [
    `{
 "type" : "filter",
 "filters" : [
    {"property" : "type" : "value" : "login"},
    {"property" : "type" : "value" : "logout"},
    {"property" : "username" : "value" : "mikey"}
  ]
}`,
    [
      { property: 'type', value: 'login' },
      { property: 'type', value: 'logout' },
      { property: 'username', value: 'mikey' },
    ],
  ],
  ['{"type":"filter","filters":[{"property" : "username" : "value" : "*"}]}', [{ property: 'username', value: '*' }]],
  // One that was mended by its writer, among others that were not.
  [
    '{"type":"filter","filters":[{"property":"type","value":"dial"},{"property":"a\\"b" : "value":"c:d"}]}',
    [
      { property: 'type', value: 'dial' },
      { property: 'a"b', value: 'c:d' },
    ],
  ],
] as const;

describe('filter messages as the vendor prints them', () => {
  test.each(printed)('%s', (text, filters) => {
    expect(filtersOf(text)).toEqual(filters);
    expect(filtersOf(text, true)).toEqual({ kind: 'bad-filter', error: 'Invalid JSON' });
  });

  test('nothing else is mended', () => {
    for (const text of [
      '{"type":"filter","filters":[{"property":"type" : "value" : "dial"}, ...]}',
      '{"type":"filter","filters":[{"value":"dial" : "property":"type"}]}',
      '{"type":"filter","filters":[{"property":"type" : "value" : dial}]}',
      "{'type':'filter'}",
      '',
      'filter',
    ]) {
      expect(filtersOf(text)).toEqual({ kind: 'bad-filter', error: 'Invalid JSON' });
    }
  });
});

describe('what is no filter message', () => {
  test.each([
    ['{"type":"filter"}', 'bad-filter', 'Missing filters'],
    ['{"type":"filter","filters":null}', 'bad-filter', 'filters is not an array'],
    ['{"type":"filter","filters":{}}', 'bad-filter', 'filters is not an array'],
    ['{"type":"filter","filters":"type"}', 'bad-filter', 'filters is not an array'],
    ['{"type":"filter","filters":[1]}', 'bad-filter', 'Invalid filter at 0: a property and a value are needed'],
    [
      '{"type":"filter","filters":[{"property":"a","value":"b"},{"property":"a"}]}',
      'bad-filter',
      'Invalid filter at 1: a property and a value are needed',
    ],
    ['{"type":"filter","filters":[{"property":1,"value":"b"}]}', 'bad-filter', 'Invalid filter at 0: a property and a value are needed'],
    ['{"type":"filter","filters":[{"property":"a","value":null}]}', 'bad-filter', 'Invalid filter at 0: a property and a value are needed'],
    ['{"type":"x"}', 'unknown', 'Unknown message type: x'],
    ['{"type":7}', 'unknown', 'Unknown message type: 7'],
    ['{}', 'unknown', 'Missing message type'],
    ['[]', 'unknown', 'Message is not an object'],
    ['null', 'unknown', 'Message is not an object'],
  ])('%s', (text, kind, error) => {
    expect(parseMessage(text, false)).toEqual({ kind, error });
  });

  test('an empty list is a filter message, and numbers and booleans are values', () => {
    expect(filtersOf('{"type":"filter","filters":[]}')).toEqual([]);
    expect(filtersOf('{"type":"filter","filters":[{"property":"port","value":57042},{"property":"paused","value":true}]}')).toEqual([
      { property: 'port', value: 57_042 },
      { property: 'paused', value: true },
    ]);
  });
});

describe('the body of an action', () => {
  const schema = z.object({ destination: z.string() });

  test('is read as its schema says, and what is beyond it is let be', () => {
    expect(parseBody('{"destination":"102","more":1}', schema)).toEqual({ destination: '102' });
    expect(parseBody('  ', z.object({}))).toEqual({});
  });

  test.each(['{', '{"destination"}', 'destination=102'])('is no JSON: %s', (text) => {
    expect(() => parseBody(text, schema)).toThrow(expect.objectContaining({ code: 'invalid-json' }));
  });

  test.each(['', '{}'])('lacks what is needed: %s', (text) => {
    const missing = { code: 'missing-parameter', message: 'A required parameter is missing. destination' };
    expect(() => parseBody(text, schema)).toThrow(expect.objectContaining(missing));
  });

  test.each([
    ['[]', 'body'],
    ['{"destination":7}', 'destination'],
  ])('holds what is not taken: %s', (text, field) => {
    const invalid = { code: 'invalid-parameter', message: expect.stringContaining(`${field}: `) };
    expect(() => parseBody(text, schema)).toThrow(expect.objectContaining(invalid));
  });
});
