import type { ExtensionNumber, KeyId, TenantId } from '../model/ids.ts';
import type { KeyRow, Store } from './store.ts';
import type { Row, StoreFile } from './store-file.ts';

const columns = 'id, tenant, name, scopes, extension, hash, sealed, created_at, last_used_at, revoked_at';
const updates = columns
  .split(', ')
  .map((column) => `${column} = excluded.${column}`)
  .join(', ');

export const keyTable = (file: StoreFile): Store['keys'] => ({
  put: (key) => {
    // Urgent: a key must be revocable even when the disk is full.
    file.write(
      () =>
        file.run(
          `INSERT INTO keys (${columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET ${updates}`,
          key.id,
          key.tenant,
          key.name,
          JSON.stringify(key.scopes),
          key.extension ?? null,
          key.hash,
          key.sealed ?? null,
          key.createdAt,
          key.lastUsedAt ?? null,
          key.revokedAt ?? null,
        ),
      { urgent: true },
    );
  },
  byHash: (hash) => keyFrom(file.get(`SELECT ${columns} FROM keys WHERE hash = ?`, hash)),
  readable: () =>
    file.all(`SELECT ${columns} FROM keys WHERE sealed IS NOT NULL AND revoked_at IS NULL ORDER BY created_at, id`).map(keyOf),
  list: (tenant) => file.all(`SELECT ${columns} FROM keys WHERE tenant = ? ORDER BY created_at, id`, tenant).map(keyOf),
  touch: (id, at) => file.writeSoon(() => file.run('UPDATE keys SET last_used_at = ? WHERE id = ?', at, id)),
});

const keyFrom = (row: Row | undefined): KeyRow | undefined => (row === undefined ? undefined : keyOf(row));

const keyOf = (row: Row): KeyRow => ({
  id: row['id'] as KeyId,
  tenant: row['tenant'] as TenantId,
  name: row['name'] as string,
  scopes: JSON.parse(row['scopes'] as string) as readonly string[],
  ...(row['extension'] === null ? undefined : { extension: row['extension'] as ExtensionNumber }),
  hash: row['hash'] as string,
  ...(row['sealed'] === null ? undefined : { sealed: row['sealed'] as string }),
  createdAt: row['created_at'] as number,
  ...(row['last_used_at'] === null ? undefined : { lastUsedAt: row['last_used_at'] as number }),
  ...(row['revoked_at'] === null ? undefined : { revokedAt: row['revoked_at'] as number }),
});
