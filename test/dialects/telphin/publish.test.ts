/** How the web requests of call events reach their receivers. */
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { serveTelphin, type TelphinWorld } from './serve-telphin.ts';

interface SlowReceiver {
  readonly url: string;
  /** What was told, in the order in which it came: `34414 hangup`. */
  readonly told: readonly string[];
  /** Resolves when this has come. */
  came(what: string): Promise<void>;
  /** Answers what waits, and all that follows at once. */
  release(): void;
}

/** A receiver that lets `hold` wait for its answer. */
const startSlowReceiver = async (hold: string): Promise<SlowReceiver> => {
  const told: string[] = [];
  const held: ServerResponse[] = [];
  const waiting = new Map<string, () => void>();
  let isOpen = false;
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://receiver');
    const what = `${pathname.slice(1)} ${searchParams.get('EventType') ?? ''}`;
    told.push(what);
    if (what === hold && !isOpen) held.push(response);
    else response.end();
    waiting.get(what)?.();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    told,
    came: (what) => new Promise((resolve) => (told.includes(what) ? resolve() : void waiting.set(what, resolve))),
    release: () => {
      isOpen = true;
      for (const response of held.splice(0)) response.end();
    },
  };
};

const subscribe = async (world: TelphinWorld, extension: number, type: string, url: string): Promise<number> => {
  const { body } = await world.api('POST', `/extension/${extension}/event/`, { url, event_type: type, method: 'GET' });
  return (body as { readonly id: number }).id;
};

/** 200 calls 341, which declines. */
const declinedCall = async (world: TelphinWorld): Promise<void> => {
  world.sandbox.phones.call('200', '341');
  const { callId } = await world.leg('341', ({ state }) => state === 'ringing');
  world.sandbox.phones.reject('341');
  await world.ended(callId);
};

test('a receiver is told of an extension in order, though it has subscribed to each event by itself', async () => {
  const world = await serveTelphin();
  const receiver = await startSlowReceiver('34414 dial-in');
  for (const type of ['dial-in', 'hangup']) await subscribe(world, 34_414, type, `${receiver.url}/34414`);
  await subscribe(world, 32_494, 'hangup', `${receiver.url}/32494`);
  await declinedCall(world);
  await receiver.came('32494 hangup');
  receiver.release();
  await receiver.came('34414 hangup');
  expect(receiver.told.filter((what) => what.startsWith('34414'))).toEqual(['34414 dial-in', '34414 hangup']);
});

test('who ends a subscription is not told what waited for it, and is told everything else', async () => {
  const world = await serveTelphin();
  const receiver = await startSlowReceiver('34414 dial-in');
  await subscribe(world, 34_414, 'dial-in', `${receiver.url}/34414`);
  const hangup = await subscribe(world, 34_414, 'hangup', `${receiver.url}/34414`);
  await declinedCall(world);
  await receiver.came('34414 dial-in');
  expect((await world.api('DELETE', `/extension/34414/event/${hangup}`)).status).toBe(204);
  await subscribe(world, 34_414, 'answer', `${receiver.url}/34414`);
  receiver.release();
  world.sandbox.phones.call('200', '341');
  await world.leg('341', ({ state }) => state === 'ringing');
  world.sandbox.phones.answer('341');
  await receiver.came('34414 answer');
  expect(receiver.told).toEqual(['34414 dial-in', '34414 dial-in', '34414 answer']);
});

test('a subscription that is changed to another event is told of it from then on', async () => {
  const world = await serveTelphin();
  const receiver = await startSlowReceiver('');
  await subscribe(world, 34_414, 'hangup', `${receiver.url}/34414`);
  const other = await subscribe(world, 34_414, 'answer', `${receiver.url}/34414`);
  await declinedCall(world);
  await receiver.came('34414 hangup');
  await world.api('PUT', `/extension/34414/event/${other}`, { event_type: 'dial-in' });
  await declinedCall(world);
  await receiver.came('34414 dial-in');
  expect(receiver.told.slice(0, 2)).toEqual(['34414 hangup', '34414 dial-in']);
});

test('two subscriptions of the same event at one receiver are both told', async () => {
  const world = await serveTelphin();
  const receiver = await startSlowReceiver('');
  await subscribe(world, 34_414, 'dial-in', `${receiver.url}/crm`);
  await subscribe(world, 34_414, 'dial-in', `${receiver.url}/board`);
  await declinedCall(world);
  await Promise.all([receiver.came('crm dial-in'), receiver.came('board dial-in')]);
  expect(receiver.told).toHaveLength(2);
});

test('what a receiver answers changes nothing: neither 410 nor Retry-After keep the next event from it', async () => {
  const world = await serveTelphin();
  const told: string[] = [];
  const answers = [410, 429, 500, 200];
  let onTold: () => void = () => undefined;
  const server = createServer((request, response) => {
    told.push(new URL(request.url ?? '', 'http://receiver').searchParams.get('EventType') ?? '');
    response.writeHead(answers[told.length - 1] ?? 200, { 'Retry-After': '3600' }).end();
    onTold();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  for (const type of ['dial-in', 'hangup']) await subscribe(world, 34_414, type, `http://127.0.0.1:${port}/`);
  const all = new Promise<void>((resolve) => {
    onTold = () => (told.length === 4 ? resolve() : undefined);
  });
  await declinedCall(world);
  await declinedCall(world);
  await all;
  expect(told.toSorted()).toEqual(['dial-in', 'dial-in', 'hangup', 'hangup']);
});

test('who subscribes for the client as a whole is told of every extension, beside who subscribes to one', async () => {
  const world = await serveTelphin();
  const receiver = await startSlowReceiver('');
  const wish = { url: `${receiver.url}/all`, event_type: 'hangup', method: 'GET' };
  const { status, body } = await world.api('POST', '/client/@me/event/', wish);
  expect({ status, body }).toMatchObject({ status: 201, body: wish });
  await subscribe(world, 34_414, 'hangup', `${receiver.url}/34414`);
  await declinedCall(world);
  await Promise.all([receiver.came('34414 hangup'), receiver.came('all hangup')]);
  expect((await world.api('GET', '/client/@me/event/')).body).toEqual([body]);
  expect((await world.api('GET', '/extension/34414/event/')).body).toHaveLength(1);

  const { id } = body as { readonly id: number };
  expect((await world.api('GET', `/extension/34414/event/${id}`)).status).toBe(404);
  expect((await world.api('DELETE', `/client/@me/event/${id}`)).status).toBe(204);
  expect((await world.api('GET', `/client/@me/event/${id}`)).status).toBe(404);
  expect((await world.api('POST', '/client/77/event/', wish)).status).toBe(404);
});
