import type { KeyId, LoginId, TenantId, UserId } from '../model/ids.ts';
import type { SessionRow, Store } from './store.ts';
import type { Row, StoreFile } from './store-file.ts';

const columns = 'id, hash, tenant, user, key, began_at, expires_at';

export const sessionTable = (file: StoreFile): Store['sessions'] => ({
  put: (row) => {
    file.write(() =>
      file.run(
        `INSERT INTO sessions (${columns}) VALUES (?, ?, ?, ?, ?, ?, ?)`,
        row.id,
        row.hash,
        row.tenant,
        row.user ?? null,
        row.key ?? null,
        row.beganAt,
        row.expiresAt,
      ),
    );
  },
  all: () => file.all(`SELECT ${columns} FROM sessions ORDER BY began_at, id`).map(sessionOf),
  // Urgent: what was given must be revocable even when the disk is full.
  delete: (id) => file.write(() => file.run('DELETE FROM sessions WHERE id = ?', id) > 0, { urgent: true }),
});

const sessionOf = (row: Row): SessionRow => ({
  id: row['id'] as LoginId,
  hash: row['hash'] as string,
  tenant: row['tenant'] as TenantId,
  ...(row['user'] === null ? undefined : { user: row['user'] as UserId }),
  ...(row['key'] === null ? undefined : { key: row['key'] as KeyId }),
  beganAt: row['began_at'] as number,
  expiresAt: row['expires_at'] as number,
});
