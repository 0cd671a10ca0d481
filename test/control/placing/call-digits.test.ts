import { pino } from 'pino';
import { expect, test } from 'vitest';
import { CallDigits } from '../../../src/control/placing/call-digits.ts';
import { ownerOf, PlacedCalls } from '../../../src/control/placing/placed-calls.ts';
import { extensionNumber } from '../../../src/model/ids.ts';
import { startSandboxTenant } from '../../sandbox-tenant.ts';

const name = 'test:placed';

test('keys that were not pressed before a restart are pressed after it, and never again', async () => {
  const { engine, control, store, sandbox, identity, leg, event, events } = await startSandboxTenant();
  const who = identity(['control']);
  const placed = (): PlacedCalls => new PlacedCalls({ tenant: engine.tenant, store, name, idOf: (call) => call });
  const watch = (): CallDigits => new CallDigits({ engine, control, placed: placed(), logger: pino({ level: 'silent' }) });
  const { callId } = await control.submit(who, { name: 'dial', extension: extensionNumber('101'), number: '102' });
  if (callId === undefined) throw new Error('the phone rings, so that its call is known');
  placed().note({ call: callId, digits: { keys: '42', owner: ownerOf(who) } });
  sandbox.phones.answer('101');
  await leg('102', ({ state }) => state === 'ringing');
  sandbox.phones.answer('102');
  await event(({ type }) => type === 'legs.linked');

  watch().close();
  await event(({ type, data }) => type === 'command.done' && 'command' in data && data.command === 'dtmf');
  watch().close();
  expect(placed().get(callId)?.digits).toBe('pressed');
  await control.submit(who, { name: 'hangup', leg: (await leg('101')).id });
  await event(({ type }) => type === 'call.ended');
  const accepted = events.filter(({ type, data }) => type === 'command.accepted' && 'command' in data && data.command === 'dtmf');
  expect(accepted).toHaveLength(1);
});
