import { existsSync } from 'node:fs';
import { chromium, type Browser, type BrowserContext, type BrowserContextOptions, type Page } from 'playwright-core';
import { afterAll, beforeAll, onTestFinished } from 'vitest';

/** The browser of the machine; where there is none, its tests are skipped, and with REQUIRE_REAL=1 that is a failure. */
const executablePath = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
export const hasBrowser = existsSync(executablePath);
if (!hasBrowser && process.env['REQUIRE_REAL'] === '1') throw new Error(`There is no browser at ${executablePath}.`);

/** It runs in containers as root, and asks nobody outside for anything. */
const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Nothing that a test waits for takes as long, also on a busy machine. */
const longestWaitMs = 45_000;

export const launchBrowser = (): Promise<Browser> => chromium.launch({ executablePath, args: flags });

export const schemes = ['light', 'dark'] as const;
/** A desk's screen and a phone's. */
export const widths = [1440, 390] as const;

export interface Look {
  readonly width?: number;
  readonly height?: number;
  readonly scheme?: (typeof schemes)[number];
}

/** A browser for all tests of a file; `open` gives a window of a stranger's, closed with its test. */
export const useBrowser = (): { open(look?: Look, options?: BrowserContextOptions): Promise<Page> } => {
  let browser: Browser | undefined;
  beforeAll(async () => {
    if (hasBrowser) browser = await launchBrowser();
  });
  afterAll(() => browser?.close());
  return {
    open: async (look = {}, options = {}) => {
      if (browser === undefined) throw new Error('There is no browser.');
      const context: BrowserContext = await browser.newContext({
        viewport: { width: look.width ?? 1440, height: look.height ?? 900 },
        colorScheme: look.scheme ?? 'light',
        reducedMotion: 'reduce',
        ...options,
      });
      context.setDefaultTimeout(longestWaitMs);
      onTestFinished(() => context.close());
      return context.newPage();
    },
  };
};

/** How far the page is wider than its window; what sticks out has to be scrolled to. */
export const overflowOf = (page: Page): Promise<number> =>
  page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');
