import { isGap, type EventLog } from '../log/event-log.ts';
import type { Call } from '../model/call.ts';
import type { TenantId } from '../model/ids.ts';
import type { Store } from '../store/store.ts';

const pageSize = 1000;

/**
 * Brings the history of ended calls up to the log's head: what was committed before the last process ended, and not yet
 * recorded. The engine records what ends afterwards itself.
 */
export const recordHistory = async (store: Store, log: EventLog, tenant: TenantId): Promise<void> => {
  let after = store.history.position(tenant) ?? log.oldest(tenant);
  for (;;) {
    const page = await log.read(tenant, after, pageSize);
    if (isGap(page)) {
      after = page.oldest;
      continue;
    }
    if (page.events.length === 0) return;
    const ended = page.events
      .filter(({ type }) => type === 'call.ended')
      .map(({ event }) => event.call)
      .filter((call): call is Call => call !== undefined);
    after = page.next;
    store.history.record(tenant, ended, after);
  }
};
