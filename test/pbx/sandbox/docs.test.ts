import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { expect, test } from 'vitest';
import Fastify from 'fastify';
import { parseOffice, sandboxRoutes } from '../../../src/pbx/sandbox/index.ts';
import { openOffice, playToEnd } from './harness.ts';

const page = readFileSync('docs/sandbox.md', 'utf8');
const [scenario, configuration] = [...page.matchAll(/```yaml\n(.*?)```/gs)].map((match) => match[1] ?? '');

test('the page’s scenario plays', async () => {
  await using office = await openOffice();
  await playToEnd(scenario ?? '', office);
  expect((await office.told()).at(-1)).toBe('+15550100001 ended 16');
});

test('the page’s office is one', () => {
  const config = parse(configuration ?? '') as { tenants: { main: { pbxs: { test: { office: unknown } } } } };
  expect(parseOffice(config.tenants.main.pbxs.test.office).extensions).toHaveLength(2);
});

test('the page has every route, and no other', async () => {
  await using office = await openOffice();
  await using server = Fastify();
  const routes: string[] = [];
  server.addHook('onRoute', ({ method, url }) => void (method === 'POST' && routes.push(url)));
  await server.register(sandboxRoutes, {
    sandbox: office.driver,
    view: { call: () => undefined, onCommitted: () => () => undefined },
    inboxName: ':name',
    scenarios: [],
    authorize: () => undefined,
  });
  const rows = [...page.matchAll(/^\| (`(?:calls|clock|inbox|phones|outside|scenarios)[^|]*`) +\|/gm)].flatMap((match) => {
    const [first = '', ...others] = [...(match[1] ?? '').matchAll(/`([^`]+)`/g)].map(([, name = '']) => name);
    return [first, ...others.map((name) => first.replace(/[^/]+$/, name))];
  });
  const documented = rows.map((row) => `/v1/sandbox/${row.replaceAll(/\{(\w+)\}/g, ':$1')}`);
  expect(documented.toSorted()).toEqual(routes.toSorted());
});
