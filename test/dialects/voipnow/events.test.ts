import { expect, test } from 'vitest';
import { serveVoipNow, type VoipNowWorld } from './serve-voipnow.ts';

const publish = (world: VoipNowWorld, extension: string, types: readonly number[], profile: 'callapi2' | 'uapi3'): Promise<unknown> =>
  Promise.all(
    types.map((type) => {
      const url = `${world.receiver.url}/${extension}/${type}`;
      if (profile === 'callapi2') return world.callApi('251/Event/Add', { ExtensionNumber: extension, EventType: String(type), URL: url });
      return world.unified('POST', `/extensions/@me/${extension}/phoneCallEvents`, { type, url, method: '1' });
    }),
  );

/** By which address, with which of the parameters that tell the story. */
const told = (world: VoipNowWorld): readonly string[] =>
  world.receiver.received.map(({ target, parameters }) => `${target.split('?')[0]} ${parameters['CallStatus']} ${parameters['CallFlow']}`);

test('a call from outside that is answered: Dial-In, answer and Hangup, all of one call', async () => {
  const world = await serveVoipNow();
  await publish(world, '101', [0, 3, 2], 'uapi3');
  world.sandbox.phones.call('+15550100001', '+15550200101');
  await world.receiver.next(1);
  world.sandbox.phones.answer('101');
  await world.receiver.next(2);
  world.sandbox.phones.hangUp('101');
  const received = await world.receiver.next(3);
  expect(told(world)).toEqual(['/101/0 CALLING IN', '/101/3 ANSWER IN', '/101/2 ANSWER IN']);
  expect(received[0]).toMatchObject({ method: 'POST', contentType: 'application/x-www-form-urlencoded' });
  expect(received[0]?.parameters).toMatchObject({
    CallerIDNum: '+15550100001',
    CalledDID: '+15550200101',
    CalledExtension: '12340*101',
    CallerExtension: '',
    CalledNumber: '+15550200101',
  });
  expect(new Set(received.map(({ parameters }) => parameters['CallID'])).size).toBe(1);
  expect(received[0]?.parameters['CallID']).toMatch(/^\d{10}\.\d+$/);
});

test('an internal call is told to both sides, each with its own flow', async () => {
  const world = await serveVoipNow();
  await publish(world, '101', [0, 2], 'callapi2');
  await publish(world, '102', [1, 2], 'callapi2');
  world.sandbox.phones.call('102', '101');
  await world.receiver.next(2);
  world.sandbox.phones.hangUp('102');
  await world.receiver.next(4);
  expect(told(world).toSorted()).toEqual(['/101/0 CALLING IN', '/101/2 UNKNOWN IN', '/102/1 CALLING OUT', '/102/2 UNKNOWN OUT']);
  const dialOut = world.receiver.received.find(({ target }) => target.startsWith('/102/1'));
  expect(dialOut?.target).toContain('CallerIDNum=12340102&CallerIDNam=Tom%20Sawyer&CalledDID=&CalledExtension=12340101&CallStatus=CALLING');
  expect(dialOut?.parameters).toMatchObject({ CallerExtension: '12340102', CalledNumber: '12340101' });
});

test.each([
  ['busy', '116', 'BUSY'],
  ['not registered', '119', 'CHANUNAVAIL'],
])('a caller of a phone that is %s hears how it ended', async (_what, extension, status) => {
  const world = await serveVoipNow();
  await publish(world, '101', [2], 'uapi3');
  world.sandbox.phones.call('101', extension);
  const [received] = await world.receiver.next(1);
  expect(received?.parameters['CallStatus']).toBe(status);
});

test('a callee that declines was busy; one whose caller leaves was cancelled', async () => {
  const world = await serveVoipNow();
  await publish(world, '101', [2], 'uapi3');
  world.sandbox.phones.call('+15550100001', '101');
  await world.leg('101', ({ state }) => state === 'ringing');
  world.sandbox.phones.reject('101');
  await world.receiver.next(1);
  world.sandbox.phones.call('+15550100002', '101');
  await world.leg('101', ({ state, peer }) => state === 'ringing' && peer.number === '+15550100002');
  world.sandbox.phones.hangUpOutside('+15550100002');
  const received = await world.receiver.next(2);
  expect(received.map(({ parameters }) => parameters['CallStatus'])).toEqual(['BUSY', 'CANCEL']);
});

test('who transfers a call hears that its own part is over', async () => {
  const world = await serveVoipNow();
  await publish(world, '101', [2], 'callapi2');
  await publish(world, '102', [0], 'callapi2');
  world.sandbox.phones.call('+15550100001', '101');
  await world.leg('101', ({ state }) => state === 'ringing');
  world.sandbox.phones.answer('101');
  await world.leg('101', ({ state }) => state === 'connected');
  world.sandbox.phones.transfer('101', '102');
  const received = await world.receiver.next(2);
  expect(told(world).toSorted()).toEqual(['/101/2 ANSWER IN', '/102/0 CALLING IN']);
  expect(received[0]?.parameters['CallID']).toBe(received[1]?.parameters['CallID']);
});

test('a receiver is told of a call in order, though each event is a request of its own and the first takes its time', async () => {
  const world = await serveVoipNow();
  await publish(world, '101', [0, 2], 'uapi3');
  await publish(world, '102', [2], 'uapi3');
  let release = (): void => undefined;
  world.receiver.answer = (target, end) => {
    if (target.startsWith('/101/0')) release = () => end(200);
    else end(200);
  };
  world.sandbox.phones.call('102', '101');
  await world.leg('101', ({ state }) => state === 'ringing');
  world.sandbox.phones.reject('101');
  // 102 has heard of the end: 101 would have, too.
  await world.receiver.next(2);
  release();
  await world.receiver.next(3);
  expect(told(world)).toEqual(['/101/0 CALLING IN', '/102/2 BUSY OUT', '/101/2 BUSY IN']);
});

test('two requests of one event at one receiver are both made, and one that answers Gone is asked again', async () => {
  const world = await serveVoipNow();
  world.receiver.answer = (_target, end) => end(410);
  for (const path of ['crm', 'board']) {
    await world.callApi('251/Event/Add', { ExtensionNumber: '101', EventType: '0', URL: `${world.receiver.url}/${path}` });
  }
  for (const count of [2, 4]) {
    world.sandbox.phones.call('102', '101');
    await world.receiver.next(count);
  }
  const paths = world.receiver.received.map(({ target }) => target.split('?')[0]);
  expect(paths.toSorted()).toEqual(['/board', '/board', '/crm', '/crm']);
});

test('a disabled request is not made, and what happened meanwhile is not made up for', async () => {
  const world = await serveVoipNow();
  const add = { ExtensionNumber: '101', EventType: '0', URL: `${world.receiver.url}/in`, RequestID: 'one', Status: '0' };
  await world.callApi('251/Event/Add', add);
  await world.callApi('251/Event/Add', { ...add, URL: `${world.receiver.url}/witness`, RequestID: 'two', Status: '1' });
  world.sandbox.phones.call('+15550100001', '101');
  await world.receiver.next(1);
  await world.callApi('251/Event/Edit', { ExtensionNumber: '101', RequestID: 'one', Status: '1' });
  world.sandbox.phones.hangUpOutside('+15550100001');
  world.sandbox.phones.call('+15550100002', '101');
  const received = await world.receiver.next(3);
  const callers = received.map(({ target, parameters }) => `${target.split('?')[0]} ${parameters['CallerIDNum']}`);
  expect(callers.toSorted()).toEqual(['/in +15550100002', '/witness +15550100001', '/witness +15550100002']);
});

test("MakeCall's APIID comes back as CallAPIID in every event of the call", async () => {
  const world = await serveVoipNow();
  await publish(world, '102', [1], 'callapi2');
  await publish(world, '103', [0, 2], 'callapi2');
  const answer = await world.callApi('251/Call/MakeCall', { FromNumber: '12340102', PhoneNumberToCall: '12340103' });
  const apiId = /<APIID>([a-z0-9]{20})<\/APIID>/.exec(answer)?.[1];
  world.sandbox.phones.answer('102');
  await world.receiver.next(2);
  world.sandbox.phones.reject('103');
  const received = await world.receiver.next(3);
  expect(received.map(({ parameters }) => parameters['CallAPIID'])).toEqual([apiId, apiId, apiId]);
});

test('a queue is told of those who wait in it, as an extension is of who calls it', async () => {
  const world = await serveVoipNow();
  const { sandbox, event, leg } = world;
  await publish(world, '600', [0, 2, 3], 'uapi3');
  sandbox.phones.call('+15550100001', '600');
  await world.receiver.next(1);
  await event(({ type, leg: each }) => type === 'leg.ringing' && each?.queue === '600');
  sandbox.phones.answer('104');
  await world.receiver.next(2);
  await leg('104', ({ state }) => state === 'connected');
  sandbox.phones.hangUpOutside('+15550100001');
  const received = await world.receiver.next(3);
  expect(told(world)).toEqual(['/600/0 CALLING IN', '/600/3 ANSWER IN', '/600/2 ANSWER IN']);
  expect(received[0]?.parameters).toMatchObject({ CallerIDNum: '+15550100001', CalledExtension: '12340*600', CalledNumber: '12340*600' });
});

test('who leaves a queue before anybody answers has cancelled', async () => {
  const world = await serveVoipNow();
  await publish(world, '600', [0, 2], 'uapi3');
  world.sandbox.phones.call('+15550100001', '600');
  await world.receiver.next(1);
  world.sandbox.phones.hangUpOutside('+15550100001');
  await world.receiver.next(2);
  expect(told(world)).toEqual(['/600/0 CALLING IN', '/600/2 CANCEL IN']);
});

test('a conference room takes every call at once', async () => {
  const world = await serveVoipNow();
  await publish(world, '650', [0, 2, 3], 'uapi3');
  world.sandbox.phones.call('101', '650');
  await world.receiver.next(2);
  world.sandbox.phones.hangUp('101');
  const received = await world.receiver.next(3);
  expect(told(world).toSorted()).toEqual(['/650/0 CALLING IN', '/650/2 ANSWER IN', '/650/3 ANSWER IN']);
  expect(received[0]?.parameters).toMatchObject({ CallerExtension: '12340*101', CalledExtension: '12340*650' });
});

test('a menu takes the call, and has it until its caller is gone', async () => {
  // Its program cannot be reached, and nothing else is to be done with the caller.
  const menu = { url: 'http://127.0.0.1:1/menu', method: 'GET', choiceSeconds: 5, contexts: {} } as const;
  const world = await serveVoipNow({ interactive: { 700: menu } });
  await publish(world, '700', [0, 2], 'uapi3');
  world.sandbox.phones.call('101', '700');
  await world.receiver.next(2);
  expect(told(world)).toEqual(['/700/0 CALLING IN', '/700/2 ANSWER IN']);
});
