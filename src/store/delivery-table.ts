import type { TenantId } from '../model/ids.ts';
import type { AttemptRow, Store } from './store.ts';
import type { Row, StoreFile } from './store-file.ts';

const columns = 'endpoint, tenant, id, seq, attempt, at, outcome, record';
/** Deleted at a time, so that pruning stands in nobody's way for long. */
const pruneStep = 5_000;

export const deliveryTable = (file: StoreFile): Store['deliveries'] => ({
  progress: (endpoint) =>
    file.get('SELECT progress FROM delivery_progress WHERE endpoint = ?', endpoint)?.['progress'] as string | undefined,
  record: (progress, attempts) => {
    file.writeSoon(() => {
      for (const each of progress) {
        file.run('INSERT OR REPLACE INTO delivery_progress (endpoint, progress) VALUES (?, ?)', each.endpoint, each.progress);
      }
      for (const { endpoint, tenant, id, seq, attempt, at, outcome, record } of attempts) {
        const values = [endpoint, tenant, id, seq, attempt, at, outcome, record] as const;
        file.run(`INSERT INTO delivery_attempts (${columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`, ...values);
      }
    });
  },
  forget: (endpoint) => file.write(() => file.run('DELETE FROM delivery_progress WHERE endpoint = ?', endpoint)),
  attempts: ({ tenant, endpoint, seq, outcome, before, limit }) => {
    const conditions: string[] = ['tenant = ?'];
    const values: (string | number)[] = [tenant];
    for (const [condition, value] of [
      ['endpoint = ?', endpoint],
      ['seq IN (SELECT value FROM json_each(?))', seq === undefined ? undefined : JSON.stringify([seq].flat())],
      ['outcome = ?', outcome],
      ['number < ?', before],
    ] as const) {
      if (value === undefined) continue;
      conditions.push(condition);
      values.push(value);
    }
    const sql = `SELECT number, ${columns} FROM delivery_attempts WHERE ${conditions.join(' AND ')} ORDER BY number DESC LIMIT ?`;
    return file.all(sql, ...values, limit).map(attemptOf);
  },
  prune: (before, most) =>
    file.write(() => {
      // Numbers grow with time: only the first are looked at, however many there are.
      const oldest = 'SELECT number, at FROM delivery_attempts ORDER BY number LIMIT ?';
      const old = `SELECT number FROM (${oldest}) WHERE at < ? OR number <= (SELECT max(number) FROM delivery_attempts) - ?`;
      return file.run(`DELETE FROM delivery_attempts WHERE number IN (${old})`, pruneStep, before, most) === pruneStep;
    }),
});

const attemptOf = (row: Row): AttemptRow & { readonly number: number } => ({
  number: row['number'] as number,
  endpoint: row['endpoint'] as string,
  tenant: row['tenant'] as TenantId,
  id: row['id'] as string,
  seq: row['seq'] as number,
  attempt: row['attempt'] as number,
  at: row['at'] as number,
  outcome: row['outcome'] as string,
  record: row['record'] as string,
});
