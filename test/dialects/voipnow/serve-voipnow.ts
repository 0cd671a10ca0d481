import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pino } from 'pino';
import { onTestFinished } from 'vitest';
import { createAuth } from '../../../src/auth/create-auth.ts';
import { createTokens } from '../../../src/auth/tokens.ts';
import { createDelivery } from '../../../src/delivery/delivery.ts';
import { MailSender, type SmtpServer } from '../../../src/delivery/mail/mail-sender.ts';
import { createAddressGuard } from '../../../src/delivery/webhooks/address-guard.ts';
import { createWebhookEngine } from '../../../src/delivery/webhooks/create-webhook-engine.ts';
import type { WebhookEngine } from '../../../src/delivery/webhooks/webhook-engine.ts';
import { createInteractive } from '../../../src/interactive/create-interactive.ts';
import { createVoipNowDialect, type VoipNowOptions } from '../../../src/dialects/voipnow/index.ts';
import { createNewId, extensionNumber, tenantId } from '../../../src/model/ids.ts';
import { prepare } from '../../http/serve.ts';
import { quickUsers } from '../../quick-users.ts';
import { startSandboxTenant, type SandboxTenant } from '../../sandbox-tenant.ts';

/** A request that a published one made. */
export interface Received {
  readonly method: string;
  /** As it stood on the request's first line. */
  readonly target: string;
  readonly contentType: string | undefined;
  readonly body: string;
  /** Of query and body together. */
  readonly parameters: Readonly<Record<string, string>>;
}

export interface VoipNowWorld extends SandboxTenant {
  readonly webhooks: WebhookEngine;
  readonly url: string;
  /** The local server that call events go to. */
  readonly receiver: { readonly url: string; readonly received: readonly Received[]; next(count: number): Promise<readonly Received[]> };
  /** A CallAPI request with the demo account's digest; what it answers, as text. */
  callApi(operation: string, parameters?: Readonly<Record<string, string>>, init?: RequestInit): Promise<string>;
  token(): Promise<string>;
  /** A UnifiedAPI request with a fresh token. */
  unified(method: string, path: string, body?: unknown): Promise<{ readonly status: number; readonly body: unknown }>;
}

export const demoDigest = createHash('sha256').update('demo').digest('hex');

const startReceiver = async (): Promise<VoipNowWorld['receiver']> => {
  const received: Received[] = [];
  const waiting = new Set<() => void>();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const target = request.url ?? '';
      const body = Buffer.concat(chunks).toString();
      const query = target.split('?')[1] ?? '';
      const parameters = Object.fromEntries([...new URLSearchParams(query), ...new URLSearchParams(body)]);
      received.push({ method: request.method ?? '', target, contentType: request.headers['content-type'], body, parameters });
      response.end();
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
  };
};

/** The demo's office behind the VoipNow APIs, on a real port, and a server that its call events go to; its e-mails leave by `mail`. */
export const serveVoipNow = async (options: Partial<VoipNowOptions> = {}, mail?: SmtpServer): Promise<VoipNowWorld> => {
  const world = await startSandboxTenant();
  const { clock, store, engine, control } = world;
  const { tenant } = engine;
  const logger = pino({ level: 'silent' });
  const newId = createNewId(randomBytes);
  const server = await prepare({ logger });
  const delivery = createDelivery({ sources: [engine], clock, logger, metrics: server.metrics });
  onTestFinished(() => delivery.close());
  const webhooks = createWebhookEngine({
    store,
    guard: createAddressGuard({ allow: ['127.0.0.1/32'] }),
    clock,
    timers: clock,
    wheel: delivery.wheel,
    senders: new Map(mail === undefined ? [] : [['mailto:', () => new MailSender({ server: mail, clock, wheel: delivery.wheel })]]),
    random: () => 0,
    logger,
    drainMs: 0,
  });
  onTestFinished(() => webhooks.close());
  const interactive = createInteractive({
    engines: [engine],
    guard: createAddressGuard({ allow: ['127.0.0.1/32'] }),
    clock,
    timers: clock,
    wheel: delivery.wheel,
    logger,
    userAgent: 'test',
  });
  onTestFinished(() => interactive.close());
  const stopping = new AbortController();
  const clients = [
    {
      id: 'demo-client',
      secret: 'demo-secret',
      tenant,
      scopes: ['observe', 'control', 'supervise', 'record'] as const,
      redirectUris: ['http://crm.example/back?x=1'],
    },
    { id: 'elsewhere', secret: 'demo-secret', tenant: tenantId('other'), scopes: ['observe'] as const },
  ];
  const gateway = {
    tenants: [tenant],
    engine: (asked: string) => (asked === tenant ? engine : undefined),
    auth: createAuth({ store, clock, newId, masterKey: randomBytes(32) }),
    users: quickUsers(store, clock, [
      { tenant, name: 'mikey', password: 'demo', extension: extensionNumber('101'), scopes: ['observe', 'control-own'] },
    ]),
    tokens: createTokens({ store, clock, newId, clients }),
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
  const accounts = {
    demo: { passwordSha256: demoDigest, password: 'demo', scopes: ['observe', 'control'] as const },
    watcher: { passwordSha256: demoDigest, scopes: ['observe'] as const },
  };
  const dialect = createVoipNowDialect(new Map([[tenant, { prefix: '12340', accounts, ...options }]]));
  // Of a gateway the dialect takes a few members; those that other dialects need are left out.
  const whole = gateway as unknown as Parameters<typeof dialect.open>[0];
  await dialect.open(whole);
  await interactive.begin();
  onTestFinished(() => dialect.close());
  await server.app.register(async (scope) => dialect.routes(scope, whole, server));
  await server.listen();
  onTestFinished(async () => {
    stopping.abort();
    await server.close();
  });
  const url = server.publicUrl();
  const receiver = await startReceiver();

  const token = async (): Promise<string> => {
    const body = new URLSearchParams({ grant_type: 'client_credentials', client_id: 'demo-client', client_secret: 'demo-secret' });
    const reply = await fetch(`${url}/oauth/token.php`, { method: 'POST', body });
    return ((await reply.json()) as { readonly access_token: string }).access_token;
  };
  return {
    ...world,
    webhooks,
    url,
    receiver,
    token,
    callApi: async (operation, parameters = {}, init = {}) => {
      const query = new URLSearchParams({ Account: 'demo', PassSHA256: demoDigest, ...parameters }).toString();
      const reply = await fetch(`${url}/callapi/${operation}?${query}`, init);
      if (reply.status !== 200) throw new Error(`CallAPI answers with 200, not ${reply.status}.`);
      return reply.text();
    },
    unified: async (method, path, body) => {
      const reply = await fetch(`${url}/uapi${path}`, {
        method,
        headers: { Authorization: `Bearer ${await token()}` },
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      });
      const text = await reply.text();
      return { status: reply.status, body: text === '' ? undefined : (JSON.parse(text) as unknown) };
    },
  };
};
