import type { ExtensionNumber, TenantId, UserId } from '../model/ids.ts';
import type { Store, UserRow } from './store.ts';
import type { Row, StoreFile } from './store-file.ts';

const columns = 'id, tenant, name, display_name, extension, email, scopes, password, created_at';
const updates = columns
  .split(', ')
  .map((column) => `${column} = excluded.${column}`)
  .join(', ');

export const userTable = (file: StoreFile): Store['users'] => ({
  put: (user) => {
    file.write(() =>
      file.run(
        `INSERT INTO users (${columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET ${updates}`,
        user.id,
        user.tenant,
        user.name,
        user.displayName ?? null,
        user.extension ?? null,
        user.email ?? null,
        JSON.stringify(user.scopes),
        user.password,
        user.createdAt,
      ),
    );
  },
  get: (tenant, id) => userFrom(file.get(`SELECT ${columns} FROM users WHERE tenant = ? AND id = ?`, tenant, id)),
  named: (tenant, name) => userFrom(file.get(`SELECT ${columns} FROM users WHERE tenant = ? AND name = ?`, tenant, name)),
  list: (tenant) => file.all(`SELECT ${columns} FROM users WHERE tenant = ? ORDER BY name`, tenant).map(userOf),
  // Urgent: whoever may no longer log in must be removable even when the disk is full.
  delete: (tenant, id) => file.write(() => file.run('DELETE FROM users WHERE tenant = ? AND id = ?', tenant, id) > 0, { urgent: true }),
});

const userFrom = (row: Row | undefined): UserRow | undefined => (row === undefined ? undefined : userOf(row));

const userOf = (row: Row): UserRow => ({
  id: row['id'] as UserId,
  tenant: row['tenant'] as TenantId,
  name: row['name'] as string,
  ...(row['display_name'] === null ? undefined : { displayName: row['display_name'] as string }),
  ...(row['extension'] === null ? undefined : { extension: row['extension'] as ExtensionNumber }),
  ...(row['email'] === null ? undefined : { email: row['email'] as string }),
  scopes: JSON.parse(row['scopes'] as string) as readonly string[],
  password: row['password'] as string,
  createdAt: row['created_at'] as number,
});
