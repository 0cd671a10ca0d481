/** SQLite's primary result codes that mean something to us. https://sqlite.org/rescode.html */
const results: Readonly<Record<number, 'busy' | 'damaged' | 'full'>> = {
  5: 'busy',
  6: 'busy',
  11: 'damaged',
  13: 'full',
  26: 'damaged',
};

/** What went wrong with the disk, told from what `node:sqlite` or `node:fs` threw; `other` is anything else. */
export const sqliteResult = (error: unknown): 'busy' | 'damaged' | 'full' | 'other' => {
  if (!(error instanceof Error)) return 'other';
  if ('code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT')) return 'full';
  if (!('errcode' in error) || typeof error.errcode !== 'number') return 'other';
  // The high bits say more than is asked here (SQLITE_CORRUPT_INDEX and the like).
  return results[error.errcode & 0xff] ?? 'other';
};
