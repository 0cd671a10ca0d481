import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import type { Store } from './store.ts';
import type { StoreFile } from './store-file.ts';

/** Traces deleted at a time, so that pruning stands in nobody's way for long. */
const pruneStep = 500;

/** Room for what is left of most traces; the library's own 16 KiB take longer to make than to fill. */
const packing = { chunkSize: 4096, params: { [constants.ZSTD_c_compressionLevel]: 1 } };

/** What a PBX says of a call repeats itself: a tenth is left of it, for less work than writing the rest would be. */
const packed = (text: string): Uint8Array => zstdCompressSync(text, packing);

/** Traces of older versions are plain text. */
const unpacked = (stored: unknown): string => (typeof stored === 'string' ? stored : zstdDecompressSync(stored as Uint8Array).toString());

export const traceTable = (file: StoreFile): Store['traces'] => ({
  put: (tenant, traces) => {
    const rows = traces.map(({ call, at, text }) => ({ call, at, bytes: packed(text) }));
    file.writeGathered(() => {
      for (const { call, at, bytes } of rows) {
        file.run(
          'INSERT OR REPLACE INTO traces (tenant, call, at, size, text) VALUES (?, ?, ?, ?, ?)',
          tenant,
          call,
          at,
          bytes.length,
          bytes,
        );
      }
    });
  },
  get: (tenant, call) => {
    const row = file.get('SELECT text FROM traces WHERE tenant = ? AND call = ?', tenant, call);
    return row === undefined ? undefined : unpacked(row['text']);
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
