import type { TenantId } from '../model/ids.ts';
import type { Store } from './store.ts';
import type { StoreFile } from './store-file.ts';

export const slotTable = (file: StoreFile): Store['slots'] => ({
  claim: ({ tenant, lot, slot, command, until }, now) =>
    file.write(() => {
      const changes = file.run(
        `INSERT INTO slot_claims (tenant, lot, slot, command, until) VALUES (?, ?, ?, ?, ?)
           ON CONFLICT (tenant, lot, slot) DO UPDATE SET command = excluded.command, until = excluded.until WHERE slot_claims.until <= ?`,
        tenant,
        lot,
        slot,
        command,
        until,
        now,
      );
      return changes === 1;
    }),
  // Urgent: a slot must become free again even when the disk is full.
  release: (tenant, command) => {
    file.write(() => file.run('DELETE FROM slot_claims WHERE tenant = ? AND command = ?', tenant, command), { urgent: true });
  },
  claimed: (tenant: TenantId, now) =>
    file.all('SELECT lot, slot FROM slot_claims WHERE tenant = ? AND until > ?', tenant, now).map((row) => ({
      lot: row['lot'] as string,
      slot: row['slot'] as string,
    })),
});
