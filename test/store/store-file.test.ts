import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { createManualClock, type OfficeClock } from '../../src/pbx/sandbox/index.ts';
import { StoreFile } from '../../src/store/store-file.ts';
import { temporaryFolder } from '../temporary-folder.ts';

let folder: string;
let clock: OfficeClock;
let file: StoreFile;

const openAnother = (): StoreFile => {
  const another = new StoreFile(join(folder, 'store.db'), {});
  onTestFinished(() => another.close());
  return another;
};
const namesIn = (where: StoreFile): readonly unknown[] => where.all('SELECT name FROM state ORDER BY name').map(({ name }) => name);
const put =
  (name: string, value = '') =>
  () =>
    void file.run('INSERT OR REPLACE INTO state (tenant, name, value) VALUES (?, ?, ?)', 'demo', name, value);
/** From now on the disk has room for no more than the file takes. */
const fillDisk = (): void => {
  const pages = Number(file.get('PRAGMA page_count')?.['page_count']);
  file.get(`PRAGMA max_page_count = ${pages}`);
};
const large = 'x'.repeat(1_000_000);

beforeEach(() => {
  folder = temporaryFolder();
  clock = createManualClock(0);
  file = new StoreFile(join(folder, 'store.db'), { gathering: { timers: clock, ms: 100 } });
  onTestFinished(() => file.close());
});

test('what is gathered is seen at once here, and by others when its time has come', () => {
  const other = openAnother();
  file.writeGathered(put('a'));
  clock.advance(0.06);
  file.writeGathered(put('b'));
  expect([namesIn(file), namesIn(other)]).toEqual([['a', 'b'], []]);
  clock.advance(0.04);
  expect(namesIn(other)).toEqual(['a', 'b']);
});

test('whatever is written at once takes along what was gathered before it', () => {
  const other = openAnother();
  file.writeGathered(put('a'));
  file.write(put('b'));
  expect(namesIn(other)).toEqual(['a', 'b']);
  file.writeGathered(put('c'));
  file.writeSoon(put('d'));
  expect(namesIn(other)).toEqual(['a', 'b', 'c', 'd']);
});

test('what was gathered is there after the file was closed', async () => {
  file.writeGathered(put('a'));
  await file.close();
  expect(namesIn(openAnother())).toEqual(['a']);
});

test('one that fails leaves the others as they are', () => {
  file.writeGathered(put('a'));
  const failing = (): void => {
    put('b')();
    throw new Error('no');
  };
  expect(() => file.writeGathered(failing)).toThrow(expect.objectContaining({ code: 'internal' }));
  file.writeGathered(put('c'));
  clock.advance(0.1);
  expect(namesIn(openAnother())).toEqual(['a', 'c']);
});

test('a full disk refuses what does not fit and keeps what was gathered before', () => {
  const lost: string[] = [];
  file.writeGathered(put('a'), () => lost.push('a'));
  fillDisk();
  expect(() => file.writeGathered(put('b', large))).toThrow(expect.objectContaining({ code: 'log-full' }));
  clock.advance(0.1);
  expect([namesIn(openAnother()), lost]).toEqual([['a'], []]);
});

test('what a full disk cannot keep after all is told, with all that came after it', () => {
  const lost: string[] = [];
  let value = '';
  file.writeGathered(put('a'), () => lost.push('a'));
  file.writeGathered(
    () => put('b', value)(),
    () => lost.push('b'),
  );
  file.writeGathered(put('c'), () => lost.push('c'));
  fillDisk();
  // Written once more with the rest, it no longer fits.
  value = large;
  expect(() => file.writeGathered(put('d', large))).toThrow(expect.objectContaining({ code: 'log-full' }));
  expect([namesIn(openAnother()), lost]).toEqual([['a'], ['b', 'c']]);
});

test('with checkpoints in a thread of its own the database takes what is written, and the write-ahead log stays bounded', async () => {
  const path = join(folder, 'checkpoints.db');
  const own = new StoreFile(path, { ownThread: true });
  onTestFinished(() => own.close());
  const write = (from: number, to: number): void => {
    for (let number = from; number < to; number += 1) {
      own.write(() => void own.run('INSERT INTO state (tenant, name, value) VALUES (?, ?, ?)', 'demo', `${number}`, large));
    }
  };
  write(0, 2);
  await expect.poll(() => statSync(path).size).toBeGreaterThan(large.length);
  write(2, 40);
  expect(statSync(`${path}-wal`).size).toBeLessThan(12 * 1_048_576);
  await own.close();
  expect(existsSync(`${path}-wal`)).toBe(false);
  const again = new StoreFile(path, {});
  onTestFinished(() => again.close());
  expect(again.get('SELECT count(*) AS rows FROM state')).toEqual({ rows: 40 });
});
