import type { Store } from './store.ts';
import type { StoreFile } from './store-file.ts';

/** Traces deleted at a time, so that pruning stands in nobody's way for long. */
const pruneStep = 500;

export const traceTable = (file: StoreFile): Store['traces'] => ({
  put: (tenant, traces) => {
    file.writeGathered(() => {
      for (const { call, at, text } of traces) {
        file.run(
          'INSERT OR REPLACE INTO traces (tenant, call, at, size, text) VALUES (?, ?, ?, ?, ?)',
          tenant,
          call,
          at,
          Buffer.byteLength(text),
          text,
        );
      }
    });
  },
  get: (tenant, call) => file.get('SELECT text FROM traces WHERE tenant = ? AND call = ?', tenant, call)?.['text'] as string | undefined,
  prune: (tenant, before, maxBytes) =>
    file.write(() => {
      let bytes = Number(file.get('SELECT coalesce(sum(size), 0) AS bytes FROM traces WHERE tenant = ?', tenant)?.['bytes']);
      const rows = file.all('SELECT rowid, at, size FROM traces WHERE tenant = ? ORDER BY at LIMIT ?', tenant, pruneStep);
      const doomed = rows.filter((row) => {
        if (Number(row['at']) >= before && bytes <= maxBytes) return false;
        bytes -= Number(row['size']);
        return true;
      });
      for (const row of doomed) file.run('DELETE FROM traces WHERE rowid = ?', Number(row['rowid']));
      return doomed.length === pruneStep;
    }),
});
