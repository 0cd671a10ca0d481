/** A process to be killed: appends to the log of a folder until then, and prints the last `seq` and state it was promised. */
import { randomBytes } from 'node:crypto';
import { writeSync } from 'node:fs';
import { createNewId, tenantId } from '../../src/model/ids.ts';
import { openSqliteLog } from '../../src/log/sqlite-log.ts';
import { numberedBetween } from './events.ts';

const [folder = ''] = process.argv.slice(2);
const tenant = tenantId('demo');
const log = openSqliteLog({
  folder,
  clock: { now: () => Date.now() * 1000 },
  newId: createNewId(randomBytes),
  reserveBytes: 65_536,
  ownThread: true,
});
const lease = await log.acquire(tenant);
let next = log.head(tenant).seq + 1;

const append = async (count: number): Promise<void> => {
  const first = next;
  next += count;
  const events = await log.append(lease, numberedBetween(first, first + count - 1), [
    { key: `last${count}`, value: String(first + count - 1) },
  ]);
  // Not through a stream: what was promised must be said before anything else happens.
  writeSync(1, `${events.at(-1)?.cursor.seq ?? 0}\n`);
};

for (;;) await Promise.all([append(1), append(7), append(32)]);
