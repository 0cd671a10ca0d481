import type { Locator, Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { hasBrowser, useBrowser } from './browser.ts';
import { serveDemo } from './serve-demo.ts';

const { open } = useBrowser();

const outside = '+15550100001';

const tile = (page: Page, number: string): Locator => page.getByTitle(`Call ${number}`);
const firstCall = (page: Page): Locator => page.getByRole('region', { name: 'Calls' }).getByRole('listitem').first();

describe.skipIf(!hasBrowser)('the board', () => {
  test('follows a call, which is answered, held and hung up on it', async () => {
    const demo = await serveDemo();
    const page = await open();
    await demo.openConsole(page);
    await demo.call(outside, '101');
    await tile(page, '101').getByText(outside).waitFor();
    await page.getByRole('button', { name: 'Answer: 101' }).click();
    await page.getByRole('button', { name: 'Hold: 101' }).click();
    await page.getByRole('button', { name: 'Resume: 101' }).click();
    await page.getByRole('button', { name: 'Hold: 101' }).waitFor();
    expect(demo.sandbox.phones.stateOf('101')).toBe('talking');
    await page.getByRole('button', { name: 'Hang up: 101' }).click();
    await tile(page, '101').getByText('Free').waitFor();
    expect(demo.sandbox.phones.stateOf('101')).toBe('idle');
  });

  test('moves a call that is dragged onto an extension, into a slot, into a conference', async () => {
    const demo = await serveDemo();
    const page = await open();
    await demo.openConsole(page);
    await demo.call(outside, '101');
    demo.sandbox.phones.answer('101');
    await page.getByRole('button', { name: 'Hold: 101' }).waitFor();
    await firstCall(page).dragTo(tile(page, '102'));
    await page.getByText('Moved to 102.').waitFor();
    await page.getByRole('button', { name: 'Answer: 102' }).click();
    await page.getByRole('button', { name: 'Hold: 102' }).waitFor();
    await firstCall(page).dragTo(page.getByRole('region', { name: 'Parking' }).getByRole('listitem').nth(5));
    await page.getByText('Moved to slot 6.').waitFor();
    await page.getByLabel('From').selectOption('103');
    await page.getByRole('button', { name: 'Retrieve from slot 6' }).click();
    await page.getByRole('button', { name: 'Hold: 103' }).waitFor();
    await firstCall(page).dragTo(page.getByRole('region', { name: 'Conferences' }).getByRole('listitem').first());
    await page.getByText('Moved to conference 650.').waitFor();
    await expect.poll(() => page.getByRole('region', { name: 'Conferences' }).getByRole('heading').last().innerText()).toBe('650 2');
  });

  test('is used with the keyboard alone: a call is dialled, moved, and hung up', async () => {
    const demo = await serveDemo();
    const page = await open();
    await demo.openConsole(page);
    await demo.call(outside, '101');
    demo.sandbox.phones.answer('101');
    await page.getByRole('button', { name: 'Hold: 101' }).waitFor();
    await page.getByRole('button', { name: 'Move to…' }).press('Enter');
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('option', { name: 'Slot 6' }).waitFor({ state: 'attached' });
    await dialog.getByRole('combobox', { name: 'To', exact: true }).selectOption('Slot 6');
    await dialog.getByRole('button', { name: 'Move' }).press('Enter');
    await page.getByText('Moved to slot 6.').waitFor();
    await page.getByLabel('From').selectOption('103');
    await page.getByRole('textbox', { name: 'Call' }).fill('111');
    await page.keyboard.press('Enter');
    await tile(page, '103').getByText('Kim Keller').waitFor();
    demo.sandbox.phones.answer('103');
    await page.getByRole('button', { name: 'Hang up: 103' }).press('Enter');
    await expect.poll(() => demo.sandbox.phones.stateOf('103')).toBe('idle');
  });

  test('shows queues and their agents, who can be paused, and finds extensions by name', async () => {
    const demo = await serveDemo();
    const page = await open();
    await demo.openConsole(page);
    await demo.call(outside, '600');
    const queues = page.getByRole('region', { name: 'Queues' });
    await queues.getByText('1 waiting').waitFor();
    await page.getByRole('button', { name: 'Answer: 104' }).click();
    await queues.getByText('0 waiting').waitFor();
    await queues.getByRole('button', { name: 'Pause Emil Engel in 600' }).click();
    await queues.getByRole('button', { name: 'Unpause Emil Engel in 600' }).waitFor();
    await page.getByRole('searchbox', { name: 'Find an extension' }).fill('jerry');
    await expect.poll(() => page.locator('.tile').count()).toBe(1);
    await tile(page, '103').waitFor();
  });

  test('lets whoever may supervise listen to a call, whisper and barge in', async () => {
    const demo = await serveDemo();
    const page = await open();
    await demo.openConsole(page);
    await demo.call(outside, '102');
    demo.sandbox.phones.answer('102');
    await page.getByLabel('From').selectOption('101');
    await page.getByRole('button', { name: 'Whisper: 102' }).waitFor();
    await page.getByRole('button', { name: 'Barge in: 102' }).waitFor();
    await page.getByRole('button', { name: 'Listen: 102' }).click();
    await expect.poll(() => demo.sandbox.phones.stateOf('101')).not.toBe('idle');
    await tile(page, '101').getByText('Free').waitFor({ state: 'detached' });
  });
});
