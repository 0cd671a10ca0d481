import type { Logger } from 'pino';
import type { Metrics } from '../http/metrics.ts';
import type { TenantId } from '../model/ids.ts';
import type { Clock } from '../model/time.ts';
import { Hub } from './hub.ts';
import type { CommitSource } from './hub.ts';
import { Wheel } from './wheel.ts';
import type { Ticker } from './wheel.ts';

/** What all feeds of all dialects share: one hub a tenant and one wheel for everything that waits. */
export interface Delivery {
  /** The engine of a tenant that began to run later. */
  add(source: CommitSource): void;
  hub(tenant: TenantId): Hub | undefined;
  readonly wheel: Wheel;
  /** To be called when the readers have been ended by their owners. Safe to call twice. */
  close(): void;
}

export interface DeliveryOptions {
  /** The running tenants' engines. */
  readonly sources: readonly CommitSource[];
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** What moves the wheel; a timer when absent. */
  readonly ticker?: Ticker;
}

export const createDelivery = (options: DeliveryOptions): Delivery => {
  const { clock, logger, metrics } = options;
  const live = metrics.deliveries.labels({ transport: 'live' });
  const observer = {
    flushed: ({ deliveries, lag }: { readonly deliveries: number; readonly lag: number }): void => {
      if (deliveries > 0) live.inc(deliveries);
      metrics.feedLag.observe(lag / 1_000_000);
    },
  };
  const hubs = new Map<TenantId, Hub>();
  const add = (source: CommitSource): void => void hubs.set(source.tenant, new Hub({ source, clock, logger, observer }));
  for (const source of options.sources) add(source);
  const wheel = new Wheel(options.ticker === undefined ? {} : { ticker: options.ticker });
  return {
    add,
    hub: (tenant) => hubs.get(tenant),
    wheel,
    close: () => {
      for (const hub of hubs.values()) hub.close();
      wheel.close();
    },
  };
};
