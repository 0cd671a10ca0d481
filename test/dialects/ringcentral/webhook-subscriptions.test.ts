/** Subscriptions with a WebHook, from their making to their end, as an app and its receiver see them. */
import { expect, test } from 'vitest';
import type { Attempt } from '../../../src/delivery/webhooks/webhook-engine.ts';
import { defaultRingCentralOptions } from '../../../src/dialects/ringcentral/options.ts';
import { ok, refuse, startSink, type Answer, type Received } from '../../delivery/webhooks/sink.ts';
import { parseReply } from '../world.ts';
import { serveRingCentral, type RingCentralWorld } from './serve-ringcentral.ts';

const well: Answer = ({ headers }, response) => {
  const token = headers['validation-token'];
  response.writeHead(200, typeof token === 'string' ? { 'Validation-Token': token } : {}).end();
};

const sessions = '/restapi/v1.0/account/~/extension/~/telephony/sessions';
const wish = (address: string): object => ({
  eventFilters: [sessions],
  deliveryMode: { transportType: 'WebHook', address, verificationToken: 'opaque' },
  expiresIn: 3_600,
});

interface Made {
  readonly id: string;
  readonly deliveryMode: object;
}

const subscribe = async (world: RingCentralWorld, address: string): Promise<Made> => {
  const { status, body } = await world.rest('POST', '/subscription', wish(address), '102');
  expect(status).toBe(200);
  return body as Made;
};

const call = async ({ sandbox, leg }: RingCentralWorld): Promise<void> => {
  sandbox.phones.call('103', '102');
  await leg('102', ({ state }) => state === 'ringing');
};

const bodiesOf = (received: readonly Received[]): readonly { readonly uuid: string; readonly body: { readonly sequence: number } }[] =>
  received
    .filter(({ body }) => body !== '')
    .map(({ body }) => JSON.parse(body) as { readonly uuid: string; readonly body: { readonly sequence: number } });

test.each<readonly [how: string, answer: Answer, code: string]>([
  ['does not echo the token', ok, 'SUB-525'],
  ['does not echo the token, with 200', (_received, response) => void response.end(), 'SUB-520'],
  ['is not there any more', refuse(404), 'SUB-525'],
  ['hangs up', (_received, response) => void response.destroy(), 'SUB-521'],
])('of a receiver that %s nothing is kept', async (_how, answer, errorCode) => {
  const world = await serveRingCentral();
  const sink = await startSink(answer);
  const refused = await world.rest('POST', '/subscription', wish(sink.url), '102');
  expect(refused).toMatchObject({ status: 400, body: { errorCode, parameterName: 'deliveryMode.address', errors: [{ errorCode }] } });
  expect(await world.rest('GET', '/subscription', undefined, '102')).toMatchObject({ status: 200, body: { records: [] } });
});

test('an event is the envelope and the body of the vendor’s samples, and the token is in no answer', async () => {
  const world = await serveRingCentral();
  const sink = await startSink(well);
  const made = await subscribe(world, sink.url);
  expect(made.deliveryMode).toEqual({ transportType: 'WebHook', encryption: false, address: sink.url });
  await call(world);
  const [handshake, first] = await sink.count(2);
  expect(handshake?.headers['validation-token']).toMatch(/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/);
  expect(first?.headers['verification-token']).toBe('opaque');
  expect(JSON.parse(first?.body ?? '')).toEqual({
    uuid: expect.stringMatching(/^\d{1,19}$/) as string,
    event: '/restapi/v1.0/account/400144452008/extension/400144455008/telephony/sessions',
    timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) as string,
    subscriptionId: made.id,
    ownerId: '400144455008',
    body: expect.objectContaining({ accountId: '400144452008', extensionId: '400144455008', origin: { type: 'Call' } }) as object,
  });
});

test('what was sent can be shown and sent again, by the event that led to it', async () => {
  const world = await serveRingCentral();
  const { webhooks } = world.gateway;
  const { tenant, log } = world.engine;
  const sink = await startSink(well);
  await subscribe(world, sink.url);
  /** The next attempt that is settled, of those at events. */
  const attempted = (isAsked: (attempt: Attempt) => boolean): Promise<Attempt> =>
    new Promise((resolve) => {
      const stop = webhooks.onAttempt((attempt) => {
        if (attempt.seq === 0 || !isAsked(attempt)) return;
        stop();
        resolve(attempt);
      });
    });
  const first = attempted(() => true);
  await call(world);
  const { endpoint, id, seq } = await first;
  const shown = await webhooks.requestFor(endpoint, seq, id);
  expect(JSON.parse(shown?.body ?? '')).toMatchObject({ uuid: id });

  const again = attempted((attempt) => attempt.id === id);
  expect(await webhooks.redeliver(endpoint, seq)).toBe('begun');
  await again;
  const replayed = attempted((attempt) => attempt.id === id);
  expect(await webhooks.replay(endpoint, log.oldest(tenant))).toBe('begun');
  await replayed;
  expect(sink.received.filter(({ body }) => body === shown?.body)).toHaveLength(3);
});

test('it is seen by its own user with its own client alone', async () => {
  const world = await serveRingCentral();
  const sink = await startSink(well);
  const { id } = await subscribe(world, sink.url);
  expect(await world.rest('GET', `/subscription/${id}`, undefined, '102')).toMatchObject({ status: 200, body: { id, status: 'Active' } });
  for (const method of ['GET', 'PUT', 'DELETE']) {
    expect(await world.rest(method, `/subscription/${id}`, undefined, '101')).toMatchObject({ status: 404 });
  }
  const headers = { authorization: `Basic ${Buffer.from('other-client:other-secret').toString('base64')}` };
  const form = { grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion: 'demo-jwt-102' };
  const granted = await parseReply(
    await fetch(`${world.url}/restapi/oauth/token`, { method: 'POST', headers, body: new URLSearchParams(form) }),
  );
  const { access_token: token } = granted.body as { readonly access_token: string };
  const asked = await fetch(`${world.url}/restapi/v1.0/subscription/${id}`, { headers: { authorization: `Bearer ${token}` } });
  expect(asked.status).toBe(404);
});

test('one that fails too long is Blacklisted with the reason, and caught up in order once its receiver is well', async () => {
  // Memory reaches back for a few events alone: most of what is caught up with lies in the log.
  const subscriptions = { ...defaultRingCentralOptions.subscriptions, memoryEvents: 16, blacklistAfterSeconds: 2, probeSeconds: 30 };
  const world = await serveRingCentral({ subscriptions });
  const sink = await startSink(well);
  const { id } = await subscribe(world, sink.url);
  const shown = async (): Promise<unknown> => (await world.rest('GET', `/subscription/${id}`, undefined, '102')).body;
  sink.answer = refuse(500);
  await call(world);
  await expect
    .poll(async () => {
      world.clock.advance(1);
      return shown();
    })
    .toMatchObject({
      status: 'Blacklisted',
      blacklistedData: {
        reason: 'Webhook responses with code: [500], reason: [Internal Server Error]',
        blacklistedAt: expect.stringMatching(/Z$/) as string,
      },
    });
  for (let count = 0; count < 8; count += 1) {
    world.sandbox.phones.answer('102');
    const { callId } = await world.leg('102', ({ state }) => state === 'connected');
    world.sandbox.phones.hangUp('102');
    await world.ended(callId);
    await call(world);
  }
  const before = sink.received.length;
  sink.answer = well;
  await expect
    .poll(async () => {
      world.clock.advance(30);
      return shown();
    })
    .toMatchObject({ status: 'Active' });
  // Of each call Setup, Proceeding, Answered and Disconnected; the last one rings.
  const told = bodiesOf((await sink.count(before + 1 + 8 * 4 + 2)).slice(before));
  expect(told.map(({ body }) => body.sequence)).toEqual([...Array.from({ length: 8 }, () => [3, 5, 6, 7]).flat(), 3, 5]);
  // What had been tried before is known again by its uuid.
  expect(bodiesOf(sink.received.slice(0, before)).map(({ uuid }) => uuid)).toContain(told[0]?.uuid);
});

test('a deleted one is told of nothing more', async () => {
  const world = await serveRingCentral();
  const [one, two] = [await startSink(well), await startSink(well)];
  const { id } = await subscribe(world, one.url);
  await subscribe(world, two.url);
  expect(await world.rest('DELETE', `/subscription/${id}`, undefined, '102')).toMatchObject({ status: 204 });
  await call(world);
  await two.count(3);
  expect(one.received).toHaveLength(1);
});
