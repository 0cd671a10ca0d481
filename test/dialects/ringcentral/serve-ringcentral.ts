import { randomBytes } from 'node:crypto';
import { pino } from 'pino';
import { onTestFinished } from 'vitest';
import { createAuth } from '../../../src/auth/create-auth.ts';
import { createSecrets } from '../../../src/auth/secrets.ts';
import { createTokens } from '../../../src/auth/tokens.ts';
import type { Users } from '../../../src/auth/users.ts';
import type { Scope } from '../../../src/auth/auth.ts';
import { createDelivery } from '../../../src/delivery/delivery.ts';
import { createAddressGuard } from '../../../src/delivery/webhooks/address-guard.ts';
import { createWebhookEngine } from '../../../src/delivery/webhooks/create-webhook-engine.ts';
import { realTicker, type Ticker } from '../../../src/delivery/wheel.ts';
import { createRingCentralDialect, type RingCentralOptions } from '../../../src/dialects/ringcentral/index.ts';
import { createNewId, extensionNumber, tenantId } from '../../../src/model/ids.ts';
import { prepare } from '../../http/serve.ts';
import { quickUsers } from '../../quick-users.ts';
import { startSandboxTenant, type SandboxTenant } from '../../sandbox-tenant.ts';

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  /** Parsed; undefined where there is none. */
  readonly body: unknown;
}

export interface RingCentralWorld extends SandboxTenant {
  readonly url: string;
  readonly users: Users;
  /** Ends the process's `stopping` signal, as at the beginning of a stop. */
  stop(): void;
  /** Turns the wheel of what waits so far, beside the time in which it turns by itself. */
  wheel(ms: number): void;
  /** Ends everything, as a whole stop does; what is in the folder can be served again. */
  end(): Promise<void>;
  /** The reply of the token endpoint to a form, as the demo's client. */
  grant(form: Readonly<Record<string, string>>): Promise<Reply>;
  /** An access token of an extension's user, fresh. */
  token(extension?: string): Promise<string>;
  /** A request by the user of an extension; `path` under `/restapi/v1.0`. */
  rest(method: string, path: string, body?: unknown, extension?: string): Promise<Reply>;
}

export const parseReply = async (reply: Response): Promise<Reply> => {
  const text = await reply.text();
  return { status: reply.status, headers: reply.headers, body: text === '' ? undefined : (JSON.parse(text) as unknown) };
};

/** The demo's ids and logins; 104 may do only what is its own, 105 only watch. */
export const demoRingCentral: Partial<RingCentralOptions> = {
  accountId: 400_144_452_008,
  extensionIds: { 102: 400_144_455_008, 103: 400_144_457_008 },
  mainNumber: '+15550200000',
  directNumbers: { '+15550200101': '101', '+15550200102': '102', '+15550200103': '103' },
  assertions: Object.fromEntries(['101', '102', '103', '104', '105', '110'].map((number) => [`demo-jwt-${number}`, number])),
};

const everything: readonly Scope[] = ['observe', 'control', 'supervise', 'record'];
const users: readonly (readonly [name: string, extension: string, scopes: readonly Scope[]])[] = [
  ['101', '101', everything],
  ['102', '102', everything],
  ['103', '103', everything],
  ['104', '104', ['observe', 'control-own']],
  ['105', '105', ['observe']],
  ['mikey', '110', everything],
];

/** The demo's office behind the RingCentral API, on a real port. */
export const serveRingCentral = async (options: Partial<RingCentralOptions> = {}, folder?: string): Promise<RingCentralWorld> => {
  const world = await startSandboxTenant(folder, {
    users: users.map(([name, extension]) => ({ name, extension: extensionNumber(extension) })),
  });
  const { clock, store, engine, control } = world;
  const { tenant } = engine;
  const logger = pino({ level: 'silent' });
  const newId = createNewId(randomBytes);
  const server = await prepare({ logger });
  const ticks: (() => void)[] = [];
  const ticker: Ticker = (tick, ms) => {
    ticks.push(tick);
    return realTicker(tick, ms);
  };
  const delivery = createDelivery({ sources: [engine], clock, logger, metrics: server.metrics, ticker });
  const wheel = (ms: number): void => {
    for (let passed = 0; passed < ms; passed += delivery.wheel.tickMs) for (const tick of ticks) tick();
  };
  const webhooks = createWebhookEngine({
    store,
    guard: createAddressGuard({ allow: ['127.0.0.1/32'] }),
    clock,
    timers: clock,
    wheel: delivery.wheel,
    random: () => 0,
    logger,
    drainMs: 0,
  });
  const stopping = new AbortController();
  // The same in every process that serves the same folder.
  const masterKey = Buffer.alloc(32, 7);
  const configured = users.map(([name, extension, scopes]) => ({
    tenant,
    name,
    extension: extensionNumber(extension),
    password: 'demo',
    scopes,
  }));
  const people = quickUsers(store, clock, configured);
  const redirectUris = ['https://crm.example/back'];
  const clients = [
    { id: 'demo-client', secret: 'demo-secret', tenant, scopes: everything, redirectUris },
    { id: 'public-client', secret: '', tenant, scopes: everything, redirectUris },
    { id: 'other-client', secret: 'other-secret', tenant, scopes: everything },
    { id: 'watcher', secret: 'watch-secret', tenant, scopes: ['observe'] as const },
    { id: 'elsewhere', secret: 'demo-secret', tenant: tenantId('other'), scopes: ['observe'] as const },
  ];
  const gateway = {
    tenants: [tenant],
    engine: (asked: string) => (asked === tenant ? engine : undefined),
    auth: createAuth({ store, clock, newId, masterKey }),
    tokens: createTokens({ store, clock, newId, clients }),
    users: people,
    control,
    delivery,
    webhooks,
    secrets: createSecrets(masterKey, randomBytes),
    store,
    clock,
    timers: clock,
    newId,
    log: logger,
    dialects: () => [],
    stopping: stopping.signal,
  };
  const dialect = createRingCentralDialect(new Map([[tenant, { ...demoRingCentral, ...options }]]));
  // Of a gateway the dialect takes a few members; those that other dialects need are left out.
  const whole = gateway as unknown as Parameters<typeof dialect.open>[0];
  await dialect.open(whole);
  await server.app.register(async (scope) => dialect.routes(scope, whole, server));
  await server.listen();
  const end = async (): Promise<void> => {
    stopping.abort();
    await server.close();
    await dialect.close();
    await webhooks.close();
    delivery.close();
    await world.close();
  };
  onTestFinished(end);
  const url = server.publicUrl();
  const grant: RingCentralWorld['grant'] = async (form) => {
    const headers = { Authorization: `Basic ${Buffer.from('demo-client:demo-secret').toString('base64')}` };
    return parseReply(await fetch(`${url}/restapi/oauth/token`, { method: 'POST', headers, body: new URLSearchParams(form) }));
  };
  const token = async (extension = '101'): Promise<string> => {
    const { body } = await grant({ grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion: `demo-jwt-${extension}` });
    return (body as { readonly access_token: string }).access_token;
  };
  const rest: RingCentralWorld['rest'] = async (method, path, body, extension) => {
    const headers = { Authorization: `Bearer ${await token(extension)}`, 'Content-Type': 'application/json' };
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    return parseReply(await fetch(`${url}/restapi/v1.0${path}`, { method, headers, ...(body === undefined ? {} : { body: text }) }));
  };
  return { ...world, url, users: people, stop: () => stopping.abort(), end, wheel, grant, token, rest };
};
