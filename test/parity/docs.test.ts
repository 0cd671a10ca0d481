import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { pages } from '../../tools/render-docs.ts';

describe('pages that are made of code', () => {
  test.each(Object.entries(pages))('%s says what the code says (npm run docs makes it again)', (path, render) => {
    expect(readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')).toBe(render());
  });
});
