import type { Lease } from '../log/event-log.ts';
import type { TenantId } from '../model/ids.ts';

/**
 * Who drives which tenant. `hold` waits until this node may write for the tenant and yields the lease under which it does;
 * the lease's signal aborts as soon as another node may have it.
 */
export interface Cluster {
  hold(tenant: TenantId, signal: AbortSignal): Promise<{ readonly lease: Lease; readonly lost: AbortSignal }>;
  close(): Promise<void>;
}
