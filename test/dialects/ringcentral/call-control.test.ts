import { expect, test } from 'vitest';
import type { Leg } from '../../../src/model/call.ts';
import { extensionNumber } from '../../../src/model/ids.ts';
import { partyIdOf, telephonySessionIdOf } from '../../../src/dialects/ringcentral/ids.ts';
import type { Reply } from '../world.ts';
import { serveRingCentral, type RingCentralWorld } from './serve-ringcentral.ts';

const account = '400144452008';
const tom = '400144455008';
const jerry = '400144457008';

const wrongState = { status: 409, body: { errorCode: 'TAS-102', message: 'Incorrect State', errors: [{ errorCode: 'TAS-102' }] } };
const notFound = (parameterName: string): object => ({ status: 404, body: { errorCode: 'CMN-102', parameterName } });
const invalid = (parameterName: string): object => ({ status: 400, body: { errorCode: 'CMN-101', parameterName } });
const missing = (parameterName: string): object => ({ status: 400, body: { errorCode: 'CMN-100', parameterName } });

const sessionPath = (leg: Leg): string => `/account/~/telephony/sessions/${telephonySessionIdOf(leg.callId)}`;
const partyPath = (leg: Leg): string => `${sessionPath(leg)}/parties/${partyIdOf(leg.callId, leg.ordinal)}`;

interface Call {
  readonly caller: Leg;
  readonly callee: Leg;
  /** The callee's party, by the callee's user. */
  readonly own: (method: string, action?: string, body?: unknown) => Promise<Reply>;
}

/** `from` calls `to`, whose phone rings. */
const ring = async (world: RingCentralWorld, from = '103', to = '102'): Promise<Call> => {
  world.sandbox.phones.call(from, to);
  const callee = await world.leg(to, ({ state }) => state === 'ringing');
  const caller = await world.leg(from, ({ callId }) => callId === callee.callId);
  const own: Call['own'] = (method, action = '', body) => world.rest(method, `${partyPath(callee)}${action}`, body, to);
  return { caller, callee, own };
};

const talk = async (world: RingCentralWorld, from = '103', to = '102'): Promise<Call> => {
  const call = await ring(world, from, to);
  world.sandbox.phones.answer(to);
  await world.leg(to, ({ id, state }) => id === call.callee.id && state === 'connected');
  return call;
};

const deviceOf = async ({ rest }: RingCentralWorld, extension: string): Promise<string> => {
  const { body } = await rest('GET', '/account/~/extension/~/device', undefined, extension);
  return (body as { readonly records: readonly { readonly id: string }[] }).records[0]?.id ?? '';
};

test('a session is shown flat, with all of its parties and their owners', async () => {
  const world = await serveRingCentral();
  const { callee } = await ring(world);
  const { status, body } = await world.rest('GET', sessionPath(callee), undefined, '102');
  const id = telephonySessionIdOf(callee.callId);
  expect({ status, body }).toEqual({
    status: 200,
    body: {
      id,
      creationTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/) as string,
      origin: { type: 'Call' },
      parties: [
        expect.objectContaining({
          id: partyIdOf(callee.callId, 1),
          direction: 'Outbound',
          accountId: account,
          extensionId: jerry,
          owner: { accountId: account, extensionId: jerry },
          recordings: [],
          park: {},
          muted: false,
        }),
        {
          id: partyIdOf(callee.callId, 2),
          direction: 'Inbound',
          accountId: account,
          extensionId: tom,
          owner: { accountId: account, extensionId: tom },
          from: { phoneNumber: '103', name: 'TheCat Jerry', extensionId: jerry },
          to: { phoneNumber: '102', name: 'Tom Sawyer', extensionId: tom },
          status: { code: 'Proceeding', rcc: false },
          recordings: [],
          park: {},
          missedCall: false,
          standAlone: false,
          muted: false,
        },
      ],
    },
  });
  expect(await world.rest('GET', partyPath(callee), undefined, '102')).toMatchObject({
    status: 200,
    body: { id: partyIdOf(callee.callId, 2) },
  });
  expect(await world.rest('GET', '/account/~/telephony/sessions')).toMatchObject({ body: { records: [{ id }] } });
  expect(await world.rest('GET', '/account/~/extension/~/telephony/sessions', undefined, '102')).toMatchObject({
    body: { records: [{ id }] },
  });
  expect(await world.rest('GET', '/account/~/extension/~/telephony/sessions')).toMatchObject({ body: { records: [] } });
});

test('a ringing call is answered on the device that is named', async () => {
  const world = await serveRingCentral();
  const { own } = await ring(world);
  expect(await own('POST', '/answer', { deviceId: '1' })).toMatchObject(invalid('deviceId'));
  expect(await own('POST', '/answer')).toMatchObject(missing('deviceId'));
  const answered = await own('POST', '/answer', { deviceId: await deviceOf(world, '102') });
  expect(answered).toMatchObject({ status: 200, body: { extensionId: tom, status: { code: 'Answered' } } });
  expect(await own('POST', '/answer', { deviceId: await deviceOf(world, '102') })).toMatchObject(wrongState);
});

test('an administrator picks up on a device of its own what rings at another', async () => {
  const world = await serveRingCentral();
  const { callee } = await ring(world);
  const taken = await world.rest('POST', `${partyPath(callee)}/answer`, { deviceId: await deviceOf(world, '101') });
  expect(taken).toMatchObject({ status: 200, body: { owner: { extensionId: '400144400101' }, status: { code: 'Answered' } } });
});

test('a ringing call is rejected or ignored, each without a body', async () => {
  const world = await serveRingCentral();
  const first = await ring(world);
  expect(await first.own('POST', '/reject')).toMatchObject({ status: 204, body: undefined });
  await world.ended(first.callee.callId);
  const second = await ring(world);
  expect(await second.own('POST', '/ignore')).toMatchObject(missing('deviceId'));
  expect(await second.own('POST', '/ignore', { deviceId: await deviceOf(world, '102') })).toMatchObject({ status: 204 });
  await world.ended(second.callee.callId);
  expect(await second.own('POST', '/reject')).toMatchObject({ status: 409 });
});

test.each([
  [{ extensionNumber: '101' }, '101'],
  [{ extensionId: '400144400101' }, '101'],
  [{ phoneNumber: '+15550200000*101' }, '101'],
  [{ phoneNumber: '+1 (555) 020-0101' }, '101'],
])('a ringing call is forwarded to %j', async (target, reached) => {
  const world = await serveRingCentral();
  const { callee, own } = await ring(world);
  const forwarded = await own('POST', '/forward', target);
  expect(forwarded).toMatchObject({
    status: 200,
    body: { id: partyIdOf(callee.callId, 2), status: { code: 'Disconnected', reason: 'BlindTransfer' } },
  });
  const leg = await world.leg(reached, ({ state }) => state === 'ringing');
  expect(leg.callId).toBe(callee.callId);
});

test('a ringing call is forwarded to a mailbox', async () => {
  const world = await serveRingCentral();
  const { callee, own } = await ring(world);
  expect(await own('POST', '/forward', { voicemail: tom })).toMatchObject({ status: 200, body: { status: { code: 'Disconnected' } } });
  expect(await world.leg('103', ({ voicemail }) => voicemail === true)).toMatchObject({ callId: callee.callId });
});

test('a call is transferred to a number, and its party leaves by a blind transfer', async () => {
  const world = await serveRingCentral();
  const { callee, own } = await talk(world);
  const left = await own('POST', '/transfer', { extensionNumber: 104 });
  expect(left).toMatchObject({ status: 200, body: { extensionId: tom, status: { code: 'Disconnected', reason: 'BlindTransfer' } } });
  expect((await world.leg('104', ({ state }) => state === 'ringing')).callId).toBe(callee.callId);
});

test('a call is transferred to a mailbox', async () => {
  const world = await serveRingCentral();
  const { callee, own } = await talk(world);
  expect(await own('POST', '/transfer', { voicemail: '400144400101' })).toMatchObject({ status: 200 });
  await world.event(({ type }) => type === 'call.transferred');
  const { body } = await world.rest('GET', sessionPath(callee));
  expect(body).toMatchObject({
    parties: [
      { extensionId: jerry, status: { code: 'Answered' } },
      { extensionId: tom, status: { code: 'Disconnected', reason: 'Voicemail' } },
      { extensionId: '400144400101', direction: 'Inbound', status: { code: 'VoiceMail' }, missedCall: false },
    ],
  });
});

test('where a call goes is said by one target, which there must be', async () => {
  const world = await serveRingCentral();
  const { own } = await talk(world);
  expect(await own('POST', '/transfer')).toMatchObject(missing('phoneNumber'));
  expect(await own('POST', '/transfer', { phoneNumber: '104', extensionNumber: '104' })).toMatchObject(invalid('extensionNumber'));
  expect(await own('POST', '/transfer', { extensionNumber: '999' })).toMatchObject(invalid('extensionNumber'));
  expect(await own('POST', '/transfer', { extensionId: '12' })).toMatchObject(invalid('extensionId'));
  for (const parkOrbit of ['*900', '*800', '*899', '*8006', '6']) {
    expect(await own('POST', '/transfer', { parkOrbit })).toMatchObject(invalid('parkOrbit'));
  }
  // What cannot be dialled at all, what nobody has, and an extension after the main number that nobody has.
  for (const phoneNumber of ['10\r\n4', '999999', '+15550200000*777']) {
    expect(await own('POST', '/transfer', { phoneNumber })).toMatchObject(invalid('phoneNumber'));
  }
  expect(await own('POST', '/transfer', [])).toMatchObject({ status: 400, body: { errorCode: 'CMN-104' } });
  expect(await own('POST', '/transfer', '{')).toMatchObject({ status: 400, body: { errorCode: 'CMN-103' } });
  expect(await own('POST', '/forward', { extensionNumber: '104' })).toMatchObject(wrongState);
});

test('a call is held once and resumed once, with an empty body or the one that clients send', async () => {
  const world = await serveRingCentral();
  const { own } = await talk(world);
  expect(await own('POST', '/unhold')).toMatchObject(wrongState);
  expect(await own('POST', '/hold', { proto: 'Auto' })).toMatchObject({ status: 200, body: { status: { code: 'Hold' } } });
  expect(await own('POST', '/hold', 'null')).toMatchObject(wrongState);
  expect(await own('POST', '/unhold', {})).toMatchObject({ status: 200, body: { status: { code: 'Answered' } } });
});

test('muting twice is no error', async () => {
  const world = await serveRingCentral();
  const { own } = await talk(world);
  for (const body of [{ muted: true }, { muted: true }, { party: { muted: true } }]) {
    expect(await own('PATCH', '', body)).toMatchObject({ status: 200, body: { muted: true, status: { code: 'Answered' } } });
  }
  expect(await own('PATCH', '', { muted: false, standAlone: false })).toMatchObject({ status: 200, body: { muted: false } });
  expect(await own('PATCH', '', { muted: 'yes' })).toMatchObject(invalid('muted'));
});

test('a call is parked in the lowest free slot and picked up by another extension', async () => {
  const world = await serveRingCentral();
  const { callee, own } = await talk(world);
  expect(await own('POST', '/park')).toMatchObject({ status: 201, body: { status: { code: 'Parked' }, park: { id: '*801' } } });
  const taken = await world.rest('POST', `${partyPath(callee)}/pickup`, { deviceId: await deviceOf(world, '101') });
  expect(taken).toMatchObject({
    status: 201,
    body: { owner: { extensionId: '400144400101' }, status: { code: 'Answered', reason: 'Pickup' } },
  });
  expect(await world.rest('POST', `${partyPath(callee)}/pickup`, { deviceId: await deviceOf(world, '101') })).toMatchObject(wrongState);
});

test('a call is transferred to a park orbit, which is then taken', async () => {
  const world = await serveRingCentral();
  const { own } = await talk(world);
  expect(await own('POST', '/transfer', { parkOrbit: '*806' })).toMatchObject({ status: 200 });
  expect(world.engine.snapshot().slots).toMatchObject([{ lot: 'valet', slot: '6' }]);
  const second = await talk(world, '104', '106');
  const again = await world.rest('POST', `${partyPath(second.callee)}/transfer`, { parkOrbit: '806' });
  expect(again).toMatchObject(wrongState);
});

test('a warm transfer connects whom the party talks with in two sessions', async () => {
  const world = await serveRingCentral();
  const first = await talk(world, '103', '102');
  expect(await first.own('POST', '/hold')).toMatchObject({ status: 200 });
  const second = await talk(world, '102', '104');
  const other = { telephonySessionId: telephonySessionIdOf(second.caller.callId), partyId: partyIdOf(second.caller.callId, 1) };
  expect(await first.own('POST', '/bridge', { ...other, partyId: partyIdOf(second.caller.callId, 2) })).toMatchObject(invalid('partyId'));
  expect(await first.own('POST', '/bridge', { ...other, telephonySessionId: 's-1' })).toMatchObject(notFound('telephonySessionId'));
  const bridged = await first.own('POST', '/bridge', other);
  expect(bridged).toMatchObject({
    status: 200,
    body: { id: partyIdOf(first.callee.callId, 2), status: { code: 'Gone', reason: 'AttendedTransfer', peerId: other } },
  });
  const [one, two] = [await world.leg('103'), await world.leg('104')];
  expect(one.callId).toBe(two.callId);
  expect(world.engine.legsOf(extensionNumber('102'))).toEqual([]);
});

test('a recording is started, paused and resumed, and never twice', async () => {
  const world = await serveRingCentral();
  const ringing = await ring(world);
  expect(await ringing.own('POST', '/recordings')).toMatchObject({
    status: 403,
    body: { errorCode: 'TAS-101', message: 'Incorrect State [WrongState]' },
  });
  world.sandbox.phones.answer('102');
  await world.leg('102', ({ state }) => state === 'connected');
  const started = await ringing.own('POST', '/recordings');
  expect(started).toMatchObject({ status: 201, body: { active: true } });
  const { id } = started.body as { readonly id: string };
  expect(await ringing.own('POST', '/recordings')).toMatchObject({ status: 403, body: { errorCode: 'TAS-101' } });
  for (const active of [false, false, true]) {
    expect(await ringing.own('PATCH', `/recordings/${id}?brandId=1210`, { active })).toMatchObject({ status: 200, body: { id, active } });
    expect(await ringing.own('GET')).toMatchObject({ body: { recordings: [{ id, active }] } });
  }
  expect(await ringing.own('PATCH', '/recordings/other', { active: true })).toMatchObject(notFound('recordingId'));
  expect(await ringing.own('PATCH', `/recordings/${id}`, {})).toMatchObject(missing('active'));
});

test('a supervisor listens, by the agent’s id, number or party, in the names of either client', async () => {
  const world = await serveRingCentral();
  const { callee } = await talk(world);
  const supervisorDeviceId = await deviceOf(world, '101');
  const asks = [
    [`${sessionPath(callee)}/supervise`, { mode: 'Listen', supervisorDeviceId, agentExtensionId: tom }],
    [`${sessionPath(callee)}/supervise`, { mode: 'Listen', deviceId: supervisorDeviceId, extensionNumber: '102' }],
    [`${partyPath(callee)}/supervise`, { mode: 'Listen', supervisorDeviceId }],
  ] as const;
  for (const [path, body] of asks) {
    expect(await world.rest('POST', path, body)).toMatchObject({
      status: 201,
      body: { owner: { extensionId: '400144400101' }, status: { code: 'Answered', reason: 'Supervising' } },
    });
  }
  expect(
    await world.rest('POST', `${sessionPath(callee)}/supervise`, { mode: 'Sing', supervisorDeviceId, agentExtensionId: tom }),
  ).toMatchObject(invalid('mode'));
  expect(
    await world.rest('POST', `${sessionPath(callee)}/supervise`, { mode: 'Listen', supervisorDeviceId, agentExtensionNumber: '104' }),
  ).toMatchObject(notFound('agentExtensionId'));
});

test('a flip rings the number that its digit stands for, else the extension again', async () => {
  const world = await serveRingCentral({
    telephony: { foreignParties: false, conferenceRooms: [], flipNumbers: { 102: { 2: '104' } } },
  });
  const { own } = await talk(world);
  expect(await own('POST', '/flip', { callFlipId: 'x' })).toMatchObject(invalid('callFlipId'));
  expect(await own('POST', '/flip', { callFlipId: '*2' })).toMatchObject({
    status: 200,
    body: { status: { code: 'Disconnected', reason: 'CallFlip' } },
  });
  await world.leg('104', ({ state }) => state === 'ringing');
});

test('what nobody can do is said so', async () => {
  const world = await serveRingCentral();
  const { own } = await ring(world);
  expect(await own('POST', '/reply', { replyWithText: 'Later' })).toMatchObject({ status: 501, body: { errorCode: 'CMN-202' } });
});

test('parties and sessions are hung up, and an ended session is gone for whoever deletes it again', async () => {
  const world = await serveRingCentral();
  const first = await talk(world);
  expect(await first.own('DELETE', '', {})).toMatchObject({ status: 204, body: undefined });
  await world.ended(first.callee.callId);
  const second = await talk(world);
  expect(await world.rest('DELETE', sessionPath(second.callee), 'null', '102')).toMatchObject({ status: 204 });
  await world.ended(second.callee.callId);
  expect(await world.rest('DELETE', sessionPath(second.callee), undefined, '102')).toMatchObject(notFound('telephonySessionId'));
  const third = await ring(world);
  expect(await third.own('DELETE')).toMatchObject({ status: 204 });
  expect(await world.rest('DELETE', `/account/~/telephony/sessions/s-unknown`)).toMatchObject(notFound('telephonySessionId'));
  expect(await world.rest('GET', `${sessionPath(third.callee)}/parties/p-unknown`)).toMatchObject(notFound('partyId'));
});

test('a call is placed from a device; its answer is wrapped, with one party in Setup', async () => {
  const world = await serveRingCentral();
  const deviceId = await deviceOf(world, '102');
  const placed = await world.rest(
    'POST',
    '/account/~/telephony/call-out',
    { from: { deviceId }, to: { phoneNumber: '+15550100001' } },
    '102',
  );
  const leg = await world.leg('102');
  expect(placed).toMatchObject({
    status: 201,
    body: {
      session: {
        id: telephonySessionIdOf(leg.callId),
        creationTime: expect.stringMatching(/:\d\dZ$/) as string,
        origin: { type: 'Call' },
        parties: [
          {
            id: partyIdOf(leg.callId, 1),
            direction: 'Outbound',
            owner: { accountId: account, extensionId: tom },
            from: { deviceId, extensionId: tom },
            to: { phoneNumber: '+15550100001' },
            status: { code: 'Setup' },
          },
        ],
      },
    },
  });
  expect((placed.body as { readonly session: { readonly parties: readonly unknown[] } }).session.parties).toHaveLength(1);
  world.sandbox.phones.answer('102');
  expect(await world.leg('102', ({ state }) => state === 'connected')).toMatchObject({ callId: leg.callId });
});

test('a call that cannot be placed says what is wrong', async () => {
  const world = await serveRingCentral();
  const from = { deviceId: await deviceOf(world, '102') };
  const place = (body: unknown, extension = '102'): Promise<Reply> => world.rest('POST', '/account/~/telephony/call-out', body, extension);
  expect(await place({})).toMatchObject(missing('from'));
  expect(await place({ from: {}, to: { phoneNumber: '101' } })).toMatchObject(missing('from.deviceId'));
  expect(await place({ from, to: {} })).toMatchObject(missing('to.phoneNumber'));
  expect(await place({ from: { deviceId: '1' }, to: { phoneNumber: '101' } })).toMatchObject(invalid('from.deviceId'));
  expect(await place({ from: { extensionId: '1' }, to: { phoneNumber: '101' } })).toMatchObject(invalid('from.extensionId'));
  expect(await place({ from, to: { extensionNumber: '999' } })).toMatchObject(invalid('to.extensionNumber'));
  for (const phoneNumber of ['+1555;0', '999999']) {
    expect(await place({ from, to: { phoneNumber } })).toMatchObject(invalid('to.phoneNumber'));
  }
  expect(await place({ from: { deviceId: await deviceOf(world, '102') }, to: { extensionNumber: '101' } }, '104')).toMatchObject({
    status: 403,
    body: { errorCode: 'CMN-404' },
  });
});

test('a conference is made, the host is called into it, and the party of another session is brought in', async () => {
  const world = await serveRingCentral({ telephony: { foreignParties: false, conferenceRooms: ['650'], flipNumbers: {} } });
  const made = await world.rest('POST', '/account/~/telephony/conference', {}, '102');
  const { session } = made.body as { readonly session: { readonly id: string; readonly voiceCallToken: string } };
  expect(made).toMatchObject({ status: 201, body: { session: { origin: { type: 'Conference' }, parties: [] } } });
  expect(session.id).toMatch(/^s-[0-9a-fz]+$/);
  expect(session.voiceCallToken).toMatch(/^conf_/);
  const path = `/account/~/telephony/sessions/${session.id}`;
  expect(await world.rest('GET', path, undefined, '102')).toMatchObject({ status: 200, body: session });

  const deviceId = await deviceOf(world, '102');
  const to = { phoneNumber: session.voiceCallToken };
  const host = await world.rest('POST', '/account/~/telephony/call-out', { from: { deviceId }, to }, '102');
  expect(host).toMatchObject({ status: 201 });
  await world.leg('102', ({ conference }) => conference === '650');
  const { caller, callee } = await talk(world, '102', '104');
  const brought = await world.rest(
    'POST',
    `${path}/parties/bring-in`,
    { sessionId: telephonySessionIdOf(caller.callId), partyId: partyIdOf(caller.callId, 1) },
    '102',
  );
  expect(brought).toMatchObject({ status: 201, body: { conferenceRole: 'Participant', status: { code: 'Setup' } } });
  await world.leg('104', ({ id, conference }) => id === callee.id && conference === '650');
  const shown = await world.rest('GET', path, undefined, '102');
  expect(shown.body).toMatchObject({
    parties: [
      { conferenceRole: 'Host', extensionId: tom },
      { conferenceRole: 'Participant', extensionId: '400144400104' },
    ],
  });
  const member = (brought.body as { readonly id: string }).id;
  expect(await world.rest('DELETE', `${path}/parties/${member}`, undefined, '102')).toMatchObject({ status: 204 });
  expect(await world.rest('DELETE', path, undefined, '102')).toMatchObject({ status: 204 });
  expect(await world.rest('GET', path, undefined, '102')).toMatchObject(notFound('telephonySessionId'));
});

test('a host who is no administrator ends its own part of a conference', async () => {
  const world = await serveRingCentral({ telephony: { foreignParties: false, conferenceRooms: ['650'], flipNumbers: {} } });
  const made = await world.rest('POST', '/account/~/telephony/conference', {}, '104');
  const { session } = made.body as { readonly session: { readonly id: string } };
  const path = `/account/~/telephony/sessions/${session.id}`;
  const { caller, callee } = await talk(world, '103', '104');
  const party = { telephonySessionId: telephonySessionIdOf(callee.callId), partyId: partyIdOf(callee.callId, callee.ordinal) };
  expect(await world.rest('POST', `${path}/parties/bring-in`, party, '104')).toMatchObject({ status: 201 });
  await world.leg('104', ({ id, conference }) => id === callee.id && conference === '650');
  await world.leg('103', ({ id, conference }) => id === caller.id && conference === '650');
  expect(await world.rest('DELETE', path, undefined, '104')).toMatchObject({ status: 204 });
  expect(await world.rest('GET', path, undefined, '104')).toMatchObject(notFound('telephonySessionId'));
  const { body } = await world.rest('GET', sessionPath(callee), undefined, '104');
  const codes = (body as { readonly parties: readonly { readonly status: { readonly code: string } }[] }).parties.map(
    ({ status }) => status.code,
  );
  expect(codes).toEqual(['Answered', 'Disconnected']);
});
