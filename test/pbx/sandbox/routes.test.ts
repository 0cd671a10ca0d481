import Fastify, { type FastifyInstance } from 'fastify';
import { expect, test } from 'vitest';
import type { Call } from '../../../src/model/call.ts';
import { GatewayError } from '../../../src/model/errors.ts';
import type { Event } from '../../../src/model/event.ts';
import { legIdOf, callIdOf, callIdFrom } from '../../../src/model/ids.ts';
import { sandboxRoutes, type CallView } from '../../../src/pbx/sandbox/index.ts';
import { openOffice, type TestOffice } from './harness.ts';

/** The least that shows a call: each caller's channel makes one, with one leg for each channel of its family. */
const viewOf = (office: TestOffice): CallView => {
  const callOf = (first: string): Call => {
    const legs = office.facts.flatMap((fact) =>
      fact.type === 'channel.created' && fact.family === first
        ? [{ id: legIdOf(office.driver.pbx, 0, fact.channel), channel: fact.channel }]
        : [],
    );
    return { id: callIdOf(office.driver.pbx, 0, legs[0]?.channel ?? office.channelOf('101')), legs } as unknown as Call;
  };
  const calls = (): readonly Call[] =>
    office.facts.flatMap((fact) => (fact.type === 'channel.created' && fact.family === fact.channel ? [callOf(fact.channel)] : []));
  return {
    call: (id) => calls().find((call) => call.id === id),
    onCommitted: (listener) =>
      office.phones.onActed(() => {
        void office.told().then(() => {
          const events = calls().flatMap((call) => call.legs.map((leg) => ({ event: { callId: call.id, call, leg } as unknown as Event })));
          listener(events);
        });
      }),
  };
};

const shortScenario = `name: Short
steps:
  - call: { from: +15550100001, to: 101 }
  - answer: 101
  - expect: { phone: 101, is: talking }
`;

const serve = async (office: TestOffice): Promise<FastifyInstance> => {
  const server = Fastify();
  server.setErrorHandler((error, _request, reply) => {
    if (!(error instanceof GatewayError)) throw error;
    void reply.code(error.status).send({ id: error.code, ...error.details });
  });
  await server.register(sandboxRoutes, {
    sandbox: office.driver,
    view: viewOf(office),
    inboxName: 'address',
    scenarios: [{ file: 'short.yaml', text: shortScenario }],
    authorize: (request) => {
      if (request.headers.authorization !== 'Bearer key') throw new GatewayError('unauthorized');
    },
  });
  return server;
};

const post = async (
  server: FastifyInstance,
  path: string,
  body?: object,
): Promise<{ readonly status: number; readonly body: Record<string, unknown> }> => {
  const payload = body === undefined ? {} : { payload: body };
  const response = await server.inject({
    method: 'POST',
    url: `/v1/sandbox/${path}`,
    headers: { authorization: 'Bearer key' },
    ...payload,
  });
  return { status: response.statusCode, body: response.json() };
};

test('a call is begun and shown, answered, held, transferred and hung up over HTTP', async () => {
  await using office = await openOffice();
  await using server = await serve(office);
  const started = await post(server, 'calls', { from: '+15550100001', to: '101' });
  expect(started.status).toBe(201);
  const callId = callIdFrom(String(started.body['id']));
  expect(await post(server, 'phones/101/answer', { callId })).toEqual({ status: 200, body: { extension: '101', state: 'talking' } });
  expect((await post(server, 'phones/101/hold')).body).toEqual({ extension: '101', state: 'held' });
  expect((await post(server, 'phones/101/resume')).body).toEqual({ extension: '101', state: 'talking' });
  expect((await post(server, 'phones/101/transfer', { to: '102' })).body).toEqual({ extension: '101', state: 'idle' });
  expect((await post(server, 'phones/102/reject')).status).toBe(200);
  expect((await post(server, 'phones/103/dial', { to: '+15550100009' })).status).toBe(201);
  expect((await post(server, 'clock/advance', { seconds: 2 })).body).toEqual({ now: '2027-01-15T08:00:02.000Z' });
  expect((await post(server, 'outside/+15550100009/hangup')).status).toBe(200);
  expect(office.phones.stateOf('103')).toBe('idle');
  expect((await post(server, 'phones/103/unregister')).status).toBe(200);
  expect((await post(server, 'calls', { from: '103', to: '101' })).body).toMatchObject({ id: 'unreachable' });
});

test.each([
  { path: 'calls', body: { from: '101' }, status: 400, answer: { id: 'missing-parameter', field: 'to' } },
  { path: 'calls', body: { from: '101', to: 'a\r\nb' }, status: 400, answer: { id: 'invalid-parameter', field: 'to' } },
  { path: 'calls', body: { from: '101', to: '102', now: true }, status: 400, answer: { id: 'invalid-parameter', field: 'now' } },
  { path: 'calls', body: { from: '101', to: '99' }, status: 400, answer: { id: 'invalid-parameter', field: 'to' } },
  { path: 'calls', body: { from: '999', to: '101' }, status: 404, answer: { id: 'no-such-extension', field: 'from' } },
  { path: 'phones/999/answer', body: {}, status: 404, answer: { id: 'no-such-extension', extension: '999' } },
  { path: 'phones/101/answer', body: {}, status: 404, answer: { id: 'no-such-leg', extension: '101' } },
  { path: 'phones/101/answer', body: { callId: 'call_x' }, status: 404, answer: { id: 'no-such-call', call: 'call_x' } },
  { path: 'phones/101/dial', body: {}, status: 400, answer: { id: 'missing-parameter', field: 'to' } },
  { path: 'clock/advance', body: { seconds: -1 }, status: 400, answer: { id: 'invalid-parameter', field: 'seconds' } },
  { path: 'clock/advance', body: { seconds: 1e9 }, status: 400, answer: { id: 'invalid-parameter', field: 'seconds' } },
])('$path with $body is refused as $answer.id', async ({ path, body, status, answer }) => {
  await using office = await openOffice();
  await using server = await serve(office);
  const refused = await post(server, path, body);
  expect(refused.status).toBe(status);
  expect(refused.body).toMatchObject(answer);
});

test('nothing is done without a key', async () => {
  await using office = await openOffice();
  await using server = await serve(office);
  const response = await server.inject({ method: 'POST', url: '/v1/sandbox/calls', payload: { from: '101', to: '102' } });
  expect(response.statusCode).toBe(401);
  expect(await office.told()).toEqual([]);
});

test('the inbox keeps what anybody sends to its address, and shows it to whoever may control calls', async () => {
  await using office = await openOffice();
  await using server = await serve(office);
  const get = (search = ''): Promise<{ statusCode: number; json(): unknown }> =>
    server.inject({ method: 'GET', url: `/v1/sandbox/inbox${search}`, headers: { authorization: 'Bearer key' } });
  expect((await get()).json()).toEqual({ path: '/v1/sandbox/inbox/address', count: 0, requests: [] });
  const waiting = get('?after=0&wait=30');
  const sent = {
    method: 'POST',
    url: '/v1/sandbox/inbox/address',
    headers: { 'content-type': 'application/json', 'webhook-id': 'm1' },
  } as const;
  expect((await server.inject({ ...sent, payload: '{"a": 1,}' })).statusCode).toBe(204);
  const number1 = { number: 1, at: expect.any(String), headers: expect.objectContaining({ 'webhook-id': 'm1' }), body: '{"a": 1,}' };
  expect((await waiting).json()).toEqual({ path: '/v1/sandbox/inbox/address', count: 1, requests: [number1] });
  for (let more = 0; more < 25; more += 1) await server.inject({ ...sent, payload: 'x' });
  const { requests } = (await get()).json() as { requests: readonly { readonly number: number }[] };
  expect(requests.map(({ number }) => number)).toEqual(Array.from({ length: 20 }, (_, index) => 26 - index));
  expect((await server.inject({ ...sent, payload: 'x'.repeat(65_537) })).statusCode).toBe(413);
  expect((await server.inject({ method: 'POST', url: '/v1/sandbox/inbox/another', payload: 'x' })).statusCode).toBe(404);
  expect((await server.inject({ method: 'GET', url: '/v1/sandbox/inbox' })).statusCode).toBe(401);
});

test('scenarios are listed and played; one that fails says where', async () => {
  await using office = await openOffice();
  await using server = await serve(office);
  const list = await server.inject({ method: 'GET', url: '/v1/sandbox/scenarios', headers: { authorization: 'Bearer key' } });
  expect(list.json()).toEqual({ scenarios: [{ file: 'short.yaml', name: 'Short', text: shortScenario }] });
  expect(await post(server, 'scenarios', { text: shortScenario })).toEqual({ status: 200, body: { played: true } });
  expect(office.phones.stateOf('101')).toBe('talking');
  const failed = await post(server, 'scenarios', { text: 'steps: [{ expect: { phone: 101, is: idle } }]' });
  expect(failed).toMatchObject({ status: 409, body: { id: 'wrong-state', step: 'steps.0' } });
  expect(await post(server, 'scenarios', { text: 'steps: [{ dance: 101 }]' })).toMatchObject({
    status: 400,
    body: { id: 'invalid-parameter' },
  });
});
