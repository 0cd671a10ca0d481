import { expect, test } from 'vitest';
import { createSingleCluster } from '../../src/cluster/single.ts';
import { tenantId } from '../../src/model/ids.ts';
import { openTestLog } from '../log/open-log.ts';

const tenant = tenantId('demo');

test('a cluster of one holds every tenant at once, and until it is closed', async () => {
  const cluster = createSingleCluster(openTestLog());
  const { lease, lost } = await cluster.hold(tenant, new AbortController().signal);
  expect(lease.tenant).toBe(tenant);
  expect(lost.aborted).toBe(false);
  await cluster.close();
  await cluster.close();
  expect(lost.aborted).toBe(true);
});

test('who no longer wants the tenant does not get it', async () => {
  const cluster = createSingleCluster(openTestLog());
  await expect(cluster.hold(tenant, AbortSignal.abort())).rejects.toMatchObject({ name: 'AbortError' });
});
