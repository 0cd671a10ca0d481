import { mkdirSync } from 'node:fs';
import axe, { type AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { hasBrowser, overflowOf, schemes, useBrowser, widths } from './browser.ts';
import { serveDemo, type Demo } from './serve-demo.ts';

const { open } = useBrowser();

/** Where each page's picture is kept; CI keeps the folder. */
const pictures = new URL('../../.cache/screenshots/', import.meta.url);

/** Something of everything: calls that ring, talk, wait and have ended, a webhook and what it was sent. */
const furnish = async (demo: Demo): Promise<ReadonlyMap<string, string>> => {
  const { phones } = demo.sandbox;
  const inbox = await demo.ask<{ readonly path: string }>('GET', '/v1/sandbox/inbox');
  const webhook = await demo.ask<{ readonly id: string }>('POST', '/v1/webhooks', {
    url: `${demo.url}${inbox.path}`,
    description: `The wallboard in the hall, ${'which has a very long name '.repeat(6)}`.slice(0, 200),
    types: ['call.*'],
  });
  const unbroken = 'x'.repeat(80);
  await demo.ask('POST', '/v1/keys', { name: unbroken, scopes: ['observe'] });
  await demo.ask('POST', '/v1/users', { name: unbroken, password: 'long enough', scopes: ['observe'] });
  await demo.ask('POST', '/v1/tenants', { id: unbroken.slice(0, 32), pbx: { kind: 'sandbox' } });
  const ended = await demo.call('+15550100001', '101');
  phones.answer('101');
  phones.hangUp('101');
  await demo.call('+15550100002', '102');
  phones.answer('102');
  await demo.call('103', '110');
  await demo.call('+15550100003', '600');
  await demo.call('+15550100004', '106');
  phones.answer('106');
  phones.transfer('106', '*806');
  const deliveries = `/v1/webhooks/${webhook.id}/deliveries`;
  await expect
    .poll(async () => (await demo.ask<{ readonly deliveries: readonly unknown[] }>('GET', deliveries)).deliveries.length)
    .toBeGreaterThan(2);
  return new Map([
    ['sandbox', 'sandbox'],
    ['board', 'board'],
    ['calls', 'calls'],
    ['call', `calls/${ended}`],
    ['events', 'events'],
    ['webhooks', 'webhooks'],
    ['webhook', `webhooks/${webhook.id}`],
    ['links', 'links'],
    ['keys', 'keys'],
    ['dialects', 'dialects'],
    ['metrics', 'metrics'],
  ]);
};

const seriousFindings = async (page: Page): Promise<readonly string[]> => {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate<AxeResults>('axe.run(document, { resultTypes: ["violations"] })');
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`));
};

const looks = widths.flatMap((width) => schemes.map((scheme) => ({ width, scheme })));

describe.skipIf(!hasBrowser)('every page', () => {
  test.each(looks)('at $width px, $scheme: nothing sticks out, and everybody can read and use it', async ({ width, scheme }) => {
    const demo = await serveDemo();
    const places = await furnish(demo);
    const page = await open({ width, scheme });
    const troubles: string[] = [];
    page.on('pageerror', (error) => troubles.push(String(error)));
    page.on('console', (message) => void (message.type() === 'error' && troubles.push(message.text())));
    mkdirSync(pictures, { recursive: true });
    const look = async (name: string): Promise<void> => {
      await page.getByRole('heading', { level: 1 }).first().waitFor({ state: 'attached' });
      await expect.poll(() => page.getByText('Loading…').count()).toBe(0);
      await page.screenshot({ path: new URL(`${name}-${width}-${scheme}.png`, pictures).pathname, fullPage: true });
      expect.soft(await overflowOf(page), `${name} sticks out`).toBeLessThanOrEqual(0);
      expect.soft(await seriousFindings(page), name).toEqual([]);
    };
    await page.goto(`${demo.url}/console/`);
    await look('login');
    // Who is not logged in is told so by the API, and the browser says it too.
    troubles.splice(0);
    await demo.openConsole(page);
    for (const [name, path] of places) {
      await page.goto(`${demo.url}/console/#/${path}`);
      await look(name);
    }
    expect(troubles).toEqual([]);
  });
});
