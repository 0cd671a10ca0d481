import { expect, test } from 'vitest';
import type { Event } from '../../src/model/event.ts';

/** One way of reading the log: a transport, and a world in which things happen. */
export interface FeedUnderTest {
  /** Lets `count` events happen, in as many commits as it likes. */
  happen(count: number): Promise<void>;
  /** The cursor before the first event, and that after the newest. */
  oldest(): string;
  head(): string;
  /** Reads on from the cursor until `until` says that it is enough; then hangs up. */
  read(after: string, query: Readonly<Record<string, string>>, until: (events: readonly Event[]) => boolean): Promise<readonly Event[]>;
}

const seqs = (events: readonly Event[]): readonly number[] => events.map(({ seq }) => seq);
const range = (first: number, last: number): readonly number[] => Array.from({ length: last - first + 1 }, (_, index) => first + index);
const seqOf = (cursor: string): number => Number(cursor.split('-')[1]);

/** What every transport promises of the one log. */
export const feedContract = (open: () => Promise<FeedUnderTest>): void => {
  test('gives all that followed a cursor, in order, and then what happens', async () => {
    const feed = await open();
    await feed.happen(20);
    const before = seqOf(feed.head());
    const reading = feed.read(feed.oldest(), {}, (events) => (events.at(-1)?.seq ?? 0) >= before + 15);
    await feed.happen(15);
    expect(seqs(await reading).slice(0, before + 15)).toEqual(range(1, before + 15));
  });

  test('resumes from any cursor with exactly what followed, once', async () => {
    const feed = await open();
    await feed.happen(12);
    const head = seqOf(feed.head());
    const whole = await feed.read(feed.oldest(), {}, (events) => events.length >= head);
    for (const cut of [1, 5, head - 1]) {
      const after = whole[cut - 1]?.id ?? '';
      const rest = await feed.read(after, {}, (events) => events.at(-1)?.seq === head);
      expect(rest).toEqual(whole.slice(cut));
    }
  });

  test('reads through a hundred reconnections while events happen, missing none and doubling none', async () => {
    const feed = await open();
    const happening = (async () => {
      for (let i = 0; i < 25; i += 1) await feed.happen(4);
    })();
    const got: Event[] = [];
    let after = feed.oldest();
    while (got.length < 100) {
      const some = await feed.read(after, {}, (events) => events.length > 0);
      got.push(...some);
      after = got.at(-1)?.id ?? after;
    }
    await happening;
    expect(seqs(got)).toEqual(range(1, got.at(-1)?.seq ?? 0));
  });

  test('gives only what the filter wants', async () => {
    const feed = await open();
    await feed.happen(30);
    const all = await feed.read(feed.oldest(), {}, (events) => events.at(-1)?.id === feed.head());
    for (const type of ['call.*', 'leg.ringing,leg.ended']) {
      const wanted = type.split(',');
      const fits = (event: Event): boolean => wanted.includes(event.type) || wanted.includes(`${event.type.split('.')[0]}.*`);
      const expected = all.filter(fits);
      expect(expected.length).toBeGreaterThan(0);
      const got = await feed.read(feed.oldest(), { type }, (events) => events.length >= expected.length);
      expect(got).toEqual(expected);
    }
  });
};
