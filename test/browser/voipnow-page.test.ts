import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { serveVoipNow, type VoipNowWorld } from '../dialects/voipnow/serve-voipnow.ts';
import { hasBrowser, overflowOf, useBrowser, type Look } from './browser.ts';

const { open } = useBrowser();

const title = 'CallAPI Published Events for Extension 101';

const openPage = async (look: Look = {}): Promise<{ readonly world: VoipNowWorld; readonly page: Page }> => {
  const world = await serveVoipNow();
  const page = await open(look, { httpCredentials: { username: 'demo', password: 'demo' } });
  await page.goto(`${world.url}/voipnow/extensions/101/callapi-events`);
  return { world, page };
};

/** The contrast of every text against what lies behind it, as WCAG 2 counts it. */
const contrastScript = `(() => {
  const parse = (text) => (text.match(/[\\d.]+/g) ?? []).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((c) => c / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = (element) => {
    for (let at = element; at !== null; at = at.parentElement) {
      const colour = parse(getComputedStyle(at).backgroundColor);
      if (colour.length === 3 || colour[3] > 0) return colour;
    }
    return matchMedia('(prefers-color-scheme: dark)').matches ? [18, 18, 18] : [255, 255, 255];
  };
  const found = [];
  for (const element of document.querySelectorAll('body *')) {
    const text = [...element.childNodes].filter((node) => node.nodeType === 3).map((node) => node.data.trim()).join('');
    if (text === '') continue;
    const [one, two] = [light(parse(getComputedStyle(element).color)), light(behind(element))].sort((a, b) => b - a);
    found.push({ text, ratio: (one + 0.05) / (two + 0.05) });
  }
  return found;
})()`;

describe.skipIf(!hasBrowser)('in a browser', () => {
  test('a request is added, disabled, edited and removed, by keyboard alone', async () => {
    const { world, page } = await openPage();
    expect(await page.title()).toBe(title);
    await page.getByLabel('Request ID').focus();
    await page.keyboard.type('crm1');
    await page.keyboard.press('Tab');
    await page.keyboard.type('Hangup');
    await page.keyboard.press('Tab');
    await page.keyboard.type('POST');
    await page.keyboard.press('Tab');
    await page.keyboard.type(`${world.receiver.url}/bye`);
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    await page.keyboard.type('for <the> CRM');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.getByRole('status').filter({ hasText: 'added' }).waitFor();
    const row = page.getByRole('row').filter({ hasText: 'crm1' });
    expect(await row.innerText()).toContain('for <the> CRM');

    await page.getByRole('button', { name: 'Disable Hangup crm1' }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Enable Hangup crm1' }).waitFor();
    expect(await row.innerText()).toContain('Disabled');

    await page.getByRole('link', { name: 'Edit Hangup crm1' }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Edit request crm1' }).waitFor();
    expect(await page.getByLabel('Request ID').count()).toBe(0);
    await page.getByLabel('Notes').fill('changed');
    await page.getByLabel('Status').selectOption('1');
    await page.getByRole('button', { name: 'Save changes' }).press('Enter');
    await page.getByRole('status').filter({ hasText: 'saved' }).waitFor();

    world.sandbox.phones.call('+15550100001', '101');
    await world.leg('101', ({ state }) => state === 'ringing');
    world.sandbox.phones.hangUpOutside('+15550100001');
    const [received] = await world.receiver.next(1);
    expect(received).toMatchObject({ method: 'POST', target: '/bye', parameters: { CallStatus: 'UNKNOWN' } });

    await page.getByRole('button', { name: 'Remove Hangup crm1' }).press('Enter');
    await page.getByText('No request is published for this extension.').waitFor();
  });

  test('what is refused is said beside what was typed, and the field is where one goes on', async () => {
    const { page } = await openPage();
    await page.getByLabel('URL').fill('http://10.0.0.1/x');
    await page.getByLabel('Notes').fill('kept');
    await page.getByRole('button', { name: 'Add request' }).click();
    await page.getByRole('alert').waitFor();
    expect(await page.getByRole('alert').innerText()).toContain('not one that may be delivered to');
    expect(await page.getByLabel('Notes').inputValue()).toBe('kept');
  });

  test.each([
    [1440, 'light'],
    [1440, 'dark'],
    [390, 'light'],
    [390, 'dark'],
  ] as const)('at %i px, %s, nothing sticks out and every text can be read', async (width, scheme) => {
    const { world, page } = await openPage({ width, scheme });
    const of = { ExtensionNumber: '101', URL: `http://127.0.0.1:9/a/rather/long/path/${'x'.repeat(120)}?token=${'y'.repeat(80)}` };
    await world.callApi('251/Event/Add', { ...of, EventType: '0', Notes: 'Sales CRM, asks who calls' });
    await world.callApi('251/Event/Add', { ...of, EventType: '2', Method: 'POST', Status: '0', RequestID: 'z'.repeat(255) });
    await page.reload();
    expect(await overflowOf(page)).toBeLessThanOrEqual(0);
    const contrasts = await page.evaluate<readonly { readonly text: string; readonly ratio: number }[]>(contrastScript);
    expect(contrasts.length).toBeGreaterThan(20);
    expect(contrasts.filter(({ ratio }) => ratio < 4.5)).toEqual([]);
    const { SCREENSHOTS: folder } = process.env;
    if (folder !== undefined) await page.screenshot({ path: `${folder}/voipnow-${width}-${scheme}.png`, fullPage: true });
  });
});

test('the page asks who is there, and takes no form from another page', async () => {
  const { url } = await serveVoipNow();
  const address = `${url}/voipnow/extensions/101/callapi-events`;
  const authorization = `Basic ${btoa('demo:demo')}`;
  const bare = await fetch(address);
  expect([bare.status, bare.headers.get('WWW-Authenticate')]).toEqual([401, 'Basic realm="CallAPI account", charset="UTF-8"']);
  expect((await fetch(address, { headers: { authorization: `Basic ${btoa('watcher:demo')}` } })).status).toBe(403);
  expect((await fetch(address.replace('101', '999'), { headers: { authorization } })).status).toBe(404);
  const forged = await fetch(address, {
    method: 'POST',
    headers: { authorization, origin: 'https://evil.example' },
    body: new URLSearchParams({ action: 'add', URL: 'http://93.184.216.34/' }),
  });
  expect(forged.status).toBe(403);
});
