import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { configSchema } from '../../src/config/schema.ts';
import { defaultNoojeeOptions } from '../../src/dialects/noojee/options.ts';
import { statuses } from '../../src/dialects/noojee/schema.ts';

const page = readFileSync(new URL('../../docs/noojee.md', import.meta.url), 'utf8');
const section = (heading: string): string => page.split(`## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';

const tenant = { pbxs: { sandbox: { kind: 'sandbox' } } };
const configured = configSchema.parse({ tenants: { demo: tenant } }).tenants['demo']?.dialects.noojee;

test('the page of the Noojee API has every status', () => {
  const told = [...section('Events').matchAll(/^\| `([^`]+)`/gm)].flatMap((match) => match[1] ?? []);
  expect(told.toSorted()).toEqual(statuses.toSorted());
});

test('the page of the Noojee API has every option with its default, and the configuration and the dialect agree on it', () => {
  const rows = [...section('Options').matchAll(/^\| `(\w+)` +\| `([^`]+)` +\|/gm)].map((match): [string, unknown] => [
    match[1] ?? '',
    JSON.parse(match[2] ?? ''),
  ]);
  expect(Object.fromEntries(rows)).toEqual(configured);
  const { coalesceMs: _, ...options } = defaultNoojeeOptions;
  expect(configured).toEqual({ enabled: true, ...options });
});
