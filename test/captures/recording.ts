import { readdirSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

/** Bytes that came in at one moment, in microseconds since 1970. */
export interface Read {
  readonly at: number;
  readonly bytes: Uint8Array;
}

/** Where the recordings lie, a folder for each PBX that was recorded. */
export const recordedPbxs = ['asterisk-22', 'asterisk-16'] as const;
export type RecordedPbx = (typeof recordedPbxs)[number];

export interface Recording {
  readonly pbx: RecordedPbx;
  /** What was played: the same name means the same doings of the phones. */
  readonly name: string;
}

const fileOf = (pbx: RecordedPbx, file: string): URL => new URL(`${pbx}/${file}`, import.meta.url);

export const recordings: readonly Recording[] = recordedPbxs.flatMap((pbx) =>
  readdirSync(fileOf(pbx, ''))
    .filter((file) => file.endsWith('.ami.gz'))
    .map((file) => ({ pbx, name: file.slice(0, -'.ami.gz'.length) }))
    .toSorted((one, two) => (one.name < two.name ? -1 : 1)),
);

/** The recording as it came in, cut as it was cut. */
export const readRecording = ({ pbx, name }: Recording): readonly Read[] => {
  const bytes = gunzipSync(readFileSync(fileOf(pbx, `${name}.ami.gz`)));
  const cuts = gunzipSync(readFileSync(fileOf(pbx, `${name}.ami.ts.gz`)))
    .toString('latin1')
    .trim();
  return cuts.split('\n').map((line) => {
    const [at = 0, offset = 0, length = 0] = line.split(' ').map(Number);
    return { at, bytes: bytes.subarray(offset, offset + length) };
  });
};

/** All bytes at once, when the last of them came. */
export const inOnePiece = (reads: readonly Read[]): readonly Read[] => [
  { at: reads.at(-1)?.at ?? 0, bytes: Buffer.concat(reads.map((read) => read.bytes)) },
];

/** A message a piece, each at the moment when its last byte came. */
export const messageByMessage = (reads: readonly Read[]): readonly Read[] => {
  const bytes = Buffer.concat(reads.map((read) => read.bytes));
  const ends: { readonly end: number; readonly at: number }[] = [];
  let length = 0;
  for (const read of reads) ends.push({ end: (length += read.bytes.length), at: read.at });
  const messages: Read[] = [];
  let start = 0;
  let cut = 0;
  for (let blank = bytes.indexOf(blankLine); blank !== -1; blank = bytes.indexOf(blankLine, start)) {
    const end = blank + blankLine.length;
    while ((ends[cut]?.end ?? Infinity) < end) cut += 1;
    messages.push({ at: ends[cut]?.at ?? 0, bytes: bytes.subarray(start, end) });
    start = end;
  }
  return messages;
};

const blankLine = '\r\n\r\n';

/** What the driver's own connection would have got: only the event classes that it asks for, and no channel variables. */
export const masked = (reads: readonly Read[]): readonly Read[] =>
  messageByMessage(reads).filter(({ bytes }) => {
    const text = Buffer.from(bytes).toString('latin1').trimStart();
    const privilege = /^Privilege: ([a-z]+)/m.exec(text)?.[1];
    return !text.startsWith('Event: VarSet\r\n') && (privilege === undefined || askedClasses.has(privilege));
  });

const askedClasses: ReadonlySet<string> = new Set(['call', 'agent', 'system', 'user', 'dialplan']);
