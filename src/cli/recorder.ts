import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { GatewayError } from '../model/errors.ts';
import type { Micros } from '../model/time.ts';

/** Writes a PBX stream in the form that `readRecording` reads: the bytes in FILE, and in FILE.ts when each read came in. */
export interface Recorder {
  readonly bytes: number;
  readonly reads: number;
  /** Throws when the disk does not take it: what was written before is whole. */
  write(bytes: Uint8Array, at: Micros): void;
  /** Safe to call twice. */
  close(): void;
}

/** Makes both files, for their owner alone; throws if either is there already. */
export const createRecorder = (file: string): Recorder => {
  const stream = create(file);
  const times = create(`${file}.ts`);
  let bytes = 0;
  let reads = 0;
  let isOpen = true;
  return {
    get bytes() {
      return bytes;
    },
    get reads() {
      return reads;
    },
    write: (chunk, at) => {
      if (!isOpen) return;
      writeSync(stream, chunk);
      writeSync(times, `${at} ${bytes} ${chunk.length}\n`);
      bytes += chunk.length;
      reads += 1;
    },
    close: () => {
      if (!isOpen) return;
      isOpen = false;
      closeSync(stream);
      closeSync(times);
      // An empty recording is none, and must not stand in the way of the next try.
      if (reads === 0) for (const each of [file, `${file}.ts`]) rmSync(each, { force: true });
    },
  };
};

const create = (file: string): number => {
  try {
    return openSync(file, 'wx', 0o600);
  } catch (error) {
    throw new GatewayError('invalid-parameter', { file }, { note: `${file} cannot be made, or is there already.`, cause: error });
  }
};
