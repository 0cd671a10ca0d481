import { describe, expect, test } from 'vitest';
import type { Identity, Scope } from '../../src/auth/auth.ts';
import { checkScope, checkValues } from '../../src/control/check.ts';
import type { CommandRequest } from '../../src/control/control.ts';
import { GatewayError } from '../../src/model/errors.ts';
import { extensionNumber, keyIdFrom, legIdFrom, tenantId } from '../../src/model/ids.ts';

const refusal = (work: () => void): { code: string; field?: unknown } | undefined => {
  try {
    work();
    return undefined;
  } catch (error) {
    if (error instanceof GatewayError) return { code: error.code, ...('field' in error.details ? { field: error.details['field'] } : {}) };
    throw error;
  }
};

const dial = (over: Partial<Extract<CommandRequest, { name: 'dial' }>>): CommandRequest => ({
  name: 'dial',
  extension: extensionNumber('101'),
  number: '102',
  ...over,
});
const leg = legIdFrom('leg_1');
const agent = { name: 'agentPause', queue: '600', extension: extensionNumber('101') } as const;

describe('a value that goes to a PBX', () => {
  test.each<[string, CommandRequest]>([
    ['a plain number', dial({ number: '0383208100' })],
    ['an international number', dial({ number: '+15550100001' })],
    ['a feature code', dial({ number: '*8102' })],
    ['a caller id with a name', dial({ callerId: { number: '100', name: "Zoë O'Neil" } })],
    ['a header with a semicolon, as phones want it', dial({ autoAnswer: { header: 'Call-Info: <sip:x>;answer-after=0' } })],
    ['a reason with words', { ...agent, reason: 'Lunch (back at 1)' }],
    ['digits', { name: 'dtmf', leg, digits: '12*#A' }],
  ])('may be %s', (_, request) => {
    expect(refusal(() => checkValues(request))).toBeUndefined();
  });

  test.each<[string, CommandRequest, string, string]>([
    ['a line break in a number', dial({ number: '102\r\nAction: Command' }), 'forbidden-character', 'number'],
    ['a NUL in a number', dial({ number: '10\u00002' }), 'forbidden-character', 'number'],
    ['a separator of the dialplan', dial({ number: '102&103' }), 'forbidden-character', 'number'],
    ['a pipe', dial({ number: '102|30' }), 'forbidden-character', 'number'],
    ['a comma', { name: 'transfer', leg, to: '102,1' }, 'forbidden-character', 'to'],
    ['a semicolon in an extension', dial({ extension: extensionNumber('101;1') }), 'forbidden-character', 'extension'],
    ['a line break in a caller name', dial({ callerId: { number: '1', name: 'a\nb' } }), 'forbidden-character', 'callerId.name'],
    ['quotes in a caller name', dial({ callerId: { number: '1', name: '"<sip:x>' } }), 'forbidden-character', 'callerId.name'],
    ['a line break in a header', dial({ autoAnswer: { header: 'Call-Info: x\r\nVia: y' } }), 'forbidden-character', 'autoAnswer.header'],
    ['an empty number', dial({ number: '' }), 'invalid-parameter', 'number'],
    ['a blank in a number', dial({ number: '1 2' }), 'invalid-parameter', 'number'],
    ['an endless number', dial({ number: '1'.repeat(65) }), 'invalid-parameter', 'number'],
    ['an option in place of a number', dial({ number: '-1' }), 'invalid-parameter', 'number'],
    ['letters as digits', { name: 'dtmf', leg, digits: 'xyz' }, 'invalid-parameter', 'digits'],
    ['no time at all', dial({ timeoutSeconds: 0 }), 'invalid-parameter', 'timeoutSeconds'],
    ['half a second', dial({ timeoutSeconds: 0.5 }), 'invalid-parameter', 'timeoutSeconds'],
    ['a line break in whom to consult', { name: 'startTransfer', leg, to: '102\n' }, 'forbidden-character', 'to'],
    ['a separator in a third party', { name: 'join', leg, extension: extensionNumber('101&102') }, 'forbidden-character', 'extension'],
    ['a separator in a room', { name: 'conference', leg, conference: '650,a' }, 'forbidden-character', 'conference'],
    ['a separator in a queue', { ...agent, queue: '600|1' }, 'forbidden-character', 'queue'],
    ['a line break in a reason', { ...agent, reason: 'a\r\nAction: x' }, 'forbidden-character', 'reason'],
    ['a NUL in a status', { name: 'setStatus', extension: extensionNumber('101'), text: 'a\u0000' }, 'forbidden-character', 'text'],
    ['an endless status', { name: 'setStatus', extension: extensionNumber('101'), text: 'a'.repeat(129) }, 'invalid-parameter', 'text'],
    ['a slot with a separator', { name: 'park', leg, slot: { lot: 'default', slot: '7|1' } }, 'forbidden-character', 'slot.slot'],
  ])('may not be %s', (_, request, code, field) => {
    expect(refusal(() => checkValues(request))).toEqual({ code, field });
  });
});

describe('a key', () => {
  const identity = (scopes: readonly Scope[], extension?: string): Identity => ({
    tenant: tenantId('main'),
    key: keyIdFrom('key_1'),
    name: 'test',
    scopes: new Set(scopes),
    ...(extension === undefined ? {} : { extension: extensionNumber(extension) }),
  });

  test.each([
    ['observe', 'hangup', false],
    ['control', 'hangup', true],
    ['control', 'supervise', false],
    ['control', 'record', false],
    ['supervise', 'supervise', true],
    ['record', 'stopRecording', true],
    ['administer', 'supervise', true],
  ] as const)('with the scope %s may give %s: %s', (scope, command, allowed) => {
    expect(refusal(() => checkScope(identity([scope]), command, extensionNumber('101'))) === undefined).toBe(allowed);
  });

  test('that may control its own extension controls no other', () => {
    const own = identity(['control-own'], '101');
    expect(refusal(() => checkScope(own, 'hangup', extensionNumber('101')))).toBeUndefined();
    expect(refusal(() => checkScope(own, 'hangup', extensionNumber('102')))).toEqual({ code: 'forbidden' });
    expect(refusal(() => checkScope(own, 'hangup', undefined))).toEqual({ code: 'forbidden' });
  });
});
