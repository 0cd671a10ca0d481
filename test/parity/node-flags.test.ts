import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { flagsIn, nodeFlags, startScript } from '../node-flags.ts';

const textOf = (file: string): string => readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');

test('node is started with the same flags by every way to start a gateway, and the docs name them', () => {
  expect(nodeFlags.length).toBeGreaterThan(0);
  expect(flagsIn(startScript)).toEqual(nodeFlags);
  expect(flagsIn(textOf('src/main.ts').split('\n')[0])).toEqual(nodeFlags);
  expect(textOf('docs/performance.md')).toContain(`NODE_OPTIONS="${nodeFlags.join(' ')}"`);
});
