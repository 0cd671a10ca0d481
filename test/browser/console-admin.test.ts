import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { Page } from 'playwright-core';
import { describe, expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import { hasBrowser, useBrowser } from './browser.ts';
import { serveDemo, type Demo } from './serve-demo.ts';

const { open } = useBrowser();

/** A program that is told of events: whether it takes them is for the test to say. */
const startReceiver = async (): Promise<{ readonly url: string; status: number; readonly bodies: readonly string[] }> => {
  const bodies: string[] = [];
  const receiver = { url: '', status: 200, bodies };
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => (body += text));
    request.on('end', () => {
      bodies.push(body);
      response.writeHead(receiver.status).end(receiver.status === 200 ? 'thank you' : 'not now');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  receiver.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
  return receiver;
};

const playCall = async (demo: Demo): Promise<string> => {
  const call = await demo.call('+15550100001', '101');
  demo.sandbox.phones.answer('101');
  demo.sandbox.phones.hangUp('101');
  return call;
};

const logInAs = async (page: Page, url: string, user: string, password: string): Promise<void> => {
  await page.goto(`${url}/console/`);
  await page.getByRole('radio', { name: 'As a user' }).check();
  await page.getByRole('textbox', { name: 'User' }).fill(user);
  await page.getByRole('textbox', { name: 'Password' }).fill(password);
  await page.getByRole('button', { name: 'Log in' }).click();
};

describe.skipIf(!hasBrowser)('logging in', () => {
  test('is refused with a wrong password, and shows a user what that one may do', async () => {
    const demo = await serveDemo();
    const page = await open();
    await logInAs(page, demo.url, '102', 'wrong');
    await page.getByRole('alert').waitFor();
    await page.getByRole('textbox', { name: 'Password' }).fill('demo');
    await page.getByRole('button', { name: 'Log in' }).click();
    await page.getByRole('heading', { name: 'Board' }).waitFor({ state: 'attached' });
    const pages = page.getByRole('navigation', { name: 'Pages' });
    expect(await pages.getByRole('link').allInnerTexts()).toEqual(['Board', 'Calls', 'Events', 'PBX links', 'Dialects', 'Metrics']);
    await page.getByText('From 102').waitFor();
    await page.getByTitle('Call 111').click();
    await expect.poll(() => demo.sandbox.phones.stateOf('102')).toBe('ringing');
    demo.sandbox.phones.answer('102');
    await page.getByRole('button', { name: 'Hold: 102' }).waitFor();
    await page.reload();
    await page.getByText('From 102').waitFor();
    await page.getByRole('button', { name: 'Log out' }).click();
    await page.getByRole('button', { name: 'Log in' }).waitFor();
    expect((await page.context().request.get(`${demo.url}/v1/state`)).status()).toBe(401);
  });
});

describe.skipIf(!hasBrowser)('two tabs', () => {
  test('are logged out together, and a key that may not observe is told so', async () => {
    const demo = await serveDemo();
    const page = await open();
    await demo.openConsole(page);
    const other = await page.context().newPage();
    await other.goto(`${demo.url}/console/#/board`);
    await other.getByRole('status').filter({ hasText: 'Live' }).waitFor();
    await page.getByRole('button', { name: 'Log out' }).click();
    const { secret } = await demo.ask<{ readonly secret: string }>('POST', '/v1/keys', { name: 'a robot', scopes: ['control'] });
    await other.getByLabel('Key', { exact: true }).fill(secret);
    await other.getByRole('button', { name: 'Log in' }).click();
    await other.getByRole('alert').filter({ hasText: 'may not observe' }).waitFor();
    expect(await other.getByRole('navigation', { name: 'Pages' }).getByRole('link').count()).toBe(0);
  });
});

describe.skipIf(!hasBrowser)('a webhook', () => {
  test('is added, delivered, looked into, sent again, paused, given another secret, and deleted', async () => {
    const demo = await serveDemo();
    const receiver = await startReceiver();
    const page = await open();
    await demo.openConsole(page, 'webhooks');
    await page.getByRole('button', { name: 'Add a webhook' }).click();
    await page.getByRole('textbox', { name: 'URL' }).fill(receiver.url);
    await page.getByRole('textbox', { name: 'Event types' }).fill('call.ended');
    await page.getByRole('button', { name: 'Add', exact: true }).click();
    const secret = page.getByRole('dialog', { name: "The webhook's secret" });
    expect(await secret.locator('code').innerText()).toMatch(/^whsec_/);
    await secret.getByRole('button', { name: 'Close' }).click();
    await page.getByRole('link', { name: receiver.url }).click();

    receiver.status = 503;
    const call = await playCall(demo);
    await expect.poll(() => receiver.bodies.length).toBe(1);
    const attempts = page.getByRole('region', { name: 'Attempts' });
    await expect
      .poll(async () => (await page.getByRole('button', { name: 'Refresh' }).click(), attempts.getByText('503', { exact: true }).count()))
      .toBe(1);
    receiver.status = 200;
    await page.getByRole('button', { name: 'Try now' }).click();
    await expect
      .poll(async () => (await page.getByRole('button', { name: 'Refresh' }).click(), attempts.getByText('200', { exact: true }).count()))
      .toBe(1);
    await attempts.getByRole('button', { name: /^Show/ }).first().click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText(call).waitFor();
    expect(await dialog.innerText()).toMatch(/POST http:\/\/127\.0\.0\.1.*webhook-id.*200\nthank you/s);
    await dialog.getByRole('button', { name: 'Close' }).click();

    await attempts
      .getByRole('button', { name: /^Send .* again$/ })
      .first()
      .click();
    await expect.poll(() => receiver.bodies.length).toBe(3);
    await page.getByRole('button', { name: 'Send a test' }).click();
    await page.getByText('The test was delivered.').waitFor();
    await page.getByRole('button', { name: 'Pause' }).click();
    await page.getByText('paused by hand').waitFor();
    await page.getByRole('button', { name: 'Resume' }).click();
    await page.getByText('well', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'New secret' }).click();
    await page.getByRole('dialog', { name: 'The new secret' }).getByRole('button', { name: 'Close' }).click();
    page.once('dialog', (question) => void question.accept());
    await page.getByRole('button', { name: 'Delete' }).click();
    await page.getByText('Nobody is told of events over the web yet.').waitFor();
  });

  test("of a vendor's API is listed with them, with its attempts", async () => {
    const demo = await serveDemo();
    const receiver = await startReceiver();
    const account = new URLSearchParams({ ExtensionNumber: '101', EventType: '2', Method: 'POST', URL: receiver.url });
    const digest = 'Account=demo&PassSHA256=2a97516c354b68848cdbd8f54a226a0a55b21ed138e207ad6c5cbb9c00aa5aea';
    const added = await fetch(`${demo.url}/callapi/251/Event/Add?${digest}&${account}`);
    expect(await added.text()).toContain('<Status>200</Status>');
    await playCall(demo);
    await expect.poll(() => receiver.bodies.length).toBe(1);
    const page = await open();
    await demo.openConsole(page, 'webhooks');
    const others = page.getByRole('region', { name: "Endpoints of the vendors' APIs" });
    await others.getByRole('link', { name: receiver.url }).click();
    await page.getByRole('button', { name: /^Show/ }).click();
    await page.getByRole('dialog').getByText('thank you').waitFor();
    await page.getByRole('dialog').getByText(`POST ${receiver.url}`).waitFor();
    await page.getByRole('dialog').getByRole('button', { name: 'Close' }).click();
    await page.getByRole('button', { name: /^Send .* again$/ }).click();
    await expect.poll(() => receiver.bodies.length).toBe(2);
    await page.getByLabel('Send everything again after').fill('oldest');
    await page.getByRole('button', { name: 'Replay' }).click();
    await expect.poll(() => receiver.bodies.length).toBe(3);
    await page.getByRole('button', { name: 'Pause' }).click();
    await page.getByText('paused by hand').waitFor();
    await page.getByRole('button', { name: 'Resume' }).click();
    await page.getByText('well', { exact: true }).waitFor();
    await page.getByRole('link', { name: 'Dialects' }).click();
    const published = page.getByRole('link', { name: 'CallAPI events of 101' });
    await published.waitFor();
    expect(await published.getAttribute('href')).toBe('/voipnow/extensions/101/callapi-events');
  });
});

describe.skipIf(!hasBrowser)('a key', () => {
  test('is made with its scopes, works, and is revoked with everything that it has open', async () => {
    const demo = await serveDemo();
    const page = await open();
    await demo.openConsole(page, 'keys');
    await page.getByRole('button', { name: 'New key' }).click();
    const form = page.getByRole('dialog', { name: 'New key' });
    await form.getByRole('textbox', { name: 'Name' }).fill('The CRM');
    await form.getByRole('checkbox', { name: 'control', exact: true }).check();
    await form.getByRole('button', { name: 'Make it' }).click();
    const secret = await page.locator('code.secret').innerText();
    await page.getByRole('dialog').getByRole('button', { name: 'Close' }).click();
    const row = page.getByRole('row').filter({ hasText: 'The CRM' });
    await row.getByText('observe, control').waitFor();

    const socket = new WebSocket(`${demo.url.replace('http', 'ws')}/v1/ws`, { headers: { authorization: `Bearer ${secret}` } });
    await once(socket, 'open');
    const closed = once(socket, 'close');
    page.once('dialog', (question) => void question.accept());
    await page.getByRole('button', { name: 'Revoke The CRM' }).click();
    const [code] = (await closed) as [number];
    expect(code).toBe(4001);
    await row.getByText('revoked').waitFor();
  });

  test('of whoever is logged in ends the session when it is revoked', async () => {
    const demo = await serveDemo();
    const { id, secret } = await demo.ask<{ readonly id: string; readonly secret: string }>('POST', '/v1/keys', {
      name: 'short',
      scopes: ['observe'],
    });
    const page = await open();
    await page.context().request.post(`${demo.url}/v1/login`, { data: { key: secret } });
    await page.goto(`${demo.url}/console/#/board`);
    await page.getByRole('status').filter({ hasText: 'Live' }).waitFor();
    await demo.ask('DELETE', `/v1/keys/${id}`);
    await page.getByRole('button', { name: 'Log in' }).waitFor();
    expect(await page.getByRole('navigation', { name: 'Pages' }).count()).toBe(0);
  });
});

describe.skipIf(!hasBrowser)('a tenant', () => {
  test('is made with its PBX, lets its administrator in with the key that is shown once, and is removed', async () => {
    const demo = await serveDemo();
    const page = await open();
    await demo.openConsole(page, 'keys');
    await page.getByRole('button', { name: 'New tenant' }).click();
    const form = page.getByRole('dialog', { name: 'New tenant' });
    await form.getByRole('textbox', { name: 'Name' }).fill('demo');
    await form.getByLabel('Its PBX').selectOption('sandbox');
    await form.getByRole('checkbox', { name: 'Its people call each other' }).uncheck();
    await form.getByRole('button', { name: 'Make it' }).click();
    await form.getByRole('alert').filter({ hasText: 'a tenant or a PBX of that name' }).waitFor();
    await form.getByRole('textbox', { name: 'Name' }).fill('acme');
    await form.getByRole('button', { name: 'Make it' }).click();
    const shown = page.getByRole('dialog', { name: 'The administrator key of acme' });
    const secret = await shown.locator('code.secret').innerText();
    await shown.getByRole('button', { name: 'Close' }).click();
    await page.getByRole('region', { name: 'Tenants' }).getByRole('row').filter({ hasText: 'acme' }).waitFor();

    const other = await open();
    await other.goto(`${demo.url}/console/`);
    await other.getByLabel('Key', { exact: true }).fill(secret);
    await other.getByRole('button', { name: 'Log in' }).click();
    await other.getByText('first administrator at acme').waitFor();
    await other.getByRole('link', { name: 'Tenants and keys' }).click();
    await other.getByRole('heading', { name: 'Keys of acme' }).waitFor();
    expect(await other.getByRole('button', { name: 'New tenant' }).count()).toBe(0);

    page.once('dialog', (question) => void question.accept());
    await page.getByRole('button', { name: 'Remove acme' }).click();
    await other.getByRole('button', { name: 'Log in' }).waitFor();
    await expect.poll(() => page.getByRole('row').filter({ hasText: 'acme' }).count()).toBe(0);
  });
});

describe.skipIf(!hasBrowser)('a user', () => {
  test('is made, can log in, and is removed', async () => {
    const demo = await serveDemo();
    const page = await open();
    await demo.openConsole(page, 'keys');
    await page.getByRole('button', { name: 'New user' }).click();
    const form = page.getByRole('dialog', { name: 'New user' });
    await form.getByRole('textbox', { name: 'Name' }).fill('vera');
    await form.getByRole('textbox', { name: 'Password' }).fill('long enough');
    await form.getByRole('checkbox', { name: 'control-own' }).check();
    await form.getByRole('button', { name: 'Make it' }).click();
    await form.getByRole('alert').filter({ hasText: 'control-own needs one' }).waitFor();
    await form.getByRole('textbox', { name: 'Own extension' }).fill('109');
    await form.getByRole('button', { name: 'Make it' }).click();
    await page.getByRole('row').filter({ hasText: 'vera' }).waitFor();
    const other = await open();
    await logInAs(other, demo.url, 'vera', 'long enough');
    await other.getByText('vera at demo').waitFor();
    page.once('dialog', (question) => void question.accept());
    await page.getByRole('button', { name: 'Remove vera' }).click();
    await other.getByRole('button', { name: 'Log in' }).waitFor();
    await expect.poll(() => page.getByRole('row').filter({ hasText: 'vera' }).count()).toBe(0);
  });
});
