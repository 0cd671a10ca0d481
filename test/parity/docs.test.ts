import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { exitCodes } from '../../src/cli/exit-codes.ts';
import { commandNames } from '../../src/model/command.ts';
import { pages } from '../../tools/render-docs.ts';

describe('pages that are made of code', () => {
  test.each(Object.entries(pages))('%s says what the code says (npm run docs makes it again)', (path, render) => {
    expect(readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')).toBe(render());
  });
});

const page = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

test('the page of commands has a row for every command', () => {
  const rows = [...page('docs/commands.md').matchAll(/^\| ((?:`[a-zA-Z]+`(?:, )?)+) +\|/gm)].flatMap(
    (match) => match[1]?.match(/[a-zA-Z]+/g) ?? [],
  );
  expect(rows.toSorted()).toEqual([...commandNames].toSorted());
});

test('the page of the command line has every exit status', () => {
  const rows = [...page('docs/cli.md').matchAll(/^\| (\d) +\| `(\w+)` +\|/gm)].map((match) => [match[2], Number(match[1])]);
  expect(Object.fromEntries(rows)).toEqual(exitCodes);
});

test('the import table of the rooms has a row for every folder of src, and the page of the architecture names each', () => {
  const rooms = JSON.parse(page('rooms.json')) as Record<string, readonly string[]>;
  const folders = readdirSync(new URL('../../src/', import.meta.url));
  const named = new Set(Object.keys(rooms).map((room) => room.split('/')[0]));
  expect([...named].toSorted()).toEqual(folders.toSorted());
  for (const folder of folders) expect(page('docs/architecture.md')).toContain(`\`${folder.endsWith('.ts') ? folder : `${folder}/`}\``);
});
