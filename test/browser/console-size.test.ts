import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';

const assets = new URL('../../console/dist/assets/', import.meta.url);
const mostKilobytes = 150;

test('the console is small enough for a slow line', () => {
  expect(existsSync(assets), 'npm run build:console makes it').toBe(true);
  const bytes = readdirSync(assets).map((name) => gzipSync(readFileSync(new URL(name, assets))).length);
  expect(bytes.reduce((sum, each) => sum + each, 0)).toBeLessThan(mostKilobytes * 1024);
});
