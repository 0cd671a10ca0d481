/** The vendor's call-control client, fed by the vendor's notifications over a WebHook: an app of its own, as far as the wire. */
import { SDK } from '@ringcentral/sdk';
import { RingCentralCallControl, type SessionMessage } from 'ringcentral-call-control';
import { expect, test } from 'vitest';
import { startSink } from '../../delivery/webhooks/sink.ts';
import { serveRingCentral, type RingCentralWorld } from './serve-ringcentral.ts';

type ClientSession = Awaited<ReturnType<RingCentralCallControl['createCall']>>;

interface App {
  readonly client: RingCentralCallControl;
  /** The session of the app's user that lives, once there is one for which this holds. */
  session(fits: (session: ClientSession) => boolean): Promise<ClientSession>;
}

/** An app of one user: it logs in, reads what there is, and is told of what follows. */
const startApp = async ({ url }: RingCentralWorld, extension: string): Promise<App> => {
  const sdk = new SDK({ server: url, clientId: 'demo-client', clientSecret: 'demo-secret' });
  await sdk.platform().login({ jwt: `demo-jwt-${extension}` });
  const client = new RingCentralCallControl({ sdk });
  await client.initialize();
  const sink = await startSink(({ headers, body }, response) => {
    const token = headers['validation-token'];
    response.writeHead(200, typeof token === 'string' ? { 'Validation-Token': token } : {}).end();
    if (body !== '') client.onNotificationEvent(JSON.parse(body) as SessionMessage);
  });
  await sdk.platform().post('/restapi/v1.0/subscription', {
    eventFilters: ['/restapi/v1.0/account/~/telephony/sessions'],
    deliveryMode: { transportType: 'WebHook', address: sink.url, verificationToken: 'opaque' },
  });
  return {
    client,
    session: async (fits) => {
      const own = (): ClientSession | undefined => client.sessions.find((each) => each.party !== undefined && fits(each));
      await expect.poll(own).toBeDefined();
      const found = own();
      if (found === undefined) throw new Error('It was there a moment ago.');
      return found;
    },
  };
};

const isIn =
  (code: string) =>
  ({ party }: ClientSession): boolean =>
    party.status.code === code;

test('the client reads at start who it is, its devices and the calls that live already', async () => {
  const world = await serveRingCentral();
  world.sandbox.phones.call('103', '102');
  await world.leg('102', ({ state }) => state === 'ringing');
  const { client } = await startApp(world, '102');
  expect({ account: client.accountId, extension: client.extensionId }).toEqual({ account: '400144452008', extension: '400144455008' });
  expect(client.devices).toMatchObject([{ status: 'Online' }]);
  expect(client.sessions).toMatchObject([{ party: { direction: 'Inbound', status: { code: 'Proceeding' } } }]);
});

test('the client answers, holds, mutes, records and transfers, and hears of each by its notifications', async () => {
  const world = await serveRingCentral();
  const { client, session } = await startApp(world, '102');
  world.sandbox.phones.call('103', '102');
  const call = await session(isIn('Proceeding'));
  expect(call.otherParties).toMatchObject([{ direction: 'Outbound', from: { name: 'TheCat Jerry' } }]);
  await call.answer({ deviceId: client.devices[0]?.id ?? '' });
  await session(isIn('Answered'));
  await call.hold();
  expect(call.party.status.code).toBe('Hold');
  await session(isIn('Hold'));
  await call.unhold();
  await session(isIn('Answered'));
  await call.mute();
  expect(call.party.muted).toBe(true);
  await call.unmute();
  const { id } = (await call.createRecord()) as { readonly id: string };
  await session(({ recordings }) =>
    recordings.some((each: { readonly id: string; readonly active: boolean }) => each.id === id && each.active),
  );
  await call.pauseRecord(id);
  await session(({ recordings }) => recordings.every(({ active }: { readonly active: boolean }) => !active));
  await call.resumeRecord(id);
  await call.reload();
  expect(call.party.recordings).toMatchObject([{ id, active: true }]);
  const left = (await call.transfer({ extensionNumber: '104' })) as { readonly status: object };
  expect(left.status).toMatchObject({ code: 'Disconnected', reason: 'BlindTransfer' });
  // Of the account it hears on; its own part is over.
  await expect.poll(() => client.sessions.filter(({ party }) => party !== undefined)).toEqual([]);
  await world.leg('104', ({ state }) => state === 'ringing');
});

test('the client parks and flips, whose answers it parses', async () => {
  const world = await serveRingCentral();
  const { session } = await startApp(world, '102');
  world.sandbox.phones.call('103', '102');
  const parked = await session(isIn('Proceeding'));
  world.sandbox.phones.answer('102');
  await session(isIn('Answered'));
  expect(await parked.park()).toMatchObject({ park: { id: '*801' } });
  world.sandbox.phones.call('104', '102');
  const flipped = await session(isIn('Proceeding'));
  world.sandbox.phones.answer('102');
  await session(isIn('Answered'));
  expect(await flipped.flip({ callFlipId: '1' })).toMatchObject({ status: { reason: 'CallFlip' } });
});

test('the client places a call, makes a conference and brings the call in, and drops it', async () => {
  const world = await serveRingCentral({ telephony: { foreignParties: false, conferenceRooms: ['650'], flipNumbers: {} } });
  const { client, session } = await startApp(world, '102');
  const call = await client.createCall(client.devices[0]?.id ?? '', { extensionNumber: '104' });
  expect(call.party).toMatchObject({ status: { code: 'Setup' }, direction: 'Outbound' });
  world.sandbox.phones.answer('102');
  await world.leg('104', ({ state }) => state === 'ringing');
  world.sandbox.phones.answer('104');
  await world.leg('104', ({ state }) => state === 'connected');
  await session(({ id, party }) => id === call.id && party.status.code === 'Answered');
  const conference = await client.createConference();
  const brought = (await conference.bringInParty({ partyId: call.party.id, sessionId: call.id })) as object;
  expect(brought).toMatchObject({ conferenceRole: 'Participant' });
  await conference.reload();
  expect(conference.parties).toMatchObject([{ conferenceRole: 'Host' }, { conferenceRole: 'Participant' }]);
  await conference.drop();
  await expect.poll(() => world.engine.snapshot().calls).toEqual([]);
  // One that is gone is dropped at the client alone.
  await call.drop();
});
