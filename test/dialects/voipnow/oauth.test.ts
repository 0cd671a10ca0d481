import { expect, test } from 'vitest';
import { serveVoipNow, type VoipNowWorld } from './serve-voipnow.ts';

const state = 'a-state-nobody-guesses';
const back = 'http://crm.example/back?x=1';
const wish = { response_type: 'code', client_id: 'demo-client', redirect_uri: back, state };

const pathOf = (asked: Readonly<Record<string, string>>): string => `/oauth/authorize.php?${new URLSearchParams(asked)}`;

/** What the browser does with the form. */
const sign = (
  { url }: VoipNowWorld,
  form: Readonly<Record<string, string>>,
  asked: Readonly<Record<string, string>> = wish,
): Promise<Response> => fetch(`${url}${pathOf(asked)}`, { method: 'POST', body: new URLSearchParams(form), redirect: 'manual' });

const codeOf = (reply: Response): string => new URL(reply.headers.get('location') ?? '').searchParams.get('code') ?? '';

const redeem = async (
  { url }: VoipNowWorld,
  code: string,
  more: Readonly<Record<string, string>> = { redirect_uri: back },
): Promise<Response> =>
  fetch(`${url}/oauth/token.php`, {
    method: 'POST',
    body: new URLSearchParams({ grant_type: 'authorization_code', client_id: 'demo-client', client_secret: 'demo-secret', code, ...more }),
  });

test('a user lets a program act, and it acts as that user’s extension', async () => {
  const world = await serveVoipNow();
  const page = await fetch(`${world.url}${pathOf(wish)}`);
  expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
  expect(await page.text()).toContain('demo-client');
  const reply = await sign(world, { login: 'mikey', password: 'demo', decision: 'allow' });
  expect(reply.status).toBe(302);
  const location = new URL(reply.headers.get('location') ?? '');
  expect([location.origin + location.pathname, location.searchParams.get('x'), location.searchParams.get('state')]).toEqual([
    'http://crm.example/back',
    '1',
    state,
  ]);
  const tokens = (await (await redeem(world, codeOf(reply))).json()) as { readonly access_token: string; readonly refresh_token: string };
  expect(tokens).toMatchObject({ token_type: 'Bearer', expires_in: 3600 });
  const { access_token: token, refresh_token: refresh } = tokens;
  const own = await fetch(`${world.url}/uapi/phoneCalls/@me/@self`, { headers: { Authorization: `Bearer ${token}` } });
  expect(own.status).toBe(204);
  expect((await redeem(world, '', { grant_type: 'refresh_token', refresh_token: refresh })).status).toBe(200);
});

test('a code is good once, for ten minutes, and with the address that it was sent to', async () => {
  const world = await serveVoipNow();
  const code = async (asked?: Readonly<Record<string, string>>): Promise<string> =>
    codeOf(await sign(world, { login: 'mikey', password: 'demo' }, asked));
  const first = await code();
  expect((await redeem(world, first)).status).toBe(200);
  expect((await redeem(world, first)).status).toBe(400);
  expect((await redeem(world, await code(), { redirect_uri: 'http://crm.example/elsewhere' })).status).toBe(400);
  const { redirect_uri: _, ...without } = wish;
  expect((await redeem(world, await code(without), {})).status).toBe(200);
  const late = await code();
  world.clock.advance(600);
  expect((await redeem(world, late)).status).toBe(400);
});

test('a wrong password shows the page again', async () => {
  const world = await serveVoipNow();
  const reply = await sign(world, { login: 'mikey', password: 'wrong' });
  expect([reply.status, await reply.text()]).toEqual([403, expect.stringContaining('role="alert"')]);
});

test.each([
  ['says no', { decision: 'deny' }, {}, 'access_denied'],
  ['is asked with a state that can be guessed', {}, { state: 'short' }, 'invalid_request'],
  ['is asked for another kind of answer', {}, { response_type: 'token' }, 'unsupported_response_type'],
])('the program is told when the user %s', async (_what, form, asked, error) => {
  const world = await serveVoipNow();
  const reply = await sign(world, form, { ...wish, ...asked });
  expect(new URL(reply.headers.get('location') ?? '').searchParams.get('error')).toBe(error);
});

test.each([
  ['a program that there is not', { client_id: 'nobody' }],
  ['a program of another tenant', { client_id: 'elsewhere' }],
  ['an address that the program has not registered', { redirect_uri: 'http://evil.example/' }],
])('nothing is sent to %s', async (_what, asked) => {
  const world = await serveVoipNow();
  const reply = await fetch(`${world.url}${pathOf({ ...wish, ...asked })}`, { redirect: 'manual' });
  expect([reply.status, reply.headers.get('location')]).toEqual([400, null]);
});
