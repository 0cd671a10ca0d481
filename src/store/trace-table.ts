import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { Store } from './store.ts';
import type { StoreFile } from './store-file.ts';

/** Traces deleted at a time, so that pruning stands in nobody's way for long. */
const pruneStep = 500;

/** Traces lie packed: a PBX says the same words over and over, and they would be most of what is written. */
export const traceTable = (file: StoreFile): Store['traces'] => ({
  put: (tenant, traces) => {
    const rows = traces.map(({ call, at, text }) => ({ call, at, packed: deflateRawSync(text, { level: 1 }) }));
    file.writeSoon(() => {
      for (const { call, at, packed } of rows) {
        file.run(
          'INSERT OR REPLACE INTO traces (tenant, call, at, size, text) VALUES (?, ?, ?, ?, ?)',
          tenant,
          call,
          at,
          packed.length,
          packed,
        );
      }
    });
  },
  get: (tenant, call) => {
    const packed = file.get('SELECT text FROM traces WHERE tenant = ? AND call = ?', tenant, call)?.['text'];
    return packed instanceof Uint8Array ? inflateRawSync(packed).toString() : undefined;
  },
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
