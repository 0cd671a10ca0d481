import { expect, test } from 'vitest';
import type { TracedFact } from '../../../src/pbx/driver.ts';
import { Link } from '../../../src/pbx/sandbox/link.ts';

const tick = (at: number): TracedFact => ({ fact: { type: 'tick', at } });

const openLink = (): Link =>
  new Link({
    greet: () => [{ fact: { type: 'pbx.connected', at: 0 } }],
    farewell: (reason) => ({ fact: { type: 'pbx.disconnected', at: 0, reason } }),
  });

const types = (batch: readonly TracedFact[] | undefined): readonly string[] => (batch ?? []).map(({ fact }) => fact.type);

test('what is said before anybody reads is lost, and the reader is greeted', async () => {
  const link = openLink();
  link.say(tick(1));
  const stop = new AbortController();
  for await (const batch of link.read(stop.signal)) {
    expect(types(batch)).toEqual(['pbx.connected']);
    stop.abort();
  }
});

test('a reader that falls too far behind loses the link and begins anew', async () => {
  const link = openLink();
  const stop = new AbortController();
  const batches = link.read(stop.signal);
  await batches.next();
  for (let at = 0; at <= 100_000; at += 1) link.say(tick(at));
  link.say(tick(7));
  const { value } = await batches.next();
  expect(types(value ?? [])).toEqual(['pbx.disconnected', 'pbx.connected', 'tick']);
  stop.abort();
  expect((await batches.next()).done).toBe(true);
});

test('it can be read once only', async () => {
  const link = openLink();
  const stop = new AbortController();
  await link.read(stop.signal).next();
  await expect(link.read(stop.signal).next()).rejects.toThrow('once only');
  link.close();
  link.close();
});
