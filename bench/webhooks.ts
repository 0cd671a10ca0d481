// Webhooks: signed deliveries a second to a sink in another process, the time from event to arrival at a steady 1,000 a second,
// and the memory while 10,000 events wait for an endpoint that is dead.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer as createDeadServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { createAddressGuard } from '../src/delivery/webhooks/address-guard.ts';
import { createWebhookEngine } from '../src/delivery/webhooks/create-webhook-engine.ts';
import { createSigner } from '../src/delivery/webhooks/signature.ts';
import type { DeliveryItem, DeliverySource, WebhookEngine } from '../src/delivery/webhooks/webhook-engine.ts';
import { Wheel } from '../src/delivery/wheel.ts';
import { tenantId } from '../src/model/ids.ts';
import { openSqliteStore } from '../src/store/sqlite-store.ts';

const deliveries = 100_000;
const lanes = 500;
const steadyRate = 1_000;
const steadySeconds = 5;
const waiting = 10_000;
const bodyBytes = 1_000;
const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const tenant = tenantId('bench');

/** Answers at once; tells its parent when as many have come as it is asked for, with the time that each took to come. */
const runSink = async (): Promise<void> => {
  const delays: number[] = [];
  let wanted = Number.POSITIVE_INFINITY;
  const tell = (): void => {
    if (delays.length < wanted) return;
    wanted = Number.POSITIVE_INFINITY;
    process.send?.({ delays: delays.splice(0) });
  };
  const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    delays.push(performance.timeOrigin + performance.now() - Number(request.headers['x-at']));
    request.resume();
    response.writeHead(204).end();
    tell();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  process.send?.({ port: (server.address() as AddressInfo).port });
  process.on('message', (count: number) => {
    wanted = count;
    tell();
  });
};

/** Events of `lanes` calls in turn; what comes after `known` does not exist yet. */
class Source implements DeliverySource {
  readonly #sign = createSigner(secret);
  readonly #padding = 'x'.repeat(bodyBytes);
  readonly #listeners = new Set<() => void>();
  #known = 0;

  happen(count: number): void {
    this.#known += count;
    for (const listener of this.#listeners) listener();
  }

  read(after: { readonly seq: number }, limit: number): Promise<{ items: readonly DeliveryItem[]; next: { epoch: string; seq: number } }> {
    const last = Math.min(this.#known, after.seq + limit);
    const items: DeliveryItem[] = [];
    for (let seq = after.seq + 1; seq <= last; seq += 1) items.push(this.#item(seq));
    return Promise.resolve({ items, next: { epoch: 'e1', seq: last } });
  }

  head(): { epoch: string; seq: number } {
    return { epoch: 'e1', seq: this.#known };
  }

  onMore(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  #item(seq: number): DeliveryItem {
    const at = performance.timeOrigin + performance.now();
    const id = `e1-${seq}`;
    return {
      cursor: { epoch: 'e1', seq },
      id,
      lane: `call-${seq % lanes}`,
      at: at * 1_000,
      request: () => {
        const seconds = Math.floor(Date.now() / 1_000);
        const body = `{"seq":${seq},"data":"${this.#padding}"}`;
        const headers = {
          'webhook-id': id,
          'webhook-timestamp': String(seconds),
          'webhook-signature': this.#sign(id, seconds, body),
          'x-at': String(at),
        };
        return { body, headers };
      },
    };
  }
}

const quantile = (values: readonly number[], part: number): number =>
  values.toSorted((one, other) => one - other)[Math.floor(values.length * part)] ?? Number.NaN;

const startEngine = (folder: string): { readonly engine: WebhookEngine; close(): Promise<void> } => {
  const store = openSqliteStore({ folder });
  const wheel = new Wheel();
  const engine = createWebhookEngine({
    store,
    guard: createAddressGuard({ allow: ['127.0.0.0/8'] }),
    clock: { now: () => Math.round((performance.timeOrigin + performance.now()) * 1_000) },
    timers: {
      after: (ms, run) => {
        const timer = setTimeout(run, ms);
        return () => clearTimeout(timer);
      },
    },
    wheel,
    random: Math.random,
    logger: pino({ level: 'silent' }),
    drainMs: 0,
  });
  const close = async (): Promise<void> => {
    await engine.close();
    wheel.close();
    await store.close();
  };
  return { engine, close };
};

const policy = { lane: 'source', attempts: 20, schedule: [1_000], pauseAfter: 3_600_000, probe: 60_000 } as const;

/** Resolves when so many deliveries have come since the last time, with how many ms each took. */
type Arrivals = (count: number) => Promise<readonly number[]>;

const measureRate = async (engine: WebhookEngine, url: string, arrivals: Arrivals): Promise<void> => {
  const source = new Source();
  engine.put({ id: 'wh_rate', tenant, url, policy, connections: 64 }, source);
  const run = async (count: number): Promise<readonly [perSecond: number, perCpuSecond: number]> => {
    const began = performance.now();
    const used = process.cpuUsage();
    source.happen(count);
    await arrivals(count);
    const { user, system } = process.cpuUsage(used);
    return [(count / (performance.now() - began)) * 1_000, (count / (user + system)) * 1_000_000];
  };
  await run(10_000);
  const [perSecond, perCpuSecond] = (await run(deliveries)).map((rate) => Math.round(rate).toLocaleString('en'));
  console.log(`signed deliveries: ${perSecond} a second, ${perCpuSecond} a CPU second`);
  engine.remove('wh_rate');
};

const measureDelay = async (engine: WebhookEngine, url: string, arrivals: Arrivals): Promise<void> => {
  const source = new Source();
  engine.put({ id: 'wh_delay', tenant, url, policy, connections: 16 }, source);
  const began = performance.now();
  let made = 0;
  while (made < steadyRate * steadySeconds) {
    const due = Math.floor(((performance.now() - began) * steadyRate) / 1_000);
    if (due > made) source.happen(due - made);
    made = due;
    await sleep(1);
  }
  const found = await arrivals(made);
  const [half, most] = [quantile(found, 0.5), quantile(found, 0.99)];
  console.log(`event to arrival at ${steadyRate.toLocaleString('en')} a second: p50 ${half.toFixed(2)} ms, p99 ${most.toFixed(2)} ms`);
  engine.remove('wh_delay');
};

const measureMemory = async (engine: WebhookEngine): Promise<void> => {
  // It takes connections and says nothing.
  const dead = createDeadServer(() => undefined);
  dead.listen(0, '127.0.0.1');
  await once(dead, 'listening');
  const source = new Source();
  engine.put({ id: 'wh_dead', tenant, url: `http://127.0.0.1:${(dead.address() as AddressInfo).port}/`, policy }, source);
  const used = (): number => {
    globalThis.gc?.();
    return process.memoryUsage().heapUsed / 1_048_576;
  };
  source.happen(lanes);
  await turn();
  const before = used();
  source.happen(waiting);
  await sleep(2_000);
  console.log(
    `heap with ${lanes} events waiting: ${before.toFixed(1)} MB, with ${waiting.toLocaleString('en')} more: ${used().toFixed(1)} MB`,
  );
  dead.close();
};

const main = async (): Promise<void> => {
  const folder = mkdtempSync(join(tmpdir(), 'switchhook-bench-'));
  const sink = fork(new URL(import.meta.url), ['sink']);
  const [{ port }] = (await once(sink, 'message')) as [{ readonly port: number }];
  const arrivals: Arrivals = async (count) => {
    sink.send(count);
    const [told] = (await once(sink, 'message')) as [{ readonly delays: readonly number[] }];
    return told.delays;
  };
  const { engine, close } = startEngine(folder);
  try {
    const url = `http://127.0.0.1:${port}/hook`;
    await measureRate(engine, url, arrivals);
    await measureDelay(engine, url, arrivals);
    await measureMemory(engine);
  } finally {
    await close();
    sink.kill();
    rmSync(folder, { recursive: true, force: true });
  }
};

await (process.argv[2] === 'sink' ? runSink() : main());
