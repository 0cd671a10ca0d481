import type { Socket } from 'node:net';
import type { Users } from '../../../src/auth/users.ts';
import type { SocketReaderLimits } from '../../../src/delivery/socket-reader.ts';
import { createISymphonyDialect, type ISymphonyOptions } from '../../../src/dialects/isymphony/index.ts';
import type { HttpServerOptions } from '../../../src/http/http-server.ts';
import type { Metrics } from '../../../src/http/metrics.ts';
import { extensionNumber } from '../../../src/model/ids.ts';
import type { SandboxTenant } from '../../sandbox-tenant.ts';
import { serveDialect, type DialectWorld } from '../world.ts';
import { basic, connectClient, publicCredentials, type ConnectOptions, type EventClient } from './event-client.ts';

export interface ISymphonyWorld extends DialectWorld {
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

const people = ['101', '102', '103', '104', '105', '106', '110', '111'].map((number) => ({
  name: number === '110' ? 'mikey' : number,
  password: 'demo',
  extension: extensionNumber(number),
  scopes: ['observe'] as const,
}));

/** The demo's office behind the iSymphony APIs, on a real port; a user for each of 101 to 106, 110 (mikey) and 111. */
export const serveISymphony = async ({ options = {}, limits = {}, http = {}, before }: ServeOptions = {}): Promise<ISymphonyWorld> => {
  let tick: () => void = () => undefined;
  const sockets = new Set<Socket>();
  const world = await serveDialect((tenant) => createISymphonyDialect(new Map([[tenant, options]]), limits), {
    users: people,
    http,
    ticker: () => (beat) => {
      tick = beat;
      return () => undefined;
    },
    before: async (office) => {
      await office.engine.tell({ type: 'users.assigned', at: office.clock.now(), users: people });
      await before?.(office);
    },
  });
  world.server.app.server.on('connection', (socket: Socket) => sockets.add(socket));
  const { url } = world;
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
    users: world.gateway.users,
    metrics: world.server.metrics,
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
