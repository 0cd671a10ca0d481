import { existsSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { z } from 'zod';
import { captureVersion } from '../model/capture.ts';
import { GatewayError } from '../model/errors.ts';

export interface Recording {
  readonly bytes: Uint8Array;
  /** Microseconds since 1970; absent where no times were recorded. */
  readonly at?: number;
}

/** A recorded PBX stream, and what reads it where the file says so itself. */
export interface OpenRecording {
  readonly driver?: string;
  readonly reads: AsyncIterable<Recording>;
}

/** A read of a recording without times, so that a long one is not parsed in one piece. */
const sliceBytes = 64 * 1024;

/** Opens a capture in one file, as the API gives it (model/capture.ts), or else a stream as `readRecording` reads it. */
export const openRecording = (file: string): OpenRecording => {
  const bytes = load(file);
  if (!bytes.subarray(0, captureStart.length).equals(captureStart)) return { reads: readStream(file, bytes) };
  const [first = '', ...lines] = bytes.toString().split('\n');
  const { driver } = parseLine(captureHead, first, file);
  return { driver, reads: readCapture(lines, file) };
};

const captureStart = Buffer.from('{"capture":');
const captureHead = z.object({ capture: z.literal(captureVersion), driver: z.string() });
const captureRead = z.object({ at: z.int().nonnegative(), text: z.string() });

async function* readCapture(lines: readonly string[], file: string): AsyncGenerator<Recording, void> {
  for (const line of lines) {
    if (line.trim() === '') continue;
    const { at, text } = parseLine(captureRead, line, file);
    yield { at, bytes: Buffer.from(text) };
  }
}

const parseLine = <Schema extends z.ZodType>(schema: Schema, line: string, file: string): z.output<Schema> => {
  try {
    return schema.parse(JSON.parse(line));
  } catch (cause) {
    const note = `${file} is no whole capture: "${line.slice(0, 80)}".`;
    throw new GatewayError('bad-request', { file }, { note, cause });
  }
};

/**
 * Reads a recorded PBX stream, gzip by its magic. If `FILE.ts` lies beside it (for `NAME.gz` also `NAME.ts`), each of its lines
 * `microseconds offset length`, or `{"t": seconds, "off": offset, "len": length}`, is a read, `{"t": ..., "off": ..., "eof": true}` the end of
 * the link; what lies beyond the last of them comes without losing its time.
 */
export const readRecording = (file: string): AsyncGenerator<Recording, void> => readStream(file, load(file));

async function* readStream(file: string, bytes: Uint8Array): AsyncGenerator<Recording, void> {
  const times = [`${file}.ts`, `${file.replace(/\.gz$/, '')}.ts`].find((path) => existsSync(path));
  if (times === undefined) {
    for (let start = 0; start < bytes.length; start += sliceBytes) yield { bytes: bytes.subarray(start, start + sliceBytes) };
    return;
  }
  let end = 0;
  let last = 0;
  for (const line of Buffer.from(load(times)).toString('latin1').split('\n')) {
    if (line.trim() === '') continue;
    const read = readOf(line);
    if (read?.offset !== end) throw new GatewayError('bad-request', { file: times }, { note: `${times} does not fit ${file}: "${line}".` });
    last = read.at;
    const start = end;
    end += read.length;
    yield { bytes: bytes.subarray(start, end), at: last };
  }
  if (end < bytes.length) yield { bytes: bytes.subarray(end), at: last };
}

const readOf = (line: string): { readonly at: number; readonly offset: number; readonly length: number } | undefined => {
  const [, micros, offset, length] = /^(\d{1,16}) (\d+) (\d+)\s*$/.exec(line) ?? [];
  if (micros !== undefined) return { at: Number(micros), offset: Number(offset), length: Number(length) };
  const [, seconds, off, len = '0'] = /^\{"t": (\d{1,10}(?:\.\d+)?), "off": (\d+), (?:"len": (\d+)|"eof": true)\}\s*$/.exec(line) ?? [];
  return seconds === undefined ? undefined : { at: Math.round(Number(seconds) * 1_000_000), offset: Number(off), length: Number(len) };
};

const load = (file: string): Buffer => {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    throw new GatewayError('bad-request', { file }, { note: `${file} cannot be read.`, cause: error });
  }
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  try {
    return gunzipSync(bytes);
  } catch (error) {
    throw new GatewayError(
      'bad-request',
      { file },
      { note: `${file} is not whole: ${error instanceof Error ? error.message : ''}`, cause: error },
    );
  }
};
