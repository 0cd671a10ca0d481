import { createHash } from 'node:crypto';
import { SDK } from '@ringcentral/sdk';
import { describe, expect, test } from 'vitest';
import { extensionNumber } from '../../../src/model/ids.ts';
import { parseReply, type Reply } from '../world.ts';
import { serveRingCentral, type RingCentralWorld } from './serve-ringcentral.ts';

const jwt = 'urn:ietf:params:oauth:grant-type:jwt-bearer';

test('an app logs in with an assertion and is told for whom', async () => {
  const { grant } = await serveRingCentral();
  const { status, headers, body } = await grant({ grant_type: jwt, assertion: 'demo-jwt-102', endpoint_id: 'my-endpoint' });
  expect(status).toBe(200);
  expect(headers.get('rcrequestid')).not.toBe('');
  expect(body).toEqual({
    access_token: expect.stringMatching(/^[\w.-]{10,}$/) as string,
    token_type: 'bearer',
    expires_in: 3600,
    refresh_token: expect.stringMatching(/^[\w.-]{10,}$/) as string,
    refresh_token_expires_in: 604_800,
    scope: 'ReadAccounts ReadPresence EditPresence CallControl SubscriptionWebhook WebSocketsSubscription CallMonitoring CallRecording',
    owner_id: '400144455008',
    endpoint_id: 'my-endpoint',
    session_id: expect.any(String) as string,
  });
});

test('a user logs in by its name, its extension, a public number, or the main number with the extension', async () => {
  const { grant } = await serveRingCentral();
  const logins = [
    ['101', '', 400_144_400_101],
    ['mikey', '', 400_144_400_110],
    ['+15550200102', '', 400_144_455_008],
    ['15550200102', '', 400_144_455_008],
    ['+15550200000*103', '', 400_144_457_008],
    ['+15550200000', '103', 400_144_457_008],
  ] as const;
  for (const [username, extension, id] of logins) {
    const { body } = await grant({ grant_type: 'password', username, password: 'demo', ...(extension === '' ? {} : { extension }) });
    expect({ username, ...(body as object) }).toMatchObject({ username, owner_id: String(id) });
  }
});

/** What an access token is good for. */
const reads = async ({ url }: RingCentralWorld, token: string): Promise<number> =>
  (await fetch(`${url}/restapi/v1.0/account/~/extension/~`, { headers: { Authorization: `Bearer ${token}` } })).status;

interface Pair {
  readonly access_token: string;
  readonly refresh_token: string;
}

const login = async ({ grant }: RingCentralWorld, extra: Readonly<Record<string, string>> = {}): Promise<Pair> =>
  (await grant({ grant_type: jwt, assertion: 'demo-jwt-101', ...extra })).body as Pair;

test('a slash at the end of an address changes nothing', async () => {
  const world = await serveRingCentral();
  const headers = { Authorization: `Basic ${Buffer.from('demo-client:demo-secret').toString('base64')}` };
  const body = new URLSearchParams({ grant_type: jwt, assertion: 'demo-jwt-101' });
  const granted = await fetch(`${world.url}/restapi/oauth/token/`, { method: 'POST', headers, body });
  expect(granted.status).toBe(200);
  const { access_token: token } = (await granted.json()) as Pair;
  const opened = await fetch(`${world.url}/restapi/oauth/wstoken/`, { method: 'POST', headers: { Authorization: `Bearer ${token}` } });
  expect(opened.status).toBe(200);
  const revoked = await fetch(`${world.url}/restapi/oauth/revoke/`, { method: 'POST', headers, body: new URLSearchParams({ token }) });
  expect(revoked.status).toBe(200);
  expect(await reads(world, token)).toBe(401);
});

test('a refresh ends the access token before it, and two that come at once agree', async () => {
  const world = await serveRingCentral();
  const { grant, clock } = world;
  const first = await login(world);
  expect(await reads(world, first.access_token)).toBe(200);
  const refresh = { grant_type: 'refresh_token', refresh_token: first.refresh_token };
  const [one, two] = await Promise.all([grant(refresh), grant(refresh)]);
  expect(one.status).toBe(200);
  expect(two.body).toEqual(one.body);
  const second = one.body as Pair;
  expect(await reads(world, first.access_token)).toBe(401);
  expect(await reads(world, second.access_token)).toBe(200);
  clock.advance(11);
  // By then it was stolen: nothing of this login is good any more.
  expect(await grant(refresh)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
  expect(await reads(world, second.access_token)).toBe(401);
});

test('a login is revoked as a whole, its WebSocket token too', async () => {
  const world = await serveRingCentral();
  const { url, grant } = world;
  const pair = await login(world);
  const headers = { Authorization: `Bearer ${pair.access_token}`, 'Content-Type': 'application/json' };
  const socket = await parseReply(await fetch(`${url}/restapi/oauth/wstoken`, { method: 'POST', headers }));
  expect(socket).toMatchObject({ status: 200, body: { uri: `${url.replace('http', 'ws')}/restapi/websocket`, expires_in: 600 } });
  const { ws_access_token: beside } = socket.body as { readonly ws_access_token: string };
  expect(await reads(world, beside)).toBe(200);
  const body = new URLSearchParams({ token: pair.access_token });
  expect(await parseReply(await fetch(`${url}/restapi/oauth/revoke`, { method: 'POST', body }))).toMatchObject({ status: 200, body: {} });
  for (const token of [pair.access_token, beside]) expect(await reads(world, token)).toBe(401);
  expect((await grant({ grant_type: 'refresh_token', refresh_token: pair.refresh_token })).status).toBe(400);
});

test('lifetimes are as asked for, within what is allowed', async () => {
  const { grant, ...world } = await serveRingCentral();
  const of = async (ttl: string): Promise<unknown> =>
    (await grant({ grant_type: jwt, assertion: 'demo-jwt-101', access_token_ttl: ttl, refresh_token_ttl: '1200' })).body;
  expect(await of('900')).toMatchObject({ expires_in: 900, refresh_token_expires_in: 1200 });
  expect(await of('5')).toMatchObject({ expires_in: 600 });
  expect(await of('99999')).toMatchObject({ expires_in: 3600 });
  expect(await of('soon')).toMatchObject({ expires_in: 3600 });
  const { access_token: token } = (await of('600')) as Pair;
  world.clock.advance(600);
  expect(await reads({ grant, ...world }, token)).toBe(401);
});

test('what cannot be granted is refused in the words of OAuth and in the vendor’s', async () => {
  const { grant, url } = await serveRingCentral();
  const refused = [
    [{ grant_type: jwt, assertion: 'unknown' }, 400, 'invalid_grant', 'OAU-140'],
    [{ grant_type: 'password', username: '101', password: 'wrong' }, 400, 'invalid_grant', 'OAU-140'],
    [{ grant_type: 'password', username: 'nobody', password: 'demo' }, 400, 'invalid_grant', 'OAU-140'],
    [{ grant_type: 'refresh_token', refresh_token: 'swr_unknown' }, 400, 'invalid_grant', 'OAU-213'],
    [{ grant_type: 'authorization_code', code: 'swo_unknown' }, 400, 'invalid_grant', 'OAU-106'],
    [{ grant_type: 'password', username: '101' }, 400, 'invalid_request', 'CMN-100'],
    [{ grant_type: 'magic' }, 400, 'unsupported_grant_type', 'OAU-125'],
    [{}, 400, 'invalid_request', 'CMN-100'],
  ] as const;
  for (const [form, status, error, errorCode] of refused) {
    expect({ form, ...(await grant(form as Readonly<Record<string, string>>)) }).toMatchObject({
      form,
      status,
      body: { error, error_description: expect.any(String) as string, errorCode, errors: [{ errorCode }] },
    });
  }
  for (const credentials of ['demo-client:wrong', 'nobody:demo-secret', 'elsewhere:demo-secret', 'demo-client:']) {
    const headers = { Authorization: `Basic ${btoa(credentials)}` };
    const body = new URLSearchParams({ grant_type: jwt, assertion: 'demo-jwt-101' });
    const reply = await parseReply(await fetch(`${url}/restapi/oauth/token`, { method: 'POST', headers, body }));
    expect(reply).toMatchObject({ status: 401, body: { error: 'invalid_client', errorCode: 'OAU-146' } });
  }
  for (const authorization of ['Basic %%%', 'Digest x', 'Basic']) {
    const body = new URLSearchParams({ grant_type: jwt, assertion: 'demo-jwt-101' });
    const headers = { Authorization: authorization };
    const reply = await parseReply(await fetch(`${url}/restapi/oauth/token`, { method: 'POST', headers, body }));
    expect(reply).toMatchObject({ status: 401, body: { error: 'invalid_client', errorCode: 'OAU-123' } });
  }
});

test('a user who was removed has no more tokens', async () => {
  const world = await serveRingCentral();
  const user = await world.users.create(world.engine.tenant, {
    name: 'guest',
    password: 'guest',
    extension: extensionNumber('106'),
    scopes: ['observe'],
  });
  const { body } = await world.grant({ grant_type: 'password', username: 'guest', password: 'guest' });
  const { access_token: token } = body as Pair;
  expect(await reads(world, token)).toBe(200);
  await world.users.remove(world.engine.tenant, user.id);
  expect(await reads(world, token)).toBe(401);
});

describe('the authorization code', () => {
  const verifier = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk';
  const challenge = createHash('sha256').update(verifier).digest('base64url');
  const redirect = 'https://crm.example/back';

  const authorize = async ({ url }: RingCentralWorld, asked: Readonly<Record<string, string>>, form?: object): Promise<Response> => {
    const query = new URLSearchParams({ response_type: 'code', redirect_uri: redirect, state: 'abc', ...asked });
    const init = form === undefined ? {} : { method: 'POST', body: new URLSearchParams(form as Readonly<Record<string, string>>) };
    return fetch(`${url}/restapi/oauth/authorize?${query.toString()}`, { ...init, redirect: 'manual' });
  };

  test('comes from a small page, to an app without a secret by PKCE, and is good for once', async () => {
    const world = await serveRingCentral();
    const asked = { client_id: 'public-client', code_challenge: challenge, code_challenge_method: 'S256' };
    expect(await (await authorize(world, asked)).text()).toContain('<form method="post">');
    expect((await authorize(world, asked, { login: '+15550200102', password: 'wrong', decision: 'allow' })).status).toBe(403);
    const sent = await authorize(world, asked, { login: '+15550200102', password: 'demo', decision: 'allow' });
    expect(sent.status).toBe(302);
    const back = new URL(sent.headers.get('location') ?? '');
    expect(back.origin + back.pathname).toBe(redirect);
    expect(Object.fromEntries(back.searchParams)).toEqual({ code: expect.any(String) as string, state: 'abc', expires_in: '60' });
    const redeem = async (form: Readonly<Record<string, string>>): Promise<Reply> => {
      const code = back.searchParams.get('code') ?? '';
      const body = new URLSearchParams({
        grant_type: 'authorization_code',
        client_id: 'public-client',
        code,
        redirect_uri: redirect,
        ...form,
      });
      return parseReply(await fetch(`${world.url}/restapi/oauth/token`, { method: 'POST', body }));
    };
    expect(await redeem({})).toMatchObject({ status: 400, body: { errorCode: 'OAU-106' } });
    expect(await redeem({ code_verifier: 'another' })).toMatchObject({ status: 400, body: { errorCode: 'OAU-106' } });
    const redeemed = await redeem({ code_verifier: verifier });
    expect(redeemed).toMatchObject({ status: 200, body: { owner_id: '400144455008', expires_in: 3600 } });
    expect(await redeem({ code_verifier: verifier })).toMatchObject({ status: 400 });
    // A code that is used twice was stolen.
    expect(await reads(world, (redeemed.body as Pair).access_token)).toBe(401);
  });

  test('is asked for with a challenge by who has no secret, which may use no other grant', async () => {
    const world = await serveRingCentral();
    const location = async (asked: Readonly<Record<string, string>>): Promise<string | null> =>
      (await authorize(world, asked)).headers.get('location');
    expect(await location({ client_id: 'public-client' })).toBe(`${redirect}?error=invalid_request&state=abc`);
    const plain = { client_id: 'demo-client', code_challenge: verifier, code_challenge_method: 'plain' };
    expect(await location(plain)).toBe(`${redirect}?error=invalid_request&state=abc`);
    const body = new URLSearchParams({ grant_type: jwt, assertion: 'demo-jwt-101', client_id: 'public-client' });
    const reply = await parseReply(await fetch(`${world.url}/restapi/oauth/token`, { method: 'POST', body }));
    expect(reply).toMatchObject({ status: 401, body: { error: 'unauthorized_client', errorCode: 'OAU-125' } });
  });
});

test('the SDK finds everything by discovery', async () => {
  const { url } = await serveRingCentral();
  const sdk = new SDK({ discoveryServer: url, enableDiscovery: true, clientId: 'demo-client', clientSecret: 'demo-secret' });
  const platform = sdk.platform();
  await platform.login({ username: '+15550200000', extension: '102', password: 'demo' });
  const reply = await platform.get('/restapi/v1.0/account/~/extension/~');
  expect(await reply.json()).toMatchObject({ id: 400_144_455_008, extensionNumber: '102', account: { id: '400144452008' } });
  await platform.refresh();
  await platform.logout();
  expect(await platform.loggedIn()).toBe(false);
});
