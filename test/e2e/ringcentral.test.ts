import { Subscriptions } from '@ringcentral/subscriptions';
import { SDK } from '@ringcentral/sdk';
import { expect, onTestFinished, test } from 'vitest';
import { runSwitchhook } from './process.ts';

/** A notification, as far as this test looks at it. */
interface Told {
  readonly uuid: string;
  readonly event: string;
  readonly ownerId: string;
  readonly subscriptionId: string;
  readonly body: {
    readonly sequence: number;
    readonly telephonySessionId?: string;
    readonly telephonyStatus?: string;
    readonly parties?: readonly {
      readonly id: string;
      readonly extensionId: string;
      readonly direction: string;
      readonly status: { readonly code: string; readonly reason?: string };
    }[];
  };
}

const startDemo = async (): Promise<{ readonly url: string; play(path: string, body?: object): Promise<void> }> => {
  const demo = runSwitchhook(['demo', '--port', '0', '--quiet']);
  const [, url = ''] = await demo.prints(/on (http:\S+)/);
  const headers = { Authorization: 'Bearer demo-key', 'Content-Type': 'application/json' };
  return {
    url,
    play: async (path, body = {}) => {
      const reply = await fetch(`${url}/v1/sandbox/${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
      expect(reply.ok).toBe(true);
    },
  };
};

interface Listening {
  readonly platform: ReturnType<SDK['platform']>;
  readonly told: readonly Told[];
  /** What was told of telephony sessions: `2 -1 Outbound Setup 57008`, the extension by its last digits. */
  flow(): readonly string[];
  /** Cuts the line, without a word. */
  cut(): void;
}

/** An app of the vendor's SDK that the extension's user has logged in to, and that is told of the account's calls. */
const listenAs = async (url: string, extension: string, ...filters: readonly string[]): Promise<Listening> => {
  const sdk = new SDK({ server: url, clientId: 'demo-client', clientSecret: 'demo-secret' });
  const platform = sdk.platform();
  await platform.login({ jwt: `demo-jwt-${extension}` });
  const subscription = new Subscriptions({ sdk }).createSubscription();
  const told: Told[] = [];
  subscription.on('notification', (event: Told) => told.push(event));
  const registered = await subscription.setEventFilters(['/restapi/v1.0/account/~/telephony/sessions', ...filters]).register();
  const { wse } = registered as unknown as { readonly wse: { readonly ws: { terminate(): void }; revoke(): Promise<void> } };
  // Without it the client would try to recover from the end of the server.
  onTestFinished(async () => wse.revoke());
  return {
    platform,
    told,
    flow: () =>
      told.flatMap(({ body }) =>
        (body.parties ?? []).map(({ id, extensionId, direction, status }) =>
          [body.sequence, id.slice(id.lastIndexOf('-')), direction, status.code, extensionId.slice(-5), status.reason ?? '']
            .join(' ')
            .trim(),
        ),
      ),
    cut: () => wse.ws.terminate(),
  };
};

test('an app with the vendor’s own SDK logs in, subscribes, loses its connection and misses nothing', async () => {
  const { url, play } = await startDemo();
  const presenceFilter = '/restapi/v1.0/account/~/extension/~/presence?detailedTelephonyState=true&sipData=true';
  const { told, flow, cut } = await listenAs(url, '102', presenceFilter);

  await play('calls', { from: '103', to: '102' });
  await play('phones/102/answer');
  await expect.poll(flow).toHaveLength(5);
  // What follows happens while nobody listens.
  cut();
  await play('phones/102/hold');
  await play('phones/102/resume');
  await play('phones/102/transfer', { to: '101' });
  await play('phones/101/answer');
  await play('phones/103/hangup');
  await expect.poll(flow).toHaveLength(13);
  expect(flow()).toEqual([
    '2 -1 Outbound Setup 57008',
    '3 -2 Inbound Setup 55008',
    '4 -1 Outbound Answered 57008',
    '5 -2 Inbound Proceeding 55008',
    '6 -2 Inbound Answered 55008',
    '7 -2 Inbound Hold 55008',
    '8 -2 Inbound Answered 55008',
    '9 -2 Inbound Disconnected 55008 BlindTransfer',
    '10 -3 Inbound Setup 00101',
    '11 -3 Inbound Proceeding 00101',
    '12 -3 Inbound Answered 00101',
    '13 -1 Outbound Disconnected 57008',
    '14 -3 Inbound Disconnected 00101',
  ]);
  expect(new Set(told.map(({ uuid }) => uuid)).size).toBe(told.length);
  expect(new Set(told.map(({ ownerId }) => ownerId))).toEqual(new Set(['400144455008']));
  const presence = told.filter(({ event }) => event.includes('/presence'));
  expect(presence.map(({ body }) => body.telephonyStatus)).toEqual([
    'Ringing',
    'CallConnected',
    'OnHold',
    'CallConnected',
    'NoCall',
    'NoCall',
  ]);
  expect(presence[0]).toMatchObject({
    event: '/restapi/v1.0/account/400144452008/extension/400144455008/presence?detailedTelephonyState=true&sipData=true',
    body: {
      extensionId: 400_144_455_008,
      activeCalls: [{ direction: 'Inbound', from: '103', to: '102', fromName: 'TheCat Jerry', toName: 'Tom Sawyer' }],
    },
  });
});

test('the SDK places a call, holds, transfers and hangs up, and every event is told', async () => {
  const { url, play } = await startDemo();
  const { platform, told, flow } = await listenAs(url, '101');
  const json = async (path: string, body?: object): Promise<Readonly<Record<string, unknown>>> =>
    (await (await platform.post(`/restapi/v1.0/account/~/telephony${path}`, body)).json()) as Readonly<Record<string, unknown>>;
  const { session } = (await json('/call-out', { from: { extensionId: '400144400101' }, to: { extensionNumber: '103' } })) as {
    readonly session: { readonly id: string; readonly parties: readonly { readonly id: string }[] };
  };
  await play('phones/101/answer');
  await expect.poll(flow).toContain('6 -2 Inbound Proceeding 57008');
  await play('phones/103/answer');
  await expect.poll(flow).toContain('7 -2 Inbound Answered 57008');
  const own = `/sessions/${session.id}/parties/${session.parties[0]?.id ?? ''}`;
  expect(await json(`${own}/hold`)).toMatchObject({ status: { code: 'Hold' } });
  expect(await json(`${own}/unhold`)).toMatchObject({ status: { code: 'Answered' } });
  expect(await json(`${own}/transfer`, { extensionNumber: '102' })).toMatchObject({
    status: { code: 'Disconnected', reason: 'BlindTransfer' },
  });
  await play('phones/102/answer');
  await expect.poll(flow).toContain('13 -3 Inbound Answered 55008');
  await platform.delete(`/restapi/v1.0/account/~/telephony/sessions/${session.id}`);
  await expect.poll(flow).toHaveLength(14);
  expect(flow()).toEqual([
    '2 -1 Outbound Setup 00101',
    '3 -1 Outbound Proceeding 00101',
    '4 -2 Inbound Setup 57008',
    '5 -1 Outbound Answered 00101',
    '6 -2 Inbound Proceeding 57008',
    '7 -2 Inbound Answered 57008',
    '8 -1 Outbound Hold 00101',
    '9 -1 Outbound Answered 00101',
    '10 -1 Outbound Disconnected 00101 BlindTransfer',
    '11 -3 Inbound Setup 55008',
    '12 -3 Inbound Proceeding 55008',
    '13 -3 Inbound Answered 55008',
    '14 -2 Inbound Disconnected 57008',
    '15 -3 Inbound Disconnected 55008',
  ]);
  expect(new Set(told.map(({ body }) => body.telephonySessionId))).toEqual(new Set([session.id]));
});
