import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isGap } from '../../src/log/event-log.ts';
import type { EventLog, Lease, LoggedEvent, Page } from '../../src/log/event-log.ts';
import type { Cursor, Gap } from '../../src/model/cursor.ts';
import { envelop } from '../../src/model/event.ts';
import { callIdFrom, tenantId } from '../../src/model/ids.ts';
import { isoTime } from '../../src/model/time.ts';
import { numbered, numberedBetween, numberOf, timeOf } from '../log/events.ts';

const tenant = tenantId('demo');
const other = tenantId('other');

/** What every event log promises. `open` gives an empty one that remembers only a few events, so that disk is read too. */
export const describeEventLog = (name: string, open: () => EventLog): void => {
  const opened = async (): Promise<{ log: EventLog; lease: Lease }> => {
    const log = open();
    return { log, lease: await log.acquire(tenant) };
  };
  const begin = (log: EventLog, of = tenant): Cursor => ({ epoch: log.head(of).epoch, seq: 0 });
  const pageOf = async (log: EventLog, after: Cursor, limit: number): Promise<Page> => {
    const page = await log.read(tenant, after, limit);
    if (isGap(page)) throw new Error(`a gap: ${page.gap}`);
    return page;
  };
  /** Follows until `count` events came, or a gap. */
  const take = async (log: EventLog, after: Cursor, count: number): Promise<{ events: LoggedEvent[]; gap?: Gap }> => {
    const stop = new AbortController();
    const events: LoggedEvent[] = [];
    for await (const batch of log.follow(tenant, after, stop.signal)) {
      if (isGap(batch)) return { events, gap: batch };
      events.push(...batch);
      if (events.length >= count) stop.abort();
    }
    return { events };
  };
  const seqs = (events: readonly LoggedEvent[]): number[] => events.map((event) => event.cursor.seq);
  const oneTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);

  describe(`${name} as an event log`, () => {
    test('numbers the events of a tenant from 1, in the order of the appends, without holes', async () => {
      const { log, lease } = await opened();
      const appended = await Promise.all([
        log.append(lease, numberedBetween(1, 3), []),
        log.append(lease, [], [{ key: 'a', value: 'b' }]),
        log.append(lease, numberedBetween(4, 5), []),
      ]);
      expect(appended.map(seqs)).toEqual([[1, 2, 3], [], [4, 5]]);
      expect(log.head(tenant).seq).toBe(5);
    });

    test('gives back each event as the envelope with its place, and its JSON', async () => {
      const { log, lease } = await opened();
      const event = numbered(7, 'call_a');
      const [logged] = await log.append(lease, [event], []);
      const [read] = (await pageOf(log, begin(log), 10)).events;
      const expected = envelop(event, tenant, log.head(tenant).epoch, 1, isoTime(event.at));
      for (const each of [logged, read]) {
        expect(each?.event).toEqual(expected);
        expect(JSON.parse(each?.json ?? '')).toEqual(expected);
        expect(each).toMatchObject({ at: event.at, type: 'dtmf.received', callId: 'call_a', legId: undefined, extension: undefined });
      }
    });

    test('keeps tenants apart', async () => {
      const { log, lease } = await opened();
      const second = await log.acquire(other);
      await Promise.all([
        log.append(lease, numberedBetween(1, 2), []),
        log.append(second, numberedBetween(1, 5), [{ key: 'k', value: 'v' }]),
      ]);
      expect(log.head(tenant).seq).toBe(2);
      expect(log.head(other).seq).toBe(5);
      expect([...(await log.state(tenant))]).toEqual([]);
      expect(await log.read(tenant, begin(log, other), 10)).toMatchObject({ gap: 'epoch' });
    });

    test('reads pages of at most the limit, each going on where the one before ended', async () => {
      const { log, lease } = await opened();
      await log.append(lease, numberedBetween(1, 25), []);
      const first = await pageOf(log, begin(log), 10);
      const second = await pageOf(log, first.next, 10);
      const third = await pageOf(log, second.next, 10);
      const fourth = await pageOf(log, third.next, 10);
      expect([first, second, third, fourth].map((page) => page.events.map(numberOf))).toEqual([
        [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
        [11, 12, 13, 14, 15, 16, 17, 18, 19, 20],
        [21, 22, 23, 24, 25],
        [],
      ]);
      expect(fourth.next).toEqual(log.head(tenant));
      expect(first.head).toEqual(log.head(tenant));
    });

    test('tells a cursor beyond the head, or of another epoch, from one that can be continued', async () => {
      const { log, lease } = await opened();
      await log.append(lease, numberedBetween(1, 3), []);
      const { epoch } = log.head(tenant);
      const common = { oldest: { epoch, seq: 0 }, head: { epoch, seq: 3 } };
      expect(await log.read(tenant, { epoch, seq: 4 }, 10)).toEqual({ gap: 'future', asked: { epoch, seq: 4 }, ...common });
      expect(await log.read(tenant, { epoch: 'old', seq: 1 }, 10)).toEqual({ gap: 'epoch', asked: { epoch: 'old', seq: 1 }, ...common });
      expect((await take(log, { epoch, seq: 4 }, 1)).gap?.gap).toBe('future');
    });

    test('refuses a lease once a newer one was given', async () => {
      const { log, lease } = await opened();
      const newer = await log.acquire(tenant);
      expect(newer.fence).toBeGreaterThan(lease.fence);
      await expect(log.append(lease, [numbered(1)], [])).rejects.toMatchObject({ code: 'stale-lease' });
      expect(seqs(await log.append(newer, [numbered(2)], []))).toEqual([1]);
    });

    test('an append that cannot be written takes no number from the others', async () => {
      const { log, lease } = await opened();
      const impossible = { ...numbered(2), at: Number.NaN };
      const results = await Promise.allSettled([
        log.append(lease, [numbered(1)], []),
        log.append(lease, [numbered(1), impossible], [{ key: 'a', value: 'wrong' }]),
        log.append(lease, [numbered(3)], []),
      ]);
      expect(results.map((result) => result.status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
      expect((await pageOf(log, begin(log), 10)).events.map(numberOf)).toEqual([1, 3]);
      expect((await log.state(tenant)).size).toBe(0);
    });

    test('keeps the last value of each key of the live state', async () => {
      const { log, lease } = await opened();
      await Promise.all([
        log.append(
          lease,
          [numbered(1)],
          [
            { key: 'a', value: '1' },
            { key: 'b', value: '1' },
          ],
        ),
        log.append(lease, [numbered(2)], [{ key: 'a', value: '2' }]),
      ]);
      await log.append(
        lease,
        [],
        [
          { key: 'b', value: undefined },
          { key: 'c', value: '3' },
          { key: 'never', value: undefined },
        ],
      );
      expect(new Map(await log.state(tenant))).toEqual(
        new Map([
          ['a', '2'],
          ['c', '3'],
        ]),
      );
    });

    test('finds the events of one call', async () => {
      const { log, lease } = await opened();
      await log.append(
        lease,
        [numbered(1, 'call_a'), numbered(2, 'call_b'), numbered(3, 'call_a'), numbered(4), numbered(5, 'call_a')],
        [],
      );
      expect((await log.ofCall(tenant, callIdFrom('call_a'), 2)).map(numberOf)).toEqual([1, 3]);
      expect((await log.ofCall(tenant, callIdFrom('call_a'), 10)).map(numberOf)).toEqual([1, 3, 5]);
      expect(await log.ofCall(tenant, callIdFrom('call_c'), 10)).toEqual([]);
    });

    test('follows history, then what is appended while following', async () => {
      const { log, lease } = await opened();
      await log.append(lease, numberedBetween(1, 1_200), []);
      const taken = take(log, begin(log), 1_300);
      await log.append(lease, numberedBetween(1_201, 1_250), []);
      await log.append(lease, numberedBetween(1_251, 1_300), []);
      expect(seqs((await taken).events)).toEqual(oneTo(1_300));
    });

    test('a follower that waits is woken by an append, and ends when its signal aborts', async () => {
      const { log, lease } = await opened();
      const stop = new AbortController();
      const following = log.follow(tenant, log.head(tenant), stop.signal)[Symbol.asyncIterator]();
      const first = following.next();
      await log.append(lease, [numbered(1)], []);
      const { value } = await first;
      expect(isGap(value) ? [] : seqs(value)).toEqual([1]);
      const second = following.next();
      stop.abort();
      expect((await second).done).toBe(true);
    });

    test('a follower ends when the log is closed', async () => {
      const { log } = await opened();
      const taken = take(log, log.head(tenant), 1);
      await log.close();
      expect(await taken).toEqual({ events: [] });
    });

    test('after closing, nothing more is written or read, and closing again does nothing', async () => {
      const { log, lease } = await opened();
      const last = log.append(lease, [numbered(1)], []);
      const cursor = log.head(tenant);
      await log.close();
      await log.close();
      expect(seqs(await last)).toEqual([1]);
      await expect(log.append(lease, [numbered(2)], [])).rejects.toMatchObject({ code: 'shutting-down' });
      await expect(log.read(tenant, cursor, 1)).rejects.toMatchObject({ code: 'shutting-down' });
    });

    test('deletes what is too old, and tells who still wants it', async () => {
      const { log, lease } = await opened();
      await log.append(lease, numberedBetween(1, 2_500), []);
      await log.retain(tenant, { olderThan: timeOf(2_001) });
      expect(log.oldest(tenant).seq).toBe(2_000);
      expect(await log.read(tenant, { ...begin(log), seq: 1_999 }, 10)).toMatchObject({
        gap: 'retention',
        oldest: { seq: 2_000 },
        head: { seq: 2_500 },
      });
      expect((await pageOf(log, log.oldest(tenant), 1_000)).events.map(numberOf)).toEqual(oneTo(2_500).slice(2_000));
    });

    test('deletes the oldest of what is too much', async () => {
      const { log, lease } = await opened();
      const [one] = await log.append(lease, [numbered(1)], []);
      await log.append(lease, numberedBetween(2, 99), []);
      await log.retain(tenant, { maxBytes: 10 * (one?.json.length ?? 0) });
      const kept = await pageOf(log, log.oldest(tenant), 100);
      expect(kept.events.length).toBeGreaterThan(7);
      expect(kept.events.length).toBeLessThanOrEqual(10);
      expect(kept.next.seq).toBe(99);
      await log.retain(tenant, { maxBytes: 0 });
      expect(log.oldest(tenant)).toEqual(log.head(tenant));
      expect(seqs(await log.append(lease, [numbered(100)], []))).toEqual([100]);
    });

    test('a follower that retention overtakes gets a gap and ends', async () => {
      const { log, lease } = await opened();
      await log.append(lease, numberedBetween(1, 2_000), []);
      const following = log.follow(tenant, begin(log), new AbortController().signal)[Symbol.asyncIterator]();
      await following.next();
      await log.retain(tenant, { maxBytes: 0 });
      const { value } = await following.next();
      expect(value).toMatchObject({ gap: 'retention', oldest: { seq: 2_000 } });
      expect((await following.next()).done).toBe(true);
    });

    test('a new epoch begins above every number given; old cursors meet a gap', async () => {
      const { log, lease } = await opened();
      await log.append(lease, numberedBetween(1, 5), []);
      const old = log.head(tenant);
      const waiting = take(log, old, 1);
      const fresh = await log.newEpoch(tenant);
      expect(fresh.epoch).not.toBe(old.epoch);
      expect(fresh.seq).toBeGreaterThanOrEqual(old.seq);
      expect(log.head(tenant)).toEqual(fresh);
      expect(log.oldest(tenant)).toEqual(fresh);
      expect((await waiting).gap).toMatchObject({ gap: 'epoch', asked: old, head: fresh });
      expect(await log.read(tenant, old, 1)).toMatchObject({ gap: 'epoch' });
      expect(seqs(await log.append(lease, [numbered(6, 'call_a')], []))).toEqual([fresh.seq + 1]);
      expect((await pageOf(log, fresh, 5)).events.map(numberOf)).toEqual([6]);
    });

    test('any follower from any cursor gets all that follows, once and in order, whatever is appended or deleted meanwhile', async () => {
      const step = fc.oneof(
        { weight: 6, arbitrary: fc.record({ do: fc.constant('append' as const), count: fc.integer({ min: 0, max: 40 }) }) },
        { weight: 3, arbitrary: fc.record({ do: fc.constant('follow' as const), from: fc.nat(400) }) },
        { weight: 1, arbitrary: fc.record({ do: fc.constant('retain' as const), keep: fc.nat(60) }) },
        { weight: 2, arbitrary: fc.record({ do: fc.constant('turn' as const) }) },
      );
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
          const { log, lease } = await opened();
          const { epoch } = log.head(tenant);
          const stop = new AbortController();
          const followers: { from: number; got: number[]; gap: Gap | undefined; done: Promise<void> }[] = [];
          const follow = (from: number): void => {
            const follower = { from, got: [] as number[], gap: undefined as Gap | undefined, done: Promise.resolve() };
            follower.done = (async () => {
              for await (const batch of log.follow(tenant, { epoch, seq: from }, stop.signal)) {
                if (isGap(batch)) follower.gap = batch;
                else for (const event of batch) follower.got.push(event.cursor.seq);
              }
            })();
            followers.push(follower);
          };
          let given = 0;
          const appends: Promise<unknown>[] = [];
          for (const each of steps) {
            switch (each.do) {
              case 'append':
                appends.push(log.append(lease, numberedBetween(given + 1, given + each.count), []));
                given += each.count;
                break;
              case 'follow':
                follow(Math.min(each.from, given));
                break;
              case 'retain':
                await log.retain(tenant, { maxBytes: each.keep * 300 });
                break;
              case 'turn':
                await new Promise((resolve) => setImmediate(resolve));
                break;
            }
          }
          await Promise.all(appends);
          expect(log.head(tenant).seq).toBe(given);
          await expect
            .poll(() => followers.every(({ from, got, gap }) => gap !== undefined || (got.at(-1) ?? from) >= given), { interval: 1 })
            .toBe(true);
          stop.abort();
          await Promise.all(followers.map(({ done }) => done));
          for (const { from, got, gap } of followers) {
            expect(got).toEqual(got.map((_, index) => from + 1 + index));
            // A follower may begin in the very turn of an append, before its events are committed: from the future.
            const upTo = gap === undefined ? given : gap.gap === 'future' ? from : Math.min(from + got.length, gap.oldest.seq - 1);
            expect(from + got.length).toBe(upTo);
          }
          await log.close();
        }),
        { numRuns: 25 },
      );
    });
  });
};
