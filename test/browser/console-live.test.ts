import type { Page, WebSocketRoute } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { hasBrowser, useBrowser } from './browser.ts';
import { serveDemo, type Demo } from './serve-demo.ts';

const { open } = useBrowser();

/** The numbers of the events that the page lists, oldest first. */
const listedSeqs = async (page: Page): Promise<readonly number[]> => {
  const texts = await page.getByRole('list', { name: 'Events, newest first' }).locator('summary > :last-child').allInnerTexts();
  return texts.map(Number).toReversed();
};

const headSeq = (demo: Demo): number => [...demo.gateway.engines.values()][0]?.cursor().seq ?? 0;

const playCall = async (demo: Demo): Promise<void> => {
  const call = await demo.call('+15550100001', '101');
  demo.sandbox.phones.answer('101');
  demo.sandbox.phones.hangUp('101');
  await expect.poll(async () => (await demo.ask<{ readonly state: string }>('GET', `/v1/calls/${call}`)).state).toBe('ended');
};

/** Resolves when every event since `from` is listed, each once and in order. */
const untilAllListed = (page: Page, demo: Demo, from: number): Promise<void> =>
  expect
    .poll(async () => [await listedSeqs(page), range(from, headSeq(demo))])
    .toSatisfy(([listed, all]) => String(listed) === String(all));

const range = (from: number, to: number): readonly number[] => Array.from({ length: to - from + 1 }, (_, index) => from + index);

describe.skipIf(!hasBrowser)('the link to the server', () => {
  test('is taken up again after it was cut, and no update is lost', async () => {
    const demo = await serveDemo();
    const page = await open();
    const links: WebSocketRoute[] = [];
    let isUp = true;
    await page.routeWebSocket(/\/v1\/ws/, (link) => {
      if (isUp) {
        link.connectToServer();
        links.push(link);
      } else void link.close();
    });
    let snapshots = 0;
    page.on('request', (request) => (snapshots += request.url().endsWith('/v1/state') ? 1 : 0));
    await demo.openConsole(page, 'events');
    const from = headSeq(demo) + 1;
    await demo.call('+15550100001', '101');
    await untilAllListed(page, demo, from);
    isUp = false;
    await links[0]?.close();
    await page.getByRole('status').filter({ hasText: 'Reconnecting' }).waitFor();
    demo.sandbox.phones.answer('101');
    await expect.poll(() => demo.sandbox.phones.stateOf('101')).toBe('talking');
    await demo.call('+15550100002', '102');
    isUp = true;
    await page.getByRole('status').filter({ hasText: 'Live' }).waitFor();
    await untilAllListed(page, demo, from);
    expect(snapshots).toBe(1);
    await page.getByRole('link', { name: 'Board' }).click();
    await page.getByRole('button', { name: 'Hold: 101' }).waitFor();
    await page.getByRole('button', { name: 'Answer: 102' }).waitFor();
  });

  test('that has died without a word, as while a laptop slept, is noticed by the time of day and taken up again', async () => {
    const demo = await serveDemo();
    const page = await open();
    await page.clock.install();
    let isDead = false;
    await page.routeWebSocket(/\/v1\/ws/, (link) => {
      const server = link.connectToServer();
      const wasOpenedDead = isDead;
      server.onMessage((text) => {
        // Of the one that was open when the laptop fell asleep nothing arrives any more.
        if (!isDead || wasOpenedDead) link.send(text);
      });
    });
    await demo.openConsole(page, 'events');
    const from = headSeq(demo) + 1;
    isDead = true;
    await demo.call('+15550100001', '101');
    await page.clock.fastForward(120_000);
    await untilAllListed(page, demo, from);
    expect(await listedSeqs(page)).not.toEqual([]);
    await page.getByRole('status').filter({ hasText: 'Live' }).waitFor();
  });

  test('tells when a PBX is lost: what is shown of it turns grey until it is back', async () => {
    const demo = await serveDemo();
    const page = await open();
    await demo.openConsole(page);
    const greyness = (): Promise<string> => page.evaluate("getComputedStyle(document.querySelector('.tiles')).filter");
    expect(await greyness()).toBe('none');
    demo.sandbox.faults.disconnect();
    await page.getByRole('alert').filter({ hasText: 'sandbox is down' }).waitFor();
    expect(await greyness()).toBe('grayscale(1)');
    demo.sandbox.faults.reconnect();
    await page.getByRole('alert').waitFor({ state: 'detached' });
    expect(await greyness()).toBe('none');
    await page.getByRole('link', { name: 'PBX links' }).click();
    await page.getByText('was lost').waitFor();
    await page.getByText('was compared').first().waitFor();
    await page.getByRole('button', { name: 'Look for what is wrong' }).click();
    await page.getByText('ok', { exact: true }).first().waitFor();
  });
});

describe.skipIf(!hasBrowser)('the events', () => {
  test('can be paused and taken up again without losing one, filtered, and read from the beginning', async () => {
    const demo = await serveDemo();
    const page = await open();
    await demo.openConsole(page, 'events');
    const from = headSeq(demo) + 1;
    await playCall(demo);
    await untilAllListed(page, demo, from);
    await page.getByRole('button', { name: 'Pause' }).click();
    await playCall(demo);
    await page.getByRole('button', { name: 'Resume' }).click();
    await playCall(demo);
    await untilAllListed(page, demo, from);

    await page.getByLabel('Types').fill('call.ended');
    await page.getByRole('button', { name: 'Filter' }).click();
    await page.getByText('Waiting for the next event').waitFor();
    await playCall(demo);
    await expect.poll(() => listedSeqs(page)).toHaveLength(1);
    await page.getByLabel('Read on from').fill('oldest');
    await page.getByRole('button', { name: 'Read', exact: true }).click();
    await expect.poll(() => listedSeqs(page)).toHaveLength(4);
    const longPoll = await page.getByRole('figure').filter({ hasText: 'Long poll' }).locator('pre').innerText();
    expect(longPoll).toContain(`${demo.url}/v1/events?type=call.ended&after=now&wait=30`);
  });
});

describe.skipIf(!hasBrowser)('the history', () => {
  test('finds calls by number and by how they ended, and tells why of each', async () => {
    const demo = await serveDemo();
    const page = await open();
    await playCall(demo);
    await demo.call('+15550100002', '102');
    demo.sandbox.phones.reject('102');
    await demo.openConsole(page, 'calls');
    await expect.poll(() => page.getByRole('row').count()).toBe(3);
    await page.getByLabel('Number', { exact: true }).fill('+15550100002');
    await page.getByRole('button', { name: 'Search' }).click();
    await expect.poll(() => page.getByRole('row').count()).toBe(2);
    await page.getByLabel('Number', { exact: true }).fill('');
    await page.getByLabel('Ended as').selectOption('answered');
    await page.getByRole('button', { name: 'Search' }).click();
    await expect.poll(() => page.getByRole('cell', { name: '+15550100002' }).count()).toBe(0);
    await page.getByRole('row').nth(1).getByRole('link').click();
    await expect.poll(() => page.getByRole('region', { name: 'Legs over time' }).getByRole('img').count()).toBe(2);
    await page.getByText('phone 101: answer').first().click();
    for (const kind of ['PBX', 'Fact', 'Delivery']) await page.getByRole('checkbox', { name: kind }).uncheck();
    expect(await page.locator('.why summary').allInnerTexts()).toEqual(
      expect.arrayContaining(['call.started', 'legs.linked', 'call.ended']),
    );
    const download = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Download the trace' }).click();
    expect((await download).suggestedFilename()).toMatch(/^call_.*\.json$/);
    await playCall(demo);
    await page.getByRole('link', { name: 'Calls' }).first().click();
    await playCall(demo);
    // The end of one call may be announced before, with, or after that of the other.
    const news = page.getByRole('button', { name: /ended since/ });
    const showNews = async (): Promise<number> => {
      if (await news.isVisible()) await news.click();
      return page.getByRole('row').count();
    };
    await expect.poll(showNews).toBe(5);
  });
});
