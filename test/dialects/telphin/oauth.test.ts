import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { serveTelphin, type TelphinWorld } from './serve-telphin.ts';

interface Tokens {
  readonly access_token: string;
  readonly refresh_token: string;
}

const demo = { client_id: 'demo-client', client_secret: 'demo-secret' };

const grant = async (
  world: TelphinWorld,
  fields: Readonly<Record<string, string>>,
): Promise<{ readonly status: number; readonly body: unknown }> => {
  const reply = await fetch(`${world.url}/oauth/token`, { method: 'POST', body: new URLSearchParams(fields) });
  return { status: reply.status, body: await reply.json() };
};

const whoIs = async (world: TelphinWorld, { body }: { readonly body: unknown }): Promise<unknown> => {
  const headers = { Authorization: `Bearer ${(body as Tokens).access_token}` };
  return (await fetch(`${world.url}/api/ver1.0/user/`, { headers })).json();
};

test('a client gets a token for itself, with its fields in the form or in the query', async () => {
  const world = await serveTelphin();
  const fields = { grant_type: 'client_credentials', ...demo };
  const byForm = await grant(world, fields);
  expect(byForm).toMatchObject({ status: 200, body: { token_type: 'Bearer', expires_in: 3600, scope: 'all' } });
  const byQuery = await fetch(`${world.url}/oauth/token?${new URLSearchParams(fields).toString()}`, { method: 'POST' });
  expect(byQuery.status).toBe(200);
  expect(await whoIs(world, byForm)).toMatchObject({ login: 'demo-client', extension_id: null });
});

test('a user gets one by the password, for the own extension', async () => {
  const world = await serveTelphin();
  const granted = await grant(world, { grant_type: 'password', ...demo, username: '341', password: 'demo' });
  expect(await whoIs(world, granted)).toMatchObject({ login: '341', extension_id: 34_414, admin: false });
  const headers = { Authorization: `Bearer ${(granted.body as Tokens).access_token}` };
  expect((await fetch(`${world.url}/api/ver1.0/extension/@me/current_calls/`, { headers })).status).toBe(200);
  // What is the user's own may be changed, and nothing else.
  const subscribe = async (extension: number): Promise<number> => {
    const body = JSON.stringify({ url: `${world.receiver.url}/`, event_type: 'answer', method: 'GET' });
    return (await fetch(`${world.url}/api/ver1.0/extension/${extension}/event/`, { method: 'POST', headers, body })).status;
  };
  expect([await subscribe(34_414), await subscribe(32_494)]).toEqual([201, 403]);
  const wrong = await grant(world, { grant_type: 'password', ...demo, username: '341', password: 'wrong' });
  expect(wrong).toEqual({ status: 400, body: { error: 'invalid_grant' } });
});

test('a token is refreshed once', async () => {
  const world = await serveTelphin();
  const first = (await grant(world, { grant_type: 'client_credentials', ...demo })).body as Tokens;
  const fields = { grant_type: 'refresh_token', ...demo, refresh_token: first.refresh_token };
  const second = await grant(world, fields);
  expect(await whoIs(world, second)).toMatchObject({ login: 'demo-client' });
  expect((await grant(world, fields)).status).toBe(400);
});

test('who has no right to a token gets none', async () => {
  const cases = [
    ['a wrong secret', { grant_type: 'client_credentials', ...demo, client_secret: 'wrong' }, 401, 'invalid_client'],
    ['a client of another tenant', { grant_type: 'client_credentials', ...demo, client_id: 'elsewhere' }, 401, 'invalid_client'],
    ['a program without a secret, for itself', { grant_type: 'client_credentials', client_id: 'public' }, 400, 'unauthorized_client'],
    ['no grant', demo, 400, 'invalid_request'],
    ['a grant that there is not', { grant_type: 'implicit', ...demo }, 400, 'unsupported_grant_type'],
    ['a code that nobody issued', { grant_type: 'authorization_code', ...demo, code: 'x' }, 400, 'invalid_grant'],
  ] as const;
  const world = await serveTelphin();
  for (const [what, fields, status, error] of cases) {
    expect({ what, ...(await grant(world, fields)) }).toEqual({ what, status, body: { error } });
  }
});

test('a user lets an application act for them: page, code, token', async () => {
  const world = await serveTelphin();
  const redirectUri = `${world.receiver.url}/callback`;
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: 'demo-client',
    redirect_uri: redirectUri,
    state: 'a b',
  }).toString();
  const address = `${world.url}/oauth/authorize?${query}`;
  const page = await fetch(address);
  expect(page.status).toBe(200);
  expect(await page.text()).toContain('demo-client');
  const send = (password: string): Promise<Response> =>
    fetch(address, { method: 'POST', body: new URLSearchParams({ login: '341', password }), redirect: 'manual' });
  const wrong = await send('wrong');
  expect(wrong.status).toBe(403);
  expect(await wrong.text()).toContain('role="alert"');
  const allowed = await send('demo');
  expect(allowed.status).toBe(302);
  const target = new URL(allowed.headers.get('location') ?? '');
  expect([target.origin, target.pathname, target.searchParams.get('state')]).toEqual([world.receiver.url, '/callback', 'a b']);
  const fields = { grant_type: 'authorization_code', ...demo, code: target.searchParams.get('code') ?? '', redirect_uri: redirectUri };
  expect(await whoIs(world, await grant(world, fields))).toMatchObject({ login: '341', extension_id: 34_414 });
  expect((await grant(world, fields)).status).toBe(400);
});

test('a program without a secret proves by PKCE that the code is its own', async () => {
  const world = await serveTelphin();
  const verifier = 'v'.repeat(43);
  const challenge = createHash('sha256').update(verifier).digest('base64url');
  const asked = { response_type: 'code', client_id: 'public', code_challenge: challenge, code_challenge_method: 'S256' };
  const body = new URLSearchParams({ login: '341', password: 'demo' });
  const allow = async (): Promise<string> => {
    const reply = await fetch(`${world.url}/oauth/authorize?${new URLSearchParams(asked)}`, { method: 'POST', body, redirect: 'manual' });
    return new URL(reply.headers.get('location') ?? '').searchParams.get('code') ?? '';
  };
  const redeem = async (codeVerifier: string): ReturnType<typeof grant> =>
    grant(world, { grant_type: 'authorization_code', client_id: 'public', code: await allow(), code_verifier: codeVerifier });
  expect(await redeem('w'.repeat(43))).toEqual({ status: 400, body: { error: 'invalid_grant' } });
  expect(await whoIs(world, await redeem(verifier))).toMatchObject({ login: '341' });
});

test('an application that is not known, or asks for what is not registered, is shown no page and sent nowhere', async () => {
  const cases = [
    ['an application that there is not', { client_id: 'nobody' }],
    ['an address that it has not registered', { redirect_uri: 'https://evil.example/' }],
  ] as const;
  const world = await serveTelphin();
  for (const [what, change] of cases) {
    const fields = { response_type: 'code', client_id: 'demo-client', redirect_uri: `${world.receiver.url}/callback`, ...change };
    const reply = await fetch(`${world.url}/oauth/authorize?${new URLSearchParams(fields).toString()}`, { redirect: 'manual' });
    expect({ what, status: reply.status, isSent: reply.headers.has('location') }).toEqual({ what, status: 400, isSent: false });
  }
});
