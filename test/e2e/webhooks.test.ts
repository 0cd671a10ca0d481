import { expect, test } from 'vitest';
import type { Event } from '../../src/model/event.ts';
import { ok, startSink } from '../delivery/webhooks/sink.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { runSwitchhook, type Running } from './process.ts';

const types = ['call.started', 'call.ended', 'leg.started', 'leg.ringing', 'leg.connected', 'leg.ended', 'legs.linked', 'legs.unlinked'];

const start = async (data: string): Promise<{ readonly demo: Running; ask(path: string, body?: object): Promise<unknown> }> => {
  const demo = runSwitchhook(['demo', '--port', '0', '--quiet', '--data', data]);
  const [, url = ''] = await demo.prints(/on (http:\S+)/);
  await demo.prints(/Metrics: /);
  const ask = async (path: string, body?: object): Promise<unknown> => {
    const headers = { authorization: 'Bearer demo-key', 'content-type': 'application/json' };
    const response = await fetch(url + path, body === undefined ? { headers } : { method: 'POST', headers, body: JSON.stringify(body) });
    return response.json();
  };
  return { demo, ask };
};

test('killed between sending and marking, it sends again with the same id, and loses nothing', async () => {
  const folder = temporaryFolder();
  // The third is never answered: the gateway is killed while it waits.
  const sink = await startSink((received, response, request) => {
    if (sink.received.length !== 3) ok(received, response, request);
  });
  const before = await start(folder);
  await before.ask('/v1/webhooks', { url: sink.url, types });
  await before.ask('/v1/sandbox/calls', { from: '+15550100001', to: '101' });
  await sink.count(3);
  before.demo.kill('SIGKILL');
  await before.demo.exited;

  const after = await start(folder);
  await expect.poll(() => sink.received.some(({ body }) => body.includes('"type":"call.ended"'))).toBe(true);
  const { events } = (await after.ask(`/v1/events?after=oldest&type=${types.join(',')}`)) as { readonly events: readonly Event[] };
  const ids = sink.received.map(({ headers }) => headers['webhook-id']);
  expect([...new Set(ids)]).toEqual(events.map(({ id }) => id));
  expect(ids.filter((id) => id === ids[2]).length).toBeGreaterThan(1);
  const chain = new Map(
    sink.received.map(({ body }) => JSON.parse(body) as Event & { prevSeq: number | null }).map((each) => [each.seq, each.prevSeq]),
  );
  expect([...chain.values()]).toEqual([null, ...[...chain.keys()].slice(0, -1)]);
});
