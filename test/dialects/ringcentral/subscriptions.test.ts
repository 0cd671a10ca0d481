import { expect, test } from 'vitest';
import { defaultRingCentralOptions } from '../../../src/dialects/ringcentral/options.ts';
import { serveRingCentral, type RingCentralWorld } from './serve-ringcentral.ts';

const sessions = '/restapi/v1.0/account/~/telephony/sessions';
const own = '/restapi/v1.0/account/400144452008/extension/400144400101';
const pubNub = { transportType: 'PubNub' };

interface Resource {
  readonly id: string;
  readonly [member: string]: unknown;
}

const subscribe = async ({ rest }: RingCentralWorld, wish: object, extension?: string): Promise<Resource> => {
  const { status, body } = await rest('POST', '/subscription', { eventFilters: [sessions], deliveryMode: pubNub, ...wish }, extension);
  expect(status).toBe(200);
  return body as Resource;
};

test('the request of the vendor’s guide makes a subscription, its tildes replaced', async () => {
  const world = await serveRingCentral();
  const presence = '/restapi/v1.0/account/~/extension/~/presence?detailedTelephonyState=true&sipData=true';
  const resource = await subscribe(world, { eventFilters: [sessions, presence, sessions], expiresIn: 1800 });
  expect(resource).toEqual({
    uri: `${world.url}/restapi/v1.0/subscription/${resource.id}`,
    id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/) as string,
    creationTime: '2027-01-15T08:00:00.000Z',
    status: 'Active',
    expirationTime: '2027-01-15T08:30:00.000Z',
    expiresIn: 1800,
    deliveryMode: {
      transportType: 'PubNub',
      encryption: true,
      address: expect.stringMatching(/^\d+_[0-9a-f]{8}$/) as string,
      subscriberKey: expect.any(String) as string,
      encryptionAlgorithm: 'AES',
      encryptionKey: expect.stringMatching(/^[\w+/]{22}==$/) as string,
    },
    eventFilters: ['/restapi/v1.0/account/400144452008/telephony/sessions', `${own}/presence?detailedTelephonyState=true&sipData=true`],
  });
  expect((await world.rest('GET', `/subscription/${resource.id}/`)).body).toEqual(resource);
});

test('it is listed, renewed, changed and deleted by its user with its client alone', async () => {
  const world = await serveRingCentral();
  const { rest, clock } = world;
  const made = await subscribe(world, {});
  expect(made['expiresIn']).toBe(900);
  expect(made['deliveryMode']).toMatchObject({ encryption: false });
  clock.advance(600);
  expect((await rest('GET', '/subscription')).body).toMatchObject({ records: [{ id: made.id, expiresIn: 300 }] });
  expect((await rest('POST', `/subscription/${made.id}/renew`)).body).toMatchObject({ id: made.id, expiresIn: 900 });
  const changed = await rest('PUT', `/subscription/${made.id}`, { eventFilters: [`${own}/presence`], expiresIn: 1200 });
  expect(changed).toMatchObject({ status: 200, body: { id: made.id, expiresIn: 1200, eventFilters: [`${own}/presence`] } });
  // Its address stays, so that its client goes on where it listens.
  const { address } = made['deliveryMode'] as { readonly address: string };
  expect(changed.body).toMatchObject({ deliveryMode: { address, encryption: true } });
  expect((await rest('GET', '/subscription', undefined, '102')).body).toMatchObject({ records: [] });
  for (const [method, path] of [
    ['GET', ''],
    ['PUT', ''],
    ['DELETE', ''],
    ['POST', '/renew'],
  ] as const) {
    const refused = await rest(method, `/subscription/${made.id}${path}`, undefined, '102');
    expect(refused).toMatchObject({ status: 404, body: { errorCode: 'CMN-102', parameterName: 'subscriptionId' } });
  }
  expect((await rest('DELETE', `/subscription/${made.id}`)).status).toBe(204);
  expect((await rest('GET', `/subscription/${made.id}`)).status).toBe(404);
});

test('a condition that nothing meets is not served, rather than everything being told', async () => {
  const world = await serveRingCentral();
  const filters = ['statusCode=Bogus', 'statusCode=FaxReceive', 'direction=Sideways', 'missedCall=perhaps'].map(
    (each) => `${sessions}?${each}`,
  );
  const served = `${sessions}?statusCode=voicemail&direction=inbound&missedCall=True`;
  const made = await subscribe(world, { eventFilters: [...filters, served] });
  const resolved = (filter: string): string => filter.replace('~', '400144452008');
  expect(made['eventFilters']).toEqual([resolved(served)]);
  expect(made['disabledFilters']).toEqual(
    ['statusCode', 'statusCode', 'direction', 'missedCall'].map((name, at) => ({
      filter: resolved(filters[at] ?? ''),
      reason: 'CMN-101',
      message: `Parameter [${name}] value is invalid.`,
    })),
  );
  expect(await world.rest('POST', '/subscription', { eventFilters: filters, deliveryMode: pubNub })).toMatchObject({
    status: 400,
    body: { errorCode: 'SUB-508', parameterName: 'eventFilters' },
  });
});

test('one that has run out is gone', async () => {
  const world = await serveRingCentral();
  const { id } = await subscribe(world, { expiresIn: 60 });
  world.clock.advance(61);
  expect((await world.rest('GET', `/subscription/${id}`)).status).toBe(404);
  expect((await world.rest('GET', '/subscription')).body).toMatchObject({ records: [] });
});

test('what is not served is disabled, and the rest goes on', async () => {
  const world = await serveRingCentral();
  const voicemail = '/restapi/v1.0/account/~/extension/~/voicemail';
  const resource = await subscribe(world, {
    eventFilters: [voicemail, 'https://platform.example/restapi/v1.0/account/~/presence', '/account/~/telephony/sessions'],
  });
  expect(resource).toMatchObject({
    eventFilters: ['/restapi/v1.0/account/400144452008/presence', '/restapi/v1.0/account/400144452008/telephony/sessions'],
    disabledFilters: [{ filter: `${own}/voicemail`, reason: 'CMN-109' }],
  });
});

const bad = [
  ['no filters', { eventFilters: [] }, 400, 'CMN-100', 'eventFilters'],
  ['no transport', { deliveryMode: {} }, 400, 'CMN-100', 'deliveryMode.transportType'],
  ['another transport', { deliveryMode: { transportType: 'RC/APNS' } }, 400, 'CMN-101', 'deliveryMode.transportType'],
  ['a WebSocket by HTTP', { deliveryMode: { transportType: 'WebSocket' } }, 400, 'CMN-101', 'deliveryMode.transportType'],
  ['no time', { expiresIn: 0 }, 400, 'CMN-101', 'expiresIn'],
  ['a filter that is none', { eventFilters: ['/nonsense', '/restapi/v1.0/account/~/extension/~/fax'] }, 400, 'SUB-508', 'eventFilters'],
  ['a number for a filter', { eventFilters: [7] }, 400, 'CMN-101', 'eventFilters.0'],
  ['another account', { eventFilters: ['/restapi/v1.0/account/1/telephony/sessions'] }, 403, 'SUB-406', 'eventFilters'],
  ['an extension that is not there', { eventFilters: [`${own.slice(0, -3)}999/presence`] }, 403, 'SUB-406', 'eventFilters'],
  ['another’s missed calls', { eventFilters: [sessions, `${own.slice(0, -3)}104/missed-calls`] }, 403, 'SUB-527', undefined],
  [
    'a late reminder',
    { eventFilters: [sessions, '/restapi/v1.0/subscription/~?threshold=600&interval=60'] },
    400,
    'SUB-516',
    'eventFilters',
  ],
  [
    'a rare reminder',
    { eventFilters: [sessions, '/restapi/v1.0/subscription/~?threshold=60&interval=60'] },
    400,
    'SUB-516',
    'eventFilters',
  ],
] as const;

test('what cannot be is refused in the words of the vendor', async () => {
  const { rest } = await serveRingCentral();
  for (const [what, wish, status, errorCode, parameterName] of bad) {
    const reply = await rest('POST', '/subscription', { eventFilters: [sessions], deliveryMode: pubNub, ...wish });
    const parameter = parameterName === undefined ? {} : { parameterName };
    expect({ what, ...reply }).toMatchObject({ what, status, body: { errorCode, errors: [{ errorCode }], ...parameter } });
  }
});

test('who may not control calls is not told of them, and who sees only the own extension is not told of others', async () => {
  const { rest } = await serveRingCentral();
  const ask = (filter: string, extension: string): Promise<unknown> =>
    rest('POST', '/subscription', { eventFilters: [filter], deliveryMode: pubNub }, extension);
  expect(await ask(sessions, '105')).toMatchObject({ status: 403, body: { errorCode: 'CMN-401' } });
  expect(await ask(`${own}/presence`, '105')).toMatchObject({ status: 200 });
});

test('a user has so many subscriptions with one client and no more', async () => {
  const subscriptions = { ...defaultRingCentralOptions.subscriptions, most: 2 };
  const world = await serveRingCentral({ subscriptions });
  await subscribe(world, {});
  await subscribe(world, {});
  const { status, body } = await world.rest('POST', '/subscription', { eventFilters: [sessions], deliveryMode: pubNub });
  expect({ status, body }).toMatchObject({ status: 403, body: { errorCode: 'SUB-505' } });
  await subscribe(world, {}, '102');
});
