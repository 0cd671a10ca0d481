import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { configSchema } from '../../src/config/schema.ts';
import { defaultISymphonyOptions } from '../../src/dialects/isymphony/options.ts';
import { deviceStates, eventProperties, eventTypes } from '../../src/dialects/isymphony/schema.ts';
import { dialStatuses } from '../../src/delivery/dial-status.ts';

const page = readFileSync(new URL('../../docs/isymphony.md', import.meta.url), 'utf8');
const section = (heading: string): string => page.split(`## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';

test('the page of the iSymphony APIs has every event, property, device state and result', () => {
  const events = section('Events');
  const named = [...events.matchAll(/^\| (`.+?) +\|/gm)].flatMap((row) => [...(row[1] ?? '').matchAll(/`(\w+)`/g)].map(([, name]) => name));
  expect(named.toSorted()).toEqual([...eventTypes].toSorted());
  const properties = new Set(Object.values(eventProperties).flatMap((each) => each.map((property) => property.replace(/[12]$/, ''))));
  for (const word of [...properties, ...deviceStates, ...dialStatuses]) expect(events).toContain(`\`${word}\``);
});

test('the page of the iSymphony APIs has every option with its default, and the configuration and the dialect agree on it', () => {
  const rows = [...section('Options').matchAll(/^\| `(\w+)` +\| `([^`]+)` +\|/gm)].map((match): [string, unknown] => [
    match[1] ?? '',
    JSON.parse(match[2] ?? ''),
  ]);
  const { dialects } = configSchema.parse({ tenants: { demo: { pbxs: { sandbox: { kind: 'sandbox' } } } } }).tenants['demo'] ?? {};
  expect(Object.fromEntries(rows)).toEqual(dialects?.isymphony);
  expect(dialects?.isymphony).toEqual({ enabled: true, ...defaultISymphonyOptions });
});
