import type { Users } from '../../auth/users.ts';
import type { Control } from '../../control/control.ts';
import type { TenantEngine } from '../../engine/engine.ts';
import type { NewId, TenantId } from '../../model/ids.ts';
import type { Clock } from '../../model/time.ts';
import type { Store } from '../../store/store.ts';
import type { Ids } from './ids.ts';
import type { RingCentralOptions } from './options.ts';
import type { PresenceBook } from './presence-settings.ts';

/** What the requests of one tenant, the vendor's account, are answered from. */
export interface TenantSource {
  readonly tenant: TenantId;
  readonly engine: TenantEngine;
  readonly control: Control;
  readonly users: Users;
  readonly store: Store;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly options: RingCentralOptions;
  readonly ids: Ids;
  readonly presence: PresenceBook;
}
