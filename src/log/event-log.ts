import type { Cursor, Gap } from '../model/cursor.ts';
import type { Event, NewEvent } from '../model/event.ts';
import type { CallId, ExtensionNumber, LegId, TenantId } from '../model/ids.ts';
import type { EventType } from '../model/event.ts';
import type { Micros } from '../model/time.ts';

/** The right to write a tenant's log; a newer lease has a greater `fence`, and an old one is refused (`stale-lease`). */
export interface Lease {
  readonly tenant: TenantId;
  readonly fence: number;
}

/**
 * An event as it lies in the log. `json` is its native form, encoded once when it was appended: native feeds send these very
 * bytes. `event` is parsed when first asked for (of an event just appended it is at hand).
 */
export interface LoggedEvent {
  readonly cursor: Cursor;
  readonly at: Micros;
  readonly type: EventType;
  readonly callId: CallId | undefined;
  readonly legId: LegId | undefined;
  readonly extension: ExtensionNumber | undefined;
  readonly json: string;
  readonly event: Event;
}

export interface Page {
  readonly events: readonly LoggedEvent[];
  /** The cursor to go on from: the last event's, or the one asked with. */
  readonly next: Cursor;
  readonly head: Cursor;
}

/** A piece of live state to be kept with the events it results from; `value` undefined deletes the key. */
export interface StateChange {
  readonly key: string;
  readonly value: string | undefined;
}

export interface LogHealth {
  /** `degraded`: nothing can be written but from the reserve; `reason` says why. */
  readonly status: 'live' | 'degraded' | 'full';
  readonly reason?: string;
}

/**
 * One durable, ordered log a tenant. What it guarantees:
 * an event is visible to `read` and `follow` only after it is durable, and then to both;
 * `seq` is given by `append`, from 1, without holes, in the order of the calls; it never goes back, in any epoch;
 * `follow` gives every event after the cursor exactly once and in order, however many are appended meanwhile;
 * a reader's memory is bounded: one that falls behind is fed from disk, and gets a `Gap` if retention overtakes it.
 */
export interface EventLog {
  /** Opens the tenant for writing; earlier leases become stale. */
  acquire(tenant: TenantId): Promise<Lease>;
  /**
   * Writes the events and the state that results from them in one transaction, together with every append that waits at
   * the same time (group commit). Rejects with `stale-lease`, `log-full`. `urgent` may use the reserve (command records, call ends).
   */
  append(
    lease: Lease,
    events: readonly NewEvent[],
    changes: readonly StateChange[],
    options?: { readonly urgent?: boolean },
  ): Promise<readonly LoggedEvent[]>;
  /** At most `limit` events after the cursor, oldest first. Corrupt records raise `data-damaged`, never silence. */
  read(tenant: TenantId, after: Cursor, limit: number): Promise<Page | Gap>;
  /** History after the cursor, then live, in batches; ends when `signal` aborts or after a `Gap`. */
  follow(tenant: TenantId, after: Cursor, signal: AbortSignal): AsyncIterable<readonly LoggedEvent[] | Gap>;
  head(tenant: TenantId): Cursor;
  /** The smallest cursor that can be continued from. */
  oldest(tenant: TenantId): Cursor;
  /** The events of one call, oldest first, at most `limit`. */
  ofCall(tenant: TenantId, call: CallId, limit: number): Promise<readonly LoggedEvent[]>;
  /** The state that the appends so far have left. */
  state(tenant: TenantId): Promise<ReadonlyMap<string, string>>;
  /** Deletes what is older or more than the limits allow. */
  retain(tenant: TenantId, limits: { readonly olderThan?: Micros; readonly maxBytes?: number }): Promise<void>;
  /** Begins a new epoch, above every seq ever given; old cursors then meet a `Gap`. */
  newEpoch(tenant: TenantId): Promise<Cursor>;
  health(): LogHealth;
  close(): Promise<void>;
}

export const isGap = (value: readonly LoggedEvent[] | Page | Gap): value is Gap => 'gap' in value;
