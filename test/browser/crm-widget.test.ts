import { spawn } from 'node:child_process';
import type { Page } from 'playwright-core';
import { describe, expect, onTestFinished, test } from 'vitest';
import { eventPath } from '../dialects/isymphony/event-client.ts';
import { serveISymphony, type ISymphonyWorld } from '../dialects/isymphony/serve-isymphony.ts';
import { hasBrowser, overflowOf, schemes, useBrowser, type Look } from './browser.ts';

const browser = useBrowser();

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

const openWidget = async (world: ISymphonyWorld, user: string, look: Look = { width: 480 }): Promise<Page> => {
  const page = await browser.open(look);
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
    expect(await card.getByText('+15550109999').count()).toBe(1);
  });

  test('connects again when the connection is lost', async () => {
    const world = await serveISymphony();
    const page = await openWidget(world, '101');
    world.drop();
    await page.getByText('Connection lost').waitFor();
    await page.getByText('Waiting for calls').waitFor();
    world.sandbox.phones.call('102', '101');
    await page.getByRole('heading', { name: 'Tom Sawyer' }).waitFor();
    expect(await page.getByRole('listitem').count()).toBe(1);
  });

  test.each(schemes)('fits a narrow window, %s', async (scheme) => {
    const world = await serveISymphony();
    const page = await openWidget(world, '101', { width: 320, scheme });
    world.sandbox.phones.call('+15550100001', '101');
    await page.getByRole('heading', { name: 'Ada Lovelace' }).waitFor();
    expect(await overflowOf(page)).toBe(0);
    const folder = process.env['PICTURES'];
    if (folder !== undefined) await page.screenshot({ path: `${folder}/crm-widget-${scheme}.png` });
  });
});
