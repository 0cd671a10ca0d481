import { Counter, Gauge, Histogram, Registry } from 'prom-client';

/** What the process tells of itself, in Prometheus' terms: seconds, and totals that only grow. */
export interface Metrics {
  readonly registry: Registry;
  /** From the PBX's stamp on a message (or its arrival) to the event in the log. */
  readonly pbxLag: Histogram<'pbx'>;
  /** 1 live, 0.5 degraded, 0 down. */
  readonly pbxStatus: Gauge<'pbx'>;
  readonly logCommit: Histogram;
  /** From the commit of an event to its bytes being handed to the last reader's socket. */
  readonly feedLag: Histogram;
  readonly readers: Gauge<'transport'>;
  /** Events written to readers, counted once for each reader. */
  readonly deliveries: Counter<'transport'>;
  /** Attempts to deliver webhooks, by what followed from them. */
  readonly webhookAttempts: Counter<'outcome'>;
  readonly readersCut: Counter<'reason'>;
  readonly requests: Counter<'method' | 'route' | 'status'>;
  readonly requestSeconds: Histogram<'route'>;
  readonly connections: Gauge;
}

const lagBuckets = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.015, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

export const createMetrics = (registry: Registry = new Registry()): Metrics => {
  const registers = [registry];
  return {
    registry,
    pbxLag: new Histogram({
      name: 'switchhook_pbx_lag_seconds',
      help: 'From what the PBX said to the event in the log',
      labelNames: ['pbx'],
      buckets: lagBuckets,
      registers,
    }),
    pbxStatus: new Gauge({ name: 'switchhook_pbx_status', help: '1 live, 0.5 degraded, 0 down', labelNames: ['pbx'], registers }),
    logCommit: new Histogram({
      name: 'switchhook_log_commit_seconds',
      help: 'One durable commit of the event log',
      buckets: lagBuckets,
      registers,
    }),
    feedLag: new Histogram({
      name: 'switchhook_feed_lag_seconds',
      help: 'From the commit of an event to its bytes at the last reader',
      buckets: lagBuckets,
      registers,
    }),
    readers: new Gauge({ name: 'switchhook_readers', help: 'Readers that follow the log now', labelNames: ['transport'], registers }),
    deliveries: new Counter({
      name: 'switchhook_deliveries_total',
      help: 'Events written to readers',
      labelNames: ['transport'],
      registers,
    }),
    webhookAttempts: new Counter({
      name: 'switchhook_webhook_attempts_total',
      help: 'Attempts to deliver webhooks',
      labelNames: ['outcome'],
      registers,
    }),
    readersCut: new Counter({
      name: 'switchhook_readers_cut_total',
      help: 'Readers that were disconnected by us',
      labelNames: ['reason'],
      registers,
    }),
    requests: new Counter({
      name: 'switchhook_requests_total',
      help: 'HTTP requests answered',
      labelNames: ['method', 'route', 'status'],
      registers,
    }),
    requestSeconds: new Histogram({
      name: 'switchhook_request_seconds',
      help: 'From a request to its answer',
      labelNames: ['route'],
      registers,
    }),
    connections: new Gauge({ name: 'switchhook_connections', help: 'Open connections', registers }),
  };
};
