import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { openRecording, readRecording } from '../../src/cli/recording.ts';
import { captureVersion, renderCaptureLine } from '../../src/model/capture.ts';
import { pbxId } from '../../src/model/ids.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const read = async (bytes: Uint8Array, times?: string): Promise<readonly (readonly [text: string, at?: number])[]> => {
  const file = join(temporaryFolder(), 'stream.esl');
  writeFileSync(file, bytes);
  if (times !== undefined) writeFileSync(`${file}.ts`, times);
  const reads: (readonly [string, number?])[] = [];
  for await (const { bytes: part, at } of readRecording(file))
    reads.push(at === undefined ? [Buffer.from(part).toString()] : [Buffer.from(part).toString(), at]);
  return reads;
};

test.each([
  ['in words', '1000000 0 2\n2000000 2 3\n'],
  [
    'in json, with the end of the link',
    '{"t": 1.0, "off": 0, "len": 2}\n{"t": 2, "off": 2, "len": 3}\n{"t": 2.5, "off": 5, "eof": true}\n',
  ],
])('each read has its time, told %s', async (_how, times) => {
  const reads = await read(Buffer.from('abcde'), times);
  expect(reads.filter(([text]) => text !== '')).toEqual([
    ['ab', 1_000_000],
    ['cde', 2_000_000],
  ]);
});

test('a compressed one without times is read as it is', async () => {
  expect(await read(gzipSync('abcde'))).toEqual([['abcde']]);
});

test.each(['1000000 1 2\n', 'soon 0 2\n', '{"t": 1, "off": 3, "len": 2}\n', '{"t": 1}\n'])(
  'times that do not fit are refused: %j',
  async (times) => {
    await expect(read(Buffer.from('abcde'), times)).rejects.toMatchObject({ code: 'bad-request' });
  },
);

const head = renderCaptureLine({ capture: captureVersion, driver: 'freeswitch', pbx: pbxId('office') });

test('a capture in one file says what reads it, and has the time of each read', async () => {
  const file = join(temporaryFolder(), 'office.capture');
  writeFileSync(file, gzipSync(head + renderCaptureLine({ at: 7, text: 'añb\n' }) + renderCaptureLine({ at: 9, text: 'c' })));
  const { driver, reads } = openRecording(file);
  const read = [];
  for await (const { at, bytes } of reads) read.push([at, Buffer.from(bytes).toString()]);
  expect({ driver, read }).toEqual({
    driver: 'freeswitch',
    read: [
      [7, 'añb\n'],
      [9, 'c'],
    ],
  });
});

test.each([head.slice(0, 20), `${head}{"at":1,"te`, `${head}{"at":"soon","text":""}`])(
  'a capture that is not whole is refused: %j',
  async (text) => {
    const file = join(temporaryFolder(), 'office.capture');
    writeFileSync(file, text);
    const readAll = async (): Promise<void> => {
      for await (const _ of openRecording(file).reads);
    };
    await expect(readAll()).rejects.toMatchObject({ code: 'bad-request' });
  },
);
