import { describe, expect, test } from 'vitest';
import { hasBrowser, useBrowser } from './browser.ts';
import { serveDemo } from './serve-demo.ts';

const { open } = useBrowser();

describe.skipIf(!hasBrowser)('the sandbox', () => {
  test('is what a newcomer sees first, whom three clicks lead to a webhook', async () => {
    const demo = await serveDemo();
    const page = await open();
    await page.goto(demo.url);
    await page.getByRole('textbox', { name: 'Key' }).fill('demo-key');
    await page.getByRole('button', { name: 'Log in' }).click();
    await page.getByRole('heading', { name: 'Sandbox', level: 1 }).waitFor();
    const tour = page.getByRole('region', { name: 'A tour in three steps' });
    await tour.getByRole('button', { name: 'Call 101' }).click();
    await tour.getByRole('button', { name: 'Answer at 101' }).click();
    await tour.getByRole('button', { name: 'Hang up' }).click();
    await tour.getByText('The webhook arrived').waitFor();
    const told = await tour.locator('pre').innerText();
    for (const part of [/^webhook-id: .+$/m, /^webhook-signature: v1,.+$/m, /^webhook-timestamp: \d+$/m, /"type": "call.ended"/]) {
      expect(told).toMatch(part);
    }

    await tour.getByRole('link', { name: 'How the webhook was delivered' }).click();
    await page.getByRole('region', { name: 'Attempts' }).first().getByText('204').waitFor();
    await page.goBack();
    await tour.getByRole('button', { name: 'Call 101' }).click();
    await page.getByRole('button', { name: 'Reject at 101' }).click();
    await tour.getByText('The webhook arrived').waitFor();
    const { webhooks } = await demo.ask<{ readonly webhooks: readonly unknown[] }>('GET', '/v1/webhooks');
    expect(webhooks).toHaveLength(1);
  });

  test('has phones to play, scenarios, and a clock', async () => {
    const demo = await serveDemo();
    const page = await open();
    await demo.openConsole(page, 'sandbox');
    await page.getByLabel('To', { exact: true }).fill('102');
    await page.getByRole('button', { name: 'Call', exact: true }).click();
    await page.getByRole('button', { name: 'Answer at 102' }).click();
    await page.getByRole('button', { name: 'Hold at 102' }).click();
    await page.getByRole('button', { name: 'Resume at 102' }).click();
    await page.getByRole('button', { name: 'Hang up at 102' }).click();
    await expect.poll(() => demo.sandbox.phones.stateOf('102')).toBe('idle');
    await page.getByRole('button', { name: 'Unplug 102' }).click();
    await page.getByRole('button', { name: 'Plug in 102' }).click();
    await page.getByRole('button', { name: 'Unplug 102' }).waitFor();

    await page.getByRole('combobox', { name: 'Scenario' }).selectOption('A missed call, a declined one and one to a busy phone');
    await page.getByRole('button', { name: 'Play it' }).click();
    await page.getByText('The scenario was played.').waitFor();
    await page.getByLabel('Its steps').fill('steps: [{ expect: { phone: 101, is: talking } }]');
    await page.getByRole('button', { name: 'Play it' }).click();
    await page.getByText('101 is idle, not talking.').waitFor();

    await demo.call('+15550100001', '103');
    await page.getByRole('button', { name: 'a minute later' }).click();
    await page.getByText('It is a minute later.').waitFor();
    await expect.poll(() => demo.sandbox.phones.stateOf('103')).toBe('idle');
  });
});
