import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Scope } from '../../auth/auth.ts';
import { demoBanner } from '../../cli/banner.ts';
import type { ExitCode } from '../../cli/exit-codes.ts';
import type { DemoOptions } from '../../cli/options.ts';
import type { Output } from '../../cli/output.ts';
import { configSchema } from '../../config/schema.ts';
import { GatewayError } from '../../model/errors.ts';
import { tenantId } from '../../model/ids.ts';
import { demoOffice, runScenario } from '../../pbx/sandbox/index.ts';
import { type RunningGateway, startGateway } from '../gateway.ts';
import { loggerOf, surroundingsOf } from '../surroundings.ts';
import { untilStopped } from './until-stopped.ts';

const demoTenant = 'demo';
/** The port that iSymphony's clients have built in. */
const iSymphonyPort = 58_080;
/** Where examples/interactive.mjs listens. */
const demoProgram = 'http://127.0.0.1:8099/';
const demoScopes: readonly Scope[] = ['observe', 'control', 'supervise', 'record', 'recordings', 'administer'];
const demoKeys = [
  { name: 'demo', secret: 'demo-key' },
  { name: 'the Noojee sample', secret: 'f863246a-973e-11e6-8784-08002718f5b5' },
];

export const demo = async (options: DemoOptions, output: Output, signal: AbortSignal): Promise<ExitCode> => {
  const temporary = options.data === undefined ? mkdtempSync(join(tmpdir(), 'switchhook-demo-')) : undefined;
  const extraPorts = options.port === undefined && (await isFree(iSymphonyPort)) ? [iSymphonyPort] : [];
  const config = configSchema.parse({
    data: options.data ?? temporary,
    logLevel: 'warn',
    http: { port: options.port ?? 8080, extraPorts },
    // The demo's only: the programs that try it out run on this machine.
    webhooks: { allow: ['127.0.0.0/8', '::1/128'] },
    tenants: {
      [demoTenant]: {
        pbxs: { sandbox: { kind: 'sandbox', seed: options.seed, traffic: !options.quiet } },
        dialects: {
          ringcentral: demoRingCentral(),
          telphin: demoTelphin(),
          voipnow: {
            prefix: '12340',
            interactive: { '700': { url: demoProgram, otherwise: '101' } },
            accounts: { demo: { password: 'demo', scopes: ['observe', 'control', 'supervise', 'record'] } },
          },
        },
        users: demoUsers(),
        clients: {
          'demo-client': { secret: 'demo-secret', scopes: ['observe', 'control', 'supervise', 'record'], redirectUris: [demoProgram] },
        },
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
      output.line(demoBanner(gateway.url, 'demo-key', extraPorts));
      if (options.scenario !== undefined) await playScenario(options.scenario, gateway, output, signal);
      return await untilStopped(gateway, signal);
    } finally {
      await gateway.close();
    }
  } finally {
    if (temporary !== undefined) rmSync(temporary, { recursive: true, force: true });
  }
};

/** A user to every extension, of the same name unless the office says otherwise; 101 administers. */
const demoUsers = (): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    demoOffice.extensions.map(({ number, name, user = number }) => {
      const scopes = number === '101' ? demoScopes : ['observe', 'control-own', 'supervise', 'record', 'recordings'];
      return [user, { password: 'demo', displayName: name, extension: number, email: `${number}@demo.example`, scopes }];
    }),
  );

/** The ids of the vendor's samples, and logins of every kind for each extension. */
const demoRingCentral = (): Readonly<Record<string, unknown>> => {
  const numbers = demoOffice.extensions.map(({ number }) => number);
  return {
    accountId: 400_144_452_008,
    extensionIds: { '102': 400_144_455_008, '103': 400_144_457_008 },
    mainNumber: '+15550200000',
    telephony: { conferenceRooms: demoOffice.conferences },
    directNumbers: Object.fromEntries(demoOffice.dids.filter(({ to }) => numbers.includes(to)).map(({ number, to }) => [number, to])),
    assertions: Object.fromEntries(numbers.map((number) => [`demo-jwt-${number}`, number])),
  };
};

/** Ids and names of the vendor's samples. */
const demoTelphin = (): Readonly<Record<string, unknown>> => ({
  prefix: '022',
  domain: 'siptest.ringme.ru',
  node: '192.168.20.220',
  extensionIds: { '200': 32_494, '341': 34_414 },
  firstExtensionId: 34_000,
  interactive: { '701': { url: demoProgram, otherwise: '101' } },
});

/** Whether nobody listens there. A second demo does without. */
const isFree = async (port: number): Promise<boolean> => {
  const door = createServer();
  door.listen(port, '127.0.0.1');
  try {
    await once(door, 'listening');
    return true;
  } catch {
    return false;
  } finally {
    door.close();
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
