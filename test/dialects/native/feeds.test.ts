import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import type { Event, NewEvent } from '../../../src/model/event.ts';
import { pbxId } from '../../../src/model/ids.ts';
import { renderCursor } from '../../../src/model/cursor.ts';
import { feedContract } from '../../contract/feed.ts';
import type { FeedUnderTest } from '../../contract/feed.ts';
import { openEventStream, openWebSocket } from './clients.ts';
import { serveNative } from './serve-native.ts';
import type { NativeWorld } from './serve-native.ts';

/** Makes events by what happens most in an office: somebody rings and gives up. */
const happenIn =
  (world: NativeWorld) =>
  async (count: number): Promise<void> => {
    const until = world.engine.cursor().seq + count;
    while (world.engine.cursor().seq < until) {
      const seen = world.events.length;
      world.sandbox.phones.call('+15550100001', '101');
      await world.leg('101');
      world.sandbox.phones.hangUpOutside('+15550100001');
      await world.event((event) => event.type === 'call.ended' && world.events.indexOf(event) >= seen);
    }
  };

const feedOf = (world: NativeWorld, read: FeedUnderTest['read']): FeedUnderTest => ({
  happen: happenIn(world),
  oldest: () => renderCursor(world.engine.log.oldest(world.engine.tenant)),
  head: () => renderCursor(world.engine.cursor()),
  read,
});

describe('long poll', () => {
  feedContract(async () => {
    const world = await serveNative();
    return feedOf(world, async (after, query, until) => {
      const events: Event[] = [];
      let cursor = after;
      while (!until(events)) {
        const asked = new URLSearchParams({ ...query, after: cursor, wait: '30' });
        const { body } = await world.ask(`/v1/events?${asked}`);
        const page = body as { readonly events: readonly Event[]; readonly next: string };
        events.push(...page.events);
        cursor = page.next;
      }
      return events;
    });
  });
});

describe('server-sent events', () => {
  feedContract(async () => {
    const world = await serveNative();
    return feedOf(world, async (after, query, until) => {
      const events: Event[] = [];
      const stop = new AbortController();
      const headers = { authorization: `Bearer ${world.key}`, 'last-event-id': after };
      for await (const { id, data } of openEventStream(world, `?${new URLSearchParams(query)}`, headers, stop.signal)) {
        if (data === undefined) continue;
        const event = JSON.parse(data) as Event;
        if (id !== event.id) throw new Error(`The id of ${event.id} is ${id}`);
        events.push(event);
        if (until(events)) break;
      }
      return events;
    });
  });
});

describe('WebSocket', () => {
  feedContract(async () => {
    const world = await serveNative();
    return feedOf(world, async (after, query, until) => {
      const client = await openWebSocket(world, `?${new URLSearchParams({ ...query, after })}`);
      const events = (): readonly Event[] => client.frames.filter(({ type }) => !type.startsWith('feed.')) as unknown as readonly Event[];
      await client.frame(() => until(events()));
      client.socket.terminate();
      return events();
    });
  });
});

test('a WebSocket says from where it goes on, and then sends the events as they lie in the log', async () => {
  const world = await serveNative();
  const client = await openWebSocket(world);
  expect(await client.frame(() => true)).toEqual({ type: 'feed.ready', cursor: renderCursor(world.engine.cursor()) });
  await happenIn(world)(1);
  const first = await client.frame(({ type }) => type === 'call.started');
  expect(first).toEqual(JSON.parse(JSON.stringify(world.events.findLast(({ type }) => type === 'call.started'))));
});

test('a subscription by a message replaces the one before', async () => {
  const world = await serveNative();
  const client = await openWebSocket(world, '?subscribe=message');
  client.send({ type: 'subscribe', types: ['extension.*'] });
  await client.frame(({ type }) => type === 'feed.ready');
  await happenIn(world)(10);
  await client.frame(({ type }) => type === 'extension.presenceChanged');
  expect(new Set(client.frames.map(({ type }) => type))).toEqual(new Set(['feed.ready', 'extension.presenceChanged']));
  client.send({ type: 'subscribe', after: 'oldest', types: ['call.ended'] });
  await client.frame(({ type }) => type === 'call.ended');
  const types = client.frames.map(({ type }) => type);
  expect(new Set(types.slice(types.lastIndexOf('feed.ready')))).toEqual(new Set(['feed.ready', 'call.ended']));
});

test.each([
  ['what is not JSON', 'hello', 4000, 'invalid-json'],
  ['what is no subscription', '{"type":"unsubscribe"}', 4000, 'invalid-parameter'],
  ['a member that does not exist', '{"type":"subscribe","colour":"red"}', 4000, 'invalid-parameter'],
  ['a cursor that was never given', '{"type":"subscribe","after":"garbage"}', 4011, 'invalid-cursor'],
  ['a cursor of another epoch', '{"type":"subscribe","after":"other-1"}', 4010, 'too-old'],
] as const)('a WebSocket answers %s with a problem, and closes', async (_what, message, code, id) => {
  const world = await serveNative();
  const client = await openWebSocket(world, '?subscribe=message');
  client.send(message);
  expect((await client.closed).code).toBe(code);
  expect(client.frames.at(-1)).toMatchObject({ type: 'feed.problem', problem: { id } });
});

test('a WebSocket is refused in HTTP when the request is wrong', async () => {
  const world = await serveNative();
  const refusal = async (query: string, secret = world.key): Promise<string> => {
    const socket = new WebSocket(`${world.url}/v1/ws${query}`, { headers: { authorization: `Bearer ${secret}` } });
    const [error] = (await once(socket, 'error')) as [Error];
    return error.message;
  };
  expect(await refusal('', 'wrong')).toContain('401');
  expect(await refusal('', world.keyFor(['control']))).toContain('403');
  expect(await refusal('?after=garbage')).toContain('400');
  expect(await refusal('?type=nothing.*')).toContain('400');
  expect((await world.ask('/v1/ws')).body).toMatchObject({ id: 'upgrade-required' });
});

test('a ticket opens one WebSocket or stream, once, for a browser that can send no header', async () => {
  const world = await serveNative();
  const { body } = await world.ask('/v1/tickets', { method: 'POST' });
  const { ticket } = body as { ticket: string };
  const client = await openWebSocket(world, `?ticket=${ticket}`, {});
  await client.frame(({ type }) => type === 'feed.ready');
  await expect(openEventStream(world, `?ticket=${ticket}`, {}).next()).rejects.toThrow('401');
});

/** Enough of these fill the buffers of every socket between. */
const longEvent: NewEvent = {
  type: 'user.statusChanged',
  at: 1_800_000_000_000_000,
  pbx: pbxId('sandbox'),
  reconciled: false,
  data: { user: 'mikey', status: 'busy '.repeat(2000) },
};

test('a reader that does not read is told so and cut off, and resumes where it was', async () => {
  const world = await serveNative({ maxBuffered: 20_000 });
  const client = await openWebSocket(world);
  await client.frame(({ type }) => type === 'feed.ready');
  client.socket.pause();
  const cut = world.server.metrics.readersCut;
  await expect
    .poll(async () => {
      await world.engine.publish(Array.from({ length: 200 }, () => longEvent));
      return (await cut.get()).values.find(({ labels }) => labels.reason === 'slow-reader')?.value;
    })
    .toBe(1);
  await world.engine.publish([longEvent]);
  client.socket.resume();
  const { code, reason } = await client.closed;
  expect([code, reason]).toEqual([4008, expect.stringMatching(/^slow-reader; after=\w+-\d+$/)]);
  const last = client.frames.at(-1)?.seq ?? 0;
  expect(reason).toContain(`-${last}`);
  const again = await openWebSocket(world, `?after=${reason.split('after=')[1]}`);
  expect((await again.frame(({ seq }) => seq !== undefined)).seq).toBe(last + 1);
});

test('a revoked key loses its connections at once', async () => {
  const world = await serveNative();
  const secret = world.keyFor(['observe']);
  const headers = { authorization: `Bearer ${secret}` };
  const client = await openWebSocket(world, '', headers);
  await client.frame(({ type }) => type === 'feed.ready');
  const stream = openEventStream(world, '', headers);
  await stream.next();
  await expect.poll(async () => (await world.server.metrics.readers.get()).values.length).toBe(2);
  const poll = world.ask(`/v1/events?after=${renderCursor(world.engine.cursor())}&wait=30`, { headers });
  await happenIn(world)(1);
  await poll;
  const waiting = world.ask(`/v1/events?after=${renderCursor(world.engine.cursor())}&wait=30`, { headers });
  const key = world.auth.bySecret(secret)?.key;
  // The poll has come in when the server has it among its connections' requests; an answered one proves the order.
  await world.ask('/v1/state', { headers });
  if (key !== undefined) world.auth.revoke(world.engine.tenant, key);
  expect((await client.closed).code).toBe(4001);
  expect((await waiting).status).toBe(401);
  let cut: string | undefined;
  for await (const { event, data } of stream) if (event === 'cut') cut = data;
  expect(JSON.parse(cut ?? '{}')).toMatchObject({ id: 'key-revoked' });
});

test('a server that stops answers those who wait, and tells the others from where to resume', async () => {
  const world = await serveNative();
  const client = await openWebSocket(world);
  await client.frame(({ type }) => type === 'feed.ready');
  const stream = openEventStream(world, '');
  await stream.next();
  const head = renderCursor(world.engine.cursor());
  const poll = world.ask(`/v1/events?after=${head}&wait=60`);
  await world.ask('/v1/state');
  world.stop();
  expect((await poll).body).toEqual({ events: [], next: head, pbxStatus: 'live' });
  expect(await client.closed).toEqual({ code: 1001, reason: `shutting-down; after=${head}` });
  let cut: string | undefined;
  for await (const { event, data } of stream) if (event === 'cut') cut = data;
  expect(JSON.parse(cut ?? '{}')).toMatchObject({ id: 'shutting-down', cursor: head });
  await expect(openEventStream(world, '').next()).rejects.toThrow('503');
});

test('a reader whose filter seldom matches is told by heartbeats that it is not behind', async () => {
  const world = await serveNative({ heartbeatMs: 5_000 });
  const client = await openWebSocket(world, '?call=call_of_nobody');
  await client.frame(({ type }) => type === 'feed.ready');
  const stream = openEventStream(world, '?call=call_of_nobody');
  await stream.next();
  await happenIn(world)(10);
  await expect.poll(() => world.delivery.hub(world.engine.tenant)?.position).toEqual(world.engine.cursor());
  const head = renderCursor(world.engine.cursor());
  world.clock.advance(6);
  await client.frame(({ type, cursor }) => type === 'feed.heartbeat' && cursor === head);
  for await (const { id } of stream) if (id === head) break;
});

test('a client that answers no ping is given up', async () => {
  const world = await serveNative({ heartbeatMs: 5_000 });
  const { port } = new URL(world.url);
  const socket = connect(Number(port), '127.0.0.1');
  socket.write(
    `GET /v1/ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n` +
      `Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nAuthorization: Bearer ${world.key}\r\n\r\n`,
  );
  let bytes = '';
  socket.on('data', (chunk) => (bytes += chunk.toString('latin1')));
  await expect.poll(() => bytes).toContain('feed.ready');
  world.clock.advance(6);
  await expect.poll(() => bytes).toContain('feed.heartbeat');
  world.clock.advance(6);
  await expect.poll(() => bytes).toContain('no-answer');
  world.clock.advance(11);
  await once(socket, 'close');
});

test('a poll whose client has gone is forgotten', async () => {
  const world = await serveNative();
  const { port } = new URL(world.url);
  const socket = connect(Number(port), '127.0.0.1');
  socket.write(`GET /v1/events?after=now&wait=60 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${world.key}\r\n\r\n`);
  await expect.poll(async () => (await world.server.metrics.connections.get()).values[0]?.value).toBe(1);
  socket.destroy();
  await expect.poll(async () => (await world.server.metrics.connections.get()).values[0]?.value).toBe(0);
  await happenIn(world)(1);
  expect((await world.ask('/v1/state')).status).toBe(200);
});
