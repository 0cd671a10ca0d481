import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { PublishedRequests } from '../../../src/dialects/voipnow/requests.ts';
import { createNewId, extensionNumber, tenantId } from '../../../src/model/ids.ts';
import { startSandboxTenant } from '../../sandbox-tenant.ts';

const tenant = tenantId('demo');
const kept = {
  extension: '101',
  type: 0,
  method: 'GET',
  enabled: true,
  notes: '',
  profile: 'callapi2',
  modified: '2026-01-01T00:00:00.000Z',
};

test('requests that an older version has kept are made from now on, each of two alike', async () => {
  const { store, clock } = await startSandboxTenant();
  const older = ['crm', 'board'].map((id) => ({ ...kept, id, url: `http://93.184.216.34/${id}` }));
  store.state.put(tenant, 'voipnow:requests', JSON.stringify(older));
  const options = { tenant, store, clock, newId: createNewId(randomBytes), checkUrl: async () => undefined, onChange: () => undefined };
  const placed = [
    { ...older[0], after: 41, rank: 0 },
    { ...older[1], after: 41, rank: 1 },
  ];
  for (const head of [41, 42]) {
    const requests = new PublishedRequests({ ...options, head: () => head });
    expect(requests.list(extensionNumber('101'))).toEqual(placed);
  }
});
