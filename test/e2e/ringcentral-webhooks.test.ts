import { expect, test } from 'vitest';
import { startSink } from '../delivery/webhooks/sink.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { runSwitchhook, type Running } from './process.ts';

interface Told {
  readonly uuid: string;
  readonly subscriptionId: string;
  readonly body: { readonly sequence: number; readonly parties: readonly [{ readonly status: { readonly code: string } }] };
}

interface Demo {
  readonly demo: Running;
  ask(path: string, body: object, token?: string): Promise<unknown>;
  token(): Promise<string>;
}

const start = async (data: string): Promise<Demo> => {
  const demo = runSwitchhook(['demo', '--port', '0', '--quiet', '--data', data]);
  const [, url = ''] = await demo.prints(/on (http:\S+)/);
  await demo.prints(/Metrics: /);
  const ask: Demo['ask'] = async (path, body, token = 'demo-key') => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    return (await fetch(url + path, { method: 'POST', headers, body: JSON.stringify(body) })).json();
  };
  const token = async (): Promise<string> => {
    const body = new URLSearchParams({ grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion: 'demo-jwt-102' });
    const headers = { authorization: `Basic ${Buffer.from('demo-client:demo-secret').toString('base64')}` };
    const reply = await fetch(`${url}/restapi/oauth/token`, { method: 'POST', headers, body });
    return ((await reply.json()) as { readonly access_token: string }).access_token;
  };
  return { demo, ask, token };
};

test('a WebHook outlives a kill in the middle of a call: the same uuid for what is sent again, no sequence missing, and an end', async () => {
  const folder = temporaryFolder();
  // The handshake and two notifications are answered; at the third the gateway is killed.
  const sink = await startSink(({ headers }, response) => {
    const token = headers['validation-token'];
    if (sink.received.length !== 4) response.writeHead(200, typeof token === 'string' ? { 'Validation-Token': token } : {}).end();
  });
  const before = await start(folder);
  const eventFilters = ['/restapi/v1.0/account/~/telephony/sessions'];
  const deliveryMode = { transportType: 'WebHook', address: sink.url };
  const made = await before.ask('/restapi/v1.0/subscription', { eventFilters, deliveryMode }, await before.token());
  const { id } = made as { readonly id: string };
  await before.ask('/v1/sandbox/calls', { from: '103', to: '102' });
  await sink.count(4);
  before.demo.kill('SIGKILL');
  await before.demo.exited;

  await start(folder);
  const told = (): readonly Told[] => sink.received.slice(1).map(({ body }) => JSON.parse(body) as Told);
  // The office was in memory: with the process its call is gone, which is told as its end.
  const ends = (): number =>
    new Set(told().flatMap(({ uuid, body }) => (body.parties[0].status.code === 'Disconnected' ? [uuid] : []))).size;
  await expect.poll(ends).toBe(2);
  const once = [...new Map(told().map((each) => [each.uuid, each])).values()];
  expect(once.map(({ body }) => body.sequence)).toEqual([2, 3, 4, 5, 6, 7]);
  expect(told().length).toBeGreaterThan(once.length);
  expect(new Set(told().map(({ subscriptionId }) => subscriptionId))).toEqual(new Set([id]));
});
