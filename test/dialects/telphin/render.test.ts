import { expect, test } from 'vitest';
import { renderParameterRequest } from '../../../src/delivery/webhooks/parameters.ts';
import { apiUuidOf, nodeNumberOf, parseApiId, uuidOf, vendorCallId, withoutDashes } from '../../../src/dialects/telphin/ids.ts';
import { createNumbers } from '../../../src/dialects/telphin/numbers.ts';
import { defaultTelphinOptions } from '../../../src/dialects/telphin/options.ts';
import { renderParameters, renderQuestion } from '../../../src/dialects/telphin/render.ts';
import type { Happening, Part } from '../../../src/dialects/telphin/schema.ts';
import { callIdFrom, extensionNumber, type CallId } from '../../../src/model/ids.ts';
import { demoOptions } from './serve-telphin.ts';

const phones = new Set(['200', '341', '007']);
const options = { ...defaultTelphinOptions, ...demoOptions };
const numbers = createNumbers(
  {
    extension: (number) => (phones.has(number) ? ({ number } as never) : undefined),
    snapshot: () => ({ extensions: [] }) as never,
  },
  {
    named: (text) =>
      text === 'support' || text === '600' ? extensionNumber('support') : text === 'night' ? extensionNumber(text) : undefined,
    numberOf: (name) => (name === 'support' ? '600' : name === 'night' ? 'night' : undefined),
    all: () => [extensionNumber('support'), extensionNumber('night')],
  },
  options,
);
const writing = { numbers, options, knownAs: (call: CallId): CallId => call, behalfOf: () => undefined };

/** The call of the vendor's published request. */
const part: Part = {
  extension: extensionNumber('341'),
  call: callIdFrom('call_1'),
  callId: 'c69226e0a64e11eaa0086fd86d94a0e0',
  subCallId: 'c8874b88a64e11eaa0406fd86d94a0e0',
  apiUuid: '37b98fb2-a66c-11ea-ae69-6fd86d94a0e0',
  flow: 'in',
  caller: { number: '000117443', name: 'via200t', extension: extensionNumber('200') },
  called: { number: '341', name: '', extension: extensionNumber('341') },
  did: '78123093582',
  dialled: '341',
};
const answer: Happening = { seq: 1, event: 'e-1', at: 1_591_266_790_576_760, type: 'answer', status: 'ANSWER', part };

test("an answer's request is the vendor's published one, byte for byte", () => {
  const { url } = renderParameterRequest({ url: 'http://h/', method: 'GET' }, renderParameters(answer, writing));
  expect(url?.slice('http://h'.length)).toBe(
    '/?CalledExtension=022*341@siptest.ringme.ru&CalledExtensionID=34414&CallerExtension=022*200@siptest.ringme.ru&CallerExtensionID=32494' +
      '&EventType=answer&CallID=c69226e0a64e11eaa0086fd86d94a0e0&CallerIDNum=000117443&CallerIDName=via200t&CalledDID=78123093582' +
      '&CallStatus=ANSWER&CallFlow=in&CalledNumber=022*341&SubCallID=34414-c8874b88a64e11eaa0406fd86d94a0e0' +
      '&CallAPIID=3232240860-37b98fb2-a66c-11ea-ae69-6fd86d94a0e0&EventTime=1591266790576760',
  );
});

test('a caller from outside has neither an extension nor an id, and its number is its own', () => {
  const outside = { ...part, caller: { number: '+79521112233', name: '' }, did: '' };
  const parameters = Object.fromEntries(renderParameters({ ...answer, part: outside }, writing));
  expect(parameters).toMatchObject({ CallerIDNum: '+79521112233', CallerIDName: '' });
  for (const name of ['CallerExtension', 'CallerExtensionID', 'CalledDID']) expect(parameters).not.toHaveProperty(name);
});

test('a colleague who calls shows the internal number', () => {
  const inner = { ...part, caller: { number: '200', name: 'Reception', extension: extensionNumber('200') } };
  expect(Object.fromEntries(renderParameters({ ...answer, part: inner }, writing))).toMatchObject({ CallerIDNum: '022*200' });
});

test('a hangup tells how long was talked in microseconds, what was recorded, and of a queue whether anybody answered', () => {
  const recording = '5D36E5557F1845FEB577EDE8A19C5108';
  const hangup: Happening = { ...answer, type: 'hangup', hangup: { talked: 12_500_000, recording, bridged: false } };
  expect(renderParameters(hangup, writing).slice(-4)).toEqual([
    ['EventTime', '1591266790576760'],
    ['RecID', `34414-${recording}`],
    ['Duration', '12500000'],
    ['Bridged', 'no'],
  ]);
});

test('a dial-in that a colleague transfers tells who is behind it', () => {
  const transferred = { ...part, remote: '+79521112233' };
  const dialIn: Happening = { ...answer, type: 'dial-in', status: 'CALLING', part: transferred };
  expect(renderParameters(dialIn, writing).at(-1)).toEqual(['RemoteNumber', '+79521112233']);
  expect(renderParameters({ ...answer, part: transferred }, writing).at(-1)?.[0]).toBe('EventTime');
});

test('a program is asked with the flow in capitals', () => {
  expect(Object.fromEntries(renderQuestion(part, writing))).toMatchObject({
    EventType: 'call_interactive',
    CallFlow: 'IN',
    CallStatus: 'ANSWER',
    CalledExtensionID: '34414',
  });
});

test('node addresses are the numbers of the published ids', () => {
  expect([nodeNumberOf('192.168.20.220'), nodeNumberOf('213.170.66.151')]).toEqual([3_232_240_860, 3_584_705_175]);
});

test.each([
  '3232240860-37b98fb2-a66c-11ea-ae69-6fd86d94a0e0',
  '3584705175:37b98fb2-a66c-11ea-ae69-6fd86d94a0e0',
  '37b98fb2-a66c-11ea-ae69-6fd86d94a0e0',
  '37B98FB2A66C11EAAE696FD86D94A0E0',
])('%s names the call by its UUID', (text) => {
  expect(parseApiId(text)).toBe('37b98fb2a66c11eaae696fd86d94a0e0');
});

test('ids that are made are UUIDs, the same for the same call, and not each other', () => {
  const call = callIdFrom('call_1');
  expect(uuidOf('x')).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(vendorCallId(call)).toMatch(/^[0-9a-f]{32}$/);
  expect(apiUuidOf(call)).toBe(apiUuidOf(call));
  expect(withoutDashes(apiUuidOf(call))).not.toBe(vendorCallId(call));
});

test('extensions are known by id and by every form of their name', () => {
  const extension = extensionNumber('341');
  expect(numbers.byId(34_414)).toBe(extension);
  expect(numbers.byId(34_341)).toBeUndefined();
  // A queue is known by its number, and one without by its name.
  const [support, night] = [extensionNumber('support'), extensionNumber('night')];
  expect([numbers.byId(34_600), numbers.parse('022*600'), numbers.idOf(support)]).toEqual([support, support, 34_600]);
  expect([numbers.short(support), numbers.dialled('022*600')]).toEqual(['022*600', '600']);
  expect(numbers.byId(numbers.idOf(night))).toBe(night);
  expect(numbers.idOf(night)).toBeLessThan(2 ** 31);
  expect(numbers.byId(34_007)).toBe('007');
  expect(numbers.byId(34_999)).toBeUndefined();
  for (const text of ['341', '022*341', '022*341@siptest.ringme.ru']) expect(numbers.parse(text)).toBe(extension);
  for (const text of ['342', '023*341', '022*341@elsewhere', '']) expect(numbers.parse(text)).toBeUndefined();
  expect(numbers.dialled('78123093582')).toBe('78123093582');
});
