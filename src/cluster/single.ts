import type { EventLog } from '../log/event-log.ts';
import type { Cluster } from './cluster.ts';

/**
 * The cluster of one: this process drives every tenant, at once and until it ends. That no second process does is seen to by
 * the lock on the data folder.
 */
export const createSingleCluster = (log: EventLog): Cluster => {
  const closing = new AbortController();
  return {
    hold: async (tenant, signal) => {
      signal.throwIfAborted();
      return { lease: await log.acquire(tenant), lost: closing.signal };
    },
    close: () => {
      closing.abort();
      return Promise.resolve();
    },
  };
};
