import { expect, test } from 'vitest';
import { partyIdOf, sessionIdOf, telephonySessionIdOf } from '../../../src/dialects/ringcentral/ids.ts';
import { serveRingCentral } from './serve-ringcentral.ts';

const account = '400144452008';
const tom = '400144455008';

test('presence says nothing of calls unless it is asked in detail', async () => {
  const { rest, url } = await serveRingCentral();
  const plain = await rest('GET', '/account/~/extension/~/presence', undefined, '102');
  expect({ status: plain.status, body: plain.body }).toEqual({
    status: 200,
    body: {
      uri: `${url}/restapi/v1.0/account/${account}/extension/${tom}/presence`,
      extension: { uri: `${url}/restapi/v1.0/account/${account}/extension/${tom}`, id: Number(tom), extensionNumber: '102' },
      telephonyStatus: 'NoCall',
      presenceStatus: 'Available',
      userStatus: 'Available',
      dndStatus: 'TakeAllCalls',
      meetingStatus: 'Disconnected',
      allowSeeMyPresence: true,
      ringOnMonitoredCall: false,
      pickUpCallsOnHold: false,
    },
  });
  const detailed = await rest('GET', '/account/~/extension/~/presence?detailedTelephonyState=true', undefined, '102');
  expect(detailed.body).not.toHaveProperty('activeCalls');
});

test('presence in detail lists the calls, with the SIP dialog where it is asked for, until they end', async () => {
  const { rest, sandbox, leg, ended } = await serveRingCentral();
  sandbox.phones.call('103', '102');
  const { callId, ordinal } = await leg('102', ({ state }) => state === 'ringing');
  const call = {
    direction: 'Inbound',
    fromName: 'TheCat Jerry',
    from: '103',
    toName: 'Tom Sawyer',
    to: '102',
    telephonyStatus: 'Ringing',
    telephonySessionId: telephonySessionIdOf(callId),
    partyId: partyIdOf(callId, ordinal),
    sessionId: sessionIdOf(callId),
  };
  const ask = (query: string): ReturnType<typeof rest> => rest('GET', `/account/~/extension/~/presence?${query}`, undefined, '102');
  const detailed = await ask('detailedTelephonyState=true');
  expect(detailed.body).toMatchObject({ telephonyStatus: 'Ringing', presenceStatus: 'Available', activeCalls: [call] });
  expect(JSON.stringify(detailed.body)).not.toContain('sipData');
  const sip = await ask('detailedTelephonyState=true&sipData=true');
  expect(sip.body).toMatchObject({ activeCalls: [{ ...call, sipData: { toTag: 'blf', fromTag: partyIdOf(callId, ordinal) } }] });
  sandbox.phones.answer('102');
  await leg('102', ({ state }) => state === 'connected');
  expect((await ask('sipData=true')).body).toMatchObject({
    telephonyStatus: 'CallConnected',
    presenceStatus: 'Busy',
    activeCalls: [{ telephonyStatus: 'CallConnected' }],
  });
  const active = { telephonySessionId: telephonySessionIdOf(callId), direction: 'Inbound', result: 'In Progress', type: 'Voice' };
  expect((await rest('GET', '/account/~/extension/~/active-calls', undefined, '102')).body).toMatchObject({ records: [active] });
  expect((await rest('GET', '/account/~/active-calls')).body).toMatchObject({ records: [active, { direction: 'Outbound' }] });
  sandbox.phones.hangUp('102');
  await ended(callId);
  const after = await ask('detailedTelephonyState=true');
  expect(after.body).toMatchObject({ telephonyStatus: 'NoCall', presenceStatus: 'Available' });
  expect(after.body).not.toHaveProperty('activeCalls');
  expect((await rest('GET', '/account/~/active-calls')).body).toMatchObject({ records: [] });
});

test('the presence of the account is that of each extension, with the calls of each', async () => {
  const { rest, sandbox, leg, engine } = await serveRingCentral();
  sandbox.phones.call('103', '102');
  await leg('102', ({ state }) => state === 'ringing');
  const { body } = await rest('GET', '/account/~/presence?detailedTelephonyState=true&sipData=true&perPage=1000');
  const { records } = body as { readonly records: readonly { readonly extension: object; readonly activeCalls?: readonly unknown[] }[] };
  expect(records).toHaveLength(engine.snapshot().extensions.length);
  expect(records.filter(({ activeCalls }) => activeCalls !== undefined).map(({ extension }) => extension)).toMatchObject([
    { extensionNumber: '102' },
    { extensionNumber: '103' },
  ]);
});

test('a user sets the own presence; do-not-disturb reaches the PBX, and everything outlives a restart', async () => {
  const world = await serveRingCentral();
  const { rest, engine } = world;
  const path = '/account/~/extension/~/presence';
  const wish = { userStatus: 'Busy', dndStatus: 'DoNotAcceptAnyCalls', message: 'At lunch', ringOnMonitoredCall: true };
  const set = await rest('PUT', path, wish, '102');
  expect(set).toMatchObject({ status: 200, body: { ...wish, presenceStatus: 'Busy', extension: { id: Number(tom) } } });
  expect(engine.snapshot().extensions.find(({ number }) => number === '102')).toMatchObject({ dnd: true, statusText: 'At lunch' });
  const back = await rest('PUT', path, { dndStatus: 'DoNotAcceptDepartmentCalls', message: null }, '102');
  expect(back.body).toMatchObject({ userStatus: 'Busy', dndStatus: 'DoNotAcceptDepartmentCalls', ringOnMonitoredCall: true });
  expect(back.body).not.toHaveProperty('message');
  expect(engine.snapshot().extensions.find(({ number }) => number === '102')).toMatchObject({ dnd: false });
  expect(await rest('PUT', path, { userStatus: 'Asleep' }, '102')).toMatchObject({ status: 400, body: { parameterName: 'userStatus' } });
  expect(await rest('PUT', path, { message: 'x'.repeat(129) }, '102')).toMatchObject({ status: 400, body: { parameterName: 'message' } });
  expect(await rest('PUT', path, {}, '102')).toMatchObject({ status: 200 });
  // A phone's own do-not-disturb shows as the wish that comes nearest.
  world.sandbox.phones.setDnd('102', true);
  await world.event(({ type, extension }) => type === 'extension.presenceChanged' && extension === '102');
  expect((await rest('GET', path, undefined, '102')).body).toMatchObject({ dndStatus: 'DoNotAcceptAnyCalls' });
});

test('what a user says of itself is told as an event, and shown however it was said', async () => {
  const { rest, engine, event, clock } = await serveRingCentral();
  const path = '/account/~/extension/~/presence';
  await rest('PUT', path, { userStatus: 'Offline' }, '102');
  expect(await event(({ type }) => type === 'user.statusChanged')).toMatchObject({ extension: '102', data: { status: 'unavailable' } });
  expect((await rest('GET', path, undefined, '102')).body).toMatchObject({ userStatus: 'Offline', presenceStatus: 'Offline' });
  await engine.tell({ type: 'user.status', at: clock.now(), user: '102', status: 'away', label: 'Lunch' });
  expect((await rest('GET', path, undefined, '102')).body).toMatchObject({ userStatus: 'Busy', presenceStatus: 'Busy' });
  // It says nothing new, so that the label stays.
  await rest('PUT', path, { userStatus: 'Busy' }, '102');
  expect(engine.user('102')?.status).toEqual({ status: 'away', label: 'Lunch' });
});

test('who does not want to be seen is seen by administrators alone', async () => {
  const { rest } = await serveRingCentral();
  await rest('PUT', '/account/~/extension/~/presence', { allowSeeMyPresence: false }, '102');
  const path = `/account/~/extension/${tom}/presence`;
  expect(await rest('GET', path, undefined, '101')).toMatchObject({ status: 200 });
  expect(await rest('GET', path, undefined, '105')).toMatchObject({ status: 403, body: { errorCode: 'CMN-404' } });
  expect(await rest('GET', `/account/~/extension/${tom}/active-calls`, undefined, '105')).toMatchObject({ status: 403 });
  const seen = await rest('GET', '/account/~/presence?perPage=1000', undefined, '105');
  expect(JSON.stringify(seen.body)).not.toContain(tom);
});

test('who may only watch sets nothing, and nobody sets what is another’s', async () => {
  const { rest } = await serveRingCentral();
  const wish = { userStatus: 'Busy' };
  expect(await rest('PUT', '/account/~/extension/~/presence', wish, '105')).toMatchObject({ status: 403, body: { errorCode: 'CMN-401' } });
  expect(await rest('PUT', `/account/~/extension/${tom}/presence`, wish, '104')).toMatchObject({
    status: 403,
    body: { errorCode: 'CMN-404' },
  });
  expect(await rest('PUT', `/account/~/extension/${tom}/presence`, wish, '101')).toMatchObject({ status: 200 });
});
