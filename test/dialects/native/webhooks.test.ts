import { Webhook } from 'standardwebhooks';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { nativePolicy } from '../../../src/dialects/native/webhooks.ts';
import type { Event } from '../../../src/model/event.ts';
import { refuse, startSink } from '../../delivery/webhooks/sink.ts';
import type { Received } from '../../delivery/webhooks/sink.ts';
import { serveNative } from './serve-native.ts';
import type { NativeWorld } from './serve-native.ts';

type Body = Event & { readonly prevSeq: number | null };
const bodyOf = ({ body }: Received): Body => JSON.parse(body) as Body;

const create = async ({ ask }: NativeWorld, asked: object): Promise<{ readonly id: string; readonly secret: string }> => {
  const { status, body } = await ask('/v1/webhooks', { method: 'POST', json: asked });
  expect({ status, body }).toMatchObject({ status: 201, body: { status: 'active' } });
  return body as { readonly id: string; readonly secret: string };
};

/** A call to 101 that is answered and hung up; resolves with its end. */
const playCall = async (world: NativeWorld): Promise<Event> => {
  const { events, sandbox } = world;
  const before = events.length;
  const next = (type: Event['type']): Promise<Event> => world.event((event) => event.type === type && events.indexOf(event) >= before);
  sandbox.phones.call('+15550100001', '101');
  await next('leg.ringing');
  sandbox.phones.answer('101');
  await next('legs.linked');
  sandbox.phones.hangUpOutside('+15550100001');
  return next('call.ended');
};

/** The official package compares with the machine's clock; the office's is elsewhere. */
const atTheTimeOf = (world: NativeWorld): void => {
  vi.useFakeTimers({ toFake: ['Date'], now: world.clock.now() / 1_000 });
  onTestFinished(() => void vi.useRealTimers());
};

const headersOf = ({ headers }: Received): Record<string, string> => headers as Record<string, string>;

describe('what a webhook is sent', () => {
  test('is every event of a call, in order, each with the one before it', async () => {
    const world = await serveNative();
    const sink = await startSink();
    await create(world, { url: sink.url, types: ['call.*', 'leg.*', 'legs.*'] });
    const ended = await playCall(world);
    const ofCall = world.events.filter(({ callId, type }) => callId === ended.callId && /^(call|leg|legs)\./.test(type));
    const received = await sink.count(ofCall.length);
    expect(received.map((each) => bodyOf(each).seq)).toEqual(ofCall.map(({ seq }) => seq));
    expect(received.map((each) => bodyOf(each).prevSeq)).toEqual([null, ...ofCall.slice(0, -1).map(({ seq }) => seq)]);
    expect(received.map(({ headers }) => headers['webhook-id'])).toEqual(ofCall.map(({ id }) => id));
    const { prevSeq: _, ...event } = bodyOf(received.at(-1) as Received);
    expect(event).toEqual(ended);
  });

  test('is only what was asked for, and prevSeq counts by that', async () => {
    const world = await serveNative();
    const sink = await startSink();
    await create(world, { url: sink.url, types: ['call.ended', 'leg.connected'], extensions: ['101'] });
    const ended = await playCall(world);
    const received = (await sink.count(3)).map(bodyOf);
    expect(received.map(({ type }) => type)).toEqual(['leg.connected', 'leg.connected', 'call.ended']);
    expect(received.at(-1)).toMatchObject({ seq: ended.seq, prevSeq: received.at(-2)?.seq });
  });

  test('is signed so that the official library agrees', async () => {
    const world = await serveNative();
    const sink = await startSink();
    const { secret } = await create(world, { url: sink.url, types: ['call.ended'] });
    await playCall(world);
    const [received] = await sink.count(1);
    atTheTimeOf(world);
    expect(new Webhook(secret).verify(received?.body ?? '', headersOf(received as Received))).toMatchObject({ type: 'call.ended' });
    expect(() => new Webhook(secret).verify(`${received?.body} `, headersOf(received as Received))).toThrow('No matching signature');
  });

  test('is signed with the old secret too until its time is over', async () => {
    const world = await serveNative();
    const sink = await startSink();
    const { id, secret: old } = await create(world, { url: sink.url, types: ['call.ended'] });
    const { body } = await world.ask(`/v1/webhooks/${id}/rotate`, { method: 'POST', json: { overlapHours: 1 } });
    const { secret } = body as { readonly secret: string };
    const verifies = (each: string, received: Received | undefined): boolean => {
      const signatures = String(received?.headers['webhook-signature']).split(' ');
      const at = new Date(Number(received?.headers['webhook-timestamp']) * 1_000);
      return signatures.includes(new Webhook(each).sign(String(received?.headers['webhook-id']), at, received?.body ?? ''));
    };
    await playCall(world);
    const [first] = await sink.count(1);
    expect([verifies(old, first), verifies(secret, first)]).toEqual([true, true]);
    world.clock.advance(3_600);
    await playCall(world);
    const [, second] = await sink.count(2);
    expect([verifies(old, second), verifies(secret, second)]).toEqual([false, true]);
  });

  test('begins where it was asked to, and can be sent again', async () => {
    const world = await serveNative();
    const sink = await startSink();
    const ended = await playCall(world);
    const { id } = await create(world, { url: sink.url, types: ['call.ended'], from: 'oldest' });
    await sink.count(1);
    expect((await world.ask(`/v1/webhooks/${id}/replay`, { method: 'POST', json: { seq: ended.seq } })).status).toBe(202);
    await sink.count(2);
    expect((await world.ask(`/v1/webhooks/${id}/replay`, { method: 'POST', json: { from: 'oldest' } })).status).toBe(202);
    const received = await sink.count(3);
    expect(received.map(({ headers }) => headers['webhook-id'])).toEqual([ended.id, ended.id, ended.id]);
  });
});

test('an event is tried for more than three days, whatever chance takes from the waits', () => {
  const waits = nativePolicy.schedule.slice(0, nativePolicy.attempts - 1);
  expect(waits).toHaveLength(nativePolicy.attempts - 1);
  const least = waits.reduce((sum, wait) => sum + wait, 0) * 0.8;
  expect(least).toBeGreaterThan(3 * 24 * 3_600_000);
});

describe('administration', () => {
  test('a test says how it went, also of an endpoint that fails', async () => {
    const world = await serveNative();
    const sink = await startSink(refuse(500));
    const { id } = await create(world, { url: sink.url });
    const { body } = await world.ask(`/v1/webhooks/${id}/test`, { method: 'POST' });
    expect(body).toMatchObject({ seq: 0, outcome: 'given-up', status: 500, reply: 'no', failure: { kind: 'status' } });
    expect(bodyOf(sink.received[0] as Received)).toMatchObject({ type: 'webhook.test', webhook: id });
  });

  test('the deliveries of a webhook can be listed, the newest first', async () => {
    const world = await serveNative();
    const sink = await startSink();
    const { id } = await create(world, { url: sink.url, types: ['call.*'] });
    const ended = await playCall(world);
    const sent = await sink.count(2);
    // The answer is there when the next request is: a test comes after it.
    await world.ask(`/v1/webhooks/${id}/test`, { method: 'POST' });
    const { body } = await world.ask(`/v1/webhooks/${id}/deliveries?outcome=delivered&seq=${bodyOf(sent[0] as Received).seq}`);
    expect(body).toMatchObject({ deliveries: [{ attempt: 1, status: 204, outcome: 'delivered' }] });
    expect(ended.type).toBe('call.ended');
  });

  test('why tells of the deliveries of a call, each after its event', async () => {
    const world = await serveNative();
    const sink = await startSink();
    const { id } = await create(world, { url: sink.url, types: ['call.*'] });
    const { callId } = await playCall(world);
    await sink.count(2);
    await world.ask(`/v1/webhooks/${id}/test`, { method: 'POST' });
    const { body } = await world.ask(`/v1/calls/${callId}/why`);
    const { entries } = body as { entries: { kind: string; event?: Event; delivery?: { endpoint: string; seq: number } }[] };
    const told = entries.flatMap(({ event, delivery }) =>
      event?.type.startsWith('call.') === true ? [event.seq] : delivery === undefined ? [] : [-delivery.seq],
    );
    const [started, ended] = told.filter((seq) => seq > 0);
    expect(told.toSorted((one, other) => Math.abs(one) - Math.abs(other))).toEqual([started, -Number(started), ended, -Number(ended)]);
    expect(told.indexOf(-Number(started))).toBeGreaterThan(told.indexOf(Number(started)));
    expect(entries.find(({ kind }) => kind === 'delivery')?.delivery).toMatchObject({ endpoint: id, outcome: 'delivered', status: 204 });
  });

  test('the attempts of every endpoint can be listed together', async () => {
    const world = await serveNative();
    const [one, other] = await Promise.all([startSink(), startSink(refuse(500))]);
    const first = await create(world, { url: one.url, types: ['call.ended'] });
    const second = await create(world, { url: other.url, types: ['call.ended'] });
    const { seq } = await playCall(world);
    await Promise.all([one.count(1), other.count(1)]);
    for (const { id } of [first, second]) await world.ask(`/v1/webhooks/${id}/test`, { method: 'POST' });
    const list = async (query: string): Promise<readonly unknown[]> =>
      ((await world.ask(`/v1/deliveries?${query}`)).body as { deliveries: { endpoint: string; outcome: string }[] }).deliveries.map(
        ({ endpoint, outcome }) => `${endpoint} ${outcome}`,
      );
    expect((await list(`seq=${seq}`)).toSorted()).toEqual([`${first.id} delivered`, `${second.id} retried`].toSorted());
    expect(await list(`seq=${seq}&endpoint=${second.id}`)).toEqual([`${second.id} retried`]);
  });

  test('every endpoint is listed, paused and resumed, and what one was sent is shown again', async () => {
    const world = await serveNative();
    const sink = await startSink();
    const { id } = await create(world, { url: sink.url, types: ['call.ended'] });
    const { seq, callId } = await playCall(world);
    await sink.count(1);
    const endpoints = async (): Promise<unknown> => ((await world.ask('/v1/endpoints')).body as { endpoints: unknown }).endpoints;
    expect(await endpoints()).toMatchObject([{ id, url: sink.url, method: 'POST', status: 'active', waiting: 0 }]);
    expect((await world.ask('/v1/endpoints/pause', { method: 'POST', json: { endpoint: id } })).body).toMatchObject({ reason: 'by-hand' });
    expect(await endpoints()).toMatchObject([{ status: 'paused' }]);
    expect((await world.ask('/v1/endpoints/resume', { method: 'POST', json: { endpoint: id } })).body).toMatchObject({ status: 'active' });
    const { status, body } = await world.ask(`/v1/deliveries/request?endpoint=${id}&seq=${seq}`);
    expect({ status, body }).toMatchObject({
      status: 200,
      body: { method: 'POST', url: sink.url, headers: { 'webhook-id': expect.any(String) } },
    });
    expect(JSON.parse((body as { body: string }).body)).toMatchObject({ type: 'call.ended', callId });
    expect((await world.ask(`/v1/deliveries/request?endpoint=${id}&seq=${seq - 1}`)).status).toBe(404);
    expect((await world.ask('/v1/endpoints/pause', { method: 'POST', json: { endpoint: 'wh_x' } })).body).toMatchObject({
      id: 'no-such-webhook',
    });
    const replay = async (json: object): Promise<unknown> => {
      const reply = await world.ask('/v1/endpoints/replay', { method: 'POST', json: { endpoint: id, ...json } });
      return reply.status === 202 ? 202 : (reply.body as { readonly id: string }).id;
    };
    expect(await replay({ seq })).toBe(202);
    await sink.count(2);
    expect(await replay({ from: 'oldest' })).toBe(202);
    await sink.count(3);
    expect(await replay({ seq: seq - 1 })).toBe('not-found');
    const { epoch } = world.engine.cursor();
    for (const from of [`${epoch}-999999999`, 'another-1', 'x']) expect(await replay({ from })).toBe('invalid-cursor');
    expect(await replay({ seq, from: 'oldest' })).toBe('missing-parameter');
    expect(await replay({ seq, endpoint: 'wh_x' })).toBe('no-such-webhook');
    const observer = { headers: { authorization: `Bearer ${world.keyFor(['observe'])}` } };
    expect((await world.ask('/v1/endpoints', observer)).status).toBe(403);
  });

  test('a webhook that is changed goes on where it was, at its new address and with its new filter', async () => {
    const world = await serveNative();
    const [before, after] = await Promise.all([startSink(), startSink()]);
    const { id } = await create(world, { url: before.url, types: ['call.*'], description: 'a desk' });
    await world.ask(`/v1/webhooks/${id}/pause`, { method: 'POST' });
    await playCall(world);
    const { body } = await world.ask(`/v1/webhooks/${id}`, { method: 'PATCH', json: { url: after.url, types: ['call.ended'] } });
    expect(body).toMatchObject({ url: after.url, types: ['call.ended'], description: 'a desk', status: 'paused' });
    await world.ask(`/v1/webhooks/${id}/resume`, { method: 'POST' });
    const [received] = await after.count(1);
    expect(bodyOf(received as Received)).toMatchObject({ type: 'call.ended', prevSeq: null });
    const { body: widened } = await world.ask(`/v1/webhooks/${id}`, { method: 'PATCH', json: { types: null } });
    expect(widened).not.toHaveProperty('types');
    expect(before.received).toHaveLength(0);
  });

  test.each([
    ['an address that is not public', { url: 'http://10.0.0.1/' }, 'address-refused'],
    ['an event type that there is not', { types: ['call.begun'] }, 'invalid-parameter'],
    ['what cannot be changed', { secret: 'whsec_AAAA' }, 'invalid-parameter'],
    ['a handshake that is not answered', { handshake: true }, 'handshake-failed'],
  ])('a change to %s is refused, and nothing changes', async (_what, change, code) => {
    const world = await serveNative();
    const sink = await startSink(refuse(500));
    const { id } = await create(world, { url: sink.url, types: ['call.*'] });
    expect((await world.ask(`/v1/webhooks/${id}`, { method: 'PATCH', json: change })).body).toMatchObject({ id: code });
    expect((await world.ask(`/v1/webhooks/${id}`)).body).toMatchObject({ url: sink.url, types: ['call.*'] });
  });

  test('a webhook that is paused keeps what happens, and sends it when it is resumed', async () => {
    const world = await serveNative();
    const sink = await startSink();
    const { id } = await create(world, { url: sink.url, types: ['call.ended'] });
    expect((await world.ask(`/v1/webhooks/${id}/pause`, { method: 'POST' })).body).toMatchObject({ status: 'paused', reason: 'by-hand' });
    await playCall(world);
    expect(sink.received).toHaveLength(0);
    expect((await world.ask(`/v1/webhooks/${id}/resume`, { method: 'POST' })).body).toMatchObject({ status: 'active' });
    await sink.count(1);
  });

  test('one that was deleted is gone, and is sent nothing more', async () => {
    const world = await serveNative();
    const sink = await startSink();
    const { id } = await create(world, { url: sink.url });
    expect((await world.ask(`/v1/webhooks/${id}`, { method: 'DELETE' })).status).toBe(204);
    expect((await world.ask(`/v1/webhooks/${id}`)).body).toMatchObject({ id: 'no-such-webhook' });
    expect((await world.ask('/v1/webhooks')).body).toEqual({ webhooks: [] });
    await playCall(world);
    expect(sink.received).toHaveLength(0);
  });

  test('a handshake that is not answered refuses the webhook', async () => {
    const world = await serveNative();
    const sink = await startSink();
    const refused = await world.ask('/v1/webhooks', { method: 'POST', json: { url: sink.url, handshake: true } });
    expect(refused).toMatchObject({ status: 409, body: { id: 'handshake-failed' } });
    sink.answer = ({ body }, response) => void response.end((JSON.parse(body) as { challenge: string }).challenge);
    await create(world, { url: sink.url, handshake: true });
  });

  test.each([
    ['a private address', { url: 'http://10.0.0.1/' }, 'address-refused'],
    ['the address of cloud metadata', { url: 'http://169.254.169.254/latest' }, 'address-refused'],
    ['another scheme', { url: 'ftp://example.com/' }, 'invalid-parameter'],
    ['an event type that does not exist', { url: 'http://127.0.0.1/', types: ['call.exploded'] }, 'invalid-parameter'],
    ['a cursor that is none', { url: 'http://127.0.0.1/', from: 'yesterday' }, 'invalid-cursor'],
    ['a member that does not exist', { url: 'http://127.0.0.1/', color: 'red' }, 'invalid-parameter'],
  ])('%s is refused', async (_what, asked, code) => {
    const { ask } = await serveNative();
    expect((await ask('/v1/webhooks', { method: 'POST', json: asked })).body).toMatchObject({ id: code });
  });

  test('is for administrators alone', async () => {
    const { ask, keyFor } = await serveNative();
    const headers = { authorization: `Bearer ${keyFor(['observe', 'control'])}` };
    expect((await ask('/v1/webhooks', { headers })).status).toBe(403);
  });
});
