import { describe, expect, test } from 'vitest';
import type { CommandRequest } from '../../src/control/control.ts';
import { extensionNumber, legIdFrom } from '../../src/model/ids.ts';
import { startSandboxTenant } from '../sandbox-tenant.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const dial = (extension: string, number: string): CommandRequest => ({ name: 'dial', extension: extensionNumber(extension), number });

describe('a dial', () => {
  test('is accepted when the own phone rings, and done when the far party answers', async () => {
    const { control, identity, sandbox, leg, events } = await startSandboxTenant();
    const accepted = await control.submit(identity(['control']), dial('101', '102'));
    expect(accepted).toMatchObject({ name: 'dial', state: 'accepted' });
    expect((await leg('101')).id).toBe(accepted.legId);
    sandbox.phones.answer('101');
    await leg('102', ({ state }) => state === 'ringing');
    expect(control.get(accepted.tenant, accepted.id)?.state).toBe('accepted');
    sandbox.phones.answer('102');
    expect(await control.wait(accepted.tenant, accepted.id, 10)).toMatchObject({ state: 'done', callId: accepted.callId });
    expect(events.filter(({ type }) => type.startsWith('command.')).map(({ type }) => type)).toEqual(['command.accepted', 'command.done']);
  });

  test.each([
    ['116', 'busy'],
    ['118', 'rejected'],
  ])('of %s fails as %s', async (number, error) => {
    const { control, identity, sandbox, clock } = await startSandboxTenant();
    const accepted = await control.submit(identity(['control']), dial('101', number));
    sandbox.phones.answer('101');
    clock.advance(10);
    expect(await control.wait(accepted.tenant, accepted.id, 10)).toMatchObject({ state: 'failed', error });
  });

  test('from an extension that does not exist, or from a phone that is not registered, is refused', async () => {
    const { control, identity } = await startSandboxTenant();
    await expect(control.submit(identity(['control']), dial('999', '101'))).rejects.toMatchObject({ code: 'no-such-extension' });
    await expect(control.submit(identity(['control']), dial('119', '101'))).rejects.toMatchObject({ code: 'unreachable' });
  });
});

describe('a command for a leg', () => {
  test('answers, and hangs up', async () => {
    const { control, identity, sandbox, leg, ended } = await startSandboxTenant();
    sandbox.phones.call('101', '102');
    const ringing = await leg('102', ({ state }) => state === 'ringing');
    const answer = await control.submit(identity(['control']), { name: 'answer', leg: ringing.id });
    expect(await control.wait(answer.tenant, answer.id, 10)).toMatchObject({ state: 'done' });
    const hangup = await control.submit(identity(['control']), { name: 'hangup', leg: ringing.id });
    expect(await control.wait(hangup.tenant, hangup.id, 10)).toMatchObject({ state: 'done' });
    expect(await ended(ringing.callId)).toMatchObject({ data: { disposition: 'answered' } });
  });

  test('rejects one of two ringing legs of a group, and the other rings on', async () => {
    const { control, identity, sandbox, engine, leg, event } = await startSandboxTenant();
    sandbox.phones.call('+15550100001', '610');
    const first = (await event(({ type }) => type === 'leg.ringing')).leg;
    if (first?.extension === undefined) throw new Error('nobody rings');
    const other = await leg(first.extension, ({ state }) => state === 'ringing');
    const reject = await control.submit(identity(['control']), { name: 'reject', leg: other.id });
    expect(await control.wait(reject.tenant, reject.id, 10)).toMatchObject({ state: 'done' });
    const rest = engine.call(other.callId)?.legs.filter(({ state }) => state === 'ringing');
    expect(rest?.length).toBeGreaterThan(0);
  });

  test('says what was wrong: an unknown leg, one that has just ended, one that does not ring', async () => {
    const { control, identity, sandbox, leg, ended } = await startSandboxTenant();
    const who = identity(['control']);
    await expect(control.submit(who, { name: 'hangup', leg: legIdFrom('leg_nobody') })).rejects.toMatchObject({ code: 'no-such-leg' });
    sandbox.phones.call('101', '102');
    const caller = await leg('101');
    await expect(control.submit(who, { name: 'answer', leg: caller.id })).rejects.toMatchObject({ code: 'wrong-state' });
    sandbox.phones.hangUp('101');
    await ended(caller.callId);
    await expect(control.submit(who, { name: 'hangup', leg: caller.id })).rejects.toMatchObject({ code: 'leg-ended' });
  });

  test('needs the scope, and a key of one extension commands that one alone', async () => {
    const { control, identity, sandbox, leg } = await startSandboxTenant();
    sandbox.phones.call('101', '102');
    const { id } = await leg('102', ({ state }) => state === 'ringing');
    await expect(control.submit(identity(['observe']), { name: 'answer', leg: id })).rejects.toMatchObject({ code: 'forbidden' });
    await expect(control.submit(identity(['control-own'], '101'), { name: 'answer', leg: id })).rejects.toMatchObject({
      code: 'forbidden',
    });
    await expect(control.submit(identity(['control-own'], '102'), { name: 'answer', leg: id })).resolves.toMatchObject({ name: 'answer' });
  });

  test('tells a key of another extension nothing of the state of a leg', async () => {
    const { control, identity, sandbox, leg } = await startSandboxTenant();
    sandbox.phones.call('101', '102');
    const caller = await leg('101');
    const { id } = await leg('102', ({ state }) => state === 'ringing');
    const stranger = identity(['control-own'], '103');
    for (const request of [
      { name: 'hold', leg: id },
      { name: 'transfer', leg: id, to: '103' },
      { name: 'kick', leg: caller.id },
      { name: 'stopRecording', leg: caller.id },
    ] satisfies CommandRequest[]) {
      await expect(control.submit(stranger, request)).rejects.toMatchObject({ code: 'forbidden' });
    }
    const own = identity(['control-own'], '101');
    const bridge: CommandRequest = { name: 'bridge', leg: caller.id, other: id };
    await expect(control.submit(own, bridge)).rejects.toMatchObject({ code: 'forbidden' });
  });

  test('with a cursor is refused as out of date before it is refused for the state, and a cursor to come is none', async () => {
    const { control, identity, sandbox, engine, leg } = await startSandboxTenant();
    const before = engine.cursor();
    sandbox.phones.call('101', '102');
    const { id } = await leg('102', ({ state }) => state === 'ringing');
    const hold: CommandRequest = { name: 'hold', leg: id };
    await expect(control.submit(identity(['control']), hold, { ifCursor: before })).rejects.toMatchObject({ code: 'call-moved-on' });
    const ahead = { ...engine.cursor(), seq: engine.cursor().seq + 1 };
    await expect(control.submit(identity(['control']), hold, { ifCursor: ahead })).rejects.toMatchObject({
      code: 'invalid-cursor',
      details: { field: 'If-Cursor' },
    });
  });

  test('is refused when its call has changed since the cursor that it names', async () => {
    const { control, identity, sandbox, engine, leg } = await startSandboxTenant();
    const before = engine.cursor();
    sandbox.phones.call('101', '102');
    const { id } = await leg('102', ({ state }) => state === 'ringing');
    const hangup: CommandRequest = { name: 'hangup', leg: id };
    await expect(control.submit(identity(['control']), hangup, { ifCursor: before })).rejects.toMatchObject({ code: 'call-moved-on' });
    await expect(control.submit(identity(['control']), hangup, { ifCursor: engine.cursor() })).resolves.toMatchObject({ name: 'hangup' });
  });
});

describe('an Idempotency-Key', () => {
  test('gives the same command again, also after a restart, and refuses another request', async () => {
    const folder = temporaryFolder();
    const first = await startSandboxTenant(folder);
    const who = first.identity(['control']);
    const options = { idempotencyKey: 'order-7' };
    const record = await first.control.submit(who, dial('101', '102'), options);
    expect((await first.control.submit(who, dial('101', '102'), options)).id).toBe(record.id);
    expect(first.engine.snapshot().calls).toHaveLength(1);
    await expect(first.control.submit(who, dial('101', '103'), options)).rejects.toMatchObject({ code: 'idempotency-conflict' });
    await first.close();
    const second = await startSandboxTenant(folder);
    expect(await second.control.submit(who, dial('101', '102'), options)).toMatchObject({ id: record.id, state: 'unknown' });
  });
});

describe('when the PBX is lost', () => {
  test('a command under way is unknown, and a new one is refused with since when', async () => {
    const { control, identity, sandbox, leg, event } = await startSandboxTenant();
    const accepted = await control.submit(identity(['control']), dial('101', '102'));
    const { id } = await leg('101');
    sandbox.faults.disconnect();
    await event(({ type }) => type === 'pbx.disconnected');
    expect(await control.wait(accepted.tenant, accepted.id, 10)).toMatchObject({ state: 'unknown' });
    await expect(control.submit(identity(['control']), { name: 'hangup', leg: id })).rejects.toMatchObject({
      code: 'pbx-down',
      details: { pbx: 'sandbox', since: expect.any(String) },
    });
  });

  test('no command is refused for what was known before: an extension may exist, a leg may be in another state', async () => {
    const { control, identity, sandbox, leg, event } = await startSandboxTenant();
    sandbox.phones.call('101', '102');
    const { id } = await leg('102', ({ state }) => state === 'ringing');
    sandbox.faults.disconnect();
    await event(({ type }) => type === 'pbx.disconnected');
    for (const request of [dial('9999', '102'), { name: 'hold', leg: id }] satisfies CommandRequest[]) {
      await expect(control.submit(identity(['control']), request)).rejects.toMatchObject({ code: 'pbx-down' });
    }
  });

  test('each call that was announced ends exactly once, as the comparison afterwards finds it', async () => {
    const { sandbox, leg, ended, events } = await startSandboxTenant();
    sandbox.phones.call('101', '102');
    const { callId } = await leg('102', ({ state }) => state === 'ringing');
    sandbox.phones.answer('102');
    await leg('102', ({ state }) => state === 'connected');
    sandbox.faults.disconnect();
    sandbox.phones.hangUp('101');
    sandbox.faults.reconnect();
    expect(await ended(callId)).toMatchObject({ reconciled: true, data: { disposition: 'answered' } });
    expect(events.filter(({ type, callId: id }) => type === 'call.ended' && id === callId)).toHaveLength(1);
  });
});
