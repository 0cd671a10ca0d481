import { expect, test } from 'vitest';
import { Audit } from '../../src/control/audit.ts';
import { GatewayError } from '../../src/model/errors.ts';
import { commandIdFrom, extensionNumber, keyIdFrom, legIdFrom } from '../../src/model/ids.ts';
import { startSandboxTenant } from '../sandbox-tenant.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const extension = extensionNumber('101');

test('a command is kept with who asked, for what, on which call, and what came of it', async () => {
  const { control, identity, sandbox, leg, clock } = await startSandboxTenant();
  sandbox.phones.call('102', '101');
  const { id, callId } = await leg('101', ({ state }) => state === 'ringing');
  const { tenant, id: command } = await control.submit(identity(['control']), { name: 'answer', leg: id });
  await control.wait(tenant, command, 10);
  clock.advance(1);
  await control.submit(identity(['control']), { name: 'dtmf', leg: id, digits: '4711' });
  const [digits, answer] = control.audit(tenant, { limit: 10 });
  expect(answer).toMatchObject({
    id: command,
    key: 'key_test',
    keyName: 'test',
    command: 'answer',
    request: { leg: id },
    callId,
    legId: id,
    extension,
    result: 'done',
    finishedAt: expect.any(String),
  });
  // They may be somebody's secret.
  expect(digits).toMatchObject({ command: 'dtmf', request: { leg: id, digits: '4 digits' } });
});

test('so is one that was refused, with why, and one that failed', async () => {
  const { control, identity, sandbox, clock, engine } = await startSandboxTenant();
  const refused = control.submit(identity(['observe']), { name: 'dial', extension, number: '102' });
  await expect(refused).rejects.toMatchObject({ code: 'forbidden' });
  const unknown = control.submit(identity(['control']), { name: 'hangup', leg: legIdFrom('leg_none') });
  await expect(unknown).rejects.toMatchObject({ code: 'no-such-leg' });
  clock.advance(1);
  const { id, tenant } = await control.submit(identity(['control']), { name: 'dial', extension, number: '116' });
  sandbox.phones.answer('101');
  await control.wait(tenant, id, 10);
  const entries = control.audit(engine.tenant, { limit: 10 });
  expect(entries.map(({ command, result, error }) => [command, result, error]).toSorted()).toEqual([
    ['dial', 'failed', 'busy'],
    ['dial', 'refused', 'forbidden'],
    ['hangup', 'refused', 'no-such-leg'],
  ]);
});

test('on a full disk whoever was refused still hears why, and nothing that is accepted goes without its entry', async () => {
  const { store, clock, identity } = await startSandboxTenant();
  const full = (): never => {
    throw new GatewayError('log-full');
  };
  const audit = new Audit({ ...store, audit: { ...store.audit, put: full } }, clock);
  const request = { name: 'hangup', leg: legIdFrom('leg_none') } as const;
  const who = identity(['control']);
  const id = commandIdFrom('cmd_1');
  expect(() => audit.refused(who, request, id, new GatewayError('no-such-leg'))).not.toThrow();
  const record = {
    id,
    tenant: who.tenant,
    name: 'hangup',
    state: 'accepted',
    acceptedAt: '2026-11-21T10:00:00.000Z',
    key: who.key,
  } as const;
  expect(() => audit.accepted(who, request, record, undefined)).toThrow(expect.objectContaining({ code: 'log-full' }) as Error);
});

test('it is searched by key and call, read by pages, and outlives a restart, which tells what was under way', async () => {
  const folder = temporaryFolder();
  const first = await startSandboxTenant(folder);
  for (const number of ['102', '103', '104']) {
    await first.control.submit(first.identity(['control']), { name: 'dial', extension: extensionNumber(number), number: '101' });
    first.clock.advance(1);
  }
  await first.close();
  const { control, engine } = await startSandboxTenant(folder);
  const { tenant } = engine;
  const page = control.audit(tenant, { limit: 2 });
  expect(page.map(({ extension: who, result }) => [who, result])).toEqual([
    ['104', 'unknown'],
    ['103', 'unknown'],
  ]);
  const rest = control.audit(tenant, { limit: 2, ...(page[1] === undefined ? {} : { before: page[1].id }) });
  expect(rest.map(({ extension: who }) => who)).toEqual(['102']);
  expect(control.audit(tenant, { limit: 9, key: keyIdFrom('key_other') })).toEqual([]);
  const call = rest[0]?.callId;
  if (call === undefined) throw new Error('the dial has no call');
  expect(control.audit(tenant, { limit: 9, call })).toEqual(rest);
});

test('a command whose end is in the log has ended, though the store was too late to keep it', async () => {
  const folder = temporaryFolder();
  const first = await startSandboxTenant(folder);
  const { tenant } = first.engine;
  const { id } = await first.control.submit(first.identity(['control']), { name: 'setDnd', extension: extensionNumber('101'), dnd: true });
  expect(await first.control.wait(tenant, id, 5)).toMatchObject({ state: 'done' });
  const row = first.store.commands.get(tenant, id);
  if (row === undefined) throw new Error('the command has no row');
  first.store.commands.put({ ...row, open: true, record: row.record.replace('"done"', '"accepted"') });
  await first.close();
  const { control } = await startSandboxTenant(folder);
  expect(control.get(tenant, id)).toMatchObject({ state: 'done' });
  expect(control.audit(tenant, { limit: 1 })).toMatchObject([{ id, result: 'done' }]);
});
