import type { Scope } from '../../../src/auth/auth.ts';
import type { Users } from '../../../src/auth/users.ts';
import { realTicker } from '../../../src/delivery/wheel.ts';
import { createRingCentralDialect, type RingCentralOptions } from '../../../src/dialects/ringcentral/index.ts';
import { extensionNumber } from '../../../src/model/ids.ts';
import { parseReply, serveDialect, type DialectWorld, type Reply } from '../world.ts';

export interface RingCentralWorld extends DialectWorld {
  readonly users: Users;
  /** Turns the wheel of what waits so far, beside the time in which it turns by itself. */
  wheel(ms: number): void;
  /** The reply of the token endpoint to a form, as the demo's client. */
  grant(form: Readonly<Record<string, string>>): Promise<Reply>;
  /** An access token of an extension's user, fresh. */
  token(extension?: string): Promise<string>;
  /** A request by the user of an extension; `path` under `/restapi/v1.0`. */
  rest(method: string, path: string, body?: unknown, extension?: string): Promise<Reply>;
}

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
  const ticks: (() => void)[] = [];
  const redirectUris = ['https://crm.example/back'];
  const world = await serveDialect((tenant) => createRingCentralDialect(new Map([[tenant, { ...demoRingCentral, ...options }]])), {
    ...(folder === undefined ? undefined : { folder }),
    // The same in every process that serves the same folder.
    masterKey: Buffer.alloc(32, 7),
    tenant: { users: users.map(([name, extension]) => ({ name, extension: extensionNumber(extension) })) },
    users: users.map(([name, extension, scopes]) => ({ name, extension: extensionNumber(extension), password: 'demo', scopes })),
    clients: [
      { id: 'demo-client', secret: 'demo-secret', scopes: everything, redirectUris },
      { id: 'public-client', secret: '', scopes: everything, redirectUris },
      { id: 'other-client', secret: 'other-secret', scopes: everything },
      { id: 'watcher', secret: 'watch-secret', scopes: ['observe'] },
      { id: 'elsewhere', secret: 'demo-secret', scopes: ['observe'], isElsewhere: true },
    ],
    ticker: () => (tick, ms) => {
      ticks.push(tick);
      return realTicker(tick, ms);
    },
  });
  const { url } = world;
  const wheel = (ms: number): void => {
    for (let passed = 0; passed < ms; passed += world.gateway.delivery.wheel.tickMs) for (const tick of ticks) tick();
  };
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
  return { ...world, users: world.gateway.users, wheel, grant, token, rest };
};
