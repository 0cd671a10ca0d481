/**
 * The log against bare `node:sqlite`: the same rows in the same batches, synchronous=FULL on both sides, all of the log's work
 * included (envelope, JSON, checksum, index of calls, followers' memory); then pages and the start of a large log.
 * `node bench/log.ts [events]`, 1,000,000 when not given.
 */
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { openSqliteLog } from '../src/log/sqlite-log.ts';
import type { SqliteLog } from '../src/log/sqlite-log.ts';
import type { LoggedEvent, StateChange } from '../src/log/event-log.ts';
import type { Call } from '../src/model/call.ts';
import { envelop } from '../src/model/event.ts';
import type { NewEvent } from '../src/model/event.ts';
import { callIdFrom, channelId, createNewId, extensionNumber, legIdFrom, pbxId, tenantId } from '../src/model/ids.ts';
import { isoTime } from '../src/model/time.ts';

const tenant = tenantId('bench');
const started = 1_763_719_200_000_000;
const rounds = 5;
const liveCalls = 100;

const callOf = (number: number): Call => {
  const id = callIdFrom(`call_${String(number * 7_919).padStart(20, '0')}`);
  const startedAt = isoTime(started + number * 3_000);
  const caller = { number: '+15550100001', name: 'Ada Lovelace' };
  const callee = { number: '101', name: 'Grace Hopper', extension: extensionNumber('101') };
  const leg = { callId: id, held: false, muted: false, startedAt, state: 'connected' } as const;
  return {
    id,
    aliases: [],
    state: 'active',
    direction: 'inbound',
    from: caller,
    to: callee,
    dialled: '101',
    did: '+15550200101',
    clickToDial: false,
    reachedVoicemail: false,
    startedAt,
    answeredAt: startedAt,
    legs: [
      {
        ...leg,
        id: legIdFrom(`leg_${number}a`),
        ordinal: 1,
        device: 'PJSIP/trunk',
        trunk: 'trunk',
        direction: 'outbound',
        party: caller,
        peer: callee,
        channel: channelId(`${number}.1`),
      },
      {
        ...leg,
        id: legIdFrom(`leg_${number}b`),
        ordinal: 2,
        extension: callee.extension,
        device: 'PJSIP/101',
        direction: 'inbound',
        party: callee,
        peer: caller,
        channel: channelId(`${number}.2`),
      },
    ],
  };
};

/** The n-th of many events, 24 to a call and 100 calls at a time, as a busy PBX makes them. */
const eventAt = (n: number): NewEvent => {
  const call = callOf(Math.floor(n / (24 * liveCalls)) * liveCalls + (n % liveCalls));
  const [, leg] = call.legs;
  if (leg === undefined) throw new Error('a call without legs');
  return {
    type: 'leg.connected',
    at: started + n * 140,
    pbx: pbxId('office'),
    reconciled: false,
    callId: call.id,
    legId: leg.id,
    extension: extensionNumber('101'),
    call,
    leg,
    data: {},
  };
};
const changeOf = (event: NewEvent): StateChange => ({ key: event.callId ?? '', value: JSON.stringify(event.call) });

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
const percentile = (values: readonly number[], share: number): number =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? 0;

// On the disk of the checkout: a temporary folder may lie in memory.
mkdirSync('.cache', { recursive: true });
const folder = mkdtempSync(join('.cache', 'bench-log-'));
const open = (name: string): SqliteLog =>
  openSqliteLog({ folder: join(folder, name), clock: { now: () => performance.now() * 1000 }, newId: createNewId(randomBytes) });

/** Events a second through the log, each appended by itself with the state that results, as the engine does. */
const throughLog = async (log: SqliteLog, first: number, count: number, batch: number): Promise<number> => {
  const lease = await log.acquire(tenant);
  const events = Array.from({ length: count }, (_, index) => eventAt(first + index));
  const changes = events.map((event) => [changeOf(event)]);
  const began = performance.now();
  for (let at = 0; at < count; at += batch) {
    const appends: Promise<readonly LoggedEvent[]>[] = [];
    for (let index = at; index < Math.min(count, at + batch); index += 1) {
      const event = events[index];
      if (event !== undefined) appends.push(log.append(lease, [event], changes[index] ?? []));
    }
    await Promise.all(appends);
  }
  return (count / (performance.now() - began)) * 1000;
};

/** The same rows, ready made, into a bare table. */
const throughSqlite = (database: DatabaseSync, first: number, count: number, batch: number): number => {
  const insert = database.prepare('INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)');
  const put = database.prepare('INSERT OR REPLACE INTO state VALUES (?, ?, ?)');
  const rows = Array.from({ length: count }, (_, index) => {
    const event = eventAt(first + index);
    const json = JSON.stringify(envelop(event, tenant, 'epoch', first + index, isoTime(event.at)));
    const row = [first + index, event.at, event.type, event.callId ?? null, event.legId ?? null, '101', 1_234_567_890, json.length, json];
    return { row, state: changeOf(event) };
  });
  const began = performance.now();
  for (let at = 0; at < count; at += batch) {
    database.exec('BEGIN IMMEDIATE');
    const states = new Map<string, string | undefined>();
    for (const { row, state } of rows.slice(at, at + batch)) {
      insert.run(...row);
      states.set(state.key, state.value);
    }
    for (const [key, value] of states) put.run(1, key, value ?? null);
    database.exec('COMMIT');
  }
  return (count / (performance.now() - began)) * 1000;
};

const openSqlite = (): DatabaseSync => {
  const database = new DatabaseSync(join(folder, 'bare.db'));
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
  database.exec('CREATE TABLE events (place INTEGER PRIMARY KEY, at, type, call, leg, extension, checksum, size, json)');
  database.exec('CREATE TABLE state (tenant INTEGER, key TEXT, value TEXT, PRIMARY KEY (tenant, key)) WITHOUT ROWID');
  return database;
};

const benchAppends = async (): Promise<void> => {
  console.log(`${'appends, events/s'.padEnd(32)}${'log'.padStart(12)}${'node:sqlite'.padStart(14)}${'ratio'.padStart(8)}`);
  const log = open('appends');
  const bare = openSqlite();
  let first = 1;
  for (const [batch, count] of [
    [1, 2_000],
    [16, 6_400],
    [64, 12_800],
    [1_024, 20_480],
  ] as const) {
    const ours: number[] = [];
    const theirs: number[] = [];
    // In turns, so that whatever else the machine does meets both.
    for (let round = 0; round < rounds; round += 1) {
      theirs.push(throughSqlite(bare, first, count, batch));
      ours.push(await throughLog(log, first, count, batch));
      first += count;
    }
    const [mine, bares] = [median(ours), median(theirs)];
    const ratio = median(ours.map((value, index) => value / (theirs[index] ?? 1)));
    console.log(
      `${`  batches of ${batch}`.padEnd(32)}${mine.toFixed(0).padStart(12)}${bares.toFixed(0).padStart(14)}${`${ratio.toFixed(2)}x`.padStart(8)}`,
    );
  }
  await log.close();
  bare.close();
};

const benchLarge = async (events: number): Promise<void> => {
  const log = open('large');
  const lease = await log.acquire(tenant);
  for (let at = 0; at < events; at += 2_000) {
    await log.append(
      lease,
      Array.from({ length: Math.min(2_000, events - at) }, (_, index) => eventAt(at + index)),
      [],
    );
  }
  await log.close();

  const opens: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const began = performance.now();
    const again = open('large');
    await again.acquire(tenant);
    await again.read(tenant, again.oldest(tenant), 1);
    opens.push(performance.now() - began);
    await again.close();
  }

  const again = open('large');
  const { epoch, seq } = again.head(tenant);
  const timed = async (run: (index: number) => Promise<unknown>, times: number): Promise<number[]> => {
    const took: number[] = [];
    for (let index = 0; index < times; index += 1) {
      const began = performance.now();
      await run(index);
      took.push(performance.now() - began);
    }
    return took;
  };
  const pages = await timed((index) => again.read(tenant, { epoch, seq: Math.floor(seq / 2) + index * 1_000 }, 1_000), 50);
  const bare = new DatabaseSync(join(folder, 'large', 'log.db'), { readOnly: true });
  const select = bare.prepare('SELECT * FROM events WHERE place > ? ORDER BY place LIMIT 1000');
  select.setReturnArrays(true);
  const barePages = await timed((index) => Promise.resolve(select.all(2 ** 40 + Math.floor(seq / 2) + index * 1_000)), 50);
  bare.close();
  const calls = await timed((index) => again.ofCall(tenant, callOf(Math.floor(seq / 48) + index).id, 1_000), 200);
  const began = performance.now();
  const stop = new AbortController();
  let followed = 0;
  for await (const batch of again.follow(tenant, again.oldest(tenant), stop.signal)) {
    followed += 'gap' in batch ? 0 : batch.length;
    if (followed >= Math.min(seq, 200_000)) stop.abort();
  }
  const follow = (followed / (performance.now() - began)) * 1000;
  const steps: number[] = [];
  let last = performance.now();
  let isRetaining = true;
  const watch = (): void => {
    steps.push(performance.now() - last);
    last = performance.now();
    if (isRetaining) setImmediate(watch);
  };
  setImmediate(watch);
  await again.retain(tenant, { maxBytes: 0 });
  isRetaining = false;
  await again.close();

  const size = JSON.stringify(envelop(eventAt(1), tenant, 'epoch', 1, isoTime(started))).length;
  console.log(`\na log of ${seq} events of ${size} bytes`);
  const line = (what: string, value: string): void => console.log(`  ${what.padEnd(40)}${value.padStart(24)}`);
  line('start to ready', `${median(opens).toFixed(0)} ms`);
  line('page of 1,000 from the middle, p50 / p99', `${median(pages).toFixed(2)} / ${percentile(pages, 0.99).toFixed(2)} ms`);
  line('the same by bare node:sqlite', `${median(barePages).toFixed(2)} / ${percentile(barePages, 0.99).toFixed(2)} ms`);
  line('the events of one call, p50 / p99', `${median(calls).toFixed(2)} / ${percentile(calls, 0.99).toFixed(2)} ms`);
  line('following history, events/s', follow.toFixed(0));
  line('deleting all: stalls, p50 / p99', `${median(steps).toFixed(2)} / ${percentile(steps, 0.99).toFixed(2)} ms`);
};

try {
  await benchAppends();
  await benchLarge(Number(process.argv[2] ?? 1_000_000));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
