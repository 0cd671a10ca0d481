import { readFileSync } from 'node:fs';
import axe, { type AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { message, newchannel } from '../pbx/asterisk/driven.ts';
import { serveOffice, type Office } from '../dialects/native/serve-office.ts';
import { hasBrowser, overflowOf, useBrowser, type Look } from './browser.ts';

const { open } = useBrowser();

const openLinks = async (office: Office, look: Look = {}): Promise<Page> => {
  const page = await open(look);
  const { url } = office.gateway;
  await page.context().request.post(`${url}/v1/login`, { data: { key: office.key } });
  await page.goto(`${url}/console/#/links`);
  await page.getByRole('heading', { name: 'PBX links' }).waitFor();
  return page;
};

const channel = { Channel: 'PJSIP/101-0000000a', Uniqueid: '1.1', Linkedid: '1.1' };
const oneCall = [
  newchannel('1.1', '101', { Exten: '102' }),
  message('Hangup', { ...channel, Cause: '16', 'Cause-txt': 'Normal Clearing' }),
];

/** The text of the file that a click brings. */
const downloaded = async (page: Page, name: string): Promise<string> => {
  const download = page.waitForEvent('download');
  await page.getByRole('link', { name }).click();
  return readFileSync(await (await download).path(), 'utf8');
};

describe.skipIf(!hasBrowser)('the link to a real PBX', () => {
  test.each([
    { width: 1440, scheme: 'light' },
    { width: 390, scheme: 'dark' },
  ] as const)(
    'at $width px, $scheme: what it says is captured and downloaded, a call has its own, and how fast it answers is told',
    async (look) => {
      const office = await serveOffice();
      const page = await openLinks(office, look);
      await page.getByLabel('For').selectOption('ten minutes');
      await page.getByRole('button', { name: 'Capture', exact: true }).click();
      await page.getByText('Capturing: 0 messages').waitFor();
      await office.ami.until(() => [...office.ami.sessions].filter(({ events }) => events !== 'off' && events !== '').length === 2);
      office.ami.emit(...oneCall);
      await page.getByText('Capturing: 2 messages').waitFor();
      await page.getByRole('button', { name: 'Stop the capture' }).click();
      await page.getByText('Captured: 2 messages').waitFor();
      expect(await overflowOf(page)).toBeLessThanOrEqual(0);
      await page.evaluate(axe.source);
      const { violations } = await page.evaluate<AxeResults>('axe.run(document, { resultTypes: ["violations"] })');
      expect(violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')).toEqual([]);
      expect(await downloaded(page, 'Download the capture')).toMatch(
        /^\{"capture":1,"driver":"asterisk","pbx":"office"\}\n.*Newchannel.*Hangup/s,
      );

      await page.getByRole('link', { name: 'Calls' }).click();
      await page.getByRole('row').nth(1).getByRole('link').click();
      expect(await downloaded(page, 'Download the capture')).toMatch(/^\{"capture":1,.*"call":"call_.*Newchannel.*Hangup/s);

      const isAsked = ({ pbxs }: { readonly pbxs: readonly { readonly ping?: object }[] }): boolean => pbxs[0]?.ping !== undefined;
      await office.askUntil('/v1/pbxs', isAsked);
      await page.getByRole('link', { name: 'PBX links' }).click();
      await page.getByText(/^\d+\.\d ms$/).waitFor();
    },
  );
});
