import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import type { Auth } from '../auth/auth.ts';
import { createAuth } from '../auth/create-auth.ts';
import { openMasterKey } from '../auth/master-key.ts';
import { createPasswords } from '../auth/passwords.ts';
import { createSecrets } from '../auth/secrets.ts';
import { createSessions } from '../auth/sessions.ts';
import { createTokens } from '../auth/tokens.ts';
import { createUsers } from '../auth/users.ts';
import { createSingleCluster } from '../cluster/single.ts';
import type { Config } from '../config/schema.ts';
import { createControl } from '../control/control-room.ts';
import { mayReach, mayShow } from '../control/policy.ts';
import { createDelivery } from '../delivery/delivery.ts';
import { MailSender } from '../delivery/mail/mail-sender.ts';
import { createAddressGuard } from '../delivery/webhooks/address-guard.ts';
import { createWebhookEngine } from '../delivery/webhooks/create-webhook-engine.ts';
import type { Gateway } from '../dialects/gateway.ts';
import type { RunningTenant } from '../engine/tenant-engine.ts';
import { consolePages } from '../http/console-pages.ts';
import { createBearer, requireScope } from '../http/bearer.ts';
import { createHttpServer, type HttpServer } from '../http/http-server.ts';
import { createMetrics } from '../http/metrics.ts';
import { createSessionCookies } from '../http/session-cookies.ts';
import { createInteractive } from '../interactive/create-interactive.ts';
import { openSqliteLog } from '../log/sqlite-log.ts';
import { GatewayError } from '../model/errors.ts';
import type { PbxId, TenantId } from '../model/ids.ts';
import type { Micros, Timers } from '../model/time.ts';
import { createRunningClock, sandboxRoutes, type SandboxDriver } from '../pbx/sandbox/index.ts';
import { openSqliteStore } from '../store/sqlite-store.ts';
import { putOnServer } from '../dialects/dialect.ts';
import { clientsOf, httpOptions, recordingFolders, usersOf } from './configured.ts';
import { dialectsOf } from './dialects.ts';
import { ownersOf, tellSessions, tellUsers } from './people.ts';
import { keepRetention } from './retention.ts';
import { exampleScenarios } from './scenarios.ts';
import type { Surroundings } from './surroundings.ts';
import { TenantBook } from './tenant-book.ts';
import { Tenants } from './tenants.ts';
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
    const store = openSqliteStore({ folder: configured.data, reserve: log.reserve, gathering: { timers, ms: gatherMs }, ownThread: true });
    closers.push(() => store.close());
    const masterKey = openMasterKey(configured.data, randomBytes);
    const secrets = createSecrets(masterKey, randomBytes);
    const book = new TenantBook({ store, secrets, clock, config: configured });
    const config: Config = { ...configured, tenants: { ...configured.tenants, ...book.configs() } };
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

    const owners = ownersOf(config);
    const tenants = new Tenants({
      surroundings: { ...surroundings, clock, timers },
      configs: config.tenants,
      operator: configured.operator ?? onlyOne(Object.keys(configured.tenants)),
      book,
      auth,
      users,
      owners,
      log,
      cluster,
      store,
      metrics,
    });
    closers.push(() => tenants.close());
    await tenants.begin();
    const { engines, rules, slots } = tenants;
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
    const recordings = recordingFolders(config);
    const control = await createControl({ engines, store, clock, timers, newId, logger, rules, recordings, slots });
    closers.push(() => control.close());
    tenants.onMade((engine) => {
      delivery.add(engine);
      control.adopt(engine);
    });

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

    const gateway: Gateway = {
      tenancy: tenants,
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
    await serveSandbox(server, gateway, { tenants, closers });
    await server.app.register((scope) => consolePages(scope, fileURLToPath(new URL('../../console/dist', import.meta.url))));
    // A sandbox is there at once; who asks first finds its office.
    await Promise.all(
      [...engines.values()].flatMap((engine) =>
        engine.pbxs.filter((pbx) => tenants.sandboxes.has(pbx)).map((pbx) => engine.untilHeard(pbx)),
      ),
    );
    await server.listen();
    closers.push(keepRetention(config, gateway, log, timers));
    return {
      url: server.publicUrl(),
      auth,
      engines,
      sandboxes: tenants.sandboxes,
      failed: tenants.failed,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
};

const onlyOne = (names: readonly string[]): string | undefined => (names.length === 1 ? names[0] : undefined);

const once = (work: () => Promise<void>): (() => Promise<void>) => {
  let done: Promise<void> | undefined;
  return () => (done ??= work());
};

/** The pages by which a sandbox's phones are played, for those who may command its tenant. One sandbox has them: the first. */
const serveSandbox = async (
  server: HttpServer,
  { auth, sessions, newId }: Gateway,
  { tenants, closers }: { readonly tenants: Tenants; readonly closers: (() => void | Promise<void>)[] },
): Promise<void> => {
  const [sandbox] = tenants.sandboxes.values();
  const owner = [...tenants.engines.values()].find((engine) => sandbox !== undefined && engine.pbxs.includes(sandbox.pbx));
  if (sandbox === undefined || owner === undefined) return;
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
};
