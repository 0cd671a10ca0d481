import { GatewayError } from '../model/errors.ts';
import type { NewEvent } from '../model/event.ts';
import type { TenantId } from '../model/ids.ts';
import type { Lease, LoggedEvent, StateChange } from './event-log.ts';
import { recordOf } from './record.ts';
import type { LoggedRecord } from './record.ts';
import type { TenantLog } from './tenant-log.ts';

/** An append that waits for the next commit. */
export interface WaitingAppend {
  readonly lease: Lease;
  readonly events: readonly NewEvent[];
  readonly changes: readonly StateChange[];
  readonly urgent: boolean;
  readonly resolve: (events: readonly LoggedEvent[]) => void;
  readonly reject: (error: unknown) => void;
}

/** What one commit adds to one tenant's log. */
export interface Addition {
  readonly log: TenantLog;
  readonly records: readonly LoggedRecord[];
  readonly sizes: readonly number[];
  /** The last value of each key; undefined deletes it. */
  readonly state: ReadonlyMap<string, string | undefined>;
  readonly head: number;
  readonly bytes: number;
}

/** Appends laid out for one transaction. */
export interface Group {
  readonly additions: readonly Addition[];
  /** To be called once the transaction is durable, in order: each tells one append its result. */
  readonly settlements: readonly (() => void)[];
}

class Growing implements Addition {
  readonly log: TenantLog;
  readonly records: LoggedRecord[] = [];
  readonly sizes: number[] = [];
  readonly state = new Map<string, string | undefined>();
  head: number;
  bytes: number;

  constructor(log: TenantLog) {
    this.log = log;
    this.head = log.head;
    this.bytes = log.bytes;
  }

  add(append: WaitingAppend): readonly LoggedRecord[] {
    const { tenant, epoch } = this.log;
    // All are encoded before one is taken: an append that cannot be leaves no number behind.
    const records = append.events.map((event, index) => recordOf(event, tenant, { epoch, seq: this.head + 1 + index }));
    for (const record of records) {
      const size = Buffer.byteLength(record.json);
      this.records.push(record);
      this.sizes.push(size);
      this.bytes += size;
    }
    this.head += records.length;
    for (const { key, value } of append.changes) this.state.set(key, value);
    return records;
  }
}

/**
 * Numbers and encodes the appends, in order, for one transaction. An append whose lease is stale, or that cannot be encoded,
 * is rejected here, alone; nothing else changes until the group is written, so that a group that fails can be laid out anew.
 */
export const layOut = (appends: readonly WaitingAppend[], tenants: ReadonlyMap<TenantId, TenantLog>): Group => {
  const additions = new Map<TenantId, Growing>();
  const settlements: (() => void)[] = [];
  for (const append of appends) {
    const { tenant, fence } = append.lease;
    const log = tenants.get(tenant);
    if (log === undefined || log.fence !== fence) {
      append.reject(new GatewayError('stale-lease', { tenant, fence }));
      continue;
    }
    const growing = additions.get(tenant) ?? new Growing(log);
    additions.set(tenant, growing);
    try {
      const records = growing.add(append);
      settlements.push(() => append.resolve(records));
    } catch (error) {
      append.reject(error);
    }
  }
  return { additions: [...additions.values()], settlements };
};
