import { describe, expect, test } from 'vitest';
import type { CommandRecord, CommandRequest } from '../../src/control/control.ts';
import type { Leg } from '../../src/model/call.ts';
import { extensionNumber, legIdFrom } from '../../src/model/ids.ts';
import { startSandboxTenant, type SandboxTenant } from '../sandbox-tenant.ts';

const outside = '+15550100001';
const extension = extensionNumber;

/** An outside caller talks to 101. */
const talking = async (): Promise<SandboxTenant & { readonly own: Leg; give(request: CommandRequest): Promise<CommandRecord> }> => {
  const office = await startSandboxTenant();
  const give = async (request: CommandRequest): Promise<CommandRecord> => {
    const { tenant, id } = await office.control.submit(office.identity(['control', 'supervise', 'record']), request);
    return office.control.wait(tenant, id, 20);
  };
  office.sandbox.phones.call(outside, '101');
  await office.leg('101', ({ state }) => state === 'ringing');
  office.sandbox.phones.answer('101');
  return { ...office, own: await office.leg('101', ({ state }) => state === 'connected'), give };
};

describe('an attended transfer', () => {
  test('holds the peer, consults, and connects those two, in one call', async () => {
    const { own, give, leg, sandbox, engine, event } = await talking();
    expect(await give({ name: 'startTransfer', leg: own.id, to: '102' })).toMatchObject({ state: 'done', callId: own.callId });
    expect(engine.leg(own.id)?.state).toBe('held');
    sandbox.phones.answer('102');
    await leg('102', ({ state }) => state === 'connected');
    expect(await give({ name: 'completeTransfer', leg: own.id })).toMatchObject({ state: 'done' });
    expect((await event(({ type }) => type === 'call.transferred')).data).toMatchObject({ kind: 'attended', succeeded: true });
    const target = await leg('102', ({ peer }) => peer.number === outside);
    expect(target.callId).toBe(own.callId);
    expect(engine.legsOf(extension('101'))).toEqual([]);
  });

  test('may be completed while the consulted party still rings, which then rings for the peer', async () => {
    const { own, give, leg, sandbox, event } = await talking();
    await give({ name: 'startTransfer', leg: own.id, to: '102' });
    expect(await give({ name: 'completeTransfer', leg: own.id })).toMatchObject({ state: 'done' });
    expect((await event(({ type }) => type === 'call.transferred')).data).toMatchObject({ kind: 'blind', to: { number: '102' } });
    await leg('102', ({ state, callId }) => state === 'ringing' && callId === own.callId);
    sandbox.phones.answer('102');
    expect((await leg('102', ({ state }) => state === 'connected')).peer.number).toBe(outside);
  });

  test('is cancelled: the consultation ends and the peer is back', async () => {
    const { own, give, leg, engine, ended } = await talking();
    await give({ name: 'startTransfer', leg: own.id, to: '102' });
    const consulted = await leg('102');
    expect(await give({ name: 'cancelTransfer', leg: own.id })).toMatchObject({ state: 'done' });
    await ended(consulted.callId);
    expect(engine.leg(own.id)?.state).toBe('connected');
  });

  test('to somebody who is busy fails, and the peer waits as it was', async () => {
    const { own, give, engine } = await talking();
    expect(await give({ name: 'startTransfer', leg: own.id, to: '116' })).toMatchObject({ state: 'failed', error: 'busy' });
    expect(engine.leg(own.id)?.state).toBe('held');
  });

  test('cannot be completed before it is begun', async () => {
    const { own, give, sandbox, leg } = await talking();
    sandbox.phones.hold('101');
    await leg('101', ({ held }) => held);
    await expect(give({ name: 'completeTransfer', leg: own.id })).rejects.toMatchObject({ code: 'wrong-state' });
    await expect(give({ name: 'cancelTransfer', leg: own.id, consult: legIdFrom('leg_none') })).rejects.toMatchObject({
      code: 'wrong-state',
    });
  });
});

describe('more than two', () => {
  test('a third party joins, and the call goes on without one of the three', async () => {
    const { own, give, leg, engine, sandbox } = await talking();
    expect(await give({ name: 'join', leg: own.id, extension: extension('103') })).toMatchObject({ state: 'done' });
    expect((await leg('103')).callId).toBe(own.callId);
    sandbox.phones.hangUp('101');
    await leg('103', () => engine.legsOf(extension('101')).length === 0);
    expect(engine.call(own.callId)?.legs.filter(({ state }) => state === 'connected')).toHaveLength(2);
  });

  test('a live call becomes a conference; one more is invited, muted and taken out', async () => {
    const { own, give, leg, engine } = await talking();
    expect(await give({ name: 'conference', leg: own.id, conference: '650' })).toMatchObject({ state: 'done' });
    expect(await give({ name: 'invite', conference: '650', extension: extension('103') })).toMatchObject({ state: 'done' });
    expect(engine.snapshot().conferences.find(({ name }) => name === '650')?.members).toHaveLength(3);
    const third = await leg('103');
    expect(await give({ name: 'mute', leg: third.id })).toMatchObject({ state: 'done' });
    expect(engine.snapshot().conferences[0]?.members.filter(({ muted }) => muted)).toMatchObject([{ legId: third.id }]);
    expect(await give({ name: 'kick', leg: third.id })).toMatchObject({ state: 'done' });
    expect(engine.snapshot().conferences[0]?.members).toHaveLength(2);
  });

  test('the supervisor changes from listening to talking', async () => {
    const { own, give, leg } = await talking();
    await give({ name: 'supervise', leg: own.id, extension: extension('105'), mode: 'listen' });
    const ear = await leg('105', ({ supervising }) => supervising !== undefined);
    expect(await give({ name: 'superviseMode', leg: ear.id, mode: 'barge' })).toMatchObject({ state: 'done' });
    expect((await leg('105')).supervising).toMatchObject({ mode: 'barge', legId: own.id });
    expect(await give({ name: 'supervise', leg: own.id, extension: extension('105'), mode: 'whisper' })).toMatchObject({ state: 'done' });
  });
});

describe('an agent', () => {
  test('logs in, pauses with a reason, goes on, logs out', async () => {
    const { give, engine } = await talking();
    const agent = { queue: '600', extension: extension('102') };
    const shown = (): unknown => engine.snapshot().queues[0]?.agents.find((each) => each.extension === '102');
    expect(await give({ name: 'agentLogin', ...agent })).toMatchObject({ state: 'done' });
    expect(await give({ name: 'agentPause', ...agent, reason: 'lunch' })).toMatchObject({ state: 'done' });
    expect(shown()).toMatchObject({ state: 'paused', pausedReason: 'lunch' });
    expect(await give({ name: 'agentUnpause', ...agent })).toMatchObject({ state: 'done' });
    expect(shown()).toMatchObject({ state: 'idle' });
    expect(await give({ name: 'agentLogout', ...agent })).toMatchObject({ state: 'done' });
    expect(shown()).toBeUndefined();
  });

  test('who pauses is not rung; who is in already is in', async () => {
    const { give, sandbox, leg, engine } = await talking();
    for (const number of ['104', '105']) await give({ name: 'agentPause', queue: '600', extension: extension(number) });
    expect(await give({ name: 'agentLogin', queue: '600', extension: extension('104') })).toMatchObject({ state: 'done' });
    sandbox.phones.call('+15550100002', '600');
    await leg('111', ({ state }) => state === 'ringing');
    expect(engine.legsOf(extension('104'))).toEqual([]);
  });

  test('of a higher penalty is rung after the others', async () => {
    const { give, sandbox, leg, engine, event } = await talking();
    const shown = (number: string): unknown => engine.snapshot().queues[0]?.agents.find((each) => each.extension === number);
    for (const number of ['104', '111']) {
      expect(await give({ name: 'agentPenalty', queue: '600', extension: extension(number), penalty: 5 })).toMatchObject({ state: 'done' });
    }
    expect(await event(({ type }) => type === 'agent.stateChanged')).toMatchObject({
      extension: '104',
      data: { penalty: 5, state: 'idle' },
    });
    expect(await give({ name: 'agentPenalty', queue: '600', extension: extension('104'), penalty: 5 })).toMatchObject({ state: 'done' });
    expect(await give({ name: 'agentLogin', queue: '600', extension: extension('106'), penalty: 9 })).toMatchObject({ state: 'done' });
    expect([shown('104'), shown('105'), shown('106')]).toMatchObject([
      { penalty: 5, dynamic: false },
      { penalty: 0, dynamic: false },
      { penalty: 9, dynamic: true },
    ]);
    sandbox.phones.call('+15550100002', '600');
    await leg('105', ({ state }) => state === 'ringing');
    expect(engine.legsOf(extension('104'))).toEqual([]);
  });

  test('of a queue that does not exist, or of one that it is not in, is refused', async () => {
    const { give } = await talking();
    await expect(give({ name: 'agentLogin', queue: '699', extension: extension('102') })).rejects.toMatchObject({ code: 'no-such-queue' });
    await expect(give({ name: 'agentPause', queue: '600', extension: extension('102') })).rejects.toMatchObject({ code: 'wrong-state' });
  });
});

test('an extension is not to be disturbed, and says why; a wish that is so already is done at once', async () => {
  const { give, engine } = await talking();
  const who = extension('102');
  for (const dnd of [true, true, false]) {
    expect(await give({ name: 'setDnd', extension: who, dnd })).toMatchObject({ state: 'done' });
    expect(engine.extension(who)?.dnd).toBe(dnd);
  }
  expect(await give({ name: 'setStatus', extension: who, text: 'At lunch' })).toMatchObject({ state: 'done' });
  expect(engine.extension(who)?.statusText).toBe('At lunch');
  expect(await give({ name: 'setStatus', extension: who, text: '' })).toMatchObject({ state: 'done' });
});

describe('two commands at once', () => {
  test('for one leg are carried out one after the other: the second sees what the first did', async () => {
    const { own, give } = await talking();
    const [first, second] = await Promise.allSettled([
      give({ name: 'transfer', leg: own.id, to: '102' }),
      give({ name: 'transfer', leg: own.id, to: '103' }),
    ]);
    expect(first).toMatchObject({ status: 'fulfilled', value: { state: 'done' } });
    expect(second).toMatchObject({ status: 'rejected' });
  });

  test('for one slot: the first gets the call, the second is told that it is empty', async () => {
    const { own, give, leg } = await talking();
    const slot = { lot: 'valet', slot: '3' };
    await give({ name: 'park', leg: own.id, slot });
    const [first, second] = await Promise.allSettled([
      give({ name: 'retrieve', slot, extension: extension('102') }),
      give({ name: 'retrieve', slot, extension: extension('103') }),
    ]);
    expect(first).toMatchObject({ status: 'fulfilled', value: { state: 'done' } });
    expect(second).toMatchObject({ status: 'rejected', reason: { code: 'slot-empty' } });
    expect((await leg('102')).peer.number).toBe(outside);
  });
});

test('what refuses a command is said once', async () => {
  const office = await startSandboxTenant();
  const refused = office.control.submit(office.identity(['control']), { name: 'dial', extension: extension('119'), number: '102' });
  await expect(refused).rejects.toThrow(/^The phone is not registered or cannot be reached\.$/);
});
