import { pino } from 'pino';
import { onTestFinished } from 'vitest';
import { createWebhookEngine } from '../../../src/delivery/webhooks/create-webhook-engine.ts';
import { createAddressGuard } from '../../../src/delivery/webhooks/address-guard.ts';
import type { SendLimits } from '../../../src/delivery/webhooks/http-sender.ts';
import type {
  Attempt,
  DeliveryItem,
  DeliveryPolicy,
  DeliverySource,
  WebhookEndpoint,
  WebhookEngine,
} from '../../../src/delivery/webhooks/webhook-engine.ts';
import { Wheel } from '../../../src/delivery/wheel.ts';
import { tenantId } from '../../../src/model/ids.ts';
import { createManualClock, type OfficeClock } from '../../../src/pbx/sandbox/index.ts';
import { openSqliteStore } from '../../../src/store/sqlite-store.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

export const tenant = tenantId('demo');

export const policy: DeliveryPolicy = {
  lane: 'source',
  attempts: 4,
  schedule: [1_000, 10_000, 60_000],
  pauseAfter: 600_000,
  probe: 30_000,
};

export const endpointAt = (url: string, rest: Partial<WebhookEndpoint> = {}): WebhookEndpoint => ({
  id: 'wh_one',
  tenant,
  url,
  policy,
  ...rest,
});

/** A log in memory of which every event is an item; `lane` says which. */
export interface Tape extends DeliverySource {
  add(...lanes: readonly string[]): void;
  /** Forgets everything up to `seq`. */
  forget(seq: number): void;
  /** Which seqs were read one by one, after a failure. */
  readonly reads: number;
}

export const createTape = (clock: OfficeClock): Tape => {
  const items: DeliveryItem[] = [];
  const listeners = new Set<() => void>();
  let oldest = 0;
  let reads = 0;
  const cursor = (seq: number): { readonly epoch: string; readonly seq: number } => ({ epoch: 'e1', seq });
  return {
    add: (...lanes) => {
      for (const lane of lanes) {
        const seq = items.length + 1;
        const body = JSON.stringify({ seq, lane });
        const request = (): { body: string; headers: Record<string, string> } => ({ body, headers: { 'webhook-id': `e1-${seq}` } });
        items.push({ cursor: cursor(seq), id: `e1-${seq}`, lane, at: clock.now(), request });
      }
      for (const listener of listeners) listener();
    },
    forget: (seq) => {
      oldest = seq;
    },
    get reads() {
      return reads;
    },
    read: (after, limit) => {
      reads += 1;
      if (after.seq < oldest)
        return Promise.resolve({ gap: 'retention', asked: after, oldest: cursor(oldest), head: cursor(items.length) });
      const found = items.slice(after.seq, after.seq + limit);
      return Promise.resolve({ items: found, next: found.at(-1)?.cursor ?? after });
    },
    head: () => cursor(items.length),
    onMore: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    gap: (from, to) => ({
      cursor: to,
      id: `gap-${to.seq}`,
      lane: 'gap',
      at: clock.now(),
      request: () => ({ body: JSON.stringify({ gap: [from.seq, to.seq] }) }),
    }),
  };
};

export interface World {
  readonly clock: OfficeClock;
  readonly engine: WebhookEngine;
  readonly tape: Tape;
  readonly attempts: readonly Attempt[];
  /** Resolves when so many attempts have been made. */
  attempted(count: number): Promise<readonly Attempt[]>;
  /** Lets a while of real time pass for whoever keeps requests' total time. */
  tickWheel(ms: number): void;
  /** Begins anew with what is on the disk, as after a kill: nothing is written first. */
  crash(): Promise<World>;
}

export interface WorldOptions {
  readonly allow?: readonly string[];
  readonly limits?: Partial<SendLimits>;
}

export const startWorld = (options: WorldOptions = {}): World => {
  const clock = createManualClock(1_800_000_000_000_000);
  onTestFinished(() => clock.close());
  const folder = temporaryFolder();
  return begin(clock, folder, createTape(clock), options);
};

const begin = (clock: OfficeClock, folder: string, tape: Tape, options: WorldOptions): World => {
  const store = openSqliteStore({ folder });
  let tick = (): void => {};
  const wheel = new Wheel({
    ticker: (run) => {
      tick = run;
      return () => {};
    },
  });
  let alive = true;
  const engine = createWebhookEngine({
    store: {
      ...store,
      deliveries: { ...store.deliveries, record: (...what) => (alive ? store.deliveries.record(...what) : undefined) },
    },
    guard: createAddressGuard({ allow: options.allow ?? ['127.0.0.0/8'] }),
    clock,
    timers: clock,
    wheel,
    random: () => 0,
    drainMs: 0,
    logger: pino({ level: 'silent' }),
    ...(options.limits === undefined ? {} : { limits: options.limits }),
  });
  const attempts: Attempt[] = [];
  const waiting = new Set<() => void>();
  engine.onAttempt((attempt) => {
    attempts.push(attempt);
    for (const look of waiting) look();
  });
  const close = async (): Promise<void> => {
    await engine.close();
    await store.close();
  };
  onTestFinished(close);
  return {
    clock,
    engine,
    tape,
    attempts,
    attempted: (count) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (attempts.length < count) return;
          waiting.delete(look);
          // The engine tells of an attempt before it has drawn its conclusions.
          setImmediate(() => resolve(attempts));
        };
        waiting.add(look);
        look();
      }),
    tickWheel: (ms) => {
      for (let passed = 0; passed <= ms; passed += wheel.tickMs) tick();
    },
    crash: async () => {
      alive = false;
      await close();
      return begin(clock, folder, tape, options);
    },
  };
};

/** Lets everything happen that needs no time to pass. */
export const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
};

/** Before the first event of the tape. */
export const start = { epoch: 'e1', seq: 0 };
