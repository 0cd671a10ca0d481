import { createHash, timingSafeEqual } from 'node:crypto';
import { GatewayError } from '../model/errors.ts';
import { keyIdFrom, type ExtensionNumber, type NewId, type TenantId } from '../model/ids.ts';
import type { Clock, Micros } from '../model/time.ts';
import type { Store, TokenRow } from '../store/store.ts';
import { scopes, type Identity, type Scope } from './auth.ts';

/** A program that may ask for tokens, OAuth 2.0's client. Its tokens can do what its scopes say, at most. */
export interface OAuthClient {
  readonly id: string;
  readonly tenant: TenantId;
  readonly scopes: readonly Scope[];
  /** Where codes may be sent for it; none when absent. */
  readonly redirectUris?: readonly string[];
  /** It has no secret: what it redeems must have been asked for with a code challenge (RFC 7636). */
  readonly isPublic?: true;
}

/** What a token stands for: for whom a client acts, and what it may do. */
export interface Grant {
  readonly client: string;
  readonly tenant: TenantId;
  /** The user who let the client act; absent where it acts for itself. */
  readonly user?: string;
  /** The extension that a grant of scope `control-own` may command. */
  readonly extension?: ExtensionNumber;
  readonly scopes: readonly Scope[];
  /** Where the code of this grant was sent; what redeems it compares. */
  readonly redirectUri?: string;
  /** RFC 7636, S256: what redeems its code brings what this is the digest of. */
  readonly codeChallenge?: string;
}

export interface Lifetimes {
  readonly accessSeconds: number;
  /** No refresh token is issued when absent. */
  readonly refreshSeconds?: number;
  /** New tokens of a refresh end the access tokens before them at once. */
  readonly endsEarlier?: boolean;
}

/** All texts are of `a-z`, `0-9` and `_`. Lifetimes in seconds. */
export interface IssuedTokens {
  readonly accessToken: string;
  readonly expiresIn: number;
  readonly refreshToken?: string;
  readonly refreshExpiresIn?: number;
}

export interface TokenIdentity {
  readonly identity: Identity;
  readonly grant: Grant;
  readonly expiresAt: Micros;
}

/**
 * Access tokens, refresh tokens and authorization codes of OAuth 2.0 (RFC 6749), one store for all dialects, which only shape
 * requests and replies. Only hashes are kept. Tokens of one grant are a family: revoking one, or using a refresh token or a code
 * a second time, ends them all. A client that is no longer configured, or a scope that it has lost, ends with the configuration.
 */
export interface Tokens {
  /** The client behind an id and its secret. In constant time. */
  client(id: string, secret: string): OAuthClient | undefined;
  /** The client of that id, no secret asked: for a page on which its user consents. */
  clientNamed(id: string): OAuthClient | undefined;
  issue(grant: Grant, lifetimes: Lifetimes): IssuedTokens;
  /**
   * Another access token for the same, for a connection: a refresh leaves it alone, but it is revoked with the others. Undefined
   * if the token is no good.
   */
  issueBeside(accessToken: string, seconds: number): IssuedTokens | undefined;
  /** Undefined for what is unknown, has run out or was revoked. */
  identify(accessToken: string): TokenIdentity | undefined;
  /** New tokens in place of the refresh token, which is good for once; it must be that client's. */
  refresh(refreshToken: string, client: string, lifetimes: Lifetimes): { readonly tokens: IssuedTokens; readonly grant: Grant } | undefined;
  /** A code that its client changes into tokens, once, within `seconds`. */
  issueCode(grant: Grant, seconds: number): string;
  /** `redirectUri` must be the grant's own, RFC 6749 section 4.1.3; `verifier` fit its challenge, where it has one. */
  redeemCode(
    code: string,
    client: string,
    redirectUri: string | undefined,
    lifetimes: Lifetimes,
    verifier?: string,
  ): { readonly tokens: IssuedTokens; readonly grant: Grant } | undefined;
  /** Ends an access or refresh token and all of its family; false if there is no such token. */
  revoke(token: string): boolean;
}

export interface ConfiguredClient extends OAuthClient {
  readonly secret: string;
}

export interface TokensOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly clients: readonly ConfiguredClient[];
  /** Of one client at once, 10,000 when absent; the oldest make room. A client that asks for a token with every request finds its limit here. */
  readonly mostTokens?: number;
}

const defaultMostTokens = 10_000;

/** Throws `config-invalid` for two clients of one id: a token request names no tenant. */
export const createTokens = (options: TokensOptions): Tokens => new StoredTokens(options);

class StoredTokens implements Tokens {
  readonly #options: TokensOptions;
  readonly #clients = new Map<string, ConfiguredClient>();

  constructor(options: TokensOptions) {
    this.#options = options;
    for (const client of options.clients) {
      if (this.#clients.has(client.id)) {
        throw new GatewayError('config-invalid', { client: client.id }, { note: `Two tenants have a client ${client.id}.` });
      }
      this.#clients.set(client.id, client);
    }
  }

  client(id: string, secret: string): OAuthClient | undefined {
    const client = this.#clients.get(id);
    // Compared with something in any case, so that the time taken does not tell which ids there are.
    const right = timingSafeEqual(digestOf(client?.secret ?? ''), digestOf(secret));
    return right && secret !== '' ? this.clientNamed(id) : undefined;
  }

  clientNamed(id: string): OAuthClient | undefined {
    const client = this.#clients.get(id);
    if (client === undefined) return undefined;
    const { tenant, scopes: allowed, redirectUris = [], secret } = client;
    return { id, tenant, scopes: allowed, redirectUris, ...(secret === '' ? { isPublic: true } : undefined) };
  }

  issue(grant: Grant, lifetimes: Lifetimes): IssuedTokens {
    return this.#issue(grant, lifetimes, this.#options.newId.token());
  }

  issueBeside(accessToken: string, seconds: number): IssuedTokens | undefined {
    const found = this.#find(accessToken, 'access');
    return found === undefined ? undefined : this.#issue(found.grant, { accessSeconds: seconds }, besideOf(found.row.family));
  }

  identify(accessToken: string): TokenIdentity | undefined {
    const found = this.#find(accessToken, 'access');
    return found === undefined ? undefined : { identity: identityOf(found.grant), grant: found.grant, expiresAt: found.row.expiresAt };
  }

  refresh(
    refreshToken: string,
    client: string,
    lifetimes: Lifetimes,
  ): { readonly tokens: IssuedTokens; readonly grant: Grant } | undefined {
    return this.#exchange(this.#find(refreshToken, 'refresh'), client, lifetimes);
  }

  issueCode(grant: Grant, seconds: number): string {
    const code = `swo_${this.#options.newId.token()}`;
    this.#put([this.#row(code, 'code', grant, seconds, this.#options.newId.token())]);
    return code;
  }

  redeemCode(
    code: string,
    client: string,
    redirectUri: string | undefined,
    lifetimes: Lifetimes,
    verifier?: string,
  ): { readonly tokens: IssuedTokens; readonly grant: Grant } | undefined {
    const found = this.#find(code, 'code');
    if (found?.grant.redirectUri !== redirectUri) return undefined;
    const { codeChallenge } = found?.grant ?? {};
    const isOpen = codeChallenge === undefined ? this.#clients.get(client)?.secret !== '' : challengeOf(verifier) === codeChallenge;
    return isOpen ? this.#exchange(found, client, lifetimes) : undefined;
  }

  revoke(token: string): boolean {
    const { store } = this.#options;
    const row = store.tokens.get(hashOf(token));
    return row !== undefined && row.kind !== 'code' && this.#endFamily(row.family);
  }

  /** What is good for once goes on as new tokens; who brings it a second time has stolen it, or was robbed of it. */
  #exchange(
    found: Found | undefined,
    client: string,
    lifetimes: Lifetimes,
  ): { readonly tokens: IssuedTokens; readonly grant: Grant } | undefined {
    if (found === undefined || found.grant.client !== client) return undefined;
    const { store, clock } = this.#options;
    const { row, grant } = found;
    if (!store.tokens.use(row.hash, clock.now())) {
      this.#endFamily(row.family);
      return undefined;
    }
    if (lifetimes.endsEarlier === true) store.tokens.deleteAccess(row.family);
    return { tokens: this.#issue(grant, lifetimes, row.family), grant };
  }

  #endFamily(family: string): boolean {
    const { tokens } = this.#options.store;
    tokens.deleteFamily(besideOf(family));
    return tokens.deleteFamily(family);
  }

  #issue(grant: Grant, { accessSeconds, refreshSeconds }: Lifetimes, family: string): IssuedTokens {
    const { newId } = this.#options;
    const accessToken = `swa_${newId.token()}`;
    const access = this.#row(accessToken, 'access', grant, accessSeconds, family);
    if (refreshSeconds === undefined) {
      this.#put([access]);
      return { accessToken, expiresIn: accessSeconds };
    }
    const refreshToken = `swr_${newId.token()}`;
    this.#put([access, this.#row(refreshToken, 'refresh', grant, refreshSeconds, family)]);
    return { accessToken, expiresIn: accessSeconds, refreshToken, refreshExpiresIn: refreshSeconds };
  }

  #put(rows: readonly TokenRow[]): void {
    const { store, clock, mostTokens = defaultMostTokens } = this.#options;
    store.tokens.put(rows, { expiringAfter: clock.now(), most: mostTokens });
  }

  #row(text: string, kind: TokenRow['kind'], grant: Grant, seconds: number, family: string): TokenRow {
    const issuedAt = this.#options.clock.now();
    const { client, tenant } = grant;
    const expiresAt = issuedAt + seconds * 1_000_000;
    return { hash: hashOf(text), kind, family, tenant, client, grant: JSON.stringify(grant), issuedAt, expiresAt };
  }

  #find(text: string, kind: TokenRow['kind']): Found | undefined {
    const { store, clock } = this.#options;
    const row = store.tokens.get(hashOf(text));
    if (row === undefined || row.kind !== kind || row.expiresAt <= clock.now()) return undefined;
    const client = this.#clients.get(row.client);
    if (client?.tenant !== row.tenant) return undefined;
    const grant = JSON.parse(row.grant) as Grant;
    return { row, grant: { ...grant, scopes: scopes.filter((scope) => grant.scopes.includes(scope) && mayHave(client, scope)) } };
  }
}

interface Found {
  readonly row: TokenRow;
  readonly grant: Grant;
}

/** A client that may control may let a user control what is the user's own. */
const mayHave = (client: OAuthClient, scope: Scope): boolean =>
  client.scopes.includes(scope) || (scope === 'control-own' && client.scopes.includes('control'));

/** In the audit a client's key is its id; a user's name says on whose behalf. */
const identityOf = ({ client, tenant, user, extension, scopes: granted }: Grant): Identity => ({
  tenant,
  key: keyIdFrom(`client_${client}`),
  name: user === undefined ? `client ${client}` : `client ${client} for ${user}`,
  scopes: new Set(granted),
  ...(extension === undefined ? undefined : { extension }),
});

const besideOf = (family: string): string => `${family} beside`;

/** RFC 7636 section 4.2; of none, what no challenge is. */
const challengeOf = (verifier: string | undefined): string =>
  verifier === undefined ? '' : createHash('sha256').update(verifier).digest('base64url');

const digestOf = (text: string): Buffer => createHash('sha256').update(text).digest();
const hashOf = (text: string): string => digestOf(text).toString('hex');
