import { pino } from 'pino';
import { describe, expect, test } from 'vitest';
import { createControl } from '../../src/control/control-room.ts';
import type { CommandRequest, Control } from '../../src/control/control.ts';
import { commandNames, type CommandName } from '../../src/model/command.ts';
import { createNewId, extensionNumber, legIdFrom, type LegId } from '../../src/model/ids.ts';
import { startSandboxTenant, type SandboxTenant } from '../sandbox-tenant.ts';
import { temporaryFolder } from '../temporary-folder.ts';

type LegCommand = Extract<CommandRequest, { readonly leg: LegId }>['name'];

const extension = extensionNumber('105');
/** A request that is right in all but its leg. */
const forLeg: { readonly [Name in LegCommand]: (leg: LegId) => CommandRequest } = {
  answer: (leg) => ({ name: 'answer', leg }),
  reject: (leg) => ({ name: 'reject', leg }),
  hangup: (leg) => ({ name: 'hangup', leg }),
  hold: (leg) => ({ name: 'hold', leg }),
  resume: (leg) => ({ name: 'resume', leg }),
  mute: (leg) => ({ name: 'mute', leg }),
  unmute: (leg) => ({ name: 'unmute', leg }),
  dtmf: (leg) => ({ name: 'dtmf', leg, digits: '1' }),
  transfer: (leg) => ({ name: 'transfer', leg, to: '103' }),
  divert: (leg) => ({ name: 'divert', leg, to: '103' }),
  voicemail: (leg) => ({ name: 'voicemail', leg, mailbox: extension }),
  pickup: (leg) => ({ name: 'pickup', leg, extension }),
  bridge: (leg) => ({ name: 'bridge', leg, other: leg }),
  startTransfer: (leg) => ({ name: 'startTransfer', leg, to: '103' }),
  completeTransfer: (leg) => ({ name: 'completeTransfer', leg }),
  cancelTransfer: (leg) => ({ name: 'cancelTransfer', leg }),
  join: (leg) => ({ name: 'join', leg, extension }),
  conference: (leg) => ({ name: 'conference', leg, conference: '650' }),
  kick: (leg) => ({ name: 'kick', leg }),
  supervise: (leg) => ({ name: 'supervise', leg, extension, mode: 'listen' }),
  superviseMode: (leg) => ({ name: 'superviseMode', leg, mode: 'listen' }),
  park: (leg) => ({ name: 'park', leg }),
  bridgeSlot: (leg) => ({ name: 'bridgeSlot', leg }),
  record: (leg) => ({ name: 'record', leg }),
  pauseRecording: (leg) => ({ name: 'pauseRecording', leg }),
  resumeRecording: (leg) => ({ name: 'resumeRecording', leg }),
  stopRecording: (leg) => ({ name: 'stopRecording', leg }),
};
const legCommands = Object.entries(forLeg);
const whoRings: ReadonlySet<CommandName> = new Set(['answer', 'reject', 'divert', 'pickup']);
const whoEver: ReadonlySet<CommandName> = new Set(['hangup', 'voicemail']);

const all = ['control', 'supervise', 'record'] as const;
const refusal = async (office: SandboxTenant, request: CommandRequest, control: Control = office.control): Promise<string> => {
  try {
    await control.submit(office.identity(all), request);
    return 'none';
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : String(error);
  }
};
const refusals = async (office: SandboxTenant, leg: LegId, control?: Control): Promise<Readonly<Record<string, string>>> => {
  const codes: Record<string, string> = {};
  for (const [name, request] of legCommands) codes[name] = await refusal(office, request(leg), control);
  return codes;
};
const each = (code: (name: CommandName) => string): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.keys(forLeg).map((name) => [name, code(name as CommandName)]));

test('the table has every command that is about a leg', () => {
  const placed = [
    'dial',
    'retrieve',
    'invite',
    'agentLogin',
    'agentLogout',
    'agentPause',
    'agentUnpause',
    'agentPenalty',
    'setDnd',
    'setStatus',
  ];
  expect([...Object.keys(forLeg), ...placed].toSorted()).toEqual([...commandNames].toSorted());
});

describe('every command for', () => {
  test('a leg that nobody knows is refused with no-such-leg', async () => {
    const office = await startSandboxTenant();
    expect(await refusals(office, legIdFrom('leg_nobody'))).toEqual(each(() => 'no-such-leg'));
  });

  test('a leg that has just ended is refused with leg-ended', async () => {
    const office = await startSandboxTenant();
    office.sandbox.phones.call('101', '102');
    const { id, callId } = await office.leg('102', ({ state }) => state === 'ringing');
    office.sandbox.phones.hangUp('101');
    await office.ended(callId);
    expect(await refusals(office, id)).toEqual(each(() => 'leg-ended'));
  });

  test("another tenant's leg is refused as if it did not exist", async () => {
    const neighbour = await startSandboxTenant(temporaryFolder(), { tenant: 'neighbour' });
    neighbour.sandbox.phones.call('101', '102');
    const { id } = await neighbour.leg('102', ({ state }) => state === 'ringing');
    const office = await startSandboxTenant();
    const { clock, store, engine } = office;
    const engines = new Map([engine, neighbour.engine].map((each) => [each.tenant, each]));
    const newId = createNewId((size) => new Uint8Array(size).fill(7));
    const logger = pino({ level: 'silent' });
    const control = await createControl({ engines, store, clock, timers: clock, newId, logger });
    expect(await refusals(office, id, control)).toEqual(each(() => 'no-such-leg'));
    await control.close();
  });

  test('a leg that rings is refused with wrong-state, unless ringing is what it is for', async () => {
    const office = await startSandboxTenant();
    office.sandbox.phones.call('101', '102');
    const { id } = await office.leg('102', ({ state }) => state === 'ringing');
    for (const [name, request] of legCommands) {
      if (whoRings.has(name as CommandName) || whoEver.has(name as CommandName)) continue;
      expect([name, await refusal(office, request(id))]).toEqual([name, 'wrong-state']);
    }
  });

  test('a leg that talks is refused with wrong-state, where only one that rings, is held, muted, recorded or elsewhere will do', async () => {
    const office = await startSandboxTenant();
    office.sandbox.phones.call('101', '102');
    await office.leg('102', ({ state }) => state === 'ringing');
    office.sandbox.phones.answer('102');
    const { id } = await office.leg('102', ({ state }) => state === 'connected');
    const wrong = [
      'resume',
      'unmute',
      'bridge',
      'completeTransfer',
      'cancelTransfer',
      'kick',
      'superviseMode',
      'pauseRecording',
      'resumeRecording',
    ];
    for (const name of [...whoRings, ...wrong, 'stopRecording'] as LegCommand[]) {
      expect([name, await refusal(office, forLeg[name](id))]).toEqual([name, 'wrong-state']);
    }
  });
});

describe('a target that does not exist', () => {
  const nobody = extensionNumber('199');
  test.each<[string, (leg: LegId) => CommandRequest, string]>([
    ['a number that leads nowhere, of a transfer', (leg) => ({ name: 'transfer', leg, to: '199' }), 'invalid-parameter'],
    ['a number that leads nowhere, of a consultation', (leg) => ({ name: 'startTransfer', leg, to: '199' }), 'invalid-parameter'],
    ['a mailbox', (leg) => ({ name: 'voicemail', leg, mailbox: nobody }), 'no-such-extension'],
    ['a third party', (leg) => ({ name: 'join', leg, extension: nobody }), 'no-such-extension'],
    ['a supervisor', (leg) => ({ name: 'supervise', leg, extension: nobody, mode: 'listen' }), 'no-such-extension'],
    ['a conference', (leg) => ({ name: 'conference', leg, conference: '699' }), 'invalid-parameter'],
    ['a lot', (leg) => ({ name: 'park', leg, slot: { lot: 'none', slot: '1' } }), 'invalid-parameter'],
    ['a leg to be bridged with', (leg) => ({ name: 'bridge', leg, other: legIdFrom('leg_nobody') }), 'no-such-leg'],
  ])('%s: the command fails and the call goes on', async (_, request, code) => {
    const office = await startSandboxTenant();
    office.sandbox.phones.call('101', '102');
    await office.leg('102', ({ state }) => state === 'ringing');
    office.sandbox.phones.answer('102');
    const { id, callId } = await office.leg('102', ({ state }) => state === 'connected');
    expect(await refusal(office, request(id))).toBe(code);
    expect(office.engine.call(callId)?.legs.map(({ state }) => state)).toEqual(['connected', 'connected']);
  });

  test.each<[CommandRequest, string]>([
    [{ name: 'dial', extension: nobody, number: '101' }, 'no-such-extension'],
    [{ name: 'dial', extension, number: '199' }, 'invalid-parameter'],
    [{ name: 'retrieve', extension, slot: { lot: 'valet', slot: '7' } }, 'slot-empty'],
    [{ name: 'retrieve', extension, slot: { lot: 'valet', slot: '77' } }, 'invalid-parameter'],
    [{ name: 'retrieve', extension }, 'slot-empty'],
    [{ name: 'invite', extension: nobody, conference: '650' }, 'no-such-extension'],
    [{ name: 'invite', extension, conference: '699' }, 'invalid-parameter'],
    [{ name: 'setDnd', extension: nobody, dnd: true }, 'no-such-extension'],
  ])('$name is refused with %s', async (request, code) => {
    const office = await startSandboxTenant();
    expect(await refusal(office, request)).toBe(code);
  });
});

test('the PBX is lost between accept and effect: the command is unknown, and what became of it is in the log', async () => {
  const office = await startSandboxTenant();
  const { control, identity, sandbox, leg, event, ended } = office;
  // 117 takes the command and goes on ringing: there is time to lose the link.
  sandbox.phones.call('101', '117');
  const ringing = await leg('117', ({ state }) => state === 'ringing');
  const { tenant, id } = await control.submit(identity(all), { name: 'answer', leg: ringing.id });
  sandbox.faults.disconnect();
  expect(await control.wait(tenant, id, 20)).toMatchObject({ state: 'unknown' });
  await event(({ type, data }) => type === 'command.unknown' && 'commandId' in data && data.commandId === id);
  sandbox.phones.hangUp('101');
  sandbox.faults.reconnect();
  expect(await ended(ringing.callId)).toMatchObject({ reconciled: true });
});
