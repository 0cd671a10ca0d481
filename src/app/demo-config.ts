import type { Auth, Scope } from '../auth/auth.ts';
import { configSchema, type Config } from '../config/schema.ts';
import { tenantId } from '../model/ids.ts';
import { demoOffice } from '../pbx/sandbox/index.ts';

export interface DemoSettings {
  readonly data: string;
  readonly port: number;
  readonly extraPorts: readonly number[];
  readonly seed: number;
  /** Calls of the office's own, besides those that its user makes. */
  readonly traffic: boolean;
}

const demoTenant = 'demo';
/** The key that everybody knows. */
export const demoKey = 'demo-key';
/** Where examples/interactive.mjs listens. */
const demoProgram = 'http://127.0.0.1:8099/';
const demoScopes: readonly Scope[] = ['observe', 'control', 'supervise', 'record', 'recordings', 'administer'];
const demoKeys = [
  { name: 'demo', secret: demoKey },
  { name: 'the Noojee sample', secret: 'f863246a-973e-11e6-8784-08002718f5b5' },
];

/** The gateway that `npm start` runs: the sandbox's office behind every API, with the ids of the vendors' samples. */
export const demoConfig = ({ data, port, extraPorts, seed, traffic }: DemoSettings): Config =>
  configSchema.parse({
    data,
    logLevel: 'warn',
    http: { port, extraPorts },
    // The demo's only: the programs that try it out run on this machine.
    webhooks: { allow: ['127.0.0.0/8', '::1/128'] },
    tenants: {
      [demoTenant]: {
        pbxs: { sandbox: { kind: 'sandbox', seed, traffic } },
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

/** Makes the demo's keys, where they are not there from an earlier run on the same data. */
export const giveDemoKeys = (auth: Auth): void => {
  const tenant = tenantId(demoTenant);
  for (const { name, secret } of demoKeys) {
    if (auth.bySecret(secret) === undefined) auth.create({ tenant, name, scopes: demoScopes, secret, readable: true });
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
