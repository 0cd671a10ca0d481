import { setImmediate as turn } from 'node:timers/promises';
import type { Config } from '../config/schema.ts';
import type { Gateway } from '../dialects/gateway.ts';
import type { openSqliteLog } from '../log/sqlite-log.ts';
import { tenantId } from '../model/ids.ts';
import type { Timers } from '../model/time.ts';

const dayMicros = 24 * 3600 * 1e6;
const retentionEveryMs = 10 * 60 * 1000;
/** How long the records of ended commands are kept; what they did lies in the log. */
const keepCommandDays = 7;
/** How long, and at most how many, attempts to deliver webhooks are kept. */
const keepAttemptDays = 7;
const mostAttempts = 1_000_000;

/** Deletes what is older or larger than is to be kept, now and then; returns how to stop. */
export const keepRetention = (
  config: Config,
  { store, webhooks, clock, log: logger, stopping }: Gateway,
  log: ReturnType<typeof openSqliteLog>,
  timers: Timers,
): (() => void) => {
  let cancel = (): void => undefined;
  const retain = async (): Promise<void> => {
    for (const [name, tenant] of Object.entries(config.tenants)) {
      const id = tenantId(name);
      const now = clock.now();
      const olderThan = now - tenant.keepDays * dayMicros;
      // What a paused webhook has not been sent is kept for it, though not for ever.
      const needed = Math.max(webhooks.neededFrom(id) ?? now, now - config.webhooks.keepDays * dayMicros);
      await log.retain(id, { olderThan: Math.min(olderThan, needed), maxBytes: tenant.keepGigabytes * 1e9 });
      // Pruning goes in steps; between them comes what is live.
      while (!stopping.aborted && store.history.prune(id, olderThan)) await turn();
      while (!stopping.aborted && store.audit.prune(id, clock.now() - tenant.keepAuditDays * dayMicros)) await turn();
      while (!stopping.aborted && store.traces.prune(id, clock.now() - tenant.keepTraceDays * dayMicros, tenant.keepTraceMegabytes * 1e6))
        await turn();
    }
    while (!stopping.aborted && store.deliveries.prune(clock.now() - keepAttemptDays * dayMicros, mostAttempts)) await turn();
    while (!stopping.aborted && store.commands.prune(clock.now() - keepCommandDays * dayMicros)) await turn();
  };
  const later = (): void => {
    cancel = timers.after(retentionEveryMs, () => {
      retain().catch((error: unknown) => logger.error({ event: 'retention-failed', err: error }));
      later();
    });
  };
  later();
  return () => cancel();
};
