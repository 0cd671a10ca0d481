import { describe, expect, test } from 'vitest';
import { defaultRingCentralOptions } from '../../../src/dialects/ringcentral/options.ts';
import { extensionNumber } from '../../../src/model/ids.ts';
import { temporaryFolder } from '../../temporary-folder.ts';
import { parseReply } from '../world.ts';
import { serveRingCentral, type RingCentralWorld } from './serve-ringcentral.ts';
import { openSocket, wsToken, type SocketClient } from './socket-client.ts';

const sessions = '/restapi/v1.0/account/~/telephony/sessions';
const uuidForm = /^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/;

const connect = async (world: RingCentralWorld, extension?: string, wsc?: string): Promise<SocketClient> =>
  openSocket(world, `?access_token=${await wsToken(world, extension)}${wsc === undefined ? '' : `&wsc=${wsc}`}`);

/** A whole call of nine events: what a subscription of the account is told of it. */
const playCall = ({ sandbox: { phones } }: RingCentralWorld): void => {
  phones.call('103', '102');
  phones.answer('102');
  phones.hold('103');
  phones.resume('103');
  phones.hangUp('103');
};

const sequences = ({ told }: Pick<SocketClient, 'told'>): readonly unknown[] => told.map(({ body }) => body['sequence']);
const wholeCall = [2, 3, 4, 5, 6, 7, 8, 9, 10];

test('a connection is greeted with what it may do, and REST works over it', async () => {
  const world = await serveRingCentral();
  const client = await connect(world, '102');
  const [meta, details] = await client.frame(([{ type }]) => type === 'ConnectionDetails');
  expect(meta).toEqual({
    type: 'ConnectionDetails',
    messageId: expect.stringMatching(uuidForm) as string,
    status: 200,
    wsc: { token: expect.stringMatching(/^[\w.]+$/) as string, sequence: expect.any(Number) as number },
    headers: { RCRequestId: meta['messageId'] },
  });
  expect(details).toEqual({
    creationTime: '2027-01-15T08:00:00.000+0000',
    maxConnectionsPerSession: 50,
    recoveryBufferSize: 100,
    recoveryTimeout: 3600,
    idleTimeout: 1800,
    absoluteTimeout: 86_400,
    maxActiveRequests: 10,
  });
  const [reply, extension] = await client.request('GET', '/restapi/v1.0/account/~/extension/~/');
  expect(reply).toMatchObject({ type: 'ClientRequest', status: 200, headers: { 'Content-Type': 'application/json' } });
  expect(extension).toMatchObject({ id: 400_144_455_008, uri: '/restapi/v1.0/account/400144452008/extension/400144455008' });
  const query = { detailedTelephonyState: true };
  const [, presence] = await client.request('GET', '/restapi/v1.0/account/~/extension/~/presence', undefined, { query });
  expect(presence).toMatchObject({ telephonyStatus: 'NoCall', totalActiveCalls: 0 });
});

test('a subscription is told of everything once, in order; its reply comes first and names it', async () => {
  const world = await serveRingCentral();
  const client = await connect(world, '101');
  const wish = { eventFilters: [sessions], deliveryMode: { transportType: 'WebSocket' } };
  const asking = client.request('POST', '/restapi/v1.0/subscription', wish);
  // It is there before its client can listen: what happens now is told, but not yet.
  const [meta, resource] = await asking;
  playCall(world);
  await world.event(({ type }) => type === 'call.ended');
  expect(client.told).toEqual([]);
  world.clock.advance(1);
  await client.count(9);
  expect(sequences(client)).toEqual(wholeCall);
  expect(meta['headers']).toMatchObject({ 'WSG-SubscriptionId': resource?.['id'] });
  expect(resource).toMatchObject({
    uri: `/restapi/v1.0/subscription/${String(resource?.['id'])}`,
    expiresIn: 86_400,
    deliveryMode: { transportType: 'WebSocket', encryption: false },
  });
  const tokens = client.frames.flatMap(([{ wsc }]) => (wsc === undefined ? [] : [wsc as { readonly sequence: number }]));
  expect(tokens.map(({ sequence }) => sequence)).toEqual(tokens.map(({ sequence }) => sequence).toSorted((one, two) => one - two));
});

test('a second subscription takes the place of the first; deleted, it is told of nothing more', async () => {
  const world = await serveRingCentral();
  const client = await connect(world);
  const first = await client.subscribe([sessions]);
  const second = await client.subscribe(['/restapi/v1.0/account/~/presence']);
  const [, list] = await client.request('GET', '/restapi/v1.0/subscription');
  expect(list).toMatchObject({ records: [{ id: second }] });
  expect((await client.request('PUT', `/restapi/v1.0/subscription/${first}`, {}))[0]).toMatchObject({ status: 404 });
  const [changed] = await client.request('PUT', `/restapi/v1.0/subscription/${second}`, { eventFilters: [sessions], deliveryMode: {} });
  expect(changed).toMatchObject({ status: 200, headers: { 'WSG-SubscriptionId': second } });
  // By HTTP it can be seen and deleted, but not changed.
  expect((await world.rest('PUT', `/subscription/${second}`)).status).toBe(400);
  const deleted = await client.request('DELETE', `/restapi/v1.0/subscription/${second}`);
  expect(deleted).toEqual([
    { type: 'ClientRequest', messageId: deleted[0]['messageId'], status: 204, headers: expect.any(Object) as object },
  ]);
  world.clock.advance(1);
  playCall(world);
  await world.event(({ type }) => type === 'call.ended');
  await client.request('GET', '/restapi/v1.0/subscription');
  expect(client.told).toEqual([]);
});

describe('a connection that was lost', () => {
  test.each([
    ['cut while it was told', true],
    ['that seems open still', false],
  ])('%s is recovered: nothing is lost, nothing comes twice', async (_what, isCut) => {
    const world = await serveRingCentral();
    const { phones } = world.sandbox;
    const first = await connect(world);
    await first.subscribe([sessions]);
    phones.call('103', '102');
    await first.count(4);
    const { wsc } = first;
    if (isCut) first.cut();
    phones.answer('102');
    phones.hangUp('103');
    await world.event(({ type }) => type === 'call.ended');
    const second = await connect(world, undefined, wsc);
    const [, details] = await second.frame(([{ type }]) => type === 'ConnectionDetails');
    expect(details).toMatchObject({ recoveryState: 'Successful' });
    world.clock.advance(1);
    await second.count(3);
    expect(sequences(second)).toEqual([6, 7, 8]);
    // Whoever comes again takes the place of the one before.
    expect(await first.closed).toBe(isCut ? 1006 : 1000);
    playCall(world);
    await second.count(12);
    expect(sequences(second).slice(3)).toEqual(wholeCall);
  });

  test('is recovered by an older token, too, with the same uuids', async () => {
    const world = await serveRingCentral();
    const first = await connect(world);
    await first.subscribe([sessions]);
    const { wsc } = first;
    playCall(world);
    const told = await first.count(9);
    first.cut();
    const second = await connect(world, undefined, wsc);
    world.clock.advance(1);
    const again = await second.count(9);
    expect(again.map(({ uuid }) => uuid)).toEqual(told.map(({ uuid }) => uuid));
  });

  test('is recovered by the token of its greeting with nothing of what was before it subscribed', async () => {
    const world = await serveRingCentral();
    const first = await connect(world);
    const [{ wsc }] = await first.frame(([{ type }]) => type === 'ConnectionDetails');
    playCall(world);
    await world.event(({ type }) => type === 'call.ended');
    await first.subscribe([sessions]);
    first.cut();
    const second = await connect(world, undefined, (wsc as { readonly token: string }).token);
    world.clock.advance(1);
    world.sandbox.phones.call('103', '102');
    await second.count(4);
    expect(sequences(second)).toEqual([2, 3, 4, 5]);
  });

  test('is recovered after the whole server was', async () => {
    const folder = temporaryFolder();
    const world = await serveRingCentral({}, folder);
    const client = await connect(world);
    const id = await client.subscribe([sessions]);
    world.sandbox.phones.call('103', '102');
    await client.count(4);
    const token = await wsToken(world);
    const { wsc } = client;
    await world.end();
    const again = await serveRingCentral({}, folder);
    const recovered = await openSocket(again, `?access_token=${token}&wsc=${wsc}`);
    const [, details] = await recovered.frame(([{ type }]) => type === 'ConnectionDetails');
    expect(details).toMatchObject({ recoveryState: 'Successful' });
    again.clock.advance(1);
    // The sandbox's calls ended with its process, as its gateway has learnt by comparing.
    const told = await recovered.count(2);
    expect(told.map(({ subscriptionId }) => subscriptionId)).toEqual([id, id]);
    expect(sequences(recovered)).toEqual([6, 7]);
  });

  test('is recovered out of the log where memory does not reach back', async () => {
    const subscriptions = { ...defaultRingCentralOptions.subscriptions, memoryEvents: 16 };
    const world = await serveRingCentral({ subscriptions });
    const first = await connect(world);
    await first.subscribe([sessions]);
    const { wsc } = first;
    first.cut();
    for (let call = 1; call <= 6; call += 1) {
      playCall(world);
      await world.event(() => world.events.filter(({ type }) => type === 'call.ended').length === call);
    }
    const second = await connect(world, undefined, wsc);
    world.clock.advance(1);
    await second.count(54);
    expect(sequences(second)).toEqual(Array.from({ length: 6 }, () => wholeCall).flat());
    playCall(world);
    expect((await second.count(63)).slice(54).map(({ body }) => body['sequence'])).toEqual(wholeCall);
  });

  test('cannot be recovered by another user, nor when its time is over: then it fails, and is begun anew', async () => {
    const world = await serveRingCentral();
    const client = await connect(world);
    await client.subscribe([sessions]);
    const { wsc } = client;
    client.cut();
    const failed = { recoveryState: 'Failed', recoveryErrorCode: 'WSG-1005' };
    for (const token of [wsc.replace(/^./, 'x'), 'nonsense', wsc]) {
      const other = await connect(world, '102', token);
      expect((await other.frame(([{ type }]) => type === 'ConnectionDetails'))[1]).toMatchObject(failed);
    }
    world.clock.advance(3_601);
    const late = await connect(world, undefined, wsc);
    expect((await late.frame(([{ type }]) => type === 'ConnectionDetails'))[1]).toMatchObject(failed);
    await late.subscribe([sessions]);
    playCall(world);
    expect(sequences({ told: await late.count(9) })).toEqual(wholeCall);
  });
});

describe('bad input', () => {
  test('a connection without a good token is let in, told why and closed: a refusal would end some clients', async () => {
    const world = await serveRingCentral();
    for (const query of ['', '?access_token=unknown', '?access_token=']) {
      const client = await openSocket(world, query);
      expect(await client.closed).toBe(1008);
      expect(client.frames).toEqual([
        [expect.objectContaining({ type: 'Error', status: 401, headers: {} }), expect.objectContaining({ errorCode: 'WSG-901' })],
      ]);
    }
    const header = await openSocket(world, '', { Authorization: `Bearer ${await wsToken(world)}` });
    expect(await header.frame(([{ type }]) => type === 'ConnectionDetails')).toBeDefined();
  });

  test('frames that are none are told so, and the connection goes on', async () => {
    const world = await serveRingCentral();
    const client = await connect(world);
    const texts = ['{', '{}', '[]', '"x"', '[null]', '[{"messageId":"1"}]', '[{"type":"Magic","messageId":"2"}]'];
    for (const text of texts) client.send(text);
    await client.frame(([{ messageId }]) => messageId === '2');
    expect(client.frames.slice(1).map(([{ type, status }]) => [type, status])).toEqual(texts.map(() => ['Error', 400]));
    client.send('[{"type":"Heartbeat","messageId":"beat"}]');
    expect(await client.frame(([{ type }]) => type === 'Heartbeat')).toEqual([{ type: 'Heartbeat', messageId: 'beat' }]);
    for (const [method, path] of [
      ['GET', '/restapi/v1.0/nowhere'],
      ['BREW', '/restapi/v1.0/subscription'],
      ['GET', '/%'],
      ['GET', '/restapi/oauth/token'],
    ] as const) {
      expect(await client.request(method, path)).toMatchObject([{ status: 404 }, { errorCode: 'CMN-120' }]);
    }
    expect(await client.request('POST', '/restapi/v1.0/subscription', 'text')).toMatchObject([{ status: 400 }, { errorCode: 'CMN-104' }]);
  });

  test('a giant frame ends the connection', async () => {
    const world = await serveRingCentral();
    const client = await connect(world);
    client.send(JSON.stringify([{ type: 'Heartbeat', messageId: 'x'.repeat(300_000) }]));
    expect(await client.closed).toBe(1009);
  });

  test('more requests at once than may be are refused, the others answered', async () => {
    const world = await serveRingCentral();
    const client = await connect(world);
    const replies = await Promise.all(
      Array.from({ length: 30 }, () => client.request('GET', '/restapi/v1.0/account/~/extension/~/presence')),
    );
    const statuses = replies.map(([{ status }]) => status);
    expect(statuses.filter((status) => status === 200).length).toBeGreaterThanOrEqual(10);
    expect(new Set(statuses)).toEqual(new Set([200, 429]));
    expect(replies.find(([{ status }]) => status === 429)?.[1]).toMatchObject({ errorCode: 'CMN-301' });
  });

  test('a user has so many connections and no more', async () => {
    const world = await serveRingCentral();
    const query = `?access_token=${await wsToken(world)}`;
    const all = await Promise.all(Array.from({ length: 51 }, () => openSocket(world, query)));
    const codes = await Promise.all(all.map(async (client) => (await client.frame(() => true))[0]['type']));
    expect(codes.filter((type) => type === 'Error')).toHaveLength(1);
  });

  test('a connection ends with its user, and with the server', async () => {
    const world = await serveRingCentral();
    const { users, engine, url } = world;
    const guest = { name: 'guest', password: 'guest', extension: extensionNumber('106'), scopes: ['observe'] as const };
    const { id } = await users.create(engine.tenant, guest);
    const { body } = await world.grant({ grant_type: 'password', username: 'guest', password: 'guest' });
    const headers = { Authorization: `Bearer ${(body as { readonly access_token: string }).access_token}` };
    const token = await parseReply(await fetch(`${url}/restapi/oauth/wstoken`, { method: 'POST', headers }));
    const [theirs, ours] = await Promise.all([
      openSocket(world, `?access_token=${(token.body as { readonly ws_access_token: string }).ws_access_token}`),
      connect(world),
    ]);
    await users.remove(engine.tenant, id);
    expect(await theirs.closed).toBe(1008);
    expect(theirs.frames.at(-1)).toMatchObject([{ type: 'Error', status: 401 }, { errorCode: 'WSG-901' }]);
    world.stop();
    expect(await ours.closed).toBe(1001);
  });
});

test('a connection on which nothing is said is closed after half an hour, with a word', async () => {
  const world = await serveRingCentral();
  const client = await connect(world);
  await client.frame(([{ type }]) => type === 'ConnectionDetails');
  world.clock.advance(1_800);
  world.wheel(30_100);
  expect(await client.closed).toBe(1000);
  expect(client.frames.at(-1)?.[1]).toEqual({ errorCode: 'WSG-902', message: 'Idle timeout expired' });
});

test('a subscription that is near its end reminds its client, every so often', async () => {
  const world = await serveRingCentral();
  const client = await connect(world);
  const reminder = '/restapi/v1.0/subscription/~?threshold=120&interval=60';
  const id = await client.subscribe([sessions, reminder]);
  world.clock.advance(86_400 - 130);
  expect(client.told).toEqual([]);
  world.clock.advance(70);
  const told = await client.count(2);
  expect(told).toMatchObject([
    { event: reminder, subscriptionId: id, body: { id, status: 'Active' } },
    { event: reminder, subscriptionId: id },
  ]);
  expect(told[0]?.uuid).not.toBe(told[1]?.uuid);
});
