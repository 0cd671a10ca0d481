import { randomBytes } from 'node:crypto';
import { pino } from 'pino';
import { createAuth } from '../../src/auth/create-auth.ts';
import { createPasswords } from '../../src/auth/passwords.ts';
import { createSecrets } from '../../src/auth/secrets.ts';
import { createSessions } from '../../src/auth/sessions.ts';
import { createTokens } from '../../src/auth/tokens.ts';
import { createUsers } from '../../src/auth/users.ts';
import type { Control } from '../../src/control/control.ts';
import { createDelivery } from '../../src/delivery/delivery.ts';
import { sseMessage } from '../../src/delivery/sse.ts';
import { textFrame } from '../../src/delivery/websocket.ts';
import { createAddressGuard } from '../../src/delivery/webhooks/address-guard.ts';
import { createWebhookEngine } from '../../src/delivery/webhooks/create-webhook-engine.ts';
import type { Gateway } from '../../src/dialects/gateway.ts';
import { createNativeDialect } from '../../src/dialects/native/index.ts';
import type { TenantEngine } from '../../src/engine/engine.ts';
import { createHttpServer } from '../../src/http/http-server.ts';
import { createMetrics } from '../../src/http/metrics.ts';
import type { EventLog, LoggedEvent } from '../../src/log/event-log.ts';
import { createNewId, tenantId } from '../../src/model/ids.ts';
import { openSqliteStore } from '../../src/store/sqlite-store.ts';
import { epoch, eventAt } from './payload.ts';
import type { Transport } from './protocol.ts';
import type { BenchServer } from './server.ts';

/** The gateway's server, keys, native dialect and hub. Events come ready from the bench: the log has a bench of its own. */
export const startOurServer = async (transport: Transport, folder: string): Promise<BenchServer> => {
  const logger = pino({ level: 'silent' });
  const clock = { now: () => Date.now() * 1000 };
  const newId = createNewId(randomBytes);
  const metrics = createMetrics();
  const tenant = tenantId('bench');
  const listeners = new Set<(events: readonly LoggedEvent[]) => void>();
  const start = eventAt(0).cursor;
  // What of an engine the feeds use; nobody of the bench asks for more.
  const engine = {
    tenant,
    log: { oldest: () => ({ epoch, seq: 0 }) } as unknown as EventLog,
    cursor: () => start,
    status: () => ({ status: 'live' }),
    onCommitted: (listener: (events: readonly LoggedEvent[]) => void) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  } as unknown as TenantEngine;
  const store = openSqliteStore({ folder });
  const auth = createAuth({ store, clock, newId, masterKey: randomBytes(32) });
  const timers = {
    after: (ms: number, run: () => void) => {
      const timer = setTimeout(run, ms);
      return () => clearTimeout(timer);
    },
  };
  const delivery = createDelivery({ sources: [engine], clock, logger, metrics });
  const guard = createAddressGuard({ allow: [] });
  const users = createUsers({ store, clock, newId, passwords: createPasswords({ randomBytes }), configured: [] });
  const gateway: Gateway = {
    tenants: [tenant],
    engine: () => engine,
    auth,
    tokens: createTokens({ store, clock, newId, clients: [] }),
    users,
    sessions: createSessions({ store, clock, newId, users, auth }),
    control: {} as Control,
    delivery,
    webhooks: createWebhookEngine({ store, guard, clock, timers, wheel: delivery.wheel, random: Math.random, logger }),
    interactive: { serve: () => undefined },
    secrets: createSecrets(randomBytes(32), randomBytes),
    store,
    clock,
    timers,
    newId,
    log: logger,
    dialects: () => [],
    stopping: new AbortController().signal,
  };
  const server = await createHttpServer({
    host: '127.0.0.1',
    port: 0,
    logger,
    metrics,
    newRequestId: () => newId.token(),
    readiness: () => ({ ready: true }),
  });
  const dialect = createNativeDialect();
  await server.app.register(async (scope) => dialect.routes(scope, gateway, server));
  let asked = 0;
  let onAsked = (): void => {};
  const poll = server.hotRoutes.get('/v1/events');
  server.hotRoutes.set('/v1/events', (request, response, query) => {
    const handled = poll?.(request, response, query) ?? false;
    asked += 1;
    onAsked();
    return handled;
  });
  await server.listen();
  const bytesOf = (seq: number): number => {
    const { json } = eventAt(seq);
    return transport === 'websocket' ? textFrame(json).length : sseMessage({ id: eventAt(seq).event.id, data: json }).length;
  };
  return {
    port: server.addresses[0]?.port ?? 0,
    key: auth.create({ tenant, name: 'bench', scopes: ['observe'] }).secret,
    emit: (first, count, extension) => {
      // Whoever waits is answered by it.
      asked = 0;
      for (let seq = first; seq < first + count; seq += 1) {
        const logged = eventAt(seq, extension);
        for (const listener of listeners) listener([logged]);
      }
    },
    bytesEach: (count) => count * bytesOf(1),
    parked: (count) =>
      new Promise((resolve) => {
        onAsked = () => {
          if (asked >= count) resolve();
        };
        onAsked();
      }),
  };
};
