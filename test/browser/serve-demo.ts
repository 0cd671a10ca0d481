import { onTestFinished } from 'vitest';
import type { Page } from 'playwright-core';
import { demoConfig, demoKey, giveDemoKeys } from '../../src/app/demo-config.ts';
import { startGateway, type RunningGateway } from '../../src/app/gateway.ts';
import { loggerOf, surroundingsOf } from '../../src/app/surroundings.ts';
import type { SandboxDriver } from '../../src/pbx/sandbox/index.ts';
import { temporaryFolder } from '../temporary-folder.ts';

export interface Demo {
  readonly gateway: RunningGateway;
  readonly url: string;
  readonly sandbox: SandboxDriver;
  /** A call from outside to an extension, there as the API shows it. */
  call(from: string, to: string): Promise<string>;
  /** Asks the native API with the demo's key. */
  ask<Answer>(method: string, path: string, body?: unknown): Promise<Answer>;
  /** A page of the console, where its user is logged in with the demo's key. */
  openConsole(page: Page, path?: string): Promise<void>;
}

/** The demo, quiet, in this process: its whole gateway, on a port of its own. Ended with the test. */
export const serveDemo = async (): Promise<Demo> => {
  const config = demoConfig({ data: temporaryFolder(), port: 0, extraPorts: [], seed: 1, traffic: false });
  const gateway = await startGateway(config, surroundingsOf(loggerOf('silent')));
  onTestFinished(() => gateway.close());
  giveDemoKeys(gateway.auth);
  const { url } = gateway;
  const [sandbox] = gateway.sandboxes.values();
  if (sandbox === undefined) throw new Error('The demo has no sandbox.');
  const ask: Demo['ask'] = async <Answer>(method: string, path: string, body?: unknown): Promise<Answer> => {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: { authorization: `Bearer ${demoKey}`, ...(body === undefined ? undefined : { 'content-type': 'application/json' }) },
      ...(body === undefined ? undefined : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return (text === '' ? {} : JSON.parse(text)) as Answer;
  };
  return {
    gateway,
    url,
    sandbox,
    ask,
    call: async (from, to) => (await ask<{ readonly id: string }>('POST', '/v1/sandbox/calls', { from, to })).id,
    openConsole: async (page, path = 'board') => {
      await logInWithKey(page, url);
      // A page that is open already would only see its hash change.
      await page.goto('about:blank');
      await page.goto(`${url}/console/#/${path}`);
      await page.getByRole('status').filter({ hasText: 'Live' }).waitFor();
    },
  };
};

/** As the page does, without its form: the form has a test of its own. */
const logInWithKey = async (page: Page, url: string): Promise<void> => {
  const response = await page.context().request.post(`${url}/v1/login`, { data: { key: demoKey } });
  if (!response.ok()) throw new Error(`POST /v1/login: ${response.status()}`);
};
