import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pino } from 'pino';
import { onTestFinished } from 'vitest';
import { createAuth } from '../../../src/auth/create-auth.ts';
import { createTokens } from '../../../src/auth/tokens.ts';
import { createDelivery } from '../../../src/delivery/delivery.ts';
import { createAddressGuard } from '../../../src/delivery/webhooks/address-guard.ts';
import { createWebhookEngine } from '../../../src/delivery/webhooks/create-webhook-engine.ts';
import { createTelphinDialect, type TelphinOptions } from '../../../src/dialects/telphin/index.ts';
import { createInteractive } from '../../../src/interactive/create-interactive.ts';
import { createNewId, extensionNumber, tenantId } from '../../../src/model/ids.ts';
import { prepare } from '../../http/serve.ts';
import { quickUsers } from '../../quick-users.ts';
import { startSandboxTenant, type SandboxTenant } from '../../sandbox-tenant.ts';

/** A request that a subscription made. */
export interface Received {
  readonly method: string;
  /** As it stood on the request's first line. */
  readonly target: string;
  readonly contentType: string | undefined;
  /** Of query and body together. */
  readonly parameters: Readonly<Record<string, string>>;
}

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly body: unknown;
}

export interface TelphinWorld extends SandboxTenant {
  readonly url: string;
  /** The local server that call events go to, and that may be asked what to do with callers. */
  readonly receiver: Receiver;
  token(): Promise<string>;
  /** A request with the demo client's token. */
  api(method: string, path: string, body?: unknown): Promise<Reply>;
  subscribe(extension: number, types: readonly string[], method?: 'GET' | 'POST'): Promise<void>;
}

export interface Receiver {
  readonly url: string;
  readonly received: readonly Received[];
  /** All of them, once there are so many. */
  next(count: number): Promise<readonly Received[]>;
  /** What is answered from now on. */
  answer(text: string): void;
}

const startReceiver = async (): Promise<Receiver> => {
  const received: Received[] = [];
  const waiting = new Set<() => void>();
  let reply = '';
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const target = request.url ?? '';
      const form = new URLSearchParams(Buffer.concat(chunks).toString());
      const parameters = Object.fromEntries([...new URLSearchParams(target.split('?')[1]), ...form]);
      received.push({ method: request.method ?? '', target, contentType: request.headers['content-type'], parameters });
      response.end(reply);
      for (const look of waiting) look();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    next: (count) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (received.length < count) return;
          waiting.delete(look);
          resolve(received);
        };
        waiting.add(look);
        look();
      }),
    answer: (text) => {
      reply = text;
    },
  };
};

/** As the demo has it: the ids and names of the vendor's samples. */
export const demoOptions: Partial<TelphinOptions> = {
  prefix: '022',
  domain: 'siptest.ringme.ru',
  node: '192.168.20.220',
  extensionIds: { 200: 32_494, 341: 34_414 },
  firstExtensionId: 34_000,
};

/** The demo's office behind Telphin's API, on a real port. */
export const serveTelphin = async (options: Partial<TelphinOptions> = {}): Promise<TelphinWorld> => {
  const receiver = await startReceiver();
  const world = await startSandboxTenant();
  const { clock, store, engine, control } = world;
  const { tenant } = engine;
  const logger = pino({ level: 'silent' });
  const newId = createNewId(randomBytes);
  const server = await prepare({ logger });
  const delivery = createDelivery({ sources: [engine], clock, logger, metrics: server.metrics });
  onTestFinished(() => delivery.close());
  const guard = createAddressGuard({ allow: ['127.0.0.1/32'] });
  const { wheel } = delivery;
  const webhooks = createWebhookEngine({ store, guard, clock, timers: clock, wheel, random: () => 0, logger, drainMs: 0 });
  onTestFinished(() => webhooks.close());
  const interactive = createInteractive({ engines: [engine], guard, clock, timers: clock, wheel, logger, userAgent: 'test' });
  onTestFinished(() => interactive.close());
  const stopping = new AbortController();
  const redirectUris = [`${receiver.url}/callback`];
  const clients = [
    { id: 'demo-client', secret: 'demo-secret', tenant, scopes: ['observe', 'control', 'supervise'] as const, redirectUris },
    { id: 'watcher', secret: 'demo-secret', tenant, scopes: ['observe'] as const },
    { id: 'elsewhere', secret: 'demo-secret', tenant: tenantId('other'), scopes: ['observe'] as const },
  ];
  const user = { tenant, name: '341', password: 'demo', scopes: ['observe', 'control-own'] as const, extension: extensionNumber('341') };
  const gateway = {
    tenants: [tenant],
    engine: (asked: string) => (asked === tenant ? engine : undefined),
    auth: createAuth({ store, clock, newId, masterKey: randomBytes(32) }),
    tokens: createTokens({ store, clock, newId, clients }),
    users: quickUsers(store, clock, [user]),
    control,
    delivery,
    webhooks,
    interactive,
    store,
    clock,
    timers: clock,
    newId,
    log: logger,
    dialects: () => [],
    stopping: stopping.signal,
  };
  const dialect = createTelphinDialect(new Map([[tenant, { ...demoOptions, ...options }]]));
  // Of a gateway the dialect takes a few members; those that other dialects need are left out.
  const whole = gateway as unknown as Parameters<typeof dialect.open>[0];
  await dialect.open(whole);
  onTestFinished(() => dialect.close());
  await interactive.begin();
  await server.app.register(async (scope) => dialect.routes(scope, whole, server));
  await server.listen();
  onTestFinished(async () => {
    stopping.abort();
    await server.close();
  });
  const url = server.publicUrl();

  const token = async (): Promise<string> => {
    const body = new URLSearchParams({ grant_type: 'client_credentials', client_id: 'demo-client', client_secret: 'demo-secret' });
    const reply = await fetch(`${url}/oauth/token`, { method: 'POST', body });
    return ((await reply.json()) as { readonly access_token: string }).access_token;
  };
  const ours = await token();
  const api: TelphinWorld['api'] = async (method, path, body) => {
    const reply = await fetch(`${url}/api/ver1.0${path}`, {
      method,
      headers: { Authorization: `Bearer ${ours}`, 'Content-Type': 'application/json' },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await reply.text();
    return { status: reply.status, headers: reply.headers, body: text === '' ? undefined : (JSON.parse(text) as unknown) };
  };
  return {
    ...world,
    url,
    receiver,
    token,
    api,
    subscribe: async (extension, types, method = 'GET') => {
      for (const type of types) {
        const wish = { url: `${receiver.url}/`, event_type: type, method };
        const { status } = await api('POST', `/extension/${extension}/event/`, wish);
        if (status !== 201) throw new Error(`a subscription answers with 201, not ${status}`);
      }
    },
  };
};
