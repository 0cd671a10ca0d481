import { createDecipheriv } from 'node:crypto';
import PubNub from 'pubnub';
import { expect, onTestFinished, test } from 'vitest';
import { defaultRingCentralOptions } from '../../../src/dialects/ringcentral/options.ts';
import { temporaryFolder } from '../../temporary-folder.ts';
import { serveRingCentral, type RingCentralWorld } from './serve-ringcentral.ts';

interface Mode {
  readonly address: string;
  readonly subscriberKey: string;
  readonly encryptionKey?: string;
}

const sessions = '/restapi/v1.0/account/~/telephony/sessions';
const presence = '/restapi/v1.0/account/~/extension/~/presence?detailedTelephonyState=true&sipData=true';

const subscribe = async ({ rest }: RingCentralWorld, eventFilters: readonly string[], extension = '102'): Promise<Mode> => {
  const { body } = await rest('POST', '/subscription', { eventFilters, deliveryMode: { transportType: 'PubNub' } }, extension);
  return (body as { readonly deliveryMode: Mode }).deliveryMode;
};

interface Polled {
  readonly t: { readonly t: string; readonly r: number };
  readonly m: readonly { readonly p: { readonly t: string }; readonly c: string; readonly d: unknown }[];
}

const poll = async ({ url }: RingCentralWorld, { address, subscriberKey }: Mode, tt?: string): Promise<Polled> => {
  const token = tt === undefined ? '' : `&tt=${tt}&tr=1`;
  const reply = await fetch(`${url}/v2/subscribe/${subscriberKey}/${address}/0?heartbeat=300&uuid=pn-1${token}`);
  return (await reply.json()) as Polled;
};

const decrypt = (mode: Mode, payload: unknown): unknown => {
  const decipher = createDecipheriv('aes-128-ecb', Buffer.from(mode.encryptionKey ?? '', 'base64'), null);
  return JSON.parse(decipher.update(String(payload), 'base64', 'utf8') + decipher.final('utf8'));
};

const played = ({ sandbox }: RingCentralWorld): void => {
  sandbox.phones.call('103', '102');
  sandbox.phones.answer('102');
  sandbox.phones.hangUp('103');
};

interface Envelope {
  readonly uuid: string;
  readonly event: string;
  readonly body: { readonly sequence: number; readonly telephonyStatus?: string };
}

test('the vendor’s example works with the real PubNub client: presence comes encrypted, and all in order', async () => {
  const world = await serveRingCentral();
  const mode = await subscribe(world, [sessions, presence]);
  const { host } = new URL(world.url);
  const client = new PubNub({ subscribeKey: mode.subscriberKey, uuid: 'pn-test', origin: host, ssl: false, useRandomIVs: false });
  onTestFinished(() => client.stop());
  const options = { encryptKey: false, keyEncoding: 'base64', keyLength: 128, mode: 'ecb' };
  const told: Envelope[] = [];
  await new Promise<void>((resolve) => {
    client.addListener({
      message: ({ message }) => {
        told.push(client.decrypt(message, mode.encryptionKey, options) as Envelope);
        if (told.length === 11) resolve();
      },
      status: ({ category }) => {
        if (category === 'PNConnectedCategory') played(world);
      },
    });
    client.subscribe({ channels: [mode.address] });
  });
  expect(told.filter(({ event }) => event.endsWith('sessions')).map(({ body }) => body.sequence)).toEqual([2, 3, 4, 5, 6, 7, 8]);
  const statuses = told.filter(({ event }) => event.includes('presence')).map(({ body }) => body.telephonyStatus);
  expect(statuses).toEqual(['Ringing', 'CallConnected', 'NoCall', 'NoCall']);
});

test('any token is gone on from: none, an older one, one of before a restart, and never past what was not given', async () => {
  const folder = temporaryFolder();
  const world = await serveRingCentral({}, folder);
  const mode = await subscribe(world, [sessions]);
  const begun = await poll(world, mode);
  expect(begun).toEqual({ t: { t: expect.stringMatching(/^\d{17}$/) as string, r: 1 }, m: [] });
  played(world);
  await world.event(({ type }) => type === 'call.ended');
  const all = await poll(world, mode, begun.t.t);
  const tokens = all.m.map(({ p }) => p.t);
  expect(all.m.map(({ d }) => (d as Envelope).body.sequence)).toEqual([2, 3, 4, 5, 6, 7, 8]);
  expect(tokens).toEqual(tokens.toSorted());
  expect(new Set(tokens).size).toBe(7);
  expect(all.t.t).toBe(tokens.at(-1));
  const [, , third = ''] = tokens;
  expect((await poll(world, mode, third)).m).toEqual(all.m.slice(3));
  await world.end();
  const again = await serveRingCentral({}, folder);
  const after = await poll(again, mode, third);
  const uuids = ({ m }: Polled): readonly string[] => m.map(({ d }) => (d as Envelope).uuid);
  expect(uuids(after)).toEqual(uuids(all).slice(3));
  const empty = poll(again, mode, after.t.t);
  again.stop();
  expect(await empty).toEqual({ t: { t: after.t.t, r: 1 }, m: [] });
});

test('who has subscribed and listens only later has missed nothing', async () => {
  const world = await serveRingCentral();
  const mode = await subscribe(world, [presence]);
  played(world);
  await world.event(({ type, extension }) => type === 'extension.presenceChanged' && extension === '103');
  await world.ended(world.events.find(({ type }) => type === 'call.started')?.callId ?? ('' as never));
  const begun = await poll(world, mode);
  const { m } = await poll(world, mode, begun.t.t);
  expect(decrypt(mode, m[0]?.d)).toMatchObject({ body: { telephonyStatus: 'Ringing' } });
});

test('a channel is told nothing of what was before it, however old the token', async () => {
  const world = await serveRingCentral();
  played(world);
  await world.event(({ type }) => type === 'call.ended');
  const mode = await subscribe(world, [sessions]);
  world.sandbox.phones.call('103', '104');
  await world.leg('104', ({ state }) => state === 'ringing');
  const { m } = await poll(world, mode, '10000000000000001');
  expect(m.map(({ d }) => (d as Envelope).body.sequence)).toEqual([2, 3, 4, 5]);
});

test('a channel that comes to carry presence is encrypted from then on, at its address; its key stays', async () => {
  const world = await serveRingCentral();
  const { body } = await world.rest(
    'POST',
    '/subscription',
    { eventFilters: [sessions], deliveryMode: { transportType: 'PubNub' } },
    '102',
  );
  const { id, deliveryMode: open } = body as { readonly id: string; readonly deliveryMode: Mode };
  expect(open).not.toHaveProperty('encryptionKey');
  const change = async (eventFilters: readonly string[]): Promise<Mode> => {
    const changed = await world.rest('PUT', `/subscription/${id}`, { eventFilters }, '102');
    return (changed.body as { readonly deliveryMode: Mode }).deliveryMode;
  };
  const secret = await change([sessions, presence]);
  expect(secret).toMatchObject({
    address: open.address,
    encryption: true,
    encryptionAlgorithm: 'AES',
    encryptionKey: expect.stringMatching(/^.{22}==$/) as string,
  });
  expect(await change([sessions])).toEqual(secret);
  const { t } = await poll(world, secret);
  played(world);
  const { m } = await poll(world, secret, t.t);
  expect(decrypt(secret, m[0]?.d)).toMatchObject({ body: { sequence: 2 } });
});

test('a poll waits its time and gives its token back; a channel that is not there is waited for as well', async () => {
  const world = await serveRingCentral();
  const mode = await subscribe(world, [sessions]);
  const { t } = await poll(world, mode);
  for (const address of [mode.address, '1_00000000']) {
    const waiting = poll(world, { ...mode, address }, t.t);
    // Its hold begins when the request is there.
    const answered = await advanceUntil(world, waiting);
    expect(answered).toEqual({ t, m: [] });
  }
  const leave = await fetch(`${world.url}/v2/presence/sub-key/${mode.subscriberKey}/channel/${mode.address}/leave?uuid=x`);
  expect(await leave.json()).toEqual({ status: 200, message: 'OK', action: 'leave', service: 'Presence' });
  expect(await (await fetch(`${world.url}/time/0`)).text()).toMatch(/^\[\d{17}\]$/);
});

/** Lets time pass until the promise is settled. */
const advanceUntil = async <Value>({ clock }: RingCentralWorld, waiting: Promise<Value>): Promise<Value> => {
  const settled = new AbortController();
  const settle = (): void => settled.abort();
  waiting.then(settle, settle);
  while (!settled.signal.aborted) {
    clock.advance(5);
    await new Promise((resolve) => setImmediate(resolve));
  }
  return waiting;
};

test('the wrapper of a mobile push is an option', async () => {
  const subscriptions = { ...defaultRingCentralOptions.subscriptions, pushWrapper: true };
  const world = await serveRingCentral({ subscriptions });
  const mode = await subscribe(world, [sessions]);
  const { t } = await poll(world, mode);
  played(world);
  const { m } = await poll(world, mode, t.t);
  expect(m[0]?.d).toMatchObject({ ownerId: '400144455008', pn_apns: { aps: { 'content-available': 1 }, body: { sequence: 2 } } });
});

const reminder = '/restapi/v1.0/subscription/~?threshold=120&interval=60';

test('a subscription that is near its end reminds its reader, between what happens', async () => {
  const world = await serveRingCentral();
  const mode = await subscribe(world, [sessions, reminder]);
  const { t } = await poll(world, mode);
  world.clock.advance(781);
  const reminded = await poll(world, mode, t.t);
  const [first] = reminded.m;
  expect(first?.d).toMatchObject({
    event: reminder,
    body: { status: 'Active', expiresIn: 120, eventFilters: expect.any(Array) as string[] },
  });
  played(world);
  await world.event(({ type }) => type === 'call.ended');
  const { m } = await poll(world, mode, reminded.t.t);
  expect(m.map(({ d }) => (d as Envelope).body.sequence)).toEqual([2, 3, 4, 5, 6, 7, 8]);
  // Who asks with the token of before the reminder is given both, in order.
  const both = await poll(world, mode, t.t);
  expect(both.m.map(({ d }) => (d as Envelope).event)).toEqual([reminder, ...m.map(({ d }) => (d as Envelope).event)]);
});
