import { expect, test } from 'vitest';
import { partyIdOf, sessionIdOf, telephonySessionIdOf } from '../../../src/dialects/ringcentral/ids.ts';
import type { RingCentralOptions } from '../../../src/dialects/ringcentral/options.ts';
import { serveRingCentral, type RingCentralWorld } from './serve-ringcentral.ts';
import { openSocket, wsToken, type Envelope } from './socket-client.ts';

const sessions = '/restapi/v1.0/account/~/telephony/sessions';
const presence = '/restapi/v1.0/account/~/extension/~/presence';
const account = '400144452008';
const tom = '400144455008';
const jerry = '400144457008';

interface Listening {
  readonly world: RingCentralWorld;
  told(count: number): Promise<readonly Envelope[]>;
}

/** 102's user listens, as the vendor's guide has it. */
const listen = async (filters: readonly string[], options: Partial<RingCentralOptions> = {}): Promise<Listening> => {
  const world = await serveRingCentral(options);
  const client = await openSocket(world, `?access_token=${await wsToken(world, '102')}`);
  await client.subscribe(filters);
  return { world, told: (count) => client.count(count) };
};

const bodies = (told: readonly Envelope[]): readonly unknown[] => told.map(({ body }) => body);

test('the vendor’s sample of presence: TheCat Jerry calls Tom Sawyer', async () => {
  const { world, told } = await listen([`${presence}?detailedTelephonyState=true&sipData=true`]);
  world.sandbox.phones.call('103', '102');
  const { callId } = await world.leg('102');
  const [notification] = await told(1);
  expect(notification).toEqual({
    uuid: expect.stringMatching(/^\d{1,19}$/) as string,
    event: `/restapi/v1.0/account/${account}/extension/${tom}/presence?detailedTelephonyState=true&sipData=true`,
    timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) as string,
    subscriptionId: notification?.subscriptionId,
    ownerId: tom,
    body: {
      extensionId: 400_144_455_008,
      telephonyStatus: 'Ringing',
      activeCalls: [
        {
          id: expect.any(String) as string,
          direction: 'Inbound',
          queueCall: false,
          fromName: 'TheCat Jerry',
          from: '103',
          toName: 'Tom Sawyer',
          to: '102',
          telephonyStatus: 'Ringing',
          sipData: {
            toTag: 'blf',
            fromTag: partyIdOf(callId, 2),
            remoteUri: 'sip:103@demo.invalid',
            localUri: 'sip:102@demo.invalid',
          },
          partyId: partyIdOf(callId, 2),
          telephonySessionId: telephonySessionIdOf(callId),
          sessionId: sessionIdOf(callId),
          startTime: '2027-01-15T08:00:01.000Z',
        },
      ],
      sequence: 1,
      presenceStatus: 'Available',
      userStatus: 'Available',
      dndStatus: 'TakeAllCalls',
      meetingStatus: 'Disconnected',
      allowSeeMyPresence: true,
      ringOnMonitoredCall: false,
      pickUpCallsOnHold: false,
      totalActiveCalls: 1,
    },
  });
});

test('a phone that rings to fetch a parked call has no SIP address of whom it will talk with', async () => {
  const { world, told } = await listen([`${presence}?sipData=true`]);
  world.sandbox.phones.call('+15550100001', '+15550200103');
  world.sandbox.phones.answer('103');
  const { callId, ordinal } = await world.leg('103', ({ state }) => state === 'connected');
  const party = `/account/~/telephony/sessions/${telephonySessionIdOf(callId)}/parties/${partyIdOf(callId, ordinal)}`;
  expect(await world.rest('POST', `${party}/park`, undefined, '103')).toMatchObject({ status: 201 });
  const devices = await world.rest('GET', '/account/~/extension/~/device', undefined, '102');
  const { records } = devices.body as { readonly records: readonly { readonly id: string }[] };
  expect(await world.rest('POST', `${party}/pickup`, { deviceId: records[0]?.id }, '102')).toMatchObject({ status: 201 });
  const [first] = await told(1);
  expect(first?.body).toMatchObject({ activeCalls: [{ sipData: { remoteUri: '-', localUri: 'sip:102@demo.invalid' } }] });
});

test('the vendor’s sample of a telephony session: the party that rings', async () => {
  const { world, told } = await listen([sessions]);
  world.sandbox.phones.call('103', '102');
  const { callId } = await world.leg('102');
  const [, , , notification] = await told(4);
  const sid = sessionIdOf(callId);
  expect(notification?.event).toBe(`/restapi/v1.0/account/${account}/extension/${tom}/telephony/sessions`);
  expect(notification?.body).toEqual({
    sequence: 5,
    sessionId: sid,
    telephonySessionId: telephonySessionIdOf(callId),
    serverId: 'demo.TAM',
    eventTime: '2027-01-15T08:00:01.000Z',
    accountId: account,
    parties: [
      {
        accountId: account,
        extensionId: tom,
        id: partyIdOf(callId, 2),
        direction: 'Inbound',
        to: { phoneNumber: '102', name: 'Tom Sawyer', extensionId: tom },
        from: { phoneNumber: '103', name: 'TheCat Jerry', extensionId: jerry },
        status: {
          code: 'Proceeding',
          mobilePickupData: { ccMailboxes: [tom], to: `#${sid}@demo.invalid:5060`, sid, srvLvl: '-149699523', srvLvlExt: '406' },
          rcc: false,
        },
        park: {},
        missedCall: false,
        standAlone: false,
        muted: false,
      },
    ],
    origin: { type: 'Call' },
    extensionId: tom,
  });
});

test('the caller is shown by the own public number, and by the device', async () => {
  const { world, told } = await listen([sessions]);
  world.sandbox.phones.call('103', '102');
  const [first] = await told(1);
  expect(first?.body).toMatchObject({
    parties: [
      {
        direction: 'Outbound',
        from: { phoneNumber: '+15550200103', name: 'TheCat Jerry', extensionId: jerry, deviceId: expect.stringMatching(/^\d+$/) as string },
        to: { phoneNumber: '102', name: 'Tom Sawyer', extensionId: tom },
        status: { code: 'Setup' },
      },
    ],
  });
});

test('an outside caller is not told of, unless that is asked for; the numbers of the others are the same', async () => {
  const play = async (foreignParties: boolean, count: number): Promise<readonly Envelope[]> => {
    const { world, told } = await listen([sessions], { telephony: { foreignParties, flipNumbers: {}, conferenceRooms: [] } });
    world.sandbox.phones.call('+15550100001', '+15550200102');
    world.sandbox.phones.answer('102');
    world.sandbox.phones.hangUp('102');
    return told(count);
  };
  const own = await play(false, 4);
  expect(own.map(({ body }) => body['sequence'])).toEqual([3, 5, 6, 7]);
  const all = await play(true, 7);
  expect(all.map(({ body }) => body['sequence'])).toEqual([2, 3, 4, 5, 6, 7, 8]);
  expect(all[0]).toMatchObject({
    event: `/restapi/v1.0/account/${account}/telephony/sessions`,
    body: { parties: [{ accountId: account, from: { phoneNumber: '+15550100001' }, to: { phoneNumber: '+15550200102' } }] },
  });
  expect(all[0]?.body).not.toHaveProperty('extensionId');
  expect(bodies(all)[1]).toEqual(bodies(own)[0]);
  expect(own[0]?.body).toMatchObject({ parties: [{ to: { phoneNumber: '+15550200102', name: 'Tom Sawyer', extensionId: tom } }] });
});

test('the ends: who has missed a call, who was too late, and who is gone with whom', async () => {
  const { world, told } = await listen([`${sessions}?missedCall=true`, presence]);
  world.sandbox.phones.call('103', '102');
  world.sandbox.phones.hangUp('103');
  const [ringing, missed, ended] = await told(3);
  expect(ringing?.body).toEqual({
    extensionId: 400_144_455_008,
    telephonyStatus: 'Ringing',
    sequence: 1,
    presenceStatus: 'Available',
    userStatus: 'Available',
    dndStatus: 'TakeAllCalls',
    meetingStatus: 'Disconnected',
    allowSeeMyPresence: true,
    ringOnMonitoredCall: false,
    pickUpCallsOnHold: false,
  });
  expect(missed?.body).toMatchObject({ parties: [{ missedCall: true, status: { code: 'Disconnected', reason: 'Cancelled' } }] });
  expect(ended?.body).toMatchObject({ telephonyStatus: 'NoCall' });
});

test('filters choose by direction, state, number, recording and session; what fits several comes once', async () => {
  const of = async (...filters: readonly string[]): Promise<readonly string[]> => {
    const world = await serveRingCentral();
    const client = await openSocket(world, `?access_token=${await wsToken(world, '102')}`);
    await client.subscribe(filters);
    const { phones } = world.sandbox;
    phones.call('+15550100001', '+15550200102');
    phones.answer('102');
    phones.hold('102');
    phones.hangUp('102');
    await world.event(({ type }) => type === 'call.ended');
    await client.request('GET', '/restapi/v1.0/subscription');
    return client.told.map(({ body }) => {
      const [party] = body['parties'] as readonly { readonly direction: string; readonly status: { readonly code: string } }[];
      return `${String(body['sequence'])} ${party?.direction ?? ''} ${party?.status.code ?? ''}`;
    });
  };
  const all = ['3 Inbound Setup', '5 Inbound Proceeding', '6 Inbound Answered', '7 Inbound Hold', '8 Inbound Disconnected'];
  expect(await of(sessions, '/restapi/v1.0/account/~/extension/~/telephony/sessions')).toEqual(all);
  expect(await of(`${sessions}?direction=Outbound`)).toEqual([]);
  expect(await of(`${sessions}?direction=Inbound&statusCode=Hold`, `${sessions}?statusCode=Answered`)).toEqual([all[2], all[3]]);
  expect(await of(`${sessions}?phoneNumber=%2B15550100001`)).toEqual(all);
  expect(await of(`${sessions}?phoneNumber=%2B15550100002`)).toEqual([]);
  expect(await of(`${sessions}?withRecordings=true`)).toEqual([]);
  expect(await of('/restapi/v1.0/account/~/extension/400144457008/telephony/sessions')).toEqual([]);
});

test('the presence of the whole account is told simply, whoever’s it is', async () => {
  const { world, told } = await listen(['/restapi/v1.0/account/~/presence?detailedTelephonyState=true']);
  world.sandbox.phones.call('103', '102');
  const both = await told(2);
  expect(both.map(({ event }) => event)).toEqual([
    `/restapi/v1.0/account/~/extension/${jerry}/presence`,
    `/restapi/v1.0/account/~/extension/${tom}/presence`,
  ]);
  expect(both[0]?.body).toMatchObject({ telephonyStatus: 'Ringing' });
  expect(both[0]?.body).not.toHaveProperty('activeCalls');
});

test('do not disturb is told of, though nobody calls', async () => {
  const { world, told } = await listen([`${presence}?detailedTelephonyState=true`]);
  world.sandbox.phones.setDnd('102', true);
  const [notification] = await told(1);
  expect(notification?.body).toMatchObject({ presenceStatus: 'Busy', dndStatus: 'DoNotAcceptAnyCalls', telephonyStatus: 'NoCall' });
});

test('what a user says of itself is told of', async () => {
  const { world, told } = await listen([presence]);
  await world.rest('PUT', '/account/~/extension/~/presence', { userStatus: 'Busy' }, '102');
  const [notification] = await told(1);
  expect(notification?.body).toMatchObject({ userStatus: 'Busy', presenceStatus: 'Busy', telephonyStatus: 'NoCall' });
});
