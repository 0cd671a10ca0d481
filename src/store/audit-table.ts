import type { CallId, CommandId, KeyId, TenantId } from '../model/ids.ts';
import type { AuditRow, Store } from './store.ts';
import type { Row, StoreFile } from './store-file.ts';

const columns = 'id, tenant, at, key, call, entry';
/** Deleted at a time, so that pruning stands in nobody's way for long. */
const pruneStep = 1_000;

export const auditTable = (file: StoreFile): Store['audit'] => ({
  put: (row) => {
    file.writeGatheredUrgently(() =>
      file.run(
        `INSERT OR REPLACE INTO audit (${columns}) VALUES (?, ?, ?, ?, ?, ?)`,
        row.id,
        row.tenant,
        row.at,
        row.key,
        row.call ?? null,
        row.entry,
      ),
    );
  },
  get: (tenant, id) => file.all(`SELECT ${columns} FROM audit WHERE tenant = ? AND id = ?`, tenant, id).map(rowOf)[0],
  list: (tenant, { key, call, before, limit }) => {
    const conditions = ['tenant = ?'];
    const values: (string | number)[] = [tenant];
    if (key !== undefined) {
      conditions.push('key = ?');
      values.push(key);
    }
    if (call !== undefined) {
      conditions.push('call = ?');
      values.push(call);
    }
    if (before !== undefined) {
      conditions.push('(at, id) < (SELECT at, id FROM audit WHERE tenant = ? AND id = ?)');
      values.push(tenant, before);
    }
    const where = conditions.join(' AND ');
    return file.all(`SELECT ${columns} FROM audit WHERE ${where} ORDER BY at DESC, id DESC LIMIT ?`, ...values, limit).map(rowOf);
  },
  prune: (tenant, before) =>
    file.write(
      () =>
        file.run(
          'DELETE FROM audit WHERE rowid IN (SELECT rowid FROM audit WHERE tenant = ? AND at < ? LIMIT ?)',
          tenant,
          before,
          pruneStep,
        ) === pruneStep,
    ),
});

const rowOf = (row: Row): AuditRow => ({
  id: row['id'] as CommandId,
  tenant: row['tenant'] as TenantId,
  at: row['at'] as number,
  key: row['key'] as KeyId,
  ...(row['call'] === null ? undefined : { call: row['call'] as CallId }),
  entry: row['entry'] as string,
});
