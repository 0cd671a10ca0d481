import { createHash, randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once as emitted } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { pino, type Logger } from 'pino';
import { createAuth } from './auth/create-auth.ts';
import type { Auth, Scope } from './auth/auth.ts';
import { openMasterKey } from './auth/master-key.ts';
import { createSecrets } from './auth/secrets.ts';
import { createTokens, type ConfiguredClient } from './auth/tokens.ts';
import { demoBanner, firstKeyNotice, serveBanner } from './cli/banner.ts';
import { exitCodes, type ExitCode } from './cli/exit-codes.ts';
import type { Output } from './cli/output.ts';
import type { CaptureOptions, DemoOptions, InitOptions, LocalActions, ReplayOptions } from './cli/options.ts';
import { runProgram } from './cli/program.ts';
import { createRecorder } from './cli/recorder.ts';
import { readRecording } from './cli/recording.ts';
import { createSingleCluster } from './cluster/single.ts';
import { loadConfig, parseConfig } from './config/load.ts';
import { isVariable, renderFirstConfig } from './config/render.ts';
import { configSchema, type AsteriskPbxConfig, type Config, type TenantConfig } from './config/schema.ts';
import { createControl } from './control/control-room.ts';
import { createDelivery } from './delivery/delivery.ts';
import { createAddressGuard } from './delivery/webhooks/address-guard.ts';
import { createWebhookEngine } from './delivery/webhooks/create-webhook-engine.ts';
import type { Dialect } from './dialects/dialect.ts';
import type { Gateway } from './dialects/gateway.ts';
import { createNativeDialect } from './dialects/native/index.ts';
import { createNoojeeDialect } from './dialects/noojee/index.ts';
import { createVoipNowDialect, type VoipNowOptions } from './dialects/voipnow/index.ts';
import { startTenant, type RunningTenant } from './engine/tenant-engine.ts';
import { createBearer, requireScope } from './http/bearer.ts';
import { createHttpServer, type HttpServerOptions } from './http/http-server.ts';
import { createMetrics, type Metrics } from './http/metrics.ts';
import { openSqliteLog } from './log/sqlite-log.ts';
import { GatewayError } from './model/errors.ts';
import { envelop, type Event } from './model/event.ts';
import { createNewId, pbxId, tenantId, type NewId, type PbxId, type TenantId } from './model/ids.ts';
import { isoTime, type Clock, type Timers } from './model/time.ts';
import { captureAsterisk } from './pbx/asterisk/capture.ts';
import { renderStanza } from './pbx/asterisk/diagnose.ts';
import { createAsteriskDriver } from './pbx/asterisk/index.ts';
import { replayFacts as replayAsterisk } from './pbx/asterisk/replay.ts';
import type { Driver } from './pbx/driver.ts';
import { replayFacts as replayFreeswitch } from './pbx/freeswitch/replay.ts';
import {
  createRunningClock,
  createSandboxDriver,
  parseOffice,
  runScenario,
  sandboxRoutes,
  Traffic,
  type SandboxDriver,
} from './pbx/sandbox/index.ts';
import { openSqliteStore } from './store/sqlite-store.ts';
import { createTrackerState, track } from './tracker/tracker.ts';

/** What comes from outside of everything: time, waiting and chance. */
export interface Surroundings {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly newId: NewId;
  readonly logger: Logger;
}

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

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string };

const dayMicros = 24 * 3600 * 1e6;
/** Adds no more than this to an event's way, and takes most of the cost of a busy hour away. */
const commitRestMs = 3;
const retentionEveryMs = 10 * 60 * 1000;
/** How long the records of ended commands are kept; what they did lies in the log. */
const keepCommandDays = 7;
/** How long, and at most how many, attempts to deliver webhooks are kept. */
const keepAttemptDays = 7;
const mostAttempts = 1_000_000;

/** Puts the parts together and serves; what has been opened is closed again if a later part cannot be. */
export const startGateway = async (config: Config, surroundings: Surroundings): Promise<RunningGateway> => {
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
    const log = openSqliteLog({ folder: config.data, clock, newId, onCommit: ({ took }) => metrics.logCommit.observe(took / 1e6) });
    closers.push(() => log.close());
    const store = openSqliteStore({ folder: config.data, reserve: log.reserve });
    closers.push(() => store.close());
    const masterKey = openMasterKey(config.data, randomBytes);
    const auth = createAuth({
      store,
      clock,
      newId,
      masterKey,
      onProblem: (problem) => logger.error({ event: 'auth-problem', ...problem }),
    });
    const tokens = createTokens({ store, clock, newId, clients: clientsOf(config) });
    const cluster = createSingleCluster(log);
    closers.push(() => cluster.close());

    const sandboxes = new Map<PbxId, SandboxDriver>();
    const createDriver = (name: string, pbx: TenantConfig['pbxs'][string]): Driver => {
      const id = pbxId(name);
      if (pbx.kind === 'asterisk') return asteriskDriver(id, pbx, { ...surroundings, clock, timers });
      const office = pbx.office === undefined ? {} : { office: parseOffice(pbx.office) };
      const sandbox = createSandboxDriver({ pbx: id, clock, seed: pbx.seed, ...office });
      sandboxes.set(id, sandbox);
      if (pbx.traffic) {
        const traffic = new Traffic({ office: sandbox.office, phones: sandbox.phones, clock, seed: pbx.seed });
        traffic.start();
        closers.push(() => traffic.close());
      }
      return sandbox;
    };

    const engines = new Map<TenantId, RunningTenant>();
    for (const [name, tenant] of Object.entries(config.tenants)) {
      const drivers = Object.entries(tenant.pbxs).map(([pbx, pbxConfig]) => createDriver(pbx, pbxConfig));
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
      });
      engines.set(engine.tenant, engine);
      showStatus(engine, metrics);
      engine.onCommitted((events) => {
        if (events.some(({ type }) => type.startsWith('pbx.'))) showStatus(engine, metrics);
      });
      closers.push(() => engine.close());
    }
    const delivery = createDelivery({ sources: [...engines.values()], clock, logger, metrics });
    closers.push(() => delivery.close());
    const guard = createAddressGuard({ allow: config.webhooks.allow });
    const { wheel } = delivery;
    const webhooks = createWebhookEngine({ store, guard, clock, timers, wheel, random: Math.random, logger, version });
    closers.push(() => webhooks.close());
    webhooks.onAttempt(({ outcome }) => metrics.webhookAttempts.inc({ outcome }));
    const rules = new Map(Object.entries(config.tenants).map(([name, { policy }]) => [tenantId(name), policy]));
    const control = await createControl({ engines, store, clock, timers, newId, logger, rules, recordings: recordingFolders(config) });
    closers.push(() => control.close());

    const gateway: Gateway = {
      tenants: [...engines.keys()],
      engine: (tenant) => engines.get(tenant),
      auth,
      tokens,
      control,
      delivery,
      webhooks,
      secrets: createSecrets(masterKey, randomBytes),
      store,
      clock,
      timers,
      newId,
      log: logger,
      stopping: stopping.signal,
    };
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
    for (const dialect of dialectsOf(config)) {
      await dialect.open(gateway);
      closers.push(() => dialect.close());
      await server.app.register(async (scope) => dialect.routes(scope, gateway, server));
    }
    const [sandbox] = sandboxes.values();
    const owner = [...engines.values()].find((engine) => sandbox !== undefined && engine.pbxs.includes(sandbox.pbx));
    if (sandbox !== undefined && owner !== undefined) {
      const bearer = createBearer(auth);
      closers.push(() => bearer.close());
      await server.app.register(sandboxRoutes, {
        sandbox,
        view: owner,
        authorize: ({ raw }) => {
          const identity = bearer.identify(raw);
          if (identity.tenant !== owner.tenant) throw new GatewayError('not-found');
          requireScope(identity, ['control']);
        },
      });
    }
    // A sandbox is there at once; who asks first finds its office.
    await Promise.all(
      [...engines.values()].flatMap((engine) => engine.pbxs.filter((pbx) => sandboxes.has(pbx)).map((pbx) => engine.untilHeard(pbx))),
    );
    await server.listen();
    closers.push(keepRetention(config, gateway, log, timers));
    const failed = Promise.race([...engines.values()].map((engine) => engine.failed));
    // Whoever runs the gateway awaits it; until then a failure must not count as unhandled.
    failed.catch(() => undefined);
    return {
      url: server.publicUrl(),
      auth,
      engines,
      sandboxes,
      failed,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
};

const statusValues = { live: 1, degraded: 0.5, down: 0 } as const;

const showStatus = (engine: RunningTenant, metrics: Metrics): void => {
  for (const { id, status } of engine.snapshot().pbxs) metrics.pbxStatus.set({ pbx: id }, statusValues[status]);
};

const once = (work: () => Promise<void>): (() => Promise<void>) => {
  let done: Promise<void> | undefined;
  return () => (done ??= work());
};

const asteriskDriver = (pbx: PbxId, config: AsteriskPbxConfig, { clock, timers, newId, logger }: Surroundings): Driver =>
  createAsteriskDriver({ ...config, pbx }, { clock, timers, newId, random: Math.random, log: logger.child({ pbx }) });

const clientsOf = (config: Config): readonly ConfiguredClient[] =>
  Object.entries(config.tenants).flatMap(([name, { clients }]) =>
    Object.entries(clients).map(([id, client]) => ({ id, tenant: tenantId(name), ...client })),
  );

const dialectsOf = (config: Config): readonly Dialect[] => {
  const tenants = Object.entries(config.tenants);
  const noojee = tenants.filter(([, { dialects }]) => dialects.noojee.enabled);
  const voipnow = tenants.filter(([, { dialects }]) => dialects.voipnow.enabled);
  return [
    createNativeDialect({ version }),
    ...(noojee.length === 0 ? [] : [createNoojeeDialect(new Map(noojee.map(([name, { dialects }]) => [tenantId(name), dialects.noojee])))]),
    ...(voipnow.length === 0
      ? []
      : [createVoipNowDialect(new Map(voipnow.map(([name, { dialects }]) => [tenantId(name), voipNowOptions(dialects.voipnow)])))]),
  ];
};

const voipNowOptions = ({ accounts, ...options }: TenantConfig['dialects']['voipnow']): VoipNowOptions => ({
  ...options,
  accounts: Object.fromEntries(
    Object.entries(accounts).map(([login, account]) => {
      const {
        passwordSha256 = createHash('sha256')
          .update(account.password ?? '')
          .digest('hex'),
      } = account;
      return [login, { ...account, passwordSha256 }];
    }),
  ),
});

const recordingFolders = ({ tenants }: Config): ReadonlyMap<PbxId, string> =>
  new Map(
    Object.values(tenants)
      .flatMap(({ pbxs }) => Object.entries(pbxs))
      .flatMap(([name, pbx]) => (pbx.kind === 'asterisk' && pbx.recordings !== undefined ? [[pbxId(name), pbx.recordings]] : [])),
  );

const httpOptions = ({ http }: Config): Pick<HttpServerOptions, 'host' | 'port' | 'tls' | 'publicUrl' | 'trustedProxies' | 'limits'> => ({
  host: http.host,
  port: http.port,
  trustedProxies: http.trustedProxies,
  limits: { bodyBytes: http.bodyLimit, connections: http.maxConnections },
  ...(http.publicUrl === undefined ? undefined : { publicUrl: http.publicUrl }),
  ...(http.tls === undefined ? undefined : { tls: { certFile: http.tls.certificate, keyFile: http.tls.key, plainToo: http.tls.plainToo } }),
});

/** Deletes what is older or larger than is to be kept, now and then; returns how to stop. */
const keepRetention = (
  config: Config,
  { store, webhooks, clock, log: logger, stopping }: Gateway,
  log: ReturnType<typeof openSqliteLog>,
  timers: Timers,
): (() => void) => {
  let cancel = (): void => undefined;
  const retain = async (): Promise<void> => {
    for (const [name, tenant] of Object.entries(config.tenants)) {
      const id = tenantId(name);
      const now = clock.now();
      const olderThan = now - tenant.keepDays * dayMicros;
      // What a paused webhook has not been sent is kept for it, though not for ever.
      const needed = Math.max(webhooks.neededFrom(id) ?? now, now - config.webhooks.keepDays * dayMicros);
      await log.retain(id, { olderThan: Math.min(olderThan, needed), maxBytes: tenant.keepGigabytes * 1e9 });
      // Pruning goes in steps; between them comes what is live.
      while (!stopping.aborted && store.history.prune(id, olderThan)) await turn();
      while (!stopping.aborted && store.audit.prune(id, clock.now() - tenant.keepAuditDays * dayMicros)) await turn();
      while (!stopping.aborted && store.traces.prune(id, clock.now() - tenant.keepTraceDays * dayMicros, tenant.keepTraceMegabytes * 1e6))
        await turn();
    }
    while (!stopping.aborted && store.deliveries.prune(clock.now() - keepAttemptDays * dayMicros, mostAttempts)) await turn();
    while (!stopping.aborted && store.commands.prune(clock.now() - keepCommandDays * dayMicros)) await turn();
  };
  const later = (): void => {
    cancel = timers.after(retentionEveryMs, () => {
      retain().catch((error: unknown) => logger.error({ event: 'retention-failed', err: error }));
      later();
    });
  };
  later();
  return () => cancel();
};

/** A clock that follows the machine's, with microseconds that `Date` does not have. */
const systemClock = (): Clock => {
  const drift = 50;
  let origin = performance.timeOrigin;
  return {
    now: () => {
      const elapsed = performance.now();
      // The machine's clock was set, or the machine slept.
      if (Math.abs(Date.now() - (origin + elapsed)) > drift) origin = Date.now() - elapsed;
      return Math.round((origin + elapsed) * 1000);
    },
  };
};

const systemTimers: Timers = {
  after: (ms, run) => {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};

const surroundingsOf = (logger: Logger): Surroundings => ({
  clock: systemClock(),
  timers: systemTimers,
  newId: createNewId(randomBytes),
  logger,
});

const loggerOf = (level: Config['logLevel']): Logger => pino({ level, base: null }, pino.destination({ dest: 2, sync: true }));

const demoTenant = 'demo';
const demoScopes: readonly Scope[] = ['observe', 'control', 'supervise', 'record', 'recordings', 'administer'];
const demoKeys = [
  { name: 'demo', secret: 'demo-key' },
  { name: 'the Noojee sample', secret: 'f863246a-973e-11e6-8784-08002718f5b5' },
];

const demo = async (options: DemoOptions, output: Output, signal: AbortSignal): Promise<ExitCode> => {
  const temporary = options.data === undefined ? mkdtempSync(join(tmpdir(), 'switchhook-demo-')) : undefined;
  const config = configSchema.parse({
    data: options.data ?? temporary,
    logLevel: 'warn',
    http: { port: options.port ?? 8080 },
    // The demo's only: the programs that try it out run on this machine.
    webhooks: { allow: ['127.0.0.0/8', '::1/128'] },
    tenants: {
      [demoTenant]: {
        pbxs: { sandbox: { kind: 'sandbox', seed: options.seed, traffic: !options.quiet } },
        dialects: {
          voipnow: { prefix: '12340', accounts: { demo: { password: 'demo', scopes: ['observe', 'control', 'supervise', 'record'] } } },
        },
        clients: { 'demo-client': { secret: 'demo-secret', scopes: ['observe', 'control', 'supervise', 'record'] } },
      },
    },
  });
  try {
    const gateway = await startGateway(config, surroundingsOf(loggerOf(config.logLevel)));
    try {
      const tenant = tenantId(demoTenant);
      for (const { name, secret } of demoKeys) {
        if (gateway.auth.bySecret(secret) === undefined) gateway.auth.create({ tenant, name, scopes: demoScopes, secret, readable: true });
      }
      output.line(demoBanner(gateway.url, 'demo-key'));
      if (options.scenario !== undefined) await playScenario(options.scenario, gateway, output, signal);
      return await untilStopped(gateway, signal);
    } finally {
      await gateway.close();
    }
  } finally {
    if (temporary !== undefined) rmSync(temporary, { recursive: true, force: true });
  }
};

/** Plays a scenario to its end; the gateway goes on after it. One that fails ends the process with its error, as a CI needs it. */
const playScenario = async (path: string, gateway: RunningGateway, output: Output, signal: AbortSignal): Promise<void> => {
  const [sandbox] = gateway.sandboxes.values();
  if (sandbox === undefined) return;
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new GatewayError('invalid-parameter', { file: path }, { note: `The file ${path} cannot be read.`, cause: error });
  }
  try {
    await runScenario(text, sandbox, signal);
    output.line(`${path}: played`);
  } catch (error) {
    // Stopped by the user: that is how a demo ends.
    if (!signal.aborted) throw error;
  }
};

const serve = async (path: string, output: Output, signal: AbortSignal): Promise<ExitCode> => {
  const config = loadConfig(path, process.env);
  const gateway = await startGateway(config, surroundingsOf(loggerOf(config.logLevel)));
  try {
    for (const tenant of gateway.engines.keys()) {
      if (gateway.auth.list(tenant).length > 0) continue;
      const { secret } = gateway.auth.create({ tenant, name: 'first administrator', scopes: ['administer', 'observe'] });
      output.line(firstKeyNotice(tenant, secret));
    }
    output.line(serveBanner(gateway.url, Object.keys(config.tenants)));
    return await untilStopped(gateway, signal);
  } finally {
    await gateway.close();
  }
};

const untilStopped = async (gateway: RunningGateway, signal: AbortSignal): Promise<ExitCode> => {
  const stopped = new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
  await Promise.race([stopped, gateway.failed]);
  return exitCodes.ok;
};

const doctor = async (path: string, output: Output, signal: AbortSignal): Promise<ExitCode> => {
  const config = loadConfig(path, process.env);
  const surroundings = surroundingsOf(loggerOf('silent'));
  let well = true;
  for (const [tenant, { pbxs }] of Object.entries(config.tenants)) {
    for (const [name, pbx] of Object.entries(pbxs)) {
      if (pbx.kind !== 'asterisk') continue;
      const driver = asteriskDriver(pbxId(name), pbx, surroundings);
      const findings = await driver.diagnose(signal);
      await driver.close();
      well &&= findings.every(({ ok }) => ok);
      if (!output.interactive) {
        for (const finding of findings) output.line(JSON.stringify({ tenant, pbx: name, ...finding }));
        continue;
      }
      output.line(`${name} (${pbx.host}:${pbx.port})`);
      for (const { ok, check, detail, mend } of findings) {
        output.line(`  ${ok ? 'ok  ' : 'BAD '} ${check}: ${detail}`);
        if (mend !== undefined) output.line(mend.replaceAll(/^/gm, '         '));
      }
    }
  }
  return well ? exitCodes.ok : exitCodes.failed;
};

const init = async (options: InitOptions, output: Output, signal: AbortSignal): Promise<ExitCode> => {
  const { config: path, force, host, port, username } = options;
  const { newId } = surroundingsOf(loggerOf('silent'));
  const secret = options.secret === '' ? newId.token() : options.secret;
  const text = renderFirstConfig({ ...options, secret });
  // A variable may be set later; everything else must be right now.
  parseConfig(text, isVariable(secret) ? { [secret.slice(2, -1)]: '' } : {}, path);
  try {
    writeFileSync(path, text, { mode: 0o600, flag: force ? 'w' : 'wx' });
  } catch (error) {
    const note = `${path} cannot be written, or is there already (--force writes over it).`;
    throw new GatewayError('invalid-parameter', { file: path }, { note, cause: error });
  }
  const address = await localAddressTo(host, port);
  const shown = isVariable(secret) ? undefined : { secret };
  output.note(`${path} is written. This belongs into Asterisk's manager.conf; then: asterisk -rx 'manager reload'\n`);
  output.line(renderStanza({ username, ...shown, ...(address === undefined ? undefined : { address }) }));
  if (isVariable(secret) && process.env[secret.slice(2, -1)] === undefined) {
    output.note(`\nThe secret is read from ${secret}, which is not set here. When it is: switchhook doctor --config ${path}`);
    return exitCodes.ok;
  }
  output.note('\nWhat doctor says of it now:\n');
  const code = await doctor(path, output, signal);
  output.note(
    code === exitCodes.ok
      ? `\nAll is well: switchhook serve --config ${path}`
      : `\nWhen that is mended: switchhook doctor --config ${path}`,
  );
  return code;
};

/** The address by which this machine would be seen at `host`: nothing is sent for it. Undefined where there is no way there. */
const localAddressTo = async (host: string, port: number): Promise<string | undefined> => {
  const socket = createSocket('udp4');
  try {
    const connected = emitted(socket, 'connect');
    socket.connect(port, host);
    await connected;
    return socket.address().address;
  } catch {
    // The stanza says in words then what belongs there.
    return undefined;
  } finally {
    socket.close();
  }
};

const capture = async (options: CaptureOptions, output: Output, signal: AbortSignal): Promise<ExitCode> => {
  const config = loadConfig(options.config, process.env);
  const all = Object.values(config.tenants).flatMap(({ pbxs }) => Object.entries(pbxs));
  const fits = all.flatMap(([name, pbx]) => (pbx.kind === 'asterisk' && name === (options.pbx ?? name) ? [{ name, pbx }] : []));
  const [one, another] = fits;
  if (one === undefined || another !== undefined) {
    const note = `Name one with --pbx: ${all.map(([name]) => name).join(', ')}. Only what an Asterisk says can be captured.`;
    throw new GatewayError('no-such-pbx', {}, { note });
  }
  const { clock, timers, newId } = surroundingsOf(loggerOf('silent'));
  const recorder = createRecorder(options.file);
  const enough = new AbortController();
  const cancel = options.seconds === undefined ? undefined : timers.after(options.seconds * 1000, () => enough.abort());
  output.note(`Recording what ${one.name} says into ${options.file}. ${options.seconds === undefined ? 'Ctrl-C ends it.' : ''}`);
  try {
    const deps = { clock, timers, token: () => newId.token() };
    let failure: unknown;
    await captureAsterisk(one.pbx, deps, AbortSignal.any([signal, enough.signal]), (bytes, at) => {
      try {
        recorder.write(bytes, at);
      } catch (error) {
        failure ??= error;
        enough.abort();
      }
    });
    if (failure !== undefined)
      throw new GatewayError('log-full', { file: options.file }, { note: 'The recording ends here.', cause: failure });
  } finally {
    cancel?.();
    recorder.close();
    const { reads, bytes } = recorder;
    output.note(reads === 0 ? 'Nothing was recorded.' : `${reads} events, ${bytes} bytes. Read it by: switchhook replay ${options.file}`);
  }
  return exitCodes.ok;
};

const checkConfig = (path: string, output: Output): ExitCode => {
  const { tenants } = loadConfig(path, process.env);
  const pbxs = Object.values(tenants).flatMap((tenant) => Object.keys(tenant.pbxs));
  output.line(`${path} is valid: ${Object.keys(tenants).length} tenant(s), PBX ${pbxs.join(', ')}`);
  return exitCodes.ok;
};

const newEpoch = async (path: string, output: Output): Promise<ExitCode> => {
  const config = loadConfig(path, process.env);
  const { clock, newId } = surroundingsOf(loggerOf('silent'));
  const log = openSqliteLog({ folder: config.data, clock, newId });
  try {
    for (const tenant of Object.keys(config.tenants)) {
      const cursor = await log.newEpoch(tenantId(tenant));
      output.line(`${tenant}: epoch ${cursor.epoch}, from seq ${cursor.seq + 1} on`);
    }
  } finally {
    await log.close();
  }
  return exitCodes.ok;
};

const replayName = 'replay';

const replays = new Map([
  ['asterisk', replayAsterisk],
  ['freeswitch', replayFreeswitch],
]);

const replay = async (options: ReplayOptions, output: Output, signal: AbortSignal): Promise<ExitCode> => {
  const replayFacts = replays.get(options.driver);
  if (replayFacts === undefined) {
    const note = `There are: ${[...replays.keys()].join(', ')}.`;
    throw new GatewayError('invalid-parameter', { driver: options.driver }, { note });
  }
  let state = createTrackerState(pbxId(replayName));
  let seq = 0;
  for await (const fact of replayFacts(readRecording(options.file))) {
    if (signal.aborted) break;
    const step = track(state, fact);
    state = step.state;
    for (const event of step.events) {
      seq += 1;
      const logged: Event = envelop(event, tenantId(replayName), replayName, seq, isoTime(event.at));
      output.line(JSON.stringify(logged));
    }
  }
  if (seq === 0) output.note(`${options.file} holds nothing that makes an event.`);
  return exitCodes.ok;
};

const actions: LocalActions = { demo, serve, doctor, checkConfig, newEpoch, replay, init, capture };

/** Asks at the terminal; of a hidden answer nothing is shown. */
const ask = async (question: string, hidden: boolean): Promise<string> => {
  process.stdout.write(question);
  const output = hidden ? new Writable({ write: (_chunk, _encoding, done) => done() }) : process.stdout;
  const terminal = createInterface({ input: process.stdin, output, terminal: true });
  try {
    return await terminal.question('');
  } finally {
    terminal.close();
    if (hidden) process.stdout.write('\n');
  }
};

const run = async (): Promise<void> => {
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
  // A reader that went away (`| head`) is no failure.
  process.stdout.on('error', () => stop.abort());
  const output: Output = {
    interactive: process.stdout.isTTY,
    line: (text) => void process.stdout.write(`${text}\n`),
    note: (text) => void process.stderr.write(`${text}\n`),
  };
  const asking = process.stdin.isTTY && process.stdout.isTTY ? { ask } : undefined;
  const environment = process.env;
  process.exitCode = await runProgram(process.argv.slice(2), { version, environment, output, signal: stop.signal, actions, ...asking });
};

if (import.meta.main) await run();
