/** Tenants that are made while the gateway runs, as its operator and they themselves see them. */
import { expect, onTestFinished, test } from 'vitest';
import { startGateway, type RunningGateway } from '../../../src/app/gateway.ts';
import { loggerOf, surroundingsOf } from '../../../src/app/surroundings.ts';
import type { Scope } from '../../../src/auth/auth.ts';
import { configSchema } from '../../../src/config/schema.ts';
import { tenantId } from '../../../src/model/ids.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

interface Reply {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

interface World {
  readonly gateway: RunningGateway;
  ask(key: string, method: string, path: string, json?: object): Promise<Reply>;
  key(tenant: string, scopes?: readonly Scope[]): string;
}

const sandbox = { pbxs: { sandbox: { kind: 'sandbox' } } };

const serve = async (data: string, tenants: object = { house: sandbox }, more: object = {}): Promise<World> => {
  const config = configSchema.parse({ data, http: { port: 0 }, tenants, ...more });
  const gateway = await startGateway(config, surroundingsOf(loggerOf('silent')));
  onTestFinished(() => gateway.close());
  return {
    gateway,
    key: (tenant, scopes = ['administer']) => gateway.auth.create({ tenant: tenantId(tenant), name: 'test', scopes }).secret,
    ask: async (key, method, path, json) => {
      const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
      const response = await fetch(gateway.url + path, { method, headers, ...(json === undefined ? {} : { body: JSON.stringify(json) }) });
      const text = await response.text();
      return { status: response.status, body: text === '' ? {} : (JSON.parse(text) as Reply['body']) };
    },
  };
};

const wish = { id: 'acme', pbx: { kind: 'sandbox' } };
const idsOf = ({ body }: Reply): readonly string[] => (body['tenants'] as readonly { readonly id: string }[]).map(({ id }) => id);

test('one that is made runs at once, knows nothing of the others, and is there after a restart', async () => {
  const folder = temporaryFolder();
  const first = await serve(folder);
  const house = first.key('house');
  const made = await first.ask(house, 'POST', '/v1/tenants', wish);
  expect(made).toMatchObject({ status: 201, body: { id: 'acme', pbxs: ['acme'], secret: expect.any(String) as string } });
  const acme = String(made.body['secret']);
  expect(await first.ask(house, 'GET', '/v1/tenants')).toMatchObject({ status: 200, body: { isOperator: true } });
  expect(idsOf(await first.ask(house, 'GET', '/v1/tenants'))).toEqual(['house', 'acme']);

  // It is a tenant like any other: its own state, commands, events and webhooks, and nobody else's.
  const own = await first.ask(acme, 'GET', '/v1/tenants');
  expect({ ids: idsOf(own), isOperator: own.body['isOperator'] }).toEqual({ ids: ['acme'], isOperator: false });
  const dialled = await first.ask(acme, 'POST', '/v1/calls?wait=0', { extension: '111', number: '112' });
  expect(dialled).toMatchObject({ status: 202 });
  const events = await first.ask(acme, 'GET', '/v1/events?after=oldest&wait=10&type=call.started');
  expect(events.body['events']).toMatchObject([{ tenant: 'acme', pbx: 'acme' }]);
  const ofHouse = await first.ask(house, 'GET', '/v1/events?after=oldest&type=call.*');
  expect(ofHouse.body['events']).toEqual([]);
  await first.gateway.close();

  const second = await serve(folder);
  expect(await second.ask(acme, 'GET', '/v1/state')).toMatchObject({ status: 200, body: { pbxs: [{ id: 'acme' }] } });
  expect(idsOf(await second.ask(second.key('house'), 'GET', '/v1/tenants'))).toEqual(['house', 'acme']);
});

test('one that is removed lets nobody in any more, now and after a restart, and its name is never given again', async () => {
  const folder = temporaryFolder();
  const first = await serve(folder);
  const house = first.key('house');
  const acme = String((await first.ask(house, 'POST', '/v1/tenants', wish)).body['secret']);
  expect((await first.ask(house, 'DELETE', '/v1/tenants/acme')).status).toBe(204);
  expect((await first.ask(acme, 'GET', '/v1/state')).status).toBe(401);
  expect(idsOf(await first.ask(house, 'GET', '/v1/tenants'))).toEqual(['house']);
  expect((await first.ask(house, 'POST', '/v1/tenants', wish)).body).toMatchObject({ id: 'tenant-exists' });
  expect((await first.ask(house, 'DELETE', '/v1/tenants/acme')).body).toMatchObject({ id: 'not-found' });
  await first.gateway.close();

  const second = await serve(folder);
  expect((await second.ask(acme, 'GET', '/v1/state')).status).toBe(401);
  expect((await second.ask(second.key('house'), 'POST', '/v1/tenants', wish)).body).toMatchObject({ id: 'tenant-exists' });
});

test('what is no name, no PBX, there already, or in the configuration is refused', async () => {
  const { ask, key } = await serve(temporaryFolder());
  const house = key('house');
  const refused = async (json: object): Promise<unknown> => (await ask(house, 'POST', '/v1/tenants', json)).body['id'];
  expect(await refused({ ...wish, id: 'No Name' })).toBe('invalid-parameter');
  expect(await refused({ id: 'acme' })).toBe('missing-parameter');
  expect(await refused({ id: 'acme', pbx: { kind: 'asterisk', host: 'pbx' } })).toBe('missing-parameter');
  expect(await refused({ id: 'acme', pbx: { kind: 'asterisk', host: 'pbx', username: 'a', secret: 'b', recordings: '/etc' } })).toBe(
    'invalid-parameter',
  );
  expect(await refused({ ...wish, id: 'house' })).toBe('tenant-exists');
  expect(await refused({ ...wish, id: 'sandbox' })).toBe('tenant-exists');
  expect((await ask(house, 'DELETE', '/v1/tenants/house')).body['id']).toBe('kept-in-configuration');
});

test('only administrators of the operator make tenants: of several the one that the configuration names, else nobody', async () => {
  const two = { house: sandbox, other: { pbxs: { branch: { kind: 'sandbox' } } } };
  const named = await serve(temporaryFolder(), two, { operator: 'other' });
  expect((await named.ask(named.key('house'), 'POST', '/v1/tenants', wish)).status).toBe(403);
  expect((await named.ask(named.key('other', ['control']), 'POST', '/v1/tenants', wish)).status).toBe(403);
  expect((await named.ask(named.key('other'), 'POST', '/v1/tenants', wish)).status).toBe(201);
  const nobody = await serve(temporaryFolder(), two);
  for (const tenant of ['house', 'other']) {
    expect((await nobody.ask(nobody.key(tenant), 'POST', '/v1/tenants', wish)).status).toBe(403);
    expect((await nobody.ask(nobody.key(tenant), 'DELETE', '/v1/tenants/house')).status).toBe(403);
  }
});
