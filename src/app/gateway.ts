import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import type { Auth } from '../auth/auth.ts';
import { createAuth } from '../auth/create-auth.ts';
import { openMasterKey } from '../auth/master-key.ts';
import { createPasswords } from '../auth/passwords.ts';
import { createSecrets } from '../auth/secrets.ts';
import { createSessions } from '../auth/sessions.ts';
import { type ConfiguredClient, createTokens } from '../auth/tokens.ts';
import { type ConfiguredUser, createUsers } from '../auth/users.ts';
import { createSingleCluster } from '../cluster/single.ts';
import type { Config, TenantConfig } from '../config/schema.ts';
import { createControl } from '../control/control-room.ts';
import { mayReach, mayShow } from '../control/policy.ts';
import { createDelivery } from '../delivery/delivery.ts';
import { MailSender } from '../delivery/mail/mail-sender.ts';
import { createAddressGuard } from '../delivery/webhooks/address-guard.ts';
import { createWebhookEngine } from '../delivery/webhooks/create-webhook-engine.ts';
import type { Gateway } from '../dialects/gateway.ts';
import type { Tenancy } from '../auth/tenancy.ts';
import { type RunningTenant, startTenant } from '../engine/tenant-engine.ts';
import { consolePages } from '../http/console-pages.ts';
import { createBearer, requireScope } from '../http/bearer.ts';
import { createHttpServer, type HttpServerOptions } from '../http/http-server.ts';
import { createMetrics, type Metrics } from '../http/metrics.ts';
import { createSessionCookies } from '../http/session-cookies.ts';
import { createInteractive } from '../interactive/create-interactive.ts';
import { openSqliteLog } from '../log/sqlite-log.ts';
import { GatewayError } from '../model/errors.ts';
import { extensionNumber, pbxId, type PbxId, tenantId, type TenantId } from '../model/ids.ts';
import type { Micros, Timers } from '../model/time.ts';
import { createRunningClock, sandboxRoutes, type SandboxDriver } from '../pbx/sandbox/index.ts';
import { openSqliteStore } from '../store/sqlite-store.ts';
import { putOnServer } from '../dialects/dialect.ts';
import { dialectsOf } from './dialects.ts';
import { createDriver } from './drivers.ts';
import { ownersOf, peopleOf, tellSessions, tellUsers } from './people.ts';
import { slotLayout } from './parking.ts';
import { keepRetention } from './retention.ts';
import { exampleScenarios } from './scenarios.ts';
import type { Surroundings } from './surroundings.ts';
import { TenantBook } from './tenant-book.ts';
import { version } from './version.ts';

/** A gateway that serves. */
export interface RunningGateway {
  /** Where clients reach it, without a slash at its end. */
  readonly url: string;
  readonly auth: Auth;
  readonly engines: ReadonlyMap<TenantId, RunningTenant>;
  /** The sandboxes among its PBXs; their clock is the gateway's. */
  readonly sandboxes: ReadonlyMap<PbxId, SandboxDriver>;
  /** Rejects when a tenant can no longer run. */
  readonly failed: Promise<never>;
  /** Answers those who wait, ends every connection, and leaves the data whole. Safe to call twice. */
  close(): Promise<void>;
}

/** How long the history of calls that end shares a transaction: at 200 calls/s, 20 calls. */
const gatherMs = 100;
/** Adds no more than this to an event's way, and takes most of the cost of a busy hour away. */
const commitRestMs = 3;

/** Puts the parts together and serves; what has been opened is closed again if a later part cannot be. */
export const startGateway = async (configured: Config, surroundings: Surroundings): Promise<RunningGateway> => {
  const { newId, logger } = surroundings;
  const closers: (() => void | Promise<void>)[] = [];
  const stopping = new AbortController();
  const close = once(async () => {
    stopping.abort();
    for (const closer of closers.reverse()) await closer();
  });
  try {
    // Every part shares the office's clock, so that a sandbox's clock moves them all when it is advanced.
    const clock = createRunningClock(surroundings.clock, surroundings.timers);
    closers.push(() => clock.close());
    const timers: Timers = clock;
    const metrics = createMetrics();
    const onCommit = ({ took }: { readonly took: Micros }): void => metrics.logCommit.observe(took / 1e6);
    const log = openSqliteLog({ folder: configured.data, clock, newId, onCommit, ownThread: true });
    closers.push(() => log.close());
    const store = openSqliteStore({ folder: configured.data, reserve: log.reserve, gathering: { timers, ms: gatherMs } });
    closers.push(() => store.close());
    const masterKey = openMasterKey(configured.data, randomBytes);
    const secrets = createSecrets(masterKey, randomBytes);
    const book = new TenantBook({ store, secrets, clock, config: configured });
    const tenants: Record<string, TenantConfig> = { ...configured.tenants, ...book.configs() };
    const config: Config = { ...configured, tenants };
    const auth = createAuth({
      store,
      clock,
      newId,
      masterKey,
      onProblem: (problem) => logger.error({ event: 'auth-problem', ...problem }),
    });
    const tokens = createTokens({ store, clock, newId, clients: clientsOf(config) });
    const users = createUsers({ store, clock, newId, passwords: createPasswords({ randomBytes }), configured: usersOf(config) });
    const sessions = createSessions({ store, clock, newId, users, auth });
    closers.push(() => sessions.close());
    const cluster = createSingleCluster(log);
    closers.push(() => cluster.close());

    const sandboxes = new Map<PbxId, SandboxDriver>();
    const opened = {
      sandbox: (pbx: PbxId, driver: SandboxDriver) => void sandboxes.set(pbx, driver),
      closer: (closer: () => void) => void closers.push(closer),
    };

    const owners = new Map(ownersOf(config));
    const engines = new Map<TenantId, RunningTenant>();
    const failed = Promise.withResolvers<never>();
    // Whoever runs the gateway awaits it; until then a failure must not count as unhandled.
    failed.promise.catch(() => undefined);
    closers.push(async () => {
      for (const engine of [...engines.values()].reverse()) await engine.close();
    });
    const runTenant = async (name: string, tenant: TenantConfig): Promise<RunningTenant> => {
      const drivers = Object.entries(tenant.pbxs).map(([pbx, pbxConfig]) =>
        createDriver(pbx, { pbx: pbxConfig, tenant }, { ...surroundings, clock, timers }, opened),
      );
      const observer = { lag: (pbx: PbxId, seconds: number) => metrics.pbxLag.observe({ pbx }, seconds) };
      const engine = await startTenant({
        tenant: tenantId(name),
        drivers,
        log,
        cluster,
        store,
        clock,
        timers,
        logger,
        observer,
        commitRestMs,
        users: peopleOf(tenantId(name), users, owners),
      });
      engines.set(engine.tenant, engine);
      engine.failed.catch(failed.reject);
      showStatus(engine, metrics);
      engine.onCommitted((events) => {
        if (events.some(({ type }) => type.startsWith('pbx.'))) showStatus(engine, metrics);
      });
      return engine;
    };
    for (const [name, tenant] of Object.entries(tenants)) await runTenant(name, tenant);
    closers.push(tellUsers({ users, owners, engines, clock }), tellSessions({ sessions, users, engines, clock, timers, logger }));
    const delivery = createDelivery({ sources: [...engines.values()], clock, logger, metrics });
    closers.push(() => delivery.close());
    const guard = createAddressGuard({ allow: config.webhooks.allow });
    const { wheel } = delivery;
    const { mail } = config;
    const senders = new Map(mail === undefined ? [] : [['mailto:', () => new MailSender({ server: mail, clock, wheel })]]);
    const webhooks = createWebhookEngine({ store, guard, clock, timers, wheel, random: Math.random, logger, version, senders });
    closers.push(() => webhooks.close());
    webhooks.onAttempt(({ outcome }) => metrics.webhookAttempts.inc({ outcome }));
    const rules = new Map(Object.entries(config.tenants).map(([name, { policy }]) => [tenantId(name), policy]));
    const slots = new Map(Object.entries(config.tenants).map(([name, tenant]) => [tenantId(name), slotLayout(tenant)]));
    const recordings = recordingFolders(config);
    const operator = configured.operator ?? onlyOne(Object.keys(configured.tenants));
    const control = await createControl({ engines, store, clock, timers, newId, logger, rules, recordings, slots });
    closers.push(() => control.close());

    const interactive = createInteractive({
      engines: engines.values(),
      guard,
      clock,
      timers,
      wheel,
      logger,
      userAgent: `Switchhook/${version}`,
      rulesOf: (engine) => {
        const policy = rules.get(engine.tenant);
        return {
          mayReach: (number) => policy === undefined || mayReach(policy, engine, number),
          mayShow: (number) => policy === undefined || mayShow(policy, number),
        };
      },
    });
    closers.push(() => interactive.close());

    const tenancy: Tenancy = {
      isOperator: (tenant) => tenant === operator,
      list: () =>
        [...engines.keys()].map((id) => {
          const madeAt = book.madeAt(id);
          return { id, ...(madeAt === undefined ? undefined : { madeAt }) };
        }),
      create: async ({ id, pbx }) => {
        const tenant = book.add(id, pbx);
        tenants[id] = tenant;
        rules.set(id, tenant.policy);
        slots.set(id, slotLayout(tenant));
        const engine = await runTenant(id, tenant);
        delivery.add(engine);
        control.adopt(engine);
        return auth.create({ tenant: id, name: 'first administrator', scopes: ['administer', 'observe'] });
      },
      remove: async (id) => {
        book.remove(id);
        for (const { id: key } of auth.list(id)) auth.revoke(id, key);
        for (const { id: user } of users.list(id)) await users.remove(id, user);
        await engines.get(id)?.close();
        engines.delete(id);
        delete tenants[id];
      },
    };

    const gateway: Gateway = {
      tenancy,
      tenants: [...engines.keys()],
      engine: (tenant) => engines.get(tenant),
      auth,
      tokens,
      users,
      sessions,
      control,
      delivery,
      webhooks,
      interactive,
      secrets,
      store,
      clock,
      timers,
      newId,
      log: logger,
      dialects: (tenant) => dialects.map((dialect) => dialect.guide?.(tenant, server.publicUrl())).filter((guide) => guide !== undefined),
      stopping: stopping.signal,
    };
    const dialects = dialectsOf(config);
    const server = await createHttpServer({
      ...httpOptions(config),
      logger,
      metrics,
      newRequestId: () => newId.token(),
      readiness: () => {
        const pbxs = Object.fromEntries(
          [...engines.values()].flatMap((engine) => engine.snapshot().pbxs.map(({ id, status }) => [id, status])),
        );
        const { status, reason } = log.health();
        return { ready: status !== 'full', parts: { log: status, ...pbxs }, ...(reason === undefined ? undefined : { reason }) };
      },
    });
    closers.push(() => server.close());
    for (const dialect of dialects) {
      closers.push(() => dialect.close());
      await putOnServer(dialect, gateway, server);
    }
    await interactive.begin();
    const [sandbox] = sandboxes.values();
    const owner = [...engines.values()].find((engine) => sandbox !== undefined && engine.pbxs.includes(sandbox.pbx));
    if (sandbox !== undefined && owner !== undefined) {
      const bearer = createBearer(
        auth,
        createSessionCookies(sessions, () => server.publicUrl()),
      );
      closers.push(() => bearer.close());
      await server.app.register(sandboxRoutes, {
        sandbox,
        view: owner,
        inboxName: newId.token(),
        scenarios: exampleScenarios(),
        authorize: ({ raw }) => {
          const identity = bearer.identify(raw);
          if (identity.tenant !== owner.tenant) throw new GatewayError('not-found');
          requireScope(identity, ['control']);
        },
      });
    }
    await server.app.register((scope) => consolePages(scope, fileURLToPath(new URL('../../console/dist', import.meta.url))));
    // A sandbox is there at once; who asks first finds its office.
    await Promise.all(
      [...engines.values()].flatMap((engine) => engine.pbxs.filter((pbx) => sandboxes.has(pbx)).map((pbx) => engine.untilHeard(pbx))),
    );
    await server.listen();
    closers.push(keepRetention(config, gateway, log, timers));
    return {
      url: server.publicUrl(),
      auth,
      engines,
      sandboxes,
      failed: failed.promise,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
};

const onlyOne = (names: readonly string[]): string | undefined => (names.length === 1 ? names[0] : undefined);

const statusValues = { live: 1, degraded: 0.5, down: 0 } as const;

const showStatus = (engine: RunningTenant, metrics: Metrics): void => {
  for (const { id, status } of engine.snapshot().pbxs) metrics.pbxStatus.set({ pbx: id }, statusValues[status]);
};

const once = (work: () => Promise<void>): (() => Promise<void>) => {
  let done: Promise<void> | undefined;
  return () => (done ??= work());
};

const clientsOf = (config: Config): readonly ConfiguredClient[] =>
  Object.entries(config.tenants).flatMap(([name, { clients }]) =>
    Object.entries(clients).map(([id, { secret = '', ...client }]) => ({ id, tenant: tenantId(name), secret, ...client })),
  );

const usersOf = (config: Config): readonly ConfiguredUser[] =>
  Object.entries(config.tenants).flatMap(([tenant, { users }]) =>
    Object.entries(users).map(([name, { password, scopes, displayName = '', extension = '', email = '' }]) => ({
      tenant: tenantId(tenant),
      name,
      password,
      scopes,
      displayName,
      extension: extensionNumber(extension),
      email,
    })),
  );

const recordingFolders = ({ tenants }: Config): ReadonlyMap<PbxId, string> =>
  new Map(
    Object.values(tenants)
      .flatMap(({ pbxs }) => Object.entries(pbxs))
      .flatMap(([name, pbx]) => (pbx.kind !== 'sandbox' && pbx.recordings !== undefined ? [[pbxId(name), pbx.recordings]] : [])),
  );

const httpOptions = ({
  http,
}: Config): Pick<HttpServerOptions, 'host' | 'port' | 'extraPorts' | 'tls' | 'publicUrl' | 'trustedProxies' | 'limits'> => ({
  host: http.host,
  port: http.port,
  extraPorts: http.extraPorts,
  trustedProxies: http.trustedProxies,
  limits: { bodyBytes: http.bodyLimit, connections: http.maxConnections },
  ...(http.publicUrl === undefined ? undefined : { publicUrl: http.publicUrl }),
  ...(http.tls === undefined ? undefined : { tls: { certFile: http.tls.certificate, keyFile: http.tls.key, plainToo: http.tls.plainToo } }),
});
