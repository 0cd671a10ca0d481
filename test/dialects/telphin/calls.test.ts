import { expect, test } from 'vitest';
import { serveTelphin, type TelphinWorld } from './serve-telphin.ts';

interface CurrentCall {
  readonly call_api_id: string;
  readonly call_flow: string;
  readonly real_call: boolean;
}

const currentCalls = async (world: TelphinWorld, extension = 34_414): Promise<readonly CurrentCall[]> =>
  (await world.api('GET', `/extension/${extension}/current_calls/`)).body as readonly CurrentCall[];

/** A call from outside that rings at 341, and the id to command it by. */
const ringing = async (world: TelphinWorld): Promise<string> => {
  world.sandbox.phones.call('+15550100001', '341');
  await world.leg('341', ({ state }) => state === 'ringing');
  return (await currentCalls(world))[0]?.call_api_id ?? '';
};

const answered = async (world: TelphinWorld): Promise<string> => {
  const id = await ringing(world);
  world.sandbox.phones.answer('341');
  await world.leg('341', ({ state }) => state === 'connected');
  return id;
};

test('a current call is shown with everything that is known of it, alone and in the list', async () => {
  const world = await serveTelphin();
  world.sandbox.phones.call('200', '341');
  await world.leg('341', ({ state }) => state === 'ringing');
  world.sandbox.phones.answer('341');
  await world.leg('341', ({ state }) => state === 'connected');
  const [call] = await currentCalls(world);
  expect(call).toMatchObject({
    call_flow: 'in',
    extension_id: 34_414,
    called_did: null,
    called_extension: '022*341@siptest.ringme.ru',
    called_number: '022*341',
    caller_extension: '022*200@siptest.ringme.ru',
    caller_id_name: 'Reception',
    caller_id_number: '022*200',
    init_time_gmt: '2027-01-15 08:00:00',
    answer_time_gmt: '2027-01-15 08:00:00',
    real_call: true,
    record_uuid: null,
  });
  expect((await world.api('GET', `/extension/34414/current_calls/${call?.call_api_id}/`)).body).toEqual(call);
  const [own] = await currentCalls(world, 32_494);
  expect(own).toMatchObject({ call_flow: 'out', call_api_id: call?.call_api_id });
  expect((await world.api('GET', '/client/@me/current_calls/')).body).toEqual([own, call]);
  expect((await world.api('GET', `/extension/34101/current_calls/${call?.call_api_id}`)).status).toBe(404);
});

test('what only rings is no real call yet; deleting it declines it', async () => {
  const world = await serveTelphin();
  const id = await ringing(world);
  expect(await currentCalls(world)).toMatchObject([{ real_call: false, answer_time_gmt: null }]);
  expect((await world.api('DELETE', `/extension/34414/current_calls/${id}`)).status).toBe(204);
  expect(await world.event(({ type, leg }) => type === 'leg.ended' && leg?.extension === '341')).toMatchObject({
    data: { cause: { name: 'call-rejected' } },
  });
  expect(await currentCalls(world)).toEqual([]);
});

test('a call is held, taken back, transferred, and ended', async () => {
  const world = await serveTelphin();
  const id = await answered(world);
  const act = (action: string, destination?: string): ReturnType<TelphinWorld['api']> =>
    world.api('PUT', `/extension/34414/current_calls/${id}`, { action, ...(destination === undefined ? {} : { send_dst: destination }) });
  expect((await act('hold')).status).toBe(200);
  expect((await world.leg('341')).held).toBe(true);
  expect((await act('offhold')).status).toBe(200);
  expect((await act('transfer')).status).toBe(400);
  expect((await act('transfer', '022*102')).status).toBe(200);
  expect((await world.leg('102')).state).toBe('ringing');
  expect(await currentCalls(world)).toEqual([]);
  expect((await act('hold')).status).toBe(404);
});

test('a transfer is told of as a call that the extension makes', async () => {
  const world = await serveTelphin();
  const id = await answered(world);
  await world.subscribe(34_414, ['dial-out', 'answer', 'hangup']);
  const transfer = { action: 'transfer', send_dst: '102' };
  expect((await world.api('PUT', `/extension/34414/current_calls/${id}`, transfer)).status).toBe(200);
  await world.subscribe(34_102, ['hangup']);
  await world.leg('102', ({ state }) => state === 'ringing');
  world.sandbox.phones.answer('102');
  await world.leg('102', ({ state }) => state === 'connected');
  world.sandbox.phones.hangUp('102');
  const received = await world.receiver.next(5);
  const sent = received.map(({ parameters }) => parameters).filter(({ Transfered: transfered }) => transfered === 'yes');
  expect(sent.map(({ EventType: type }) => type)).toEqual(['dial-out', 'answer', 'hangup']);
  expect(sent[0]).toMatchObject({ CallFlow: 'out', CallerExtensionID: '34414', CalledNumber: '022*102', CallAPIID: id });
  expect(new Set(sent.map(({ SubCallID: part }) => part)).size).toBe(1);
});

test('an attended transfer: 341 asks 102 first, and then leaves', async () => {
  const world = await serveTelphin();
  const id = await answered(world);
  const path = `/extension/34414/current_calls/${id}`;
  expect((await world.api('PUT', path, { action: 'attended_transfer', send_dst: '102' })).status).toBe(200);
  await world.leg('102', ({ state }) => state === 'ringing');
  world.sandbox.phones.answer('102');
  await world.event(({ type, leg }) => type === 'leg.connected' && leg?.extension === '102');
  const [first] = world.engine.legsOf((await world.leg('102')).extension ?? ('' as never));
  expect(first?.state).toBe('connected');
  const held = world.engine.snapshot().calls.find(({ legs }) => legs.some((leg) => leg.held));
  expect(held).toBeDefined();
  expect((await world.api('PUT', path, { action: 'attended_transfer' })).status).toBe(200);
  await world.event(({ type }) => type === 'call.transferred');
  expect(world.engine.snapshot().calls.flatMap(({ legs }) => legs.filter(({ state }) => state === 'connected'))).toHaveLength(2);
});

test('a colleague listens in, and parking is an action of a call too', async () => {
  const world = await serveTelphin();
  const id = await answered(world);
  const path = `/extension/34414/current_calls/${id}`;
  expect((await world.api('PUT', path, { action: 'eavesdrop', send_dst: '102' })).status).toBe(200);
  expect((await world.leg('102')).supervising?.mode).toBe('listen');
  expect((await world.api('PUT', path, { action: 'park' })).status).toBe(200);
  expect(world.control.slots.occupied(world.engine.tenant)).toMatchObject([{ slot: '1', parkedBy: '341' }]);
});

test('what cannot be done with a call is refused', async () => {
  const cases = [
    ['an action that there is not', { action: 'dance' }, 400],
    ['no action', {}, 400],
    ['taking back what is not held', { action: 'offhold' }, 409],
  ] as const;
  const world = await serveTelphin();
  const id = await answered(world);
  for (const [what, body, status] of cases) {
    expect({ what, status: (await world.api('PUT', `/extension/34414/current_calls/${id}`, body)).status }).toEqual({ what, status });
  }
});

test('a callback rings the source first, and its events carry the id that it answered with', async () => {
  const world = await serveTelphin();
  await world.subscribe(34_414, ['dial-out', 'answer']);
  await world.subscribe(34_102, ['dial-in'], 'POST');
  const { status, body } = await world.api('POST', '/extension/34414/callback/', { src_num: ['341'], dst_num: '022*102' });
  expect(status).toBe(201);
  const { call_api_id: apiId, call_id: callId } = body as { readonly call_api_id: string; readonly call_id: string };
  expect(apiId).toMatch(/^3232240860-[0-9a-f-]{36}$/);
  world.sandbox.phones.answer('341');
  await world.leg('102', ({ state }) => state === 'ringing');
  world.sandbox.phones.answer('102');
  const received = await world.receiver.next(3);
  expect(new Set(received.map(({ parameters }) => parameters['CallAPIID']))).toEqual(new Set([apiId]));
  expect(new Set(received.map(({ parameters }) => parameters['CallID']))).toEqual(new Set([callId]));
  // As it stands in the vendor's published request: signs that need no escape have none.
  expect(received.find(({ method }) => method === 'GET')?.target).toMatch(/^\/\?CalledExtension=022\*102@siptest\.ringme\.ru&/);
  const dialIn = received.find(({ method }) => method === 'POST');
  expect(dialIn).toMatchObject({
    contentType: 'application/x-www-form-urlencoded',
    parameters: { EventType: 'dial-in', CallerExtensionID: '34414', CalledExtensionID: '34102' },
  });
});

test('of several sources all ring, and the first to answer gets the call, under the one id that was given', async () => {
  const world = await serveTelphin();
  await world.subscribe(34_414, ['answer']);
  const { status, body } = await world.api('POST', '/extension/34414/callback/', { src_num: ['200', '341'], dst_num: '102' });
  expect(status).toBe(201);
  await world.leg('200', ({ state }) => state === 'ringing');
  await world.leg('341', ({ state }) => state === 'ringing');
  world.sandbox.phones.answer('341');
  await world.leg('102', ({ state }) => state === 'ringing');
  await world.event(({ type, leg }) => type === 'leg.ended' && leg?.extension === '200');
  expect(await currentCalls(world)).toMatchObject([{ call_flow: 'out', real_call: false, answer_time_gmt: null }]);
  world.sandbox.phones.answer('102');
  const { call_api_id: apiId, call_id: callId } = body as { readonly call_api_id: string; readonly call_id: string };
  const [answered] = await world.receiver.next(1);
  expect(answered?.parameters).toMatchObject({ CallAPIID: apiId, CallID: callId });
  expect(await currentCalls(world)).toMatchObject([{ call_api_id: apiId, real_call: true }]);
  expect((await world.api('DELETE', `/extension/34414/current_calls/${apiId}`)).status).toBe(204);
});

test('a callback of a limited length is ended when its time is over', async () => {
  const world = await serveTelphin();
  await world.api('POST', '/extension/34414/callback/', { src_num: ['341'], dst_num: '102', call_duration: 60 });
  world.sandbox.phones.answer('341');
  await world.leg('102', ({ state }) => state === 'ringing');
  world.sandbox.phones.answer('102');
  const { callId } = await world.leg('102', ({ state }) => state === 'connected');
  await world.event(({ type }) => type === 'legs.linked');
  world.clock.advance(59);
  expect((await world.leg('102')).state).toBe('connected');
  world.clock.advance(2);
  expect(await world.ended(callId)).toMatchObject({ data: { disposition: 'answered' } });
});

test('a callback presses the keys that the far end wants when both parties hear each other, and no sooner', async () => {
  const world = await serveTelphin();
  await world.api('POST', '/extension/34414/callback/', { src_num: ['341'], dst_num: '102', dst_dtmf: '12#' });
  world.sandbox.phones.answer('341');
  await world.leg('102', ({ state }) => state === 'ringing');
  world.sandbox.phones.answer('102');
  const { seq: linked } = await world.event(({ type }) => type === 'legs.linked');
  const pressed = await world.event(({ type, data }) => type === 'command.done' && 'command' in data && data.command === 'dtmf');
  expect(pressed.seq).toBeGreaterThan(linked);
  expect(pressed.legId).toBe((await world.leg('341')).id);
});

test('a callback for another extension says on whose behalf it is', async () => {
  const world = await serveTelphin();
  await world.subscribe(32_494, ['dial-out']);
  await world.subscribe(34_102, ['dial-in']);
  await world.api('POST', '/extension/34414/callback/', { src_num: ['200'], dst_num: '102' });
  world.sandbox.phones.answer('200');
  const received = await world.receiver.next(2);
  expect(received.map(({ parameters }) => parameters['CallBackID'])).toEqual(['34414', '34414']);
  expect((await world.api('GET', '/extension/32494/current_calls/')).body).toMatchObject([{ callback_id: 34_414 }]);
});

test('a callback that cannot be is refused', async () => {
  const cases = [
    ['no source', { dst_num: '101' }, 400],
    ['a source outside', { src_num: ['+15550100001'], dst_num: '101' }, 400],
    ['a limit of its length that is none', { src_num: ['341'], dst_num: '101', call_duration: -1 }, 400],
    ['keys that there are not', { src_num: ['341'], dst_num: '101', dst_dtmf: '1w2' }, 400],
    ['a phone that is off', { src_num: ['119'], dst_num: '101' }, 409],
  ] as const;
  const world = await serveTelphin();
  for (const [what, body, status] of cases) {
    expect({ what, status: (await world.api('POST', '/extension/34414/callback/', body)).status }).toEqual({ what, status });
  }
});

test('a caller of a menu is led by the program that is asked, and the menu is told at the end whether anybody answered', async () => {
  const url = 'http://127.0.0.1:1/';
  const menu = { url, method: 'GET', choiceSeconds: 5, contexts: {}, otherwise: '102' } as const;
  const world = await serveTelphin({ interactive: { 700: menu } });
  await world.subscribe(34_700, ['dial-in', 'hangup']);
  world.sandbox.phones.call('+15550100001', '+15550200700');
  await world.leg('102', ({ state }) => state === 'ringing');
  const [dialIn] = await world.receiver.next(1);
  expect(dialIn?.parameters).toMatchObject({
    EventType: 'dial-in',
    CalledExtension: '022*700@siptest.ringme.ru',
    CalledExtensionID: '34700',
    CalledDID: '+15550200700',
  });
  world.sandbox.phones.hangUpOutside('+15550100001');
  const [, hangup] = await world.receiver.next(2);
  expect(hangup?.parameters).toMatchObject({ EventType: 'hangup', CallStatus: 'ANSWER', Bridged: 'no' });
});
