import fc from 'fast-check';
import { pino } from 'pino';
import { expect, onTestFinished, test } from 'vitest';
import { openProjection, type Projection, type Projector } from '../../src/delivery/projection.ts';
import type { EventLog, Lease } from '../../src/log/event-log.ts';
import { tenantId } from '../../src/model/ids.ts';
import { openSqliteStore } from '../../src/store/sqlite-store.ts';
import type { Store } from '../../src/store/store.ts';
import { numbered } from '../log/events.ts';
import { openTestLog } from '../log/open-log.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const tenant = tenantId('demo');
const never = new AbortController().signal;

/** Numbers the events of each call, as a dialect would that has a sequence a session. */
interface Counts {
  readonly byCall: Readonly<Record<string, number>>;
  readonly lost: number;
}

const counting: Projector<Counts, string> = {
  name: 'counting',
  version: 1,
  types: new Set(['dtmf.received']),
  initial: { byCall: {}, lost: 0 },
  project: (state, event) => {
    const call = event.callId ?? 'none';
    const count = (state.byCall[call] ?? 0) + 1;
    return { state: { ...state, byCall: { ...state.byCall, [call]: count } }, messages: [{ key: call, body: `${call}:${count}` }] };
  },
  rebase: (state, _live, lost) => ({ ...state, lost: state.lost + lost }),
  save: (state) => state,
  load: (saved) => saved as Counts,
};

interface World {
  readonly log: EventLog;
  readonly store: Store;
  readonly lease: Lease;
}

const openWorld = async (): Promise<World> => {
  const log = openTestLog();
  const store = openSqliteStore({ folder: temporaryFolder() });
  onTestFinished(() => store.close());
  return { log, store, lease: await log.acquire(tenant) };
};

const open = async (
  world: World,
  options: { readonly historyEvents?: number; readonly version?: number; readonly onDemand?: boolean } = {},
): Promise<Projection<Counts, string>> => {
  const { version = 1, ...more } = options;
  const projection = await openProjection({
    engine: {
      tenant,
      log: world.log,
      snapshot: () => ({ cursor: world.log.head(tenant), calls: [], extensions: [], queues: [], conferences: [], slots: [], users: [] }),
    },
    projector: { ...counting, version },
    store: world.store,
    clock: { now: () => Date.now() * 1000 },
    logger: pino({ enabled: false }),
    ...more,
  });
  onTestFinished(() => projection.close());
  return projection;
};

const append = async ({ log, lease }: World, ...calls: readonly string[]): Promise<void> => {
  await log.append(
    lease,
    calls.map((call, index) => numbered(index, call)),
    [],
  );
};

const seen = async (projection: Projection<Counts, string>, seq: number): Promise<void> => {
  while (projection.view().head < seq) await projection.changed(never);
};

test('what is in the log before it opens and what comes after is one history', async () => {
  const world = await openWorld();
  await append(world, 'A', 'B', 'A');
  const projection = await open(world);
  expect(projection.view()).toMatchObject({ head: 3, floor: 0 });
  await append(world, 'B', 'A');
  await seen(projection, 5);
  expect(projection.after(['A', 'B', 'C'], 0)).toEqual(
    new Map([
      ['A', ['A:1', 'A:2', 'A:3']],
      ['B', ['B:1', 'B:2']],
    ]),
  );
  expect(projection.after(['A', 'B'], 3)).toEqual(
    new Map([
      ['A', ['A:3']],
      ['B', ['B:2']],
    ]),
  );
  expect(projection.after(['A'], 5)).toEqual(new Map());
});

test('who waits is woken by its own keys alone, and by its signal', async () => {
  const world = await openWorld();
  const projection = await open(world);
  let woken = 0;
  const forA = projection.next(['A'], never).then(() => {
    woken += 1;
  });
  await append(world, 'B');
  await seen(projection, 1);
  expect(woken).toBe(0);
  await append(world, 'A');
  await forA;
  expect(projection.after(['A'], 0)).toEqual(new Map([['A', ['A:1']]]));
  const leaving = new AbortController();
  const forC = projection.next(['C'], leaving.signal);
  leaving.abort();
  await forC;
});

test('one that begins on demand folds nothing until it is woken, and from then on also after a start', async () => {
  const world = await openWorld();
  await append(world, 'A', 'B', 'A');
  const asleep = await open(world, { onDemand: true });
  expect(() => asleep.view()).toThrow(/before it is woken/);
  await asleep.close();
  const woken = await open(world, { onDemand: true });
  await Promise.all([woken.wake(), woken.wake()]);
  expect(woken.after(['A'], 0)).toEqual(new Map([['A', ['A:1', 'A:2']]]));
  await woken.close();
  await append(world, 'A');
  const again = await open(world, { onDemand: true });
  expect(again.after(['A'], 2)).toEqual(new Map([['A', ['A:2', 'A:3']]]));
});

test('one that is woken when much has happened begins with what is live', async () => {
  const world = await openWorld();
  await append(world, ...Array.from({ length: 20 }, () => 'A'));
  const late = await open(world, { onDemand: true, historyEvents: 16 });
  await late.wake();
  expect(late.view()).toMatchObject({ head: 20, floor: 20, state: { byCall: {} } });
  await append(world, 'A');
  await seen(late, 21);
  expect(late.after(['A'], 20)).toEqual(new Map([['A', ['A:1']]]));
});

test('closing wakes who waits', async () => {
  const projection = await open(await openWorld());
  const waiting = Promise.all([projection.next(['A'], never), projection.changed(never)]);
  await projection.close();
  expect(await waiting).toHaveLength(2);
  await projection.close();
});

test('history is bounded: what is below the floor is a gap, what is above it complete', async () => {
  const world = await openWorld();
  const projection = await open(world, { historyEvents: 16 });
  for (let count = 0; count < 50; count += 1) await append(world, 'A');
  await seen(projection, 50);
  const { floor } = projection.view();
  expect(floor).toBeGreaterThanOrEqual(50 - 18);
  expect(floor).toBeLessThanOrEqual(50 - 16);
  expect(projection.after(['A'], floor - 1)).toBeUndefined();
  expect(projection.after(['A'], floor)?.get('A')).toHaveLength(50 - floor);
});

test('a projection that died without a word goes on as if it had not', async () => {
  const runs = fc.array(fc.array(fc.constantFrom('A', 'B', 'C'), { minLength: 1, maxLength: 12 }), { minLength: 1, maxLength: 5 });
  await fc.assert(
    fc.asyncProperty(runs, async (lives) => {
      const world = await openWorld();
      const projections: Projection<Counts, string>[] = [];
      for (const calls of lives) {
        // The ones before are not closed: nothing is written of them but what was written on the way.
        const projection = await open(world, { historyEvents: 8 });
        await append(world, ...calls);
        await seen(projection, world.log.head(tenant).seq);
        projections.push(projection);
      }
      const last = projections.at(-1);
      const counts: Record<string, number> = {};
      for (const call of lives.flat()) counts[call] = (counts[call] ?? 0) + 1;
      expect(last?.view().state).toEqual({ byCall: counts, lost: 0 });
      const reopened = await open(world, { historyEvents: 8 });
      const floor = Math.max(reopened.view().floor, last?.view().floor ?? 0);
      expect(reopened.after(['A', 'B', 'C'], floor)).toEqual(last?.after(['A', 'B', 'C'], floor));
    }),
    { numRuns: 15 },
  );
});

test('a new epoch is a gap for every older cursor, and the state is told how much was lost', async () => {
  const world = await openWorld();
  await append(world, 'A', 'A', 'B');
  const first = await open(world);
  await first.close();
  const cursor = await world.log.newEpoch(tenant);
  const projection = await open(world);
  const { state, head, floor } = projection.view();
  expect({ head, floor }).toEqual({ head: cursor.seq, floor: cursor.seq });
  expect(state.lost).toBe(cursor.seq);
  expect(projection.after(['A'], 2)).toBeUndefined();
});

test('a checkpoint of another version is not read', async () => {
  const world = await openWorld();
  const first = await open(world, { version: 1 });
  await append(world, 'A');
  await seen(first, 1);
  await first.close();
  const second = await open(world, { version: 2 });
  expect(second.view().state).toEqual({ byCall: { A: 1 }, lost: 0 });
});

test('a full disk costs a projection its checkpoints for that time, and nothing else', async () => {
  const disk = { isFull: false };
  const log = openTestLog();
  const store = openSqliteStore({ folder: temporaryFolder(), reserve: { isReleased: () => disk.isFull, release: () => false } });
  onTestFinished(() => store.close());
  const world = { log, store, lease: await log.acquire(tenant) };
  const projection = await open(world);
  await append(world, 'A', 'A');
  await seen(projection, 2);
  disk.isFull = true;
  await log.newEpoch(tenant);
  await append(world, 'A');
  await seen(projection, log.head(tenant).seq);
  expect(projection.view().state.byCall).toEqual({ A: 3 });
  await projection.close();
  disk.isFull = false;
  const again = await open(world);
  expect(again.view().head).toBe(log.head(tenant).seq);
});

/** Everything for the keys after a seq, page by page. */
const readAll = async (
  projection: Projection<Counts, string>,
  keys: readonly string[],
  seq: number,
  limit: number,
): Promise<readonly string[]> => {
  const all: string[] = [];
  let at = seq;
  while (at < projection.view().head) {
    const page = await projection.read(keys, at, limit);
    if (page === undefined) throw new Error(`nothing reaches back to ${at}`);
    expect(page.upTo).toBeGreaterThan(at);
    at = page.upTo;
    for (const key of keys) all.push(...(page.messages.get(key) ?? []));
  }
  return all;
};

test('who was away for longer than memory reaches back is read to out of the log, over restarts too', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom('A', 'B', 'C'), { minLength: 1, maxLength: 60 }),
      fc.nat(60),
      fc.integer({ min: 1, max: 9 }),
      fc.boolean(),
      async (calls, from, limit, restarted) => {
        const world = await openWorld();
        let projection = await open(world, { historyEvents: 8 });
        for (const call of calls) await append(world, call);
        await seen(projection, calls.length);
        if (restarted) {
          await projection.close();
          projection = await open(world, { historyEvents: 8 });
        }
        const seq = Math.min(from, calls.length);
        for (const keys of [['A'], ['B', 'C']]) {
          const told = await readAll(projection, keys, seq, limit);
          const expected = keys.flatMap((key) => {
            const counts = calls.flatMap((call, index) => (call === key ? [index + 1] : []));
            return counts.flatMap((at, count) => (at > seq ? [`${key}:${count + 1}`] : []));
          });
          expect(told.toSorted()).toEqual(expected.toSorted());
          // Of each key in order.
          for (const key of keys)
            expect(told.filter((text) => text.startsWith(key))).toEqual(expected.filter((text) => text.startsWith(key)));
        }
        await projection.close();
      },
    ),
    { numRuns: 25 },
  );
});

test('what the log no longer has, and what another version kept, cannot be read', async () => {
  const world = await openWorld();
  const first = await open(world, { historyEvents: 8 });
  for (let count = 0; count < 40; count += 1) await append(world, 'A');
  await seen(first, 40);
  expect((await first.read(['A'], 0, 3))?.messages).toEqual(new Map([['A', ['A:1', 'A:2', 'A:3']]]));
  await first.close();
  const next = await open(world, { historyEvents: 8, version: 2 });
  expect(next.view().floor).toBeGreaterThan(0);
  expect(await next.read(['A'], 0, 3)).toBeUndefined();
  await world.log.newEpoch(tenant);
  await append(world, 'A');
  expect(await next.read(['A'], 1, 3)).toBeUndefined();
});
