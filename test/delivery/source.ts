import { pino } from 'pino';
import { onTestFinished } from 'vitest';
import { Hub } from '../../src/delivery/hub.ts';
import type { CommitSource, HubOptions } from '../../src/delivery/hub.ts';
import type { EventLog, LoggedEvent } from '../../src/log/event-log.ts';
import type { Cursor } from '../../src/model/cursor.ts';
import type { NewEvent } from '../../src/model/event.ts';
import { tenantId } from '../../src/model/ids.ts';
import { openTestLog } from '../log/open-log.ts';

export const tenant = tenantId('acme');

/** A real log, and what an engine does with it: appends in order, and tells of each commit. */
export interface TestSource extends CommitSource {
  append(events: readonly NewEvent[]): Promise<readonly LoggedEvent[]>;
}

export const openSource = async (log: EventLog = openTestLog()): Promise<TestSource> => {
  const lease = await log.acquire(tenant);
  const listeners = new Set<(events: readonly LoggedEvent[]) => void>();
  let cursor: Cursor = log.head(tenant);
  return {
    tenant,
    log,
    cursor: () => cursor,
    onCommitted: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    append: async (events) => {
      const logged = await log.append(lease, events, []);
      cursor = logged.at(-1)?.cursor ?? cursor;
      for (const listener of listeners) listener(logged);
      return logged;
    },
  };
};

export const openHub = (source: CommitSource, options: Partial<HubOptions> = {}): Hub => {
  const hub = new Hub({ source, clock: { now: () => Date.now() * 1000 }, logger: pino({ level: 'silent' }), ...options });
  onTestFinished(() => hub.close());
  return hub;
};
