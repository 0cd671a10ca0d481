import { expect, test } from 'vitest';
import { isoTime } from '../../src/model/time.ts';
import { startSandboxTenant } from '../sandbox-tenant.ts';
import { temporaryFolder } from '../temporary-folder.ts';

test('what was live before a restart is down until the PBX is heard again, and since the start', async () => {
  const folder = temporaryFolder();
  const first = await startSandboxTenant(folder);
  expect(first.events[0]?.type).toBe('pbx.connected');
  await first.close();
  const second = await startSandboxTenant(folder);
  const [disconnected, connected] = second.events;
  expect(disconnected).toMatchObject({ type: 'pbx.disconnected', data: { reason: 'The gateway has just started.' } });
  expect(connected?.type).toBe('pbx.connected');
  expect(second.engine.status()).toMatchObject({ status: 'live', since: isoTime(second.clock.now()) });
});
