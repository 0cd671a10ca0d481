import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { pino } from 'pino';
import { onTestFinished } from 'vitest';
import { tellUsers } from '../../../src/app/people.ts';
import type { Users } from '../../../src/auth/users.ts';
import type { SocketReaderLimits } from '../../../src/delivery/socket-reader.ts';
import { createDelivery } from '../../../src/delivery/delivery.ts';
import { createISymphonyDialect, type ISymphonyOptions } from '../../../src/dialects/isymphony/index.ts';
import type { HttpServerOptions } from '../../../src/http/http-server.ts';
import type { Metrics } from '../../../src/http/metrics.ts';
import { createNewId, extensionNumber } from '../../../src/model/ids.ts';
import { prepare } from '../../http/serve.ts';
import { quickUsers } from '../../quick-users.ts';
import { startSandboxTenant, type SandboxTenant } from '../../sandbox-tenant.ts';
import { basic, connectClient, publicCredentials, type ConnectOptions, type EventClient } from './event-client.ts';

export interface ISymphonyWorld extends SandboxTenant {
  readonly url: string;
  readonly users: Users;
  readonly metrics: Metrics;
  readonly tick: () => void;
  /** Cuts every connection, as a network does. */
  drop(): void;
  connect(options?: ConnectOptions): Promise<EventClient>;
  /** A request below `rest/live`, `CS` standing for the core server by its name. */
  rest(path: string, init?: RequestInit): Promise<{ readonly status: number; readonly headers: Headers; readonly body: unknown }>;
  /** An action, with what it is to be told. */
  act(path: string, body?: unknown): Promise<{ readonly status: number; readonly body: unknown }>;
  /** Everything committed so far has been told. */
  settled(): Promise<void>;
}

export interface ServeOptions {
  readonly options?: Partial<ISymphonyOptions>;
  readonly limits?: Partial<SocketReaderLimits>;
  readonly http?: Partial<HttpServerOptions>;
  /** What happens in the office before the APIs are there. */
  readonly before?: (world: SandboxTenant) => Promise<void>;
}

/** The demo's office behind the iSymphony APIs, on a real port; a user for each of 101 to 110 and 104, 105, mikey at 110. */
export const serveISymphony = async ({ options = {}, limits = {}, http = {}, before }: ServeOptions = {}): Promise<ISymphonyWorld> => {
  const world = await startSandboxTenant();
  const { clock, store, engine, control } = world;
  const { tenant } = engine;
  const logger = pino({ level: 'silent' });
  const newId = createNewId(randomBytes);
  const server = await prepare({ logger, ...http });
  let tick: () => void = () => undefined;
  const ticker = (beat: () => void): (() => void) => {
    tick = beat;
    return () => undefined;
  };
  const delivery = createDelivery({ sources: [engine], clock, logger, metrics: server.metrics, ticker });
  onTestFinished(() => delivery.close());
  const people = ['101', '102', '103', '104', '105', '106', '110', '111'].map((number) => ({
    tenant,
    name: number === '110' ? 'mikey' : number,
    password: 'demo',
    extension: extensionNumber(number),
    scopes: ['observe'] as const,
  }));
  const users = quickUsers(store, clock, people);
  onTestFinished(tellUsers({ users, owners: new Map(), engines: new Map([[tenant, engine]]), clock }));
  await engine.tell({ type: 'users.assigned', at: clock.now(), users: people });
  await before?.(world);
  const gateway = {
    tenants: [tenant],
    engine: (asked: string) => (asked === tenant ? engine : undefined),
    users,
    control,
    delivery,
    store,
    clock,
    timers: clock,
    newId,
    log: logger,
    dialects: () => [],
    stopping: new AbortController().signal,
  };
  const dialect = createISymphonyDialect(new Map([[tenant, options]]), limits);
  // Of a gateway the dialect takes a few members; those that other dialects need are left out.
  const whole = gateway as unknown as Parameters<typeof dialect.open>[0];
  await dialect.open(whole);
  onTestFinished(() => dialect.close());
  await server.app.register(async (scope) => dialect.routes(scope, whole, server));
  const sockets = new Set<Socket>();
  server.app.server.on('connection', (socket: Socket) => sockets.add(socket));
  await server.listen();
  const url = server.publicUrl();
  const live = `${url}/communication_manager/rest/live`;

  const rest: ISymphonyWorld['rest'] = async (path, init = {}) => {
    const reply = await fetch(`${live}${path.replace(/^CS\b/, '/coreServers/getByName/default')}`, {
      ...init,
      headers: { Authorization: basic(publicCredentials), ...(init.headers as Record<string, string> | undefined) },
    });
    const text = await reply.text();
    const isJson = reply.headers.get('content-type')?.startsWith('application/json') === true;
    return { status: reply.status, headers: reply.headers, body: isJson ? (JSON.parse(text) as unknown) : text };
  };
  return {
    ...world,
    url,
    users,
    metrics: server.metrics,
    tick: () => tick(),
    drop: () => {
      for (const socket of sockets) socket.destroy();
    },
    connect: (clientOptions = {}) => connectClient(url, clientOptions),
    rest,
    act: async (path, body) => {
      const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
      const reply = await rest(path, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        ...(text === undefined ? {} : { body: text }),
      });
      return { status: reply.status, body: reply.body };
    },
    settled: () => new Promise((resolve) => void setImmediate(() => setImmediate(resolve))),
  };
};
