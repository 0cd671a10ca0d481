import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { GatewayError } from '../model/errors.ts';

const size = 32;

/**
 * The key under which readable secrets are sealed: 32 bytes, in hex in `master.key` of the data folder, for its owner's eyes
 * alone. Made at the first start. Without it, sealed keys cannot be used any more; all others can.
 */
export const openMasterKey = (folder: string, randomBytes: (size: number) => Uint8Array): Uint8Array => {
  const path = join(folder, 'master.key');
  const key = readKey(path);
  if (key !== undefined) return key;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const fresh = randomBytes(size);
  writeKey(path, fresh);
  return fresh;
};

const readKey = (path: string): Uint8Array | undefined => {
  let text: string;
  try {
    text = readFileSync(path, 'latin1').trim();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
  const isKey = /^[0-9a-f]{64}$/.test(text);
  if (!isKey) throw new GatewayError('data-damaged', { file: path }, { note: `${path} does not hold 64 hexadecimal digits.` });
  return Buffer.from(text, 'hex');
};

/** Written aside and then renamed: after a crash there is no half a key, and what was sealed never outlives its key. */
const writeKey = (path: string, key: Uint8Array): void => {
  const temporary = `${path}.new`;
  synced(openSync(temporary, 'w', 0o600), (handle) => writeSync(handle, `${Buffer.from(key).toString('hex')}\n`));
  renameSync(temporary, path);
  synced(openSync(dirname(path), 'r'), () => undefined);
};

const synced = (handle: number, change: (handle: number) => void): void => {
  try {
    change(handle);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
};
