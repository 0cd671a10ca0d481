import { isGap, type EventLog } from '../log/event-log.ts';
import type { Call } from '../model/call.ts';
import type { Cursor } from '../model/cursor.ts';
import { GatewayError } from '../model/errors.ts';
import type { TenantId } from '../model/ids.ts';
import type { Store } from '../store/store.ts';

const pageSize = 1000;

/**
 * The history of ended calls, written from the log. While the disk is full the store takes none and the history falls behind;
 * its position stays where it was, so that nothing is left out when it is caught up.
 */
export class History {
  readonly #store: Store;
  readonly #log: EventLog;
  readonly #tenant: TenantId;
  #isBehind = false;
  #isCatchingUp = false;

  constructor(store: Store, log: EventLog, tenant: TenantId) {
    this.#store = store;
    this.#log = log;
    this.#tenant = tenant;
  }

  /** Records what was committed before the last process ended and not yet recorded. The engine records what ends afterwards by `record`. */
  async begin(): Promise<void> {
    this.#isBehind = true;
    await this.catchUp();
  }

  /** Records calls whose ends were just committed, up to `position`; when that cannot be, `catchUp` will. */
  record(calls: readonly Call[], position: Cursor): void {
    if (this.#isBehind) return;
    this.#isBehind = !this.#isRecorded(calls, position);
  }

  /** Keeps what the PBX said of calls that ended. `why` is the first thing that a full disk costs. */
  keepTraces(traces: Parameters<Store['traces']['put']>[1]): void {
    unlessFull(() => this.#store.traces.put(this.#tenant, traces));
  }

  /** If the history is behind, brings it up to the log's head, or as far as the disk allows. */
  async catchUp(): Promise<void> {
    if (!this.#isBehind || this.#isCatchingUp) return;
    this.#isCatchingUp = true;
    try {
      this.#isBehind = !(await this.#readOn());
    } finally {
      this.#isCatchingUp = false;
    }
  }

  #isRecorded(calls: readonly Call[], position: Cursor): boolean {
    const lost = (): void => {
      this.#isBehind = true;
    };
    return unlessFull(() => this.#store.history.record(this.#tenant, calls, position, lost));
  }

  /** False if the disk was full before the head was reached. */
  async #readOn(): Promise<boolean> {
    let after = this.#store.history.position(this.#tenant) ?? this.#log.oldest(this.#tenant);
    for (;;) {
      const page = await this.#log.read(this.#tenant, after, pageSize);
      if (isGap(page)) {
        after = page.oldest;
        continue;
      }
      if (page.events.length === 0) return true;
      const ended = page.events
        .filter(({ type }) => type === 'call.ended')
        .map(({ event }) => event.call)
        .filter((call): call is Call => call !== undefined);
      after = page.next;
      if (!this.#isRecorded(ended, after)) return false;
    }
  }
}

/** Whether it was done; false if the disk is full, which mends itself. */
const unlessFull = (write: () => void): boolean => {
  try {
    write();
    return true;
  } catch (error) {
    if (error instanceof GatewayError && error.code === 'log-full') return false;
    throw error;
  }
};
