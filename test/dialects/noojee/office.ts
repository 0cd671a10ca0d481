import { randomBytes } from 'node:crypto';
import { pino } from 'pino';
import { onTestFinished } from 'vitest';
import { createAuth } from '../../../src/auth/create-auth.ts';
import { createSecrets } from '../../../src/auth/secrets.ts';
import { createTokens } from '../../../src/auth/tokens.ts';
import type { Auth, Scope } from '../../../src/auth/auth.ts';
import { createSingleCluster } from '../../../src/cluster/single.ts';
import { createControl } from '../../../src/control/control-room.ts';
import { createDelivery } from '../../../src/delivery/delivery.ts';
import { createAddressGuard } from '../../../src/delivery/webhooks/address-guard.ts';
import { createWebhookEngine } from '../../../src/delivery/webhooks/create-webhook-engine.ts';
import { putOnServer } from '../../../src/dialects/dialect.ts';
import { createNoojeeDialect, type NoojeeOptions } from '../../../src/dialects/noojee/index.ts';
import type { TenantEngine } from '../../../src/engine/engine.ts';
import { startTenant } from '../../../src/engine/tenant-engine.ts';
import { createHttpServer } from '../../../src/http/http-server.ts';
import { createMetrics } from '../../../src/http/metrics.ts';
import { openSqliteLog } from '../../../src/log/sqlite-log.ts';
import { createNewId, pbxId, tenantId } from '../../../src/model/ids.ts';
import type { Timers } from '../../../src/model/time.ts';
import { createRunningClock, createSandboxDriver, type SandboxDriver } from '../../../src/pbx/sandbox/index.ts';
import { openSqliteStore } from '../../../src/store/sqlite-store.ts';
import { quickPeople } from '../../quick-users.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

const tenant = tenantId('demo');
export const key = 'f863246a-973e-11e6-8784-08002718f5b5';
const allScopes: readonly Scope[] = ['observe', 'control', 'supervise', 'record'];

export interface Item {
  readonly CallData: {
    readonly canAnswer: boolean;
    readonly callerId: string;
    readonly uniqueCallId: string;
    readonly callStartTime: string;
    readonly isQueueCall: boolean;
    readonly isClickToDialCall: boolean;
    readonly inbound: boolean;
    readonly status: string;
  };
  readonly CallID: number;
  readonly Code: number;
}

export interface Answer {
  readonly Code: number;
  readonly Message?: string;
  readonly SessionID?: number;
  readonly Data?: Readonly<Record<string, readonly Item[]>>;
  readonly State?: Readonly<Record<string, { readonly uniqueCallId?: string; readonly Message?: string; readonly Code: number }>>;
  readonly seq?: number;
}

/** The demo's office with the whole gateway before it, as a program at a socket sees it. */
export interface Office {
  readonly url: string;
  readonly auth: Auth;
  readonly engine: TenantEngine;
  readonly sandbox: SandboxDriver;
  /** Calls a method with the office's key; parameters in the query. */
  call(method: string, parameters?: Readonly<Record<string, string>>): Promise<Answer>;
  subscribe(extensions: string, cursor: number, timeOut: number): Promise<Answer>;
  /** Polls on from the cursor until everything in `statuses` has been told; gives it all, in order, by extension. */
  follow(extensions: string, cursor: number, until: (told: Told) => boolean): Promise<Told>;
  /** Advances the office's time, and with it every timer of the gateway. */
  advance(seconds: number): void;
  close(): Promise<void>;
}

export interface Told {
  readonly items: Readonly<Record<string, readonly Item[]>>;
  readonly statuses: Readonly<Record<string, readonly string[]>>;
  readonly seq: number;
}

const systemTimers: Timers = {
  after: (ms, run) => {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};

export const openOffice = async (options: Partial<NoojeeOptions> = {}, folder = temporaryFolder()): Promise<Office> => {
  const clock = createRunningClock({ now: () => Date.now() * 1000 }, systemTimers);
  const timers = clock;
  const newId = createNewId(randomBytes);
  const logger = pino({ enabled: false });
  const metrics = createMetrics();
  const log = openSqliteLog({ folder, clock, newId, reserveBytes: 65_536 });
  const store = openSqliteStore({ folder });
  const auth = createAuth({ store, clock, newId, masterKey: new Uint8Array(32) });
  if (auth.bySecret(key) === undefined) auth.create({ tenant, name: 'sample', scopes: allScopes, secret: key, readable: true });
  const sandbox = createSandboxDriver({ pbx: pbxId('sandbox'), clock });
  const cluster = createSingleCluster(log);
  const observer = { lag: () => undefined };
  const engine = await startTenant({ tenant, drivers: [sandbox], log, cluster, store, clock, timers, logger, observer });
  await engine.untilHeard(sandbox.pbx);
  const control = await createControl({ engines: new Map([[tenant, engine]]), store, clock, timers, newId, logger });
  const delivery = createDelivery({ sources: [engine], clock, logger, metrics });
  const guard = createAddressGuard({ allow: [] });
  const webhooks = createWebhookEngine({ store, guard, clock, timers: clock, wheel: delivery.wheel, random: () => 0, logger });
  const stopping = new AbortController();
  const gateway = {
    tenants: [tenant],
    engine: (name: string) => (name === tenant ? engine : undefined),
    auth,
    webhooks,
    interactive: { serve: () => undefined },
    secrets: createSecrets(randomBytes(32), randomBytes),
    tokens: createTokens({ store, clock, newId, clients: [] }),
    ...quickPeople({ store, clock, auth }),
    control,
    delivery,
    store,
    clock,
    timers,
    newId,
    log: logger,
    dialects: () => [],
    stopping: stopping.signal,
  };
  const dialect = createNoojeeDialect(new Map([[tenant, options]]));
  const server = await createHttpServer({
    host: '127.0.0.1',
    port: 0,
    logger,
    metrics,
    newRequestId: () => newId.token(),
    readiness: () => ({ ready: true }),
  });
  await putOnServer(dialect, gateway, server);
  await server.listen();

  let closing: Promise<void> | undefined;
  const shutDown = async (): Promise<void> => {
    stopping.abort();
    await server.close();
    await dialect.close();
    await control.close();
    await webhooks.close();
    delivery.close();
    await engine.close();
    await cluster.close();
    await store.close();
    await log.close();
    clock.close();
  };
  const close = (): Promise<void> => (closing ??= shutDown());
  onTestFinished(close);
  while (engine.status().status !== 'live') {
    await new Promise<void>((resolve) => {
      const stop = engine.onCommitted(() => {
        stop();
        resolve();
      });
    });
  }

  const url = `${server.publicUrl()}/servicemanager/rest`;
  const call = async (method: string, parameters: Readonly<Record<string, string>> = {}): Promise<Answer> => {
    const query = new URLSearchParams({ apiKey: key, ...parameters });
    const response = await fetch(`${url}/CallManagementAPI/${method}?${query.toString()}`, { method: 'POST' });
    return (await response.json()) as Answer;
  };
  const subscribe = (extensions: string, cursor: number, timeOut: number): Promise<Answer> =>
    call('subscribe', { exten: extensions, lastSequenceNumber: String(cursor), timeOut: String(timeOut) });
  const follow = async (extensions: string, cursor: number, until: (told: Told) => boolean): Promise<Told> => {
    const items: Record<string, Item[]> = {};
    let seq = cursor;
    for (;;) {
      const answer = await subscribe(extensions, seq, 10);
      seq = answer.seq ?? seq;
      for (const [extension, more] of Object.entries(answer.Data ?? {})) (items[extension] ??= []).push(...more);
      const told = { items, statuses: statusesOf(items), seq };
      if (until(told)) return told;
      if (Object.keys(answer.Data ?? {}).length === 0) throw new Error(`nothing more was told after ${JSON.stringify(told.statuses)}`);
    }
  };
  return { url, auth, engine, sandbox, call, subscribe, follow, advance: (seconds) => clock.advance(seconds), close };
};

export const statusesOf = (items: Readonly<Record<string, readonly Item[]>> = {}): Readonly<Record<string, readonly string[]>> =>
  Object.fromEntries(Object.entries(items).map(([extension, list]) => [extension, list.map(({ CallData }) => CallData.status)]));

/** The last status told of an extension. */
export const lastOf = (told: Told, extension: string): string | undefined => told.statuses[extension]?.at(-1);
