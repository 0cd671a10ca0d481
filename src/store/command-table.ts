import { parseCursor, renderCursor } from '../model/cursor.ts';
import type { CommandId, TenantId } from '../model/ids.ts';
import type { CommandRow, Store } from './store.ts';
import type { Row, StoreFile } from './store-file.ts';

const columns = 'id, tenant, at, open, record, idempotency_key, digest, after';
/** Deleted at a time, so that pruning stands in nobody's way for long. */
const pruneStep = 1_000;

export const commandTable = (file: StoreFile): Store['commands'] => ({
  put: (row) => {
    const write = (): void => {
      file.run(
        `INSERT OR REPLACE INTO commands (${columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
        row.id,
        row.tenant,
        row.at,
        row.open ? 1 : 0,
        row.record,
        row.idempotency?.key ?? null,
        row.idempotency?.digest ?? null,
        row.after === undefined ? null : renderCursor(row.after),
      );
    };
    if (row.open) file.writeSoon(write, { urgent: true });
    else file.writeGatheredUrgently(write);
  },
  get: (tenant, id) => file.all(`SELECT ${columns} FROM commands WHERE id = ? AND tenant = ?`, id, tenant).map(commandOf)[0],
  byIdempotencyKey: (tenant, key, since) =>
    file
      .all(
        `SELECT ${columns} FROM commands WHERE tenant = ? AND idempotency_key = ? AND at >= ? ORDER BY at DESC, id DESC LIMIT 1`,
        tenant,
        key,
        since,
      )
      .map(commandOf)[0],
  list: (tenant, limit) =>
    file.all(`SELECT ${columns} FROM commands WHERE tenant = ? ORDER BY at DESC, id DESC LIMIT ?`, tenant, limit).map(commandOf),
  open: (tenant) => file.all(`SELECT ${columns} FROM commands WHERE tenant = ? AND open ORDER BY at, id`, tenant).map(commandOf),
  prune: (before) =>
    file.write(
      () =>
        file.run(
          'DELETE FROM commands WHERE rowid IN (SELECT rowid FROM commands WHERE at < ? AND NOT open LIMIT ?)',
          before,
          pruneStep,
        ) === pruneStep,
    ),
});

const commandOf = (row: Row): CommandRow => {
  const after = row['after'] === null ? undefined : parseCursor(row['after'] as string);
  return {
    id: row['id'] as CommandId,
    tenant: row['tenant'] as TenantId,
    at: row['at'] as number,
    open: row['open'] === 1,
    record: row['record'] as string,
    ...(row['idempotency_key'] === null
      ? undefined
      : { idempotency: { key: row['idempotency_key'] as string, digest: row['digest'] as string } }),
    ...(after === undefined ? undefined : { after }),
  };
};
