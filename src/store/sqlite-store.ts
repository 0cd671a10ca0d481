import { join } from 'node:path';
import { auditTable } from './audit-table.ts';
import { commandTable } from './command-table.ts';
import { deliveryTable } from './delivery-table.ts';
import { historyTable } from './history-table.ts';
import { keyTable } from './key-table.ts';
import { StoreFile } from './store-file.ts';
import { slotTable } from './slot-table.ts';
import type { StoreFileOptions } from './store-file.ts';
import { sessionTable } from './session-table.ts';
import { stateTable } from './state-table.ts';
import { tokenTable } from './token-table.ts';
import { traceTable } from './trace-table.ts';
import { userTable } from './user-table.ts';
import type { Store } from './store.ts';

export interface SqliteStoreOptions extends StoreFileOptions {
  /** The data folder. Whoever opens the store has made sure that no other process uses it: the log locks it. */
  readonly folder: string;
}

/**
 * Opens the store in an SQLite file of the data folder and brings an older one up to date. Writes throw `log-full` when the
 * disk is full, everything throws `data-damaged` when the file cannot be read.
 */
export const openSqliteStore = (options: SqliteStoreOptions): Store => {
  const file = new StoreFile(join(options.folder, 'store.db'), options);
  return {
    keys: keyTable(file),
    users: userTable(file),
    sessions: sessionTable(file),
    commands: commandTable(file),
    audit: auditTable(file),
    history: historyTable(file),
    traces: traceTable(file),
    deliveries: deliveryTable(file),
    state: stateTable(file),
    slots: slotTable(file),
    tokens: tokenTable(file),
    synced: () => file.synced(),
    close: () => file.close(),
  };
};
