import { expect, test } from 'vitest';
import { serveTelphin, type TelphinWorld } from './serve-telphin.ts';

interface History {
  readonly page: number;
  readonly call_history: readonly {
    readonly call_uuid: string;
    readonly flow: string;
    readonly result: string;
    readonly cdr: readonly object[];
  }[];
}

const historyOf = async (world: TelphinWorld, path: string): Promise<History> => (await world.api('GET', path)).body as History;

/** A call from outside that 341 answers, one that 200 makes and nobody takes. */
const twoCalls = async (world: TelphinWorld): Promise<void> => {
  world.sandbox.phones.call('+15550100001', '341');
  await world.leg('341', ({ state }) => state === 'ringing');
  world.clock.advance(2);
  world.sandbox.phones.answer('341');
  const { callId } = await world.leg('341', ({ state }) => state === 'connected');
  world.clock.advance(30);
  world.sandbox.phones.hangUp('341');
  await world.ended(callId);
  world.sandbox.phones.call('200', '116');
  await world.event(({ type, data }) => type === 'call.ended' && 'disposition' in data && data.disposition === 'busy');
};

test('ended calls are listed with everything that is known of them, the newest first', async () => {
  const world = await serveTelphin();
  await world.subscribe(34_414, ['hangup']);
  await twoCalls(world);
  const { call_history: calls, ...frame } = await historyOf(world, '/client/@me/call_history/');
  expect(frame).toEqual({ page: 1, per_page: 20, order: 'desc' });
  expect(calls).toMatchObject([
    { flow: 'out', result: 'busy', hangup_cause: 'USER_BUSY', from_username: '022*200', to_username: '022*116', bridged: false },
    {
      flow: 'in',
      result: 'bridged',
      init_time_gmt: '2027-01-15 08:00:00',
      bridged_time_gmt: '2027-01-15 08:00:02',
      hangup_time_gmt: '2027-01-15 08:00:32',
      duration: 32,
      bridged_duration: 30,
      from_username: '+15550100001',
      to_username: '022*341',
      extension_id: 34_414,
      extension_type: 'phone',
      hangup_cause: 'NORMAL_CLEARING',
      hangup_disposition: 'callee_bye',
      cdr: [{ flow: 'in', result: 'answered', duration: 30, extension_id: 34_414, record_uuid: null }],
    },
  ]);
  // A webhook's CallID leads to the call, however it is written.
  const [hangup] = await world.receiver.next(1);
  const one = await world.api('GET', `/client/@me/call_history/${hangup?.parameters['CallID']}`);
  expect(one).toMatchObject({ status: 200, body: calls[1] });
  expect((await world.api('GET', `/client/@me/call_history/${calls[1]?.call_uuid}/`)).body).toEqual(one.body);
  expect((await world.api('GET', '/client/@me/call_history/CAA308E3333C4A19AAED9C0254B9C61B')).status).toBe(404);
});

test('a recording is told of by the hangup, and found again under the same id', async () => {
  const world = await serveTelphin();
  await world.subscribe(34_414, ['hangup']);
  world.sandbox.phones.call('+15550100001', '341');
  await world.leg('341', ({ state }) => state === 'ringing');
  world.sandbox.phones.answer('341');
  const leg = await world.leg('341', ({ state }) => state === 'connected');
  const { id } = await world.control.submit(world.identity(['control', 'record']), { name: 'record', leg: leg.id });
  await world.control.wait(world.engine.tenant, id, 5);
  const [current] = (await world.api('GET', '/extension/34414/current_calls/')).body as readonly { readonly record_uuid: string }[];
  expect(current?.record_uuid).toMatch(/^34414-[0-9A-F]{32}$/);
  world.sandbox.phones.hangUp('341');
  const [hangup] = await world.receiver.next(1);
  expect(hangup?.parameters['RecID']).toBe(current?.record_uuid);
  const { body } = await world.api('GET', `/client/@me/call_history/${hangup?.parameters['CallID']}`);
  expect(body).toMatchObject({ cdr: [{ record_uuid: current?.record_uuid }] });
});

test('a listing keeps to its period, extension, flow, order and page', async () => {
  const world = await serveTelphin();
  await twoCalls(world);
  const resultsOf = async (query: string): Promise<readonly string[]> =>
    (await historyOf(world, `/client/@me/call_history/?${query}`)).call_history.map(({ result }) => result);
  expect(await resultsOf('order=asc')).toEqual(['bridged', 'busy']);
  expect(await resultsOf('per_page=1&page=2')).toEqual(['bridged']);
  expect(await resultsOf('flow=in')).toEqual(['bridged']);
  expect(await resultsOf('extension_id=32494')).toEqual(['busy']);
  expect(await resultsOf('to_username=022*341')).toEqual(['bridged']);
  expect(await resultsOf('start_datetime=2027-01-15%2008:00:10')).toEqual(['busy']);
  expect(await resultsOf('start_datetime=2027-01-15+00:00:00&end_datetime=2027-01-15+08:00:10')).toEqual(['bridged']);
  expect((await world.api('GET', '/client/@me/call_history/?start_datetime=yesterday')).status).toBe(400);
  expect((await historyOf(world, '/extension/34414/call_history/')).call_history).toHaveLength(1);
});
