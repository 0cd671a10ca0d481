import { pino } from 'pino';
import { expect, test } from 'vitest';
import { CallLimits } from '../../../src/control/placing/call-limits.ts';
import { ownerOf, PlacedCalls } from '../../../src/control/placing/placed-calls.ts';
import { extensionNumber } from '../../../src/model/ids.ts';
import { startSandboxTenant } from '../../sandbox-tenant.ts';

const name = 'test:placed';
const idOf = (call: string): string => call;

test('a call whose time ran out while nobody watched it ends when somebody does again', async () => {
  const { engine, control, store, clock, sandbox, identity, leg, event } = await startSandboxTenant();
  const who = identity(['control']);
  const { callId } = await control.submit(who, { name: 'dial', extension: extensionNumber('101'), number: '111' });
  if (callId === undefined) throw new Error('the phone rings, so that its call is known');
  const watch = (): CallLimits =>
    new CallLimits({
      engine,
      control,
      placed: new PlacedCalls({ tenant: engine.tenant, store, name, idOf }),
      clock,
      timers: clock,
      logger: pino({ level: 'silent' }),
    });
  new PlacedCalls({ tenant: engine.tenant, store, name, idOf }).note({ call: callId, limit: { seconds: 60, owner: ownerOf(who) } });
  const before = watch();
  sandbox.phones.answer('101');
  clock.advance(10);
  await event(({ type }) => type === 'legs.linked');
  before.close();
  clock.advance(120);
  expect((await leg('101')).state).toBe('connected');
  const after = watch();
  clock.advance(0);
  expect((await event(({ type }) => type === 'call.ended')).data).toMatchObject({ disposition: 'answered' });
  after.close();
});

test('of calls placed long ago nothing more is known than of any other', async () => {
  const { engine, store } = await startSandboxTenant();
  const placed = new PlacedCalls({ tenant: engine.tenant, store, name, idOf });
  for (let number = 0; number <= 1_000; number += 1) placed.note({ call: `call_${number}` as never, nonce: String(number) });
  expect([placed.get('call_0' as never), placed.get('call_1' as never)?.nonce, placed.all().length]).toEqual([undefined, '1', 1_000]);
});
