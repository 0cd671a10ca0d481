import { describe, expect, test } from 'vitest';
import type { CommandRequest } from '../../src/control/control.ts';
import type { DialRules } from '../../src/control/policy.ts';
import { extensionNumber } from '../../src/model/ids.ts';
import { startSandboxTenant, type SandboxTenant } from '../sandbox-tenant.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const none: DialRules = { allow: [], forbid: [], emergency: ['112'], callerIds: [] };
const dial = (number: string): CommandRequest => ({ name: 'dial', extension: extensionNumber('101'), number });
const withRules = (rules: Partial<DialRules>): Promise<SandboxTenant> =>
  startSandboxTenant(temporaryFolder(), { rules: { ...none, ...rules } });

/** The code of the refusal; `taken` if there was none. */
const outcome = async ({ control, identity }: SandboxTenant, request: CommandRequest): Promise<unknown> => {
  try {
    await control.submit(identity(['control']), request);
    return 'taken';
  } catch (error) {
    return error instanceof Error && 'code' in error ? error.code : error;
  }
};

describe('a number', () => {
  test.each([
    [{ allow: ['+1555'] }, '+15550100001', 'taken'],
    [{ allow: ['+1555'] }, '+4930123456', 'number-not-allowed'],
    [{ forbid: ['+49', '00'] }, '+4930123456', 'number-not-allowed'],
    [{ forbid: ['+49'], allow: ['+4930'] }, '+4930123456', 'taken'],
    [{ forbid: ['+4930'], allow: ['+49'] }, '+4930123456', 'number-not-allowed'],
    [{ forbid: ['+49'], allow: ['+49'] }, '+4930123456', 'number-not-allowed'],
    [{ allow: ['+1555'] }, '102', 'taken'],
    [{ forbid: ['1'] }, '102', 'taken'],
  ] as const)('under %o: %s is %s', async (rules, number, expected) => {
    expect(await outcome(await withRules(rules), dial(number))).toBe(expected);
  });

  test('is held to the rules by every command that reaches out, and the call it is about goes on', async () => {
    const office = await withRules({ forbid: ['+49'] });
    office.sandbox.phones.call('102', '101');
    const ringing = await office.leg('101', ({ state }) => state === 'ringing');
    expect(await outcome(office, { name: 'divert', leg: ringing.id, to: '+4930123456' })).toBe('number-not-allowed');
    office.sandbox.phones.answer('101');
    const { id, callId } = await office.leg('101', ({ state }) => state === 'connected');
    for (const name of ['transfer', 'startTransfer'] as const) {
      expect(await outcome(office, { name, leg: id, to: '+4930123456' })).toBe('number-not-allowed');
    }
    expect(office.engine.call(callId)?.state).toBe('active');
  });

  test('that is rung with others is held to the rules as if it were alone', async () => {
    const office = await withRules({ forbid: ['+49'] });
    const together = (...also: readonly string[]): CommandRequest => ({
      name: 'dial',
      extension: extensionNumber('101'),
      number: '102',
      also,
    });
    expect(await outcome(office, together('103', '+4930123456'))).toBe('number-not-allowed');
    expect(await outcome(office, together('+15550100009', '600'))).toBe('invalid-parameter');
    expect(await outcome(office, together(...Array.from({ length: 20 }, (_, index) => String(200 + index))))).toBe('invalid-parameter');
    expect(await outcome(office, together('1;2'))).toBe('forbidden-character');
    expect(await outcome(office, together('103', '+15550100009'))).toBe('taken');
  });

  test('for an emergency is subject to no rule: the PBX alone decides', async () => {
    const office = await withRules({ allow: ['+1555'], callerIds: ['1'], dialsPerMinute: 1, emergency: ['112', '+15550100009'] });
    expect(await outcome(office, dial('102'))).toBe('taken');
    expect(await outcome(office, dial('103'))).toBe('too-many-requests');
    for (const extension of ['104', '105']) {
      const urgent = { name: 'dial', extension: extensionNumber(extension), number: '+15550100009' } as const;
      expect(await outcome(office, { ...urgent, callerId: { number: '2', name: '' } })).toBe('taken');
    }
  });
});

test('only caller ids on the list are shown', async () => {
  const office = await withRules({ callerIds: ['+15550200000'] });
  const shown = (number: string): CommandRequest => ({ ...dial('+15550100001'), callerId: { number, name: '' } }) as CommandRequest;
  expect(await outcome(office, shown('+15550299999'))).toBe('caller-id-not-allowed');
  expect(await outcome(office, shown('+15550200000'))).toBe('taken');
});

describe('a key', () => {
  test('reaches out so often a minute, and again when the minute is over', async () => {
    const office = await withRules({ dialsPerMinute: 2 });
    expect(await outcome(office, dial('102'))).toBe('taken');
    office.clock.advance(30);
    expect(await outcome(office, dial('103'))).toBe('taken');
    await expect(office.control.submit(office.identity(['control']), dial('104'))).rejects.toMatchObject({
      code: 'too-many-requests',
      details: { dialsPerMinute: 2, retryAfterSeconds: 30 },
    });
    office.clock.advance(30);
    expect(await outcome(office, dial('104'))).toBe('taken');
  });

  test('has so many calls of its dialling at once, and room again when one has ended', async () => {
    const office = await withRules({ liveDials: 1 });
    const { callId } = await office.control.submit(office.identity(['control']), dial('102'));
    expect(await outcome(office, dial('103'))).toBe('too-many-requests');
    office.sandbox.phones.hangUp('101');
    if (callId === undefined) throw new Error('the dial made no call');
    await office.ended(callId);
    expect(await outcome(office, dial('103'))).toBe('taken');
  });

  test('is not charged for what was refused', async () => {
    const office = await withRules({ dialsPerMinute: 1, forbid: ['+49'] });
    expect(await outcome(office, dial('+4930123456'))).toBe('number-not-allowed');
    expect(await outcome(office, dial('102'))).toBe('taken');
  });
});
