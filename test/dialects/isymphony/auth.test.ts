import type { IncomingMessage } from 'node:http';
import { expect, test } from 'vitest';
import { Guard, type Admission } from '../../../src/dialects/isymphony/auth.ts';
import { createClients } from '../../../src/http/clients.ts';
import { tenantId } from '../../../src/model/ids.ts';
import { createManualClock } from '../../../src/pbx/sandbox/index.ts';
import { basic, publicCredentials } from './event-client.ts';

const guardOf = (tenants: Readonly<Record<string, Partial<Admission>>>): Guard => {
  const clock = createManualClock(1_800_000_000_000_000);
  const whole = Object.entries(tenants).map(([name, admission]) => {
    const options = { accounts: {}, allow: ['127.0.0.0/8'], requireTls: false, ...admission };
    return [tenantId(name), options] as const;
  });
  return new Guard({ tenants: new Map(whole), clients: createClients([]), clock, timers: clock, publicUrl: () => 'http://localhost' });
};

const from = (remoteAddress: string, credentials: string): IncomingMessage =>
  ({ socket: { remoteAddress }, headers: { authorization: basic(credentials) } }) as unknown as IncomingMessage;

const account = (password: string): Admission['accounts'][string] => ({ password, scopes: ['observe'] });

test('of several tenants each account belongs to one, and may come from where that one says', async () => {
  const guard = guardOf({
    north: { accounts: { crm: account('secret-north') }, allow: ['127.0.0.0/8', '192.0.2.0/24'] },
    south: { accounts: { board: account('secret-south') }, allow: ['127.0.0.0/8'] },
  });
  expect(await guard.identify(from('192.0.2.7', 'crm:secret-north'))).toMatchObject({ tenant: 'north', name: 'account crm' });
  expect(await guard.identify(from('127.0.0.1', 'board:secret-south'))).toMatchObject({ tenant: 'south' });
  await expect(guard.identify(from('192.0.2.7', 'board:secret-south'))).rejects.toMatchObject({ code: 'forbidden' });
  await expect(guard.identify(from('127.0.0.1', 'crm:secret-south'))).rejects.toMatchObject({ code: 'unauthorized' });
  await expect(guard.identify(from('127.0.0.1', publicCredentials))).rejects.toMatchObject({ code: 'unauthorized' });
});

test('whether the public account is open can be asked', () => {
  expect(guardOf({ main: {} }).hasPublicAccount).toBe(true);
  expect(guardOf({ main: { accounts: { crm: account('secret') } } }).hasPublicAccount).toBe(false);
  expect(guardOf({ north: {}, south: {} }).hasPublicAccount).toBe(false);
});

test('one login of two tenants is refused at the start', () => {
  expect(() => guardOf({ north: { accounts: { crm: account('1') } }, south: { accounts: { crm: account('2') } } })).toThrow(
    'Two tenants have an iSymphony account crm.',
  );
});

test('a colon belongs to the password; a login without one is none', async () => {
  const guard = guardOf({ main: { accounts: { crm: account('a:b') } } });
  expect(await guard.identify(from('127.0.0.1', 'crm:a:b'))).toMatchObject({ tenant: 'main' });
  await expect(guard.identify(from('127.0.0.1', 'crm'))).rejects.toMatchObject({ code: 'unauthorized' });
});
