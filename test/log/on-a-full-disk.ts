/** Runs a log and a store on a disk that is filled and emptied again, and prints what came of it, for a test to judge. */
import { randomBytes } from 'node:crypto';
import { appendFileSync, rmSync, statfsSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isGap } from '../../src/log/event-log.ts';
import { openSqliteLog } from '../../src/log/sqlite-log.ts';
import type { SqliteLog } from '../../src/log/sqlite-log.ts';
import { GatewayError } from '../../src/model/errors.ts';
import { commandIdFrom, createNewId, tenantId } from '../../src/model/ids.ts';
import { openSqliteStore } from '../../src/store/sqlite-store.ts';
import type { Store } from '../../src/store/store.ts';
import { numbered, numberedBetween, numberOf } from './events.ts';

const [folder = ''] = process.argv.slice(2);
const tenant = tenantId('demo');
const reserveBytes = 4 * 1_048_576;
let now = 0;
const open = (): SqliteLog =>
  openSqliteLog({ folder, clock: { now: () => now }, newId: createNewId(randomBytes), reserveBytes, ownThread: true });

const outcomeOf = async (run: () => unknown): Promise<string> => {
  try {
    await run();
    return 'done';
  } catch (error) {
    return error instanceof GatewayError ? error.code : String(error);
  }
};
const ballast = join(folder, 'ballast');
/** Leaves only `bytes` of the disk free. */
const fill = (bytes: number): void => {
  for (;;) {
    const { bavail, bsize } = statfsSync(folder);
    const size = Math.min(bavail * bsize - bytes, 1_048_576);
    if (size <= 0) return;
    appendFileSync(ballast, new Uint8Array(size));
  }
};

const log = open();
const store: Store = openSqliteStore({ folder, reserve: log.reserve });
const lease = await log.acquire(tenant);
const acked: number[] = [];
let next = 1;
const append = async (count: number, urgent = false): Promise<void> => {
  const first = next;
  const events = await log.append(lease, numberedBetween(first, first + count - 1), [{ key: 'last', value: String(first + count - 1) }], {
    urgent,
  });
  next += count;
  acked.push(...events.map(numberOf));
};
/** Appends until that is refused, or far more was written than the disk holds. */
const untilRefused = async (urgent: boolean): Promise<string> => {
  for (let count = 0; count < 2_000; count += 1) {
    const outcome = await outcomeOf(() => append(100, urgent));
    if (outcome !== 'done') return outcome;
  }
  return 'never';
};
const putCommand = (id: string): void => store.commands.put({ id: commandIdFrom(id), tenant, at: 1, open: true, record: '{}' });

await append(100);
const atFirst = { health: log.health().status, reserve: statSync(join(folder, 'log.reserve')).size };

fill(262_144);
const whileFilling = await untilRefused(false);
const both = await Promise.allSettled([log.append(lease, [numbered(-1)], []), log.append(lease, [numbered(next)], [], { urgent: true })]);
acked.push(next++);
const whenFull = {
  whileFilling,
  health: log.health().status,
  both: both.map(({ status }) => status),
  command: await outcomeOf(() => putCommand('cmd_a')),
  other: await outcomeOf(() => store.state.put(tenant, 'a', 'b')),
  urgent: await outcomeOf(() => append(1, true)),
  acquire: await outcomeOf(() => log.acquire(tenantId('other'))),
};

fill(0);
const whileFillingAll = await untilRefused(true);
const whenAllIsFull = {
  whileFillingAll,
  health: log.health().status,
  read: await outcomeOf(() => log.read(tenant, log.oldest(tenant), 1_000)),
};

rmSync(ballast);
const tooSoon = await outcomeOf(() => append(1));
now += 1_000_000;
const whenEmptied = {
  tooSoon,
  again: await outcomeOf(() => append(5)),
  health: log.health().status,
  reserve: statSync(join(folder, 'log.reserve')).size,
  command: await outcomeOf(() => putCommand('cmd_b')),
  other: await outcomeOf(() => store.state.put(tenant, 'a', 'c')),
};
await log.close();
await store.close();

const reopened = open();
const kept: number[] = [];
for (let after = reopened.oldest(tenant); ;) {
  const page = await reopened.read(tenant, after, 1_000);
  if (isGap(page) || page.events.length === 0) break;
  kept.push(...page.events.map(numberOf));
  after = page.next;
}
const last = (await reopened.state(tenant)).get('last');
await reopened.close();
const afterwards = { keptAllThatWasAcked: JSON.stringify(kept) === JSON.stringify(acked), last, next: String(next - 1) };
writeFileSync(1, JSON.stringify({ atFirst, whenFull, whenAllIsFull, whenEmptied, afterwards }));
