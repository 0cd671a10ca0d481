import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { closings } from '../../src/delivery/closings.ts';
import { feedParameters } from '../../src/dialects/native/parse.ts';

const page = readFileSync(new URL('../../docs/api.md', import.meta.url), 'utf8');

test('the page of the API has every close code', () => {
  const rows = [...page.matchAll(/^\| (\d{4}) \| `([a-z-]+)` +\|/gm)].map((match) => [match[2], Number(match[1])]);
  expect(Object.fromEntries(rows)).toEqual(Object.fromEntries(Object.entries(closings).map(([reason, { code }]) => [reason, code])));
});

test('the page of the API has every parameter of a feed', () => {
  const rows = [...page.matchAll(/^\| `([a-z]+)` +\|/gm)].map((match) => match[1] ?? '');
  expect(rows.toSorted()).toEqual(Object.keys(feedParameters).toSorted());
});
