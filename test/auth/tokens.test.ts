import { randomBytes } from 'node:crypto';
import { expect, onTestFinished, test } from 'vitest';
import { createTokens, type ConfiguredClient, type Grant, type Tokens } from '../../src/auth/tokens.ts';
import { createNewId, extensionNumber, tenantId } from '../../src/model/ids.ts';
import { openSqliteStore } from '../../src/store/sqlite-store.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const tenant = tenantId('demo');
const crm: ConfiguredClient = { id: 'crm', tenant, secret: 'crm-secret', scopes: ['observe', 'control'] };
const grant: Grant = { client: 'crm', tenant, scopes: ['observe', 'control'] };
const hour = { accessSeconds: 3600, refreshSeconds: 7200 };

interface World {
  readonly tokens: Tokens;
  readonly pass: (seconds: number) => void;
  /** The same store after a restart, with these clients. */
  readonly restart: (clients: readonly ConfiguredClient[]) => Tokens;
}

const open = (clients: readonly ConfiguredClient[] = [crm], mostTokens = 100): World => {
  let now = 1_763_719_200_000_000;
  const store = openSqliteStore({ folder: temporaryFolder() });
  onTestFinished(() => store.close());
  const restart = (of: readonly ConfiguredClient[]): Tokens =>
    createTokens({ store, clock: { now: () => now }, newId: createNewId(randomBytes), clients: of, mostTokens });
  return { tokens: restart(clients), pass: (seconds) => (now += seconds * 1_000_000), restart };
};

test('a client is known by its id and secret together', () => {
  const { tokens } = open();
  expect(tokens.client('crm', 'crm-secret')).toEqual({ id: 'crm', tenant, scopes: ['observe', 'control'], redirectUris: [] });
  expect(tokens.client('crm', 'wrong')).toBeUndefined();
  expect(tokens.client('other', 'crm-secret')).toBeUndefined();
  expect(tokens.client('other', '')).toBeUndefined();
  expect(tokens.clientNamed('crm')).not.toHaveProperty('secret');
});

test('two clients of one id cannot both be configured', () => {
  expect(() => open([crm, { ...crm, tenant: tenantId('other') }])).toThrow(/Two tenants have a client crm/);
});

test('an access token says who asks, for as long as it lives, also after a restart', () => {
  const { tokens, pass, restart } = open();
  const { accessToken, expiresIn, refreshToken } = tokens.issue(
    { ...grant, user: '101', extension: extensionNumber('101'), scopes: ['control-own'] },
    { accessSeconds: 3600 },
  );
  expect({ expiresIn, refreshToken }).toEqual({ expiresIn: 3600, refreshToken: undefined });
  expect(accessToken).toMatch(/^[a-z0-9_]{36}$/);
  expect(restart([crm]).identify(accessToken)?.identity).toEqual({
    tenant,
    key: 'client_crm',
    name: 'client crm for 101',
    scopes: new Set(['control-own']),
    extension: '101',
  });
  pass(3599);
  expect(tokens.identify(accessToken)).toBeDefined();
  pass(1);
  expect(tokens.identify(accessToken)).toBeUndefined();
});

test('no token is taken for one of another kind', () => {
  const { tokens } = open();
  const { accessToken, refreshToken = '' } = tokens.issue(grant, hour);
  const code = tokens.issueCode(grant, 600);
  for (const wrong of [refreshToken, code, '', 'swa_unknown']) expect(tokens.identify(wrong)).toBeUndefined();
  for (const wrong of [accessToken, code]) expect(tokens.refresh(wrong, 'crm', hour)).toBeUndefined();
  for (const wrong of [accessToken, refreshToken]) expect(tokens.redeemCode(wrong, 'crm', undefined, hour)).toBeUndefined();
});

test('a refresh token is good for once, for its own client; used again it ends all that came of it', () => {
  const { tokens } = open();
  const first = tokens.issue(grant, hour);
  expect(tokens.refresh(first.refreshToken ?? '', 'other', hour)).toBeUndefined();
  const second = tokens.refresh(first.refreshToken ?? '', 'crm', hour)?.tokens;
  expect(tokens.identify(second?.accessToken ?? '')?.grant).toEqual(grant);
  expect(tokens.refresh(first.refreshToken ?? '', 'crm', hour)).toBeUndefined();
  expect(tokens.identify(second?.accessToken ?? '')).toBeUndefined();
  expect(tokens.refresh(second?.refreshToken ?? '', 'crm', hour)).toBeUndefined();
});

test('a code becomes tokens once, at the address that it was sent to, while it lives', () => {
  const { tokens, pass } = open();
  const sent: Grant = { ...grant, user: '101', redirectUri: 'https://crm.example/back' };
  const code = tokens.issueCode(sent, 600);
  expect(tokens.redeemCode(code, 'crm', 'https://evil.example/', hour)).toBeUndefined();
  const issued = tokens.redeemCode(code, 'crm', 'https://crm.example/back', hour);
  expect(issued?.grant).toEqual(sent);
  expect(tokens.redeemCode(code, 'crm', 'https://crm.example/back', hour)).toBeUndefined();
  expect(tokens.identify(issued?.tokens.accessToken ?? '')).toBeUndefined();
  const late = tokens.issueCode(sent, 600);
  pass(600);
  expect(tokens.redeemCode(late, 'crm', 'https://crm.example/back', hour)).toBeUndefined();
});

test('revoking one token ends its whole family and no other', () => {
  const { tokens } = open();
  const one = tokens.issue(grant, hour);
  const two = tokens.issue(grant, hour);
  expect(tokens.revoke(one.refreshToken ?? '')).toBe(true);
  expect(tokens.revoke(one.accessToken)).toBe(false);
  expect(tokens.identify(one.accessToken)).toBeUndefined();
  expect(tokens.identify(two.accessToken)).toBeDefined();
});

test('a client that is taken out of the configuration takes its tokens along, a scope that it loses too', () => {
  const { tokens, restart } = open();
  const { accessToken } = tokens.issue({ ...grant, scopes: ['observe', 'control', 'control-own'] }, hour);
  expect(restart([]).identify(accessToken)).toBeUndefined();
  expect(restart([{ ...crm, tenant: tenantId('other') }]).identify(accessToken)).toBeUndefined();
  expect(restart([{ ...crm, scopes: ['observe'] }]).identify(accessToken)?.grant.scopes).toEqual(['observe']);
  expect(restart([crm]).identify(accessToken)?.grant.scopes).toEqual(['observe', 'control', 'control-own']);
});

test('a client that never keeps its token does not fill the store: its oldest tokens go', () => {
  const { tokens, pass } = open([crm], 3);
  const issued = [1, 2, 3, 4].map(() => {
    pass(1);
    return tokens.issue(grant, { accessSeconds: 3600 }).accessToken;
  });
  expect(issued.map((token) => tokens.identify(token) !== undefined)).toEqual([false, true, true, true]);
});
