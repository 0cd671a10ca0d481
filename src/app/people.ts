import type { Users } from '../auth/users.ts';
import type { TenantEngine } from '../engine/engine.ts';
import type { FactOf } from '../model/fact.ts';
import type { TenantId } from '../model/ids.ts';
import type { Clock } from '../model/time.ts';

type Assigned = FactOf<'users.assigned'>['users'];

export const assignedUsers = (users: Users, tenant: TenantId): Assigned =>
  users.list(tenant).map(({ name, extension }) => ({ name, ...(extension === undefined ? undefined : { extension }) }));

/** Tells each tenant's engine who its people are whenever that changes. Returns how to stop. */
export const tellUsers = (users: Users, engines: ReadonlyMap<TenantId, TenantEngine>, clock: Clock): (() => void) =>
  users.onChanged(({ tenant }) =>
    engines.get(tenant)?.tell({ type: 'users.assigned', at: clock.now(), users: assignedUsers(users, tenant) }),
  );
