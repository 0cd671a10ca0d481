import { randomBytes } from 'node:crypto';
import { pino } from 'pino';
import { onTestFinished } from 'vitest';
import type { Auth, Scope } from '../../../src/auth/auth.ts';
import { createAuth } from '../../../src/auth/create-auth.ts';
import { createTokens } from '../../../src/auth/tokens.ts';
import { createDelivery } from '../../../src/delivery/delivery.ts';
import type { Delivery } from '../../../src/delivery/delivery.ts';
import type { SocketReaderLimits } from '../../../src/delivery/socket-reader.ts';
import { tellSessions, tellUsers } from '../../../src/app/people.ts';
import { createSecrets } from '../../../src/auth/secrets.ts';
import { createAddressGuard } from '../../../src/delivery/webhooks/address-guard.ts';
import { createWebhookEngine } from '../../../src/delivery/webhooks/create-webhook-engine.ts';
import type { Gateway } from '../../../src/dialects/gateway.ts';
import { createNativeDialect } from '../../../src/dialects/native/index.ts';
import type { HttpServer } from '../../../src/http/http-server.ts';
import { createNewId, tenantId } from '../../../src/model/ids.ts';
import { prepare } from '../../http/serve.ts';
import { quickPeople } from '../../quick-users.ts';
import { startSandboxTenant } from '../../sandbox-tenant.ts';
import type { SandboxTenant, SandboxTenantOptions } from '../../sandbox-tenant.ts';

export interface NativeWorld extends SandboxTenant {
  readonly server: HttpServer;
  readonly auth: Auth;
  readonly delivery: Delivery;
  readonly url: string;
  /** The secret of a key that may do everything. */
  readonly key: string;
  /** The secret of a key with these scopes. */
  keyFor(scopes: readonly Scope[], extension?: string): string;
  /** Asks with the key that may do everything, unless the headers say otherwise. */
  ask(
    path: string,
    init?: RequestInit & { readonly json?: unknown },
  ): Promise<{ readonly status: number; readonly headers: Headers; readonly body: unknown }>;
  /** The process begins to stop. */
  stop(): void;
}

/** The demo's office behind the native API, on a real port; its time is moved by the test alone. */
export const serveNative = async (limits: Partial<SocketReaderLimits> = {}, options: SandboxTenantOptions = {}): Promise<NativeWorld> => {
  const world = await startSandboxTenant(undefined, options);
  const logger = pino({ level: 'silent' });
  const newId = createNewId(randomBytes);
  const auth = createAuth({ store: world.store, clock: world.clock, newId, masterKey: randomBytes(32) });
  const server = await prepare({ logger });
  const ticks = new Set<() => void>();
  const delivery = createDelivery({
    sources: [world.engine],
    clock: world.clock,
    logger,
    metrics: server.metrics,
    // The wheel turns with the office's clock.
    ticker: (tick, ms) => {
      let cancel = (): void => {};
      const next = (): void => {
        cancel = world.clock.after(ms, () => {
          next();
          tick();
        });
      };
      next();
      ticks.add(tick);
      return () => cancel();
    },
  });
  onTestFinished(() => delivery.close());
  const webhooks = createWebhookEngine({
    store: world.store,
    guard: createAddressGuard({ allow: ['127.0.0.0/8'] }),
    clock: world.clock,
    timers: world.clock,
    wheel: delivery.wheel,
    random: () => 0,
    logger,
    drainMs: 0,
  });
  onTestFinished(() => webhooks.close());
  const stopping = new AbortController();
  const { users, sessions } = quickPeople({ store: world.store, clock: world.clock, auth });
  const engines = new Map([[world.engine.tenant, world.engine]]);
  onTestFinished(tellUsers({ users, owners: new Map(), engines, clock: world.clock }));
  onTestFinished(tellSessions({ sessions, users, engines, clock: world.clock, timers: world.clock, logger }));
  const { tenant } = world.engine;
  const gateway: Gateway = {
    tenants: [tenant],
    engine: (asked) => (asked === tenant ? world.engine : undefined),
    auth,
    webhooks,
    interactive: { serve: () => undefined },
    secrets: createSecrets(randomBytes(32), randomBytes),
    tokens: createTokens({ store: world.store, clock: world.clock, newId, clients: [] }),
    users,
    sessions,
    control: world.control,
    delivery,
    store: world.store,
    clock: world.clock,
    timers: world.clock,
    newId,
    log: logger,
    dialects: () => [],
    stopping: stopping.signal,
  };
  const dialect = createNativeDialect({ limits });
  await dialect.open(gateway);
  await server.app.register(async (scope) => dialect.routes(scope, gateway, server));
  await server.listen();
  onTestFinished(() => dialect.close());
  const keyFor = (scopes: readonly Scope[], extension?: string): string =>
    auth.create({ tenant: tenantId('demo'), name: 'test', scopes, ...(extension === undefined ? {} : { extension: extension as never }) })
      .secret;
  const key = keyFor(['administer']);
  const url = server.publicUrl();
  return {
    ...world,
    server,
    auth,
    delivery,
    url,
    key,
    keyFor,
    stop: () => stopping.abort(),
    ask: async (path, { json, ...init } = {}) => {
      const response = await fetch(url + path, {
        ...init,
        headers: {
          authorization: `Bearer ${key}`,
          ...(json === undefined ? {} : { 'content-type': 'application/json' }),
          ...(init.headers as Record<string, string> | undefined),
        },
        ...(json === undefined ? {} : { body: JSON.stringify(json) }),
      });
      const text = await response.text();
      const isJson = response.headers.get('content-type')?.includes('json') === true;
      return { status: response.status, headers: response.headers, body: isJson ? (JSON.parse(text) as unknown) : text };
    },
  };
};
