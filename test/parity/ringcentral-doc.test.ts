import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { configSchema } from '../../src/config/schema.ts';
import { endpoints } from '../../src/dialects/ringcentral/endpoints.ts';
import { defaultRingCentralOptions } from '../../src/dialects/ringcentral/options.ts';

const page = readFileSync(new URL('../../docs/ringcentral.md', import.meta.url), 'utf8');
const section = (heading: string): string => page.split(`## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';

/** Members of a section of the configuration stand on the page with the section's name before them. */
const flatten = (options: object): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    Object.entries(options).flatMap(([name, value]: [string, unknown]) =>
      name === 'telephony' || name === 'subscriptions'
        ? Object.entries(value as object).map(([member, inner]: [string, unknown]) => [`${name}.${member}`, inner])
        : [[name, value]],
    ),
  );

test('the page of the RingCentral API has every option with its default, and the configuration and the dialect agree on it', () => {
  const rows = [...section('Options').matchAll(/^\| `([\w.]+)` +\| (?:`([^`]+)`|none) +\|/gm)].map(
    ([, name = '', value]): [string, unknown] => [name, value === undefined ? undefined : JSON.parse(value)],
  );
  const configured = configSchema.parse({ tenants: { demo: { pbxs: { sandbox: { kind: 'sandbox' } } } } }).tenants['demo']?.dialects
    .ringcentral;
  expect(Object.fromEntries(rows)).toEqual({ accountId: undefined, sip: undefined, ...flatten(configured ?? {}) });
  expect(configured).toEqual({ enabled: true, ...defaultRingCentralOptions });
});

test('the page of the RingCentral API names every operation of call control', () => {
  const missing = endpoints
    .filter(({ method, path }) => method !== 'GET' && path.includes('/telephony'))
    .map(({ path }) => path.split('/').at(-1) ?? '')
    .filter((name) => !name.startsWith(':') && !section('Call control').includes(`/${name}\``));
  expect(missing).toEqual([]);
});
