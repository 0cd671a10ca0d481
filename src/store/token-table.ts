import type { TenantId } from '../model/ids.ts';
import type { Store, TokenRow } from './store.ts';
import type { Row, StoreFile } from './store-file.ts';

const columns = 'hash, kind, family, tenant, client, granted, issued_at, expires_at, used_at';

export const tokenTable = (file: StoreFile): Store['tokens'] => ({
  put: (rows, keep) => {
    file.write(() => {
      for (const row of rows) {
        file.run(
          `INSERT INTO tokens (${columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
          row.hash,
          row.kind,
          row.family,
          row.tenant,
          row.client,
          row.grant,
          row.issuedAt,
          row.expiresAt,
          row.usedAt ?? null,
        );
      }
      for (const client of new Set(rows.map((row) => row.client))) {
        file.run('DELETE FROM tokens WHERE client = ? AND expires_at <= ?', client, keep.expiringAfter);
        file.run(
          `DELETE FROM tokens WHERE hash IN
             (SELECT hash FROM tokens WHERE client = ? ORDER BY issued_at DESC, hash DESC LIMIT -1 OFFSET ?)`,
          client,
          keep.most,
        );
      }
    });
  },
  get: (hash) => {
    const row = file.get(`SELECT ${columns} FROM tokens WHERE hash = ?`, hash);
    return row === undefined ? undefined : tokenOf(row);
  },
  use: (hash, at) => file.write(() => file.run('UPDATE tokens SET used_at = ? WHERE hash = ? AND used_at IS NULL', at, hash) === 1),
  deleteAccess: (family) => {
    file.write(() => file.run("DELETE FROM tokens WHERE family = ? AND kind = 'access'", family));
  },
  // Urgent: what was given must be revocable even when the disk is full.
  deleteFamily: (family) => file.write(() => file.run('DELETE FROM tokens WHERE family = ?', family) > 0, { urgent: true }),
});

const tokenOf = (row: Row): TokenRow => ({
  hash: row['hash'] as string,
  kind: row['kind'] as TokenRow['kind'],
  family: row['family'] as string,
  tenant: row['tenant'] as TenantId,
  client: row['client'] as string,
  grant: row['granted'] as string,
  issuedAt: row['issued_at'] as number,
  expiresAt: row['expires_at'] as number,
  ...(row['used_at'] === null ? undefined : { usedAt: row['used_at'] as number }),
});
