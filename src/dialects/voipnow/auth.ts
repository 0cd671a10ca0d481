import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { Identity } from '../../auth/auth.ts';
import type { Brake } from '../../auth/brake.ts';
import type { TokenIdentity, Tokens } from '../../auth/tokens.ts';
import { parseBasic } from '../../http/basic.ts';
import { GatewayError } from '../../model/errors.ts';
import { keyIdFrom, type TenantId } from '../../model/ids.ts';
import type { Clock, Micros } from '../../model/time.ts';
import { UnifiedError } from './errors.ts';
import type { VoipNowAccount } from './options.ts';
import type { Parameters } from './parse.ts';

export type Account = VoipNowAccount & { readonly tenant: TenantId };

export interface GuardOptions {
  readonly accounts: ReadonlyMap<string, Account>;
  readonly tokens: Tokens;
  readonly clock: Clock;
  readonly brake: Brake;
}

/** What of a request OAuth 1.0a signs, beside its parameters. */
export interface SignedRequest {
  readonly method: string;
  /** Under which its client may have asked: by the name of its Host header, and by the public one. Without a query. */
  readonly urls: readonly string[];
  readonly authorization: string;
}

/** So far a signed request's time may be off; for as long its nonce is remembered. RFC 5849 section 3.3. */
const skewMicros: Micros = 300e6;
const mostNonces = 100_000;

/** Tells who asks, by any of the vendor's ways. Every failure is `unauthorized` and says nothing more. */
export class Guard {
  readonly #options: GuardOptions;
  readonly #nonces = new Map<string, Micros>();

  constructor(options: GuardOptions) {
    this.#options = options;
  }

  /** By `Account` and `PassSHA256`, the lower-case hex digest of the password. `from` is the address that asks: who guesses there is slowed down. */
  byDigest(account: string, passSha256: string, from: string): Promise<Identity> {
    return this.#braked(account, from, () => this.#ofDigest(account, passSha256));
  }

  #ofDigest(account: string, passSha256: string): Identity {
    const known = this.#options.accounts.get(account);
    const right = timingSafeEqual(digestOf(known?.passwordSha256 ?? ''), digestOf(passSha256.toLowerCase()));
    if (known === undefined || !right || passSha256 === '') throw new GatewayError('unauthorized');
    return identityOf(account, known);
  }

  /** By login and password, as a browser sends them: `Basic ...`. */
  async byPassword(authorization: string | undefined, from: string): Promise<Identity> {
    const given = parseBasic(authorization);
    if (given === undefined) throw new GatewayError('unauthorized');
    return this.byDigest(given.name, createHash('sha256').update(given.password).digest('hex'), from);
  }

  /**
   * By OAuth 1.0a with HMAC-SHA1. Consumers are accounts whose password is known readable; with an access token, which is an
   * account too, its password is the token's secret and the request is that account's.
   */
  async bySignature(request: SignedRequest, parameters: Parameters, from: string): Promise<Identity> {
    const signed = parseOAuth1(request.authorization);
    return this.#braked(signed.get('oauth_consumer_key') ?? '', from, () => this.#ofSignature(request, signed, parameters));
  }

  #ofSignature(request: SignedRequest, signed: ReadonlyMap<string, string>, parameters: Parameters): Identity {
    const consumerName = signed.get('oauth_consumer_key') ?? '';
    const tokenName = signed.get('oauth_token') ?? '';
    const consumer = this.#options.accounts.get(consumerName);
    const token = tokenName === '' ? undefined : this.#options.accounts.get(tokenName);
    const name = tokenName === '' ? consumerName : tokenName;
    const account = tokenName === '' ? consumer : token;
    if (consumer?.password === undefined || account?.password === undefined || consumer.tenant !== account.tenant) {
      throw new GatewayError('unauthorized');
    }
    const key = `${escape(consumer.password)}&${token?.password === undefined ? '' : escape(token.password)}`;
    const given = signed.get('oauth_signature') ?? '';
    const right = request.urls.some((url) => {
      const expected = createHmac('sha1', key)
        .update(baseStringOf(request.method, url, signed, parameters))
        .digest('base64');
      return timingSafeEqual(digestOf(expected), digestOf(given));
    });
    if (!right || signed.get('oauth_signature_method') !== 'HMAC-SHA1') throw new GatewayError('unauthorized');
    this.#useOnce(signed);
    return identityOf(name, account);
  }

  /** By `Bearer T`: what is missing or malformed is 401, what is no longer good 403, at which clients refresh. */
  byToken(bearer: string | undefined): TokenIdentity {
    const token = /^Bearer +([A-Za-z0-9_.-]{10,256}) *$/i.exec(bearer ?? '')?.[1];
    if (token === undefined) throw new UnifiedError(401, 'access_denied', 'The access token is missing.');
    const found = this.#options.tokens.identify(token);
    if (found === undefined) throw new UnifiedError(403, 'access_denied', 'The access token is not valid or has expired.');
    return found;
  }

  async #braked(account: string, from: string, identify: () => Identity): Promise<Identity> {
    const { brake } = this.#options;
    const who = `${account} at ${from}`;
    await brake.before(who);
    try {
      const identity = identify();
      brake.succeeded(who);
      return identity;
    } catch (error) {
      brake.failed(who);
      throw error;
    }
  }

  #useOnce(signed: ReadonlyMap<string, string>): void {
    const now = this.#options.clock.now();
    const at = Number(signed.get('oauth_timestamp')) * 1e6;
    if (!(Math.abs(now - at) <= skewMicros)) throw new GatewayError('unauthorized');
    for (const [nonce, until] of this.#nonces) {
      if (until > now && this.#nonces.size < mostNonces) break;
      this.#nonces.delete(nonce);
    }
    const nonce = `${signed.get('oauth_consumer_key')} ${at} ${signed.get('oauth_nonce') ?? ''}`;
    if (this.#nonces.has(nonce)) throw new GatewayError('unauthorized');
    this.#nonces.set(nonce, now + 2 * skewMicros);
  }
}

const digestOf = (text: string): Buffer => createHash('sha256').update(text).digest();

const identityOf = (login: string, { tenant, scopes }: Account): Identity => ({
  tenant,
  key: keyIdFrom(`account_${login}`),
  name: `account ${login}`,
  scopes: new Set(scopes),
});

/** RFC 3986's unreserved characters alone stay as they are. RFC 5849 section 3.6. */
const escape = (text: string): string =>
  encodeURIComponent(text.toWellFormed()).replaceAll(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);

const parseOAuth1 = (authorization: string): ReadonlyMap<string, string> => {
  const parameters = new Map<string, string>();
  for (const [, name = '', value = ''] of authorization.matchAll(/([\w]{1,64})="([^"]{0,1024})"/g)) {
    try {
      parameters.set(name, decodeURIComponent(value));
    } catch {
      // Badly escaped: whatever it was, no signature fits it.
      throw new GatewayError('unauthorized');
    }
  }
  return parameters;
};

/** RFC 5849 section 3.4.1. */
const baseStringOf = (method: string, url: string, signed: ReadonlyMap<string, string>, parameters: Parameters): string => {
  const oauth = [...signed].filter(([name]) => name !== 'oauth_signature' && name !== 'realm');
  const all = [...oauth, ...parameters.entries()].map(([name, value]) => [escape(name), escape(value)] as const);
  all.sort(([nameOne, one], [nameTwo, two]) => compare(nameOne, nameTwo) || compare(one, two));
  return [method.toUpperCase(), escape(url), escape(all.map(([name, value]) => `${name}=${value}`).join('&'))].join('&');
};

const compare = (one: string, two: string): number => (one < two ? -1 : one > two ? 1 : 0);
