/** The demo's office behind one dialect, on a real port, as the composition of the product puts the parts together. */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pino } from 'pino';
import { onTestFinished } from 'vitest';
import { tellSessions, tellUsers } from '../../src/app/people.ts';
import { createAuth } from '../../src/auth/create-auth.ts';
import { createSecrets } from '../../src/auth/secrets.ts';
import { createTokens, type ConfiguredClient } from '../../src/auth/tokens.ts';
import type { ConfiguredUser } from '../../src/auth/users.ts';
import { createDelivery } from '../../src/delivery/delivery.ts';
import { createAddressGuard } from '../../src/delivery/webhooks/address-guard.ts';
import { createWebhookEngine, type WebhookEngineOptions } from '../../src/delivery/webhooks/create-webhook-engine.ts';
import type { Ticker, Wheel } from '../../src/delivery/wheel.ts';
import { putOnServer, type Dialect } from '../../src/dialects/dialect.ts';
import type { Gateway } from '../../src/dialects/gateway.ts';
import type { HttpServer, HttpServerOptions } from '../../src/http/http-server.ts';
import { createInteractive } from '../../src/interactive/create-interactive.ts';
import { createNewId, tenantId, type TenantId } from '../../src/model/ids.ts';
import { prepare } from '../http/serve.ts';
import { quickPeople } from '../quick-users.ts';
import { startSandboxTenant, type SandboxTenant, type SandboxTenantOptions } from '../sandbox-tenant.ts';

export interface WorldOptions {
  readonly tenant?: SandboxTenantOptions;
  /** Of the data: to be served again after `end`; a new one when absent. */
  readonly folder?: string;
  readonly masterKey?: Uint8Array;
  /** OAuth clients of the tenant; of one that is `elsewhere` another's. */
  readonly clients?: readonly (Omit<ConfiguredClient, 'tenant'> & { readonly isElsewhere?: boolean })[];
  readonly users?: readonly Omit<ConfiguredUser, 'tenant'>[];
  readonly ticker?: (world: SandboxTenant) => Ticker;
  readonly senders?: (world: SandboxTenant, wheel: Wheel) => NonNullable<WebhookEngineOptions['senders']>;
  readonly http?: Partial<HttpServerOptions>;
  /** What happens in the office before the dialect is there. */
  readonly before?: (world: SandboxTenant) => Promise<void>;
}

export interface DialectWorld extends SandboxTenant {
  readonly url: string;
  readonly server: HttpServer;
  readonly gateway: Gateway;
  /** The process begins to stop. */
  stop(): void;
  /** Ends everything, as a whole stop does. Safe to call twice. */
  end(): Promise<void>;
}

/** Serves what `create` makes for the tenant. Webhooks may go to this machine. */
export const serveDialect = async (create: (tenant: TenantId) => Dialect, options: WorldOptions = {}): Promise<DialectWorld> => {
  const world = await startSandboxTenant(options.folder, options.tenant);
  const { clock, store, engine, control } = world;
  const { tenant } = engine;
  const timers = clock;
  const logger = pino({ level: 'silent' });
  const newId = createNewId(randomBytes);
  const server = await prepare({ logger, ...options.http });
  const ticker = options.ticker?.(world);
  const delivery = createDelivery({
    sources: [engine],
    clock,
    logger,
    metrics: server.metrics,
    ...(ticker === undefined ? undefined : { ticker }),
  });
  const guard = createAddressGuard({ allow: ['127.0.0.0/8'] });
  const { wheel } = delivery;
  const senders = options.senders?.(world, wheel) ?? new Map();
  const webhooks = createWebhookEngine({ store, guard, clock, timers, wheel, senders, random: () => 0, logger, drainMs: 0 });
  const interactive = createInteractive({ engines: [engine], guard, clock, timers, wheel, logger, userAgent: 'test' });
  const masterKey = options.masterKey ?? randomBytes(32);
  const auth = createAuth({ store, clock, newId, masterKey });
  const configured = options.users?.map((user) => ({ ...user, tenant })) ?? [];
  const { users, sessions } = quickPeople({ store, clock, auth }, configured);
  const engines = new Map([[tenant, engine]]);
  const stopUsers = tellUsers({ users, owners: new Map(), engines, clock });
  const stopSessions = tellSessions({ sessions, users, engines, clock, timers, logger });
  const clients = options.clients?.map(({ isElsewhere, ...client }) => ({
    ...client,
    tenant: isElsewhere === true ? tenantId('other') : tenant,
  }));
  const stopping = new AbortController();
  const gateway: Gateway = {
    tenants: [tenant],
    engine: (asked) => (asked === tenant ? engine : undefined),
    auth,
    tokens: createTokens({ store, clock, newId, clients: clients ?? [] }),
    users,
    sessions,
    control,
    delivery,
    webhooks,
    interactive,
    secrets: createSecrets(masterKey, randomBytes),
    store,
    clock,
    timers,
    newId,
    log: logger,
    dialects: () => [],
    stopping: stopping.signal,
  };
  await options.before?.(world);
  const dialect = create(tenant);
  await putOnServer(dialect, gateway, server);
  await interactive.begin();
  await server.listen();
  let ending: Promise<void> | undefined;
  const shutDown = async (): Promise<void> => {
    stopping.abort();
    await server.close();
    await dialect.close();
    stopSessions();
    stopUsers();
    await interactive.close();
    await webhooks.close();
    delivery.close();
    await world.close();
  };
  const end = (): Promise<void> => (ending ??= shutDown());
  onTestFinished(end);
  return { ...world, url: server.publicUrl(), server, gateway, stop: () => stopping.abort(), end };
};

/** A request that a dialect made. */
export interface Received {
  readonly method: string;
  /** As it stood on the request's first line. */
  readonly target: string;
  readonly contentType: string | undefined;
  readonly body: string;
  /** Of query and body together. */
  readonly parameters: Readonly<Record<string, string>>;
}

/** A local server that requests with parameters go to. */
export interface Receiver {
  readonly url: string;
  readonly received: readonly Received[];
  /** All of them, once there are so many. */
  next(count: number): Promise<readonly Received[]>;
  /** Called for each request once it is among them; 200 at once, unless a test sets it. */
  answer: (target: string, end: (status: number) => void) => void;
}

export const startReceiver = async (): Promise<Receiver> => {
  const ways: { answer: Receiver['answer'] } = { answer: (_target, end) => end(200) };
  const received: Received[] = [];
  const waiting = new Set<() => void>();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const target = request.url ?? '';
      const body = Buffer.concat(chunks).toString();
      const parameters = Object.fromEntries([...new URLSearchParams(target.split('?')[1]), ...new URLSearchParams(body)]);
      received.push({ method: request.method ?? '', target, contentType: request.headers['content-type'], body, parameters });
      ways.answer(target, (status) => void response.writeHead(status).end());
      for (const look of waiting) look();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return Object.assign(ways, {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    next: (count: number): Promise<readonly Received[]> =>
      new Promise((resolve) => {
        const look = (): void => {
          if (received.length < count) return;
          waiting.delete(look);
          resolve(received);
        };
        waiting.add(look);
        look();
      }),
  });
};

/** A JSON API's reply, read. */
export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  /** Undefined where there is none. */
  readonly body: unknown;
}

export const parseReply = async (reply: Response): Promise<Reply> => {
  const text = await reply.text();
  return { status: reply.status, headers: reply.headers, body: text === '' ? undefined : (JSON.parse(text) as unknown) };
};
