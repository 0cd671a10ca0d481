import type { Store } from './store.ts';
import type { StoreFile } from './store-file.ts';

export const stateTable = (file: StoreFile): Store['state'] => ({
  get: (tenant, name) => file.get('SELECT value FROM state WHERE tenant = ? AND name = ?', tenant, name)?.['value'] as string | undefined,
  put: (tenant, name, value) => {
    file.write(() => file.run('INSERT OR REPLACE INTO state (tenant, name, value) VALUES (?, ?, ?)', tenant, name, value));
  },
  delete: (tenant, name) => {
    file.write(() => file.run('DELETE FROM state WHERE tenant = ? AND name = ?', tenant, name));
  },
});
