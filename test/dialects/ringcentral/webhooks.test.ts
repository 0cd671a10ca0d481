import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import { pino } from 'pino';
import { expect, onTestFinished, test } from 'vitest';
import { createNewId } from '../../../src/model/ids.ts';
import { isoTime } from '../../../src/model/time.ts';
import { renderError, RingCentralError } from '../../../src/dialects/ringcentral/errors.ts';
import {
  WebHookTransport,
  type NotificationSource,
  type WebHookNotification,
  type WebHookOptions,
} from '../../../src/dialects/ringcentral/webhooks.ts';
import { startSink, type Answer, type Received } from '../../delivery/webhooks/sink.ts';
import { startWorld, tenant, type World } from '../../delivery/webhooks/world.ts';

/** Echoes the token of a handshake, and takes every notification. */
const well: Answer = ({ headers }, response) => {
  const token = headers['validation-token'];
  response.writeHead(200, typeof token === 'string' ? { 'Validation-Token': token } : {}).end();
};

const transportOf = (world: World, options: Partial<WebHookOptions> = {}): WebHookTransport => {
  const transport = new WebHookTransport({
    tenant,
    engine: world.engine,
    timers: world.clock,
    newId: createNewId(randomBytes),
    logger: pino({ level: 'silent' }),
    httpsOnly: false,
    blacklistAfterSeconds: 600,
    probeSeconds: 900,
    ...options,
  });
  onTestFinished(() => transport.close());
  return transport;
};

/** Notifications in memory; each number told is an event of the log with so many of them. */
const createTape = (world: World): NotificationSource & { add(...counts: readonly number[]): void } => {
  const told: WebHookNotification[] = [];
  const listeners = new Set<() => void>();
  let seq = 0;
  return {
    add: (...counts) => {
      for (const count of counts) {
        seq += 1;
        for (let place = 0; place < count; place += 1) {
          const uuid = `${seq}${place}`;
          told.push({ seq, place, uuid, at: world.clock.now(), text: () => JSON.stringify({ uuid }) });
        }
      }
      for (const listener of listeners) listener();
    },
    read: (from, limit) => {
      // Some at a time, whole events always.
      const found = told.filter((each) => each.seq > from);
      const last = found[limit - 1]?.seq ?? seq;
      return Promise.resolve({ told: found.filter((each) => each.seq <= last), upTo: last });
    },
    head: () => ({ epoch: 'e1', seq }),
    onMore: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
};

const uuidsOf = (received: readonly Received[]): readonly string[] =>
  received.filter(({ body }) => body !== '').map(({ body }) => (JSON.parse(body) as { readonly uuid: string }).uuid);

test('the handshake is an empty request with a token of its own, and the answer must echo it', async () => {
  const sink = await startSink(well);
  const transport = transportOf(startWorld());
  await transport.handshake({ id: 'one', address: sink.url, verificationToken: 'opaque' });
  await transport.handshake({ id: 'one', address: sink.url });
  const [first, second] = sink.received;
  expect(first).toMatchObject({
    method: 'POST',
    body: '',
    headers: {
      'validation-token': expect.stringMatching(/^.{20,}$/) as string,
      'verification-token': 'opaque',
      'content-type': 'application/json; charset=UTF-8',
      'user-agent': 'RingCentral-Webhook/8.3',
    },
  });
  expect(second?.headers['verification-token']).toBeUndefined();
  expect(second?.headers['validation-token']).not.toBe(first?.headers['validation-token']);
});

const echo = (response: ServerResponse, { headers }: Received, status: number, body = ''): void =>
  void response.writeHead(status, { 'Validation-Token': headers['validation-token'] }).end(body);

test.each<readonly [how: string, answer: Answer, code: string, cause: string]>([
  ['does not echo the token', (_received, response) => void response.end(), 'SUB-520', 'no Validation-Token header'],
  [
    'echoes another token',
    (_received, response) => void response.writeHead(200, { 'Validation-Token': 'other' }).end(),
    'SUB-520',
    'another one',
  ],
  ['answers 404', (received, response) => echo(response, received, 404), 'SUB-525', '404'],
  ['answers 201', (received, response) => echo(response, received, 201), 'SUB-525', '201'],
  [
    'redirects',
    (received, response) => {
      response.setHeader('Location', '/elsewhere');
      echo(response, received, 302);
    },
    'SUB-525',
    '302',
  ],
  ['answers with too much', (received, response) => echo(response, received, 200, 'x'.repeat(1_024)), 'SUB-525', 'more than 1024'],
  ['closes the connection', (_received, response) => void response.destroy(), 'SUB-521', ''],
])('a receiver that %s is refused with what exactly happened', async (_how, answer, code, cause) => {
  const sink = await startSink(answer);
  const refusal: unknown = await transportOf(startWorld())
    .handshake({ id: 'one', address: sink.url })
    .catch((error: unknown) => error);
  expect(refusal).toBeInstanceOf(RingCentralError);
  const rendered = renderError(refusal as RingCentralError);
  expect({ ...rendered, status: (refusal as RingCentralError).status }).toMatchObject({
    status: 400,
    errorCode: code,
    parameterName: 'deliveryMode.address',
    additionalInfo: expect.stringContaining(cause) as string,
    errors: [{ errorCode: code }],
  });
  expect(rendered.message).toContain(cause);
});

test('a receiver that is slower than three seconds is not reachable', async () => {
  const sink = await startSink(() => undefined);
  const world = startWorld();
  const shaken = transportOf(world).handshake({ id: 'one', address: sink.url });
  await sink.count(1);
  world.tickWheel(3_500);
  await expect(shaken).rejects.toMatchObject({ code: 'SUB-521', additionalInfo: expect.stringContaining('3 s') as string });
});

test('nobody at the address, and no address at all', async () => {
  const sink = await startSink(well);
  await sink.close();
  const transport = transportOf(startWorld());
  await expect(transport.handshake({ id: 'one', address: sink.url })).rejects.toMatchObject({ code: 'SUB-521' });
  await expect(transport.handshake({ id: 'one', address: 'not an address' })).rejects.toMatchObject({
    code: 'CMN-101',
    parameterName: 'deliveryMode.address',
  });
  // Inside a network that nobody may be made to knock at.
  await expect(transport.handshake({ id: 'one', address: 'http://169.254.169.254/latest' })).rejects.toMatchObject({ code: 'SUB-521' });
});

test('a certificate that nobody vouches for', async () => {
  const folder = join(import.meta.dirname, '../../http/certificates');
  const server = createSecureServer(
    { cert: readFileSync(join(folder, 'first.crt')), key: readFileSync(join(folder, 'first.key')) },
    (_, response) => response.end(),
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
  });
  const address = `https://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  await expect(transportOf(startWorld()).handshake({ id: 'one', address })).rejects.toMatchObject({ code: 'SUB-524' });
});

test('where https is required, http is refused before anything is sent', async () => {
  const sink = await startSink(well);
  const shaken = transportOf(startWorld(), { httpsOnly: true }).handshake({ id: 'one', address: sink.url });
  await expect(shaken).rejects.toMatchObject({ code: 'SUB-523', status: 400 });
  expect(sink.received).toEqual([]);
});

test('notifications come in order, several of one event too, each with the verification token', async () => {
  const sink = await startSink(well);
  const world = startWorld();
  const tape = createTape(world);
  const transport = transportOf(world);
  tape.add(2);
  transport.start({ id: 'one', address: sink.url, verificationToken: 'opaque' }, tape);
  tape.add(1, 0, 3, 2);
  const received = await sink.count(6);
  expect(uuidsOf(received)).toEqual(['20', '40', '41', '42', '50', '51']);
  expect(received[0]).toMatchObject({
    headers: {
      accept: 'application/json',
      'content-type': 'application/json; charset=UTF-8',
      'user-agent': 'RingCentral-Webhook/8.3',
      'verification-token': 'opaque',
    },
  });
  expect(received[0]?.headers['validation-token']).toBeUndefined();
  expect(transport.status('one')).toEqual({ status: 'Active' });
});

/** Lets time pass, each second by itself, until so many attempts have been made. */
const untilAttempted = async (world: World, count: number): Promise<void> => {
  while (world.attempts.length < count) {
    world.clock.advance(1);
    await new Promise((resolve) => setImmediate(resolve));
  }
  await world.attempted(count);
};

const untilBlacklisted = async (world: World, transport: WebHookTransport): Promise<void> => {
  while (transport.status('one').status === 'Active') await untilAttempted(world, world.attempts.length + 1);
};

test('after ten minutes of failures it is Blacklisted with the reason, probed by a handshake, and caught up in order', async () => {
  const sink = await startSink((_received, response) => void response.writeHead(404).end());
  const world = startWorld();
  const tape = createTape(world);
  const transport = transportOf(world);
  transport.start({ id: 'one', address: sink.url }, tape);
  tape.add(1, 2);
  await untilAttempted(world, 1);
  const failingSince = world.clock.now();
  await untilBlacklisted(world, transport);
  const blacklisted = transport.status('one');
  expect(blacklisted).toMatchObject({
    status: 'Blacklisted',
    blacklistedData: { reason: 'Webhook responses with code: [404], reason: [Not Found]' },
  });
  expect(world.clock.now() - failingSince).toBeGreaterThanOrEqual(599e6);
  // The first was tried again and again, and nothing overtook it.
  expect(new Set(uuidsOf(sink.received))).toEqual(new Set(['10']));
  const tried = sink.received.length;

  // While it is Blacklisted only the handshake is tried, every fifteen minutes; the reason stays what it was.
  world.clock.advance(900);
  await sink.count(tried + 1);
  expect(sink.received.at(-1)).toMatchObject({ body: '', headers: { 'validation-token': expect.any(String) as string } });
  await new Promise((resolve) => setImmediate(resolve));
  expect(transport.status('one')).toEqual(blacklisted);
  tape.add(1);
  sink.answer = well;
  await untilAttempted(world, world.attempts.length + 5);
  expect(uuidsOf(sink.received.slice(tried + 1))).toEqual(['10', '20', '21', '30']);
  expect(transport.status('one')).toEqual({ status: 'Active' });
});

test('a receiver that answers too late is told so, as the vendor words it', async () => {
  const sink = await startSink(() => undefined);
  const world = startWorld();
  const tape = createTape(world);
  const transport = transportOf(world, { blacklistAfterSeconds: 0 });
  transport.start({ id: 'one', address: sink.url }, tape);
  tape.add(1);
  await sink.count(1);
  world.tickWheel(3_500);
  await world.attempted(1);
  expect(transport.status('one')).toEqual({
    status: 'Blacklisted',
    blacklistedData: { reason: 'I/O operation is failed. Details: [Read timed out]', blacklistedAt: isoTime(world.clock.now()) },
  });
});

test('a backlog outlives a kill while it is Blacklisted, and a deleted subscription is never heard of again', async () => {
  const sink = await startSink((_received, response) => void response.writeHead(500).end());
  const world = startWorld();
  const tape = createTape(world);
  const transport = transportOf(world, { blacklistAfterSeconds: 0 });
  transport.start({ id: 'one', address: sink.url }, tape);
  transport.start({ id: 'two', address: sink.url }, tape);
  tape.add(1, 1);
  await world.attempted(2);
  world.clock.advance(1);
  transport.close();
  const again = await world.crash();
  const next = transportOf(again);
  for (const id of ['one', 'two']) next.start({ id, address: sink.url }, tape);
  expect(next.status('one')).toMatchObject({ blacklistedData: { reason: expect.stringContaining('[500]') as string } });
  next.stop('two');
  expect(next.status('two')).toEqual({ status: 'Active' });
  const tried = sink.received.length;
  sink.answer = well;
  again.clock.advance(900);
  await sink.count(tried + 3);
  expect(uuidsOf(sink.received.slice(tried))).toEqual(['10', '20']);
});
