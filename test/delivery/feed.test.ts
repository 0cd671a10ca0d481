import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { eachEvent } from '../../src/delivery/encoder.ts';
import { startFeed } from '../../src/delivery/feed.ts';
import type { ReplayReader } from '../../src/delivery/feed.ts';
import { everything } from '../../src/delivery/filter.ts';
import { createShape, type CommitSource } from '../../src/delivery/hub.ts';
import type { Cursor } from '../../src/model/cursor.ts';
import { openTestLog } from '../log/open-log.ts';
import { numbered, numberedBetween, numberOf } from '../log/events.ts';
import { openHub, openSource } from './source.ts';

const never = new AbortController().signal;

const numbers = eachEvent('numbers', (event) => Buffer.from(`${numberOf(event)} `));

/** Keeps what it is given, and takes its time over history. */
class Collector implements ReplayReader {
  text = '';
  cursor: Cursor | undefined;
  readonly #pause: () => Promise<void>;

  constructor(pause: () => Promise<void> = () => Promise.resolve()) {
    this.#pause = pause;
  }

  deliver(bytes: Buffer, cursor: Cursor): void {
    this.text += bytes.toString();
    this.cursor = cursor;
  }

  async replay(bytes: Buffer, cursor: Cursor): Promise<void> {
    this.deliver(bytes, cursor);
    await this.#pause();
  }

  get numbers(): readonly number[] {
    return this.text.trim().split(' ').filter(Boolean).map(Number);
  }
}

const range = (first: number, last: number): readonly number[] =>
  Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => first + index);

test('history joins the live events without a gap or a duplicate, whatever is appended meanwhile', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        history: fc.integer({ min: 0, max: 700 }),
        memory: fc.integer({ min: 1, max: 400 }),
        after: fc.double({ min: 0, max: 1, noNaN: true }),
        bursts: fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 8 }),
        readers: fc.integer({ min: 1, max: 3 }),
      }),
      async ({ history, memory, after, bursts, readers }) => {
        const source = await openSource();
        if (history > 0) await source.append(numberedBetween(1, history));
        const hub = openHub(source, { memory });
        const epoch = hub.position.epoch;
        const start = Math.floor(after * history);
        let appended = history;
        const appending = (async () => {
          for (const burst of bursts) {
            await source.append(numberedBetween(appended + 1, appended + burst));
            appended += burst;
            if (burst % 2 === 0) await turn();
          }
        })();
        const collectors = Array.from({ length: readers }, () => new Collector(() => turn()));
        await Promise.all(
          collectors.map((collector) => startFeed(hub, collector, createShape(numbers, everything), { epoch, seq: start }, never)),
        );
        await appending;
        await turn();
        for (const collector of collectors) expect(collector.numbers).toEqual(range(start + 1, appended));
      },
    ),
    { numRuns: 15 },
  );
});

test('a cursor that the hub has not come to yet is waited for, not refused', async () => {
  const source = await openSource();
  let tell = (): void => undefined;
  const slow: CommitSource = {
    ...source,
    onCommitted: (listener) =>
      source.onCommitted((events) => {
        tell = () => listener(events);
      }),
  };
  const hub = openHub(slow);
  const [logged] = await source.append([numbered(1)]);
  const collector = new Collector();
  const ahead = logged?.cursor ?? hub.position;
  expect(hub.position.seq).toBe(0);
  const starting = startFeed(hub, collector, createShape(numbers, everything), ahead, never);
  tell();
  expect(await starting).toBeTypeOf('function');
  await source.append([numbered(2)]);
  tell();
  await turn();
  expect(collector.numbers).toEqual([2]);
});

test('who asks for what the log no longer has is told, and where to go on from', async () => {
  const log = openTestLog();
  const source = await openSource(log);
  await source.append(numberedBetween(1, 50));
  await log.retain(source.tenant, { olderThan: Date.now() * 1000 });
  await source.append(numberedBetween(51, 52));
  const hub = openHub(source, { memory: 1 });
  const { epoch } = hub.position;
  const ask = (after: Cursor): ReturnType<typeof startFeed> =>
    startFeed(hub, new Collector(), createShape(numbers, everything), after, never);
  expect(await ask({ epoch, seq: 3 })).toMatchObject({ gap: 'retention', oldest: { seq: 50 }, head: { seq: 52 } });
  expect(await ask({ epoch, seq: 53 })).toMatchObject({ gap: 'future' });
  expect(await ask({ epoch: 'other', seq: 51 })).toMatchObject({ gap: 'epoch' });
  expect(await ask({ epoch, seq: 50 })).toBeTypeOf('function');
});

test('a feed that is given up in the middle of its history gets nothing more', async () => {
  const source = await openSource();
  await source.append(numberedBetween(1, 600));
  const hub = openHub(source, { memory: 1 });
  const stop = new AbortController();
  const collector = new Collector(async () => stop.abort());
  expect(await startFeed(hub, collector, createShape(numbers, everything), { ...hub.position, seq: 0 }, stop.signal)).toBeUndefined();
  await source.append([numbered(601)]);
  await turn();
  expect(collector.numbers).toEqual(range(1, 256));
});
