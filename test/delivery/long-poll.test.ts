import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { everything } from '../../src/delivery/filter.ts';
import type { Hub } from '../../src/delivery/hub.ts';
import { LongPoll, Poller } from '../../src/delivery/long-poll.ts';
import type { PageEncoder } from '../../src/delivery/long-poll.ts';
import { Wheel } from '../../src/delivery/wheel.ts';
import type { Gap } from '../../src/model/cursor.ts';
import { numbered, numberedBetween, numberOf } from '../log/events.ts';
import { openHub, openSource } from './source.ts';
import type { TestSource } from './source.ts';

const encoder: PageEncoder = { name: 'test', page: (events, next) => Buffer.from(`${events.map(numberOf).join(' ')} -> ${next.seq}`) };

class Asker extends Poller {
  bytes: Buffer | undefined;
  gap: Gap | undefined;
  override answer(bytes: Buffer): void {
    if (this.bytes !== undefined) throw new Error('answered twice');
    this.bytes = bytes;
  }
  override answerGap(gap: Gap): void {
    this.gap = gap;
  }
  override fail(error: unknown): void {
    throw error;
  }
  get text(): string | undefined {
    return this.bytes?.toString();
  }
}

interface World {
  readonly source: TestSource;
  readonly hub: Hub;
  readonly wheel: Wheel;
  readonly polls: LongPoll;
  ask(seq: number, options?: { readonly waitMs?: number; readonly limit?: number; readonly calls?: readonly string[] }): Asker;
}

const open = async (history = 0, memory = 1000): Promise<World> => {
  const source = await openSource();
  if (history > 0) await source.append(numberedBetween(1, history));
  const hub = openHub(source, { memory });
  const wheel = new Wheel({ tickMs: 100, ticker: () => () => {} });
  const polls = new LongPoll(hub, wheel, encoder);
  return {
    source,
    hub,
    wheel,
    polls,
    ask: (seq, { waitMs = 0, limit = 100, calls } = {}) => {
      const asker = new Asker();
      const shape = polls.shapeOf(calls === undefined ? everything : { calls }, limit);
      polls.ask({ after: { epoch: hub.position.epoch, seq }, shape, waitMs }, asker);
      return asker;
    },
  };
};

test('a page is answered at once, of what there is', async () => {
  const { source, ask } = await open();
  await source.append(numberedBetween(1, 5));
  await turn();
  expect(ask(2).text).toBe('3 4 5 -> 5');
  expect(ask(5).text).toBe(' -> 5');
  expect(ask(0, { limit: 2 }).text).toBe('1 2 -> 2');
});

test('a page that only the disk has comes as well', async () => {
  const { ask } = await open(40);
  const asker = ask(38);
  await expect.poll(() => asker.text).toBe('39 40 -> 40');
});

test('those who wait are answered together, with the same bytes', async () => {
  const { source, ask, polls } = await open();
  const [one, other] = [ask(0, { waitMs: 10_000 }), ask(0, { waitMs: 10_000 })];
  expect(polls.waiting()).toEqual([one, other]);
  await source.append([numbered(1), numbered(2)]);
  await turn();
  expect(one.text).toBe('1 2 -> 2');
  expect(other.bytes).toBe(one.bytes);
  expect(polls.waiting()).toEqual([]);
});

test('those who come a little late share their bytes too', async () => {
  const { source, ask } = await open();
  await source.append(numberedBetween(1, 3));
  await turn();
  const [one, other] = [ask(1), ask(1)];
  expect(one.text).toBe('2 3 -> 3');
  expect(other.bytes).toBe(one.bytes);
  await source.append([numbered(4)]);
  await turn();
  expect(ask(1).text).toBe('2 3 4 -> 4');
});

test('a wait that brings nothing ends with nothing, and with a cursor that has moved on', async () => {
  const { source, ask, wheel } = await open();
  const asker = ask(0, { waitMs: 1000, calls: ['call_1'] });
  await source.append([numbered(1, 'call_2')]);
  await turn();
  expect(asker.text).toBeUndefined();
  for (let i = 0; i < 12; i += 1) wheel.tick();
  expect(asker.text).toBe(' -> 1');
});

test('events that do not match are passed over until one does', async () => {
  const { source, ask } = await open(1200, 10);
  const asker = ask(0, { waitMs: 1000, calls: ['call_1'] });
  await source.append([numbered(1201, 'call_1')]);
  await expect.poll(() => asker.text).toBe('1201 -> 1201');
});

test('a burst that is larger than the limit comes in several answers', async () => {
  const { source, ask } = await open();
  const asker = ask(0, { waitMs: 1000, limit: 2 });
  await source.append(numberedBetween(1, 5));
  await turn();
  expect(asker.text).toBe('1 2 -> 2');
  expect(ask(2, { limit: 2 }).text).toBe('3 4 -> 4');
  expect(ask(4, { limit: 2 }).text).toBe('5 -> 5');
});

test('a poll that was cancelled is not answered, and holds nothing', async () => {
  const { source, ask, polls } = await open();
  const asker = ask(0, { waitMs: 1000 });
  polls.cancel(asker);
  polls.cancel(asker);
  expect(polls.waiting()).toEqual([]);
  await source.append([numbered(1)]);
  await turn();
  expect(asker.text).toBeUndefined();
});

test('a server that stops answers everybody who waits', async () => {
  const { ask, polls } = await open();
  const askers = [ask(0, { waitMs: 1000 }), ask(0, { waitMs: 60_000 })];
  polls.close();
  expect(askers.map(({ text }) => text)).toEqual([' -> 0', ' -> 0']);
});

test('what the log cannot continue from is told as a gap', async () => {
  const { ask } = await open(3);
  const asker = ask(9, { waitMs: 1000 });
  await expect.poll(() => asker.gap).toMatchObject({ gap: 'future', head: { seq: 3 } });
});
