import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { eventPath } from '../dialects/isymphony/event-client.ts';
import { serveISymphony, type ISymphonyWorld } from '../dialects/isymphony/serve-isymphony.ts';

/** The browser of the machine; where there is none, these tests are skipped, and with REQUIRE_REAL=1 that is a failure. */
const executablePath = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
const hasBrowser = existsSync(executablePath);
if (!hasBrowser && process.env['REQUIRE_REAL'] === '1') throw new Error(`There is no browser at ${executablePath}.`);

/** It runs in containers as root, and asks nobody outside for anything. */
const browserFlags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

let browser: Browser | undefined;
beforeAll(async () => {
  if (hasBrowser) browser = await chromium.launch({ executablePath, args: browserFlags });
});
afterAll(() => browser?.close());

/** The widget's address, served as its users serve it. */
const serveWidget = async (): Promise<string> => {
  const server = spawn(process.execPath, ['examples/crm-widget/serve.mjs', '0'], { cwd: new URL('../../', import.meta.url) });
  onTestFinished(() => void server.kill());
  let printed = '';
  for await (const text of server.stdout.setEncoding('utf8')) {
    printed += String(text);
    const url = /http:\S+/.exec(printed)?.[0];
    if (url !== undefined) return url;
  }
  throw new Error('the widget is not served');
};

const openWidget = async (
  world: ISymphonyWorld,
  user: string,
  look: { readonly width?: number; readonly scheme?: 'light' | 'dark' } = {},
): Promise<Page> => {
  const context = await browser?.newContext({
    viewport: { width: look.width ?? 480, height: 800 },
    colorScheme: look.scheme ?? 'light',
    reducedMotion: 'reduce',
  });
  if (context === undefined) throw new Error('There is no browser.');
  onTestFinished(() => context.close());
  const page = await context.newPage();
  await page.goto(await serveWidget());
  await page.getByText('Server').click();
  await page.getByLabel('Event address').fill(`ws://localhost:${new URL(world.url).port}${eventPath}`);
  await page.getByLabel('Your user name').fill(user);
  await page.getByLabel('Your user name').press('Enter');
  await page.getByText('Waiting for calls').waitFor();
  return page;
};

describe.skipIf(!hasBrowser)("the widget of a caller's card", () => {
  test('pops up the card of whoever calls its user, and of nobody else', async () => {
    const world = await serveISymphony();
    const page = await openWidget(world, '101');
    const { phones } = world.sandbox;
    phones.call('103', '102');
    phones.call('+15550100001', '101');
    const cards = page.getByRole('listitem');
    await cards.getByRole('heading', { name: 'Ada Lovelace' }).waitFor();
    expect(await cards.count()).toBe(1);
    expect(await cards.innerText()).toMatch(/\+15550100001, calling \+15550200101[\s\S]*Analytical Engines Ltd[\s\S]*two more engines/);
    phones.answer('101');
    await cards.getByText('Talking').waitFor();
    phones.hangUp('101');
    await cards.getByText('Call ended').waitFor();
    await page.getByRole('button', { name: 'Close the card of Ada Lovelace' }).click();
    expect(await cards.count()).toBe(0);
    await page.getByText('No call yet.').waitFor();
  });

  test('tells of a call that was missed, and of a caller whom nobody knows', async () => {
    const world = await serveISymphony();
    const page = await openWidget(world, 'mikey');
    world.sandbox.phones.call('+15550109999', '110');
    const card = page.getByRole('listitem');
    await card.getByRole('heading', { name: 'Unknown caller' }).waitFor();
    world.sandbox.phones.reject('110');
    await card.getByText('Missed').waitFor();
  });

  test('connects again when the connection is lost', async () => {
    const world = await serveISymphony();
    const page = await openWidget(world, '101');
    world.drop();
    await page.getByText('Connection lost').waitFor();
    await page.getByText('Waiting for calls').waitFor();
    world.sandbox.phones.call('102', '101');
    await page.getByRole('heading', { name: 'Tom Sawyer' }).waitFor();
  });

  test.each(['light', 'dark'] as const)('fits a narrow window, %s', async (scheme) => {
    const world = await serveISymphony();
    const page = await openWidget(world, '101', { width: 320, scheme });
    world.sandbox.phones.call('+15550100001', '101');
    await page.getByRole('heading', { name: 'Ada Lovelace' }).waitFor();
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(320);
    const folder = process.env['PICTURES'];
    if (folder !== undefined) await page.screenshot({ path: `${folder}/crm-widget-${scheme}.png` });
  });
});
