import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createNumbers } from '../../../src/dialects/voipnow/numbers.ts';
import { encodeParameters, renderParameterRequest } from '../../../src/delivery/webhooks/parameters.ts';
import { renderParameters } from '../../../src/dialects/voipnow/render.ts';
import type { Part } from '../../../src/dialects/voipnow/schema.ts';
import { renderXml, toJson } from '../../../src/dialects/voipnow/xml.ts';
import { callIdFrom, extensionNumber } from '../../../src/model/ids.ts';

const numbers = createNumbers(
  { extension: (number) => (number === '210' || number === '101' ? ({ number } as never) : undefined) },
  '0003',
);

const part: Part = {
  extension: extensionNumber('210'),
  call: callIdFrom('call_1'),
  callId: '1479144949.4665265',
  apiId: 'b817d2618fe6f1804333',
  flow: 'IN',
  caller: { number: '+79521112233', name: 'Анна' },
  called: { number: '210', name: 'Sales', extension: extensionNumber('210') },
  did: '78125550000',
  dialled: '78125550000',
};

test('the older generation gets the nine parameters of the page in its order, then the two that receivers know besides', () => {
  expect(renderParameters({ part, status: 'CALLING' }, 'callapi2', numbers)).toEqual([
    ['CallID', '1479144949.4665265'],
    ['CallerIDNum', '+79521112233'],
    ['CallerIDNam', 'Анна'],
    ['CalledDID', '78125550000'],
    ['CalledExtension', '0003210'],
    ['CallStatus', 'CALLING'],
    ['CallFlow', 'IN'],
    ['CallerExtension', ''],
    ['CalledNumber', '78125550000'],
    ['CallerIDName', 'Анна'],
    ['CallAPIID', 'b817d2618fe6f1804333'],
  ]);
});

test('the later generation writes the customer apart, the name in full, and how the call really ended', () => {
  const inner: Part = { ...part, flow: 'OUT', caller: { ...part.called }, called: { number: '101', name: '' }, did: '', dialled: '101' };
  expect(renderParameters({ part: inner, status: 'BUSY' }, 'uapi3', numbers)).toEqual([
    ['CallID', '1479144949.4665265'],
    ['CallerIDNum', '0003*210'],
    ['CallerIDName', 'Sales'],
    ['CalledDID', ''],
    ['CalledExtension', '0003*101'],
    ['CallStatus', 'BUSY'],
    ['CallFlow', 'OUT'],
    ['CallerExtension', '0003*210'],
    ['CalledNumber', '0003*101'],
    ['CallAPIID', 'b817d2618fe6f1804333'],
  ]);
});

test('the older generation knows ANSWER and UNKNOWN; the flow is in small letters for those who ask', () => {
  const said = (status: 'ANSWER' | 'BUSY' | 'CANCEL'): unknown =>
    Object.fromEntries(renderParameters({ part, status }, 'callapi2', numbers, true));
  expect(said('ANSWER')).toMatchObject({ CallStatus: 'ANSWER', CallFlow: 'in' });
  expect(said('BUSY')).toMatchObject({ CallStatus: 'UNKNOWN' });
  expect(said('CANCEL')).toMatchObject({ CallStatus: 'UNKNOWN' });
});

const some = [['CallID', '1.2'] as const];

test.each([
  ['http://h/p', 'http://h/p?CallID=1.2'],
  ['http://h/p?x=1', 'http://h/p?x=1&CallID=1.2'],
  ['http://h/p?x=%41&y=a+b', 'http://h/p?x=%41&y=a+b&CallID=1.2'],
  ['http://h/p?', 'http://h/p?CallID=1.2'],
  ['http://h/p?x=1&', 'http://h/p?x=1&CallID=1.2'],
  ['http://h/p?x=1#part', 'http://h/p?x=1&CallID=1.2'],
])('a GET to %s keeps what stands there and asks %s', (url, asked) => {
  expect(renderParameterRequest({ url, method: 'GET' }, some)).toEqual({ url: asked });
});

test('a POST keeps the address as it is and sends a form', () => {
  expect(renderParameterRequest({ url: 'http://h/p?x=1', method: 'POST' }, some)).toEqual({
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: 'CallID=1.2',
  });
});

test('star and at sign stay raw', () => {
  expect(
    encodeParameters([
      ['CalledExtension', '0003*210'],
      ['CallerIDName', 'a@b & ü %40'],
    ]),
  ).toBe('CalledExtension=0003*210&CallerIDName=a@b%20%26%20%C3%BC%20%2540');
});

test('whatever a name holds, every form decoder reads it back', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' })), { maxLength: 5 }), (pairs) => {
      expect([...new URLSearchParams(encodeParameters(pairs))]).toEqual(pairs);
    }),
    { numRuns: 200 },
  );
});

test('XML holds any text, and nothing that ends it early', () => {
  expect(renderXml('CallAPI', { version: '251' }, [['Notes', '<b>&"\'\u0001 ok']])).toBe(
    '<?xml version="1.0" encoding="UTF-8"?>\n<CallAPI version="251"><Notes>&#60;b&#62;&#38;&#34;&#39;\uFFFD ok</Notes></CallAPI>',
  );
});

test('as JSON, what repeats is a list', () => {
  expect(
    toJson([
      [
        'Events',
        [
          ['Event', [['Status', '1']]],
          ['Event', [['Status', '0']]],
        ],
      ],
    ]),
  ).toEqual({
    Events: { Event: [{ Status: '1' }, { Status: '0' }] },
  });
});
