import { createHash, timingSafeEqual } from 'node:crypto';
import { GatewayError } from '../model/errors.ts';
import type { KeyId, NewId, TenantId } from '../model/ids.ts';
import { isoTime } from '../model/time.ts';
import type { Clock, Micros } from '../model/time.ts';
import type { KeyRow, Store } from '../store/store.ts';
import { scopes } from './auth.ts';
import type { Auth, Identity, KeyInfo, NewKey } from './auth.ts';
import { seal, unseal } from './seal.ts';
import { Tickets } from './tickets.ts';

export interface AuthOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly newId: NewId;
  /** 32 bytes, under which readable secrets are sealed. */
  readonly masterKey: Uint8Array;
  /** Told of a sealed key that the master key does not open, and of a listener that failed. Neither stops the others. */
  readonly onProblem?: (problem: {
    readonly problem: 'key-unreadable' | 'listener-failed';
    readonly key: KeyId;
    readonly cause: unknown;
  }) => void;
}

/** A last use is written at most this often. */
const touchEvery: Micros = 60_000_000;
const longestSecret = 1_024;

/** Keys and tickets on top of the store, which holds of a secret only its SHA-256: secrets are random, so no slow hash is needed. */
export const createAuth = (options: AuthOptions): Auth => new StoredAuth(options);

class StoredAuth implements Auth {
  readonly #options: AuthOptions;
  readonly #tickets: Tickets;
  readonly #touched = new Map<KeyId, Micros>();
  readonly #listeners = new Set<(key: KeyId) => void>();
  /** One object for each key in use, however many connections it has; forgotten when the key changes. */
  readonly #identities = new Map<KeyId, Identity>();
  /** The readable keys, opened; made anew after a change. */
  #readable: readonly { readonly row: KeyRow; readonly secret: string }[] | undefined;

  constructor(options: AuthOptions) {
    this.#options = options;
    this.#tickets = new Tickets(options.clock);
  }

  bySecret(secret: string): Identity | undefined {
    if (secret.length > longestSecret) return undefined;
    const hash = hashOf(secret);
    const row = this.#options.store.keys.byHash(hash);
    if (row === undefined || row.revokedAt !== undefined || !timingSafeEqual(Buffer.from(row.hash), Buffer.from(hash))) return undefined;
    this.#touch(row.id);
    return this.#identityOf(row);
  }

  byReadable(matches: (secret: string) => boolean): Identity | undefined {
    let found: KeyRow | undefined;
    this.#readable ??= this.#openReadable();
    // To the last one, so that the time taken does not tell which key it was.
    for (const { row, secret } of this.#readable) if (matches(secret)) found ??= row;
    if (found === undefined) return undefined;
    this.#touch(found.id);
    return this.#identityOf(found);
  }

  issueTicket(identity: Identity, seconds: number): string {
    const ticket = `swt_${this.#options.newId.token()}`;
    this.#tickets.issue(ticket, identity, seconds);
    return ticket;
  }

  redeemTicket(ticket: string): Identity | undefined {
    return this.#tickets.redeem(ticket);
  }

  /** A given secret that is a key of the tenant's already makes that key what is wished now, so that a start may repeat it. */
  create(key: NewKey): { readonly info: KeyInfo; readonly secret: string } {
    check(key);
    const { store, clock, newId } = this.#options;
    const secret = key.secret ?? `swk_${newId.token()}`;
    const hash = hashOf(secret);
    const known = store.keys.byHash(hash);
    if (known !== undefined && known.tenant !== key.tenant) {
      throw new GatewayError('invalid-parameter', { field: 'secret' }, { note: 'It cannot be used.' });
    }
    const id = known?.id ?? newId.key();
    const row: KeyRow = {
      id,
      tenant: key.tenant,
      name: key.name,
      scopes: [...new Set(key.scopes)],
      ...(key.extension === undefined ? undefined : { extension: key.extension }),
      hash,
      ...(key.readable === true ? { sealed: seal(secret, this.#options.masterKey, this.#nonce(), id) } : undefined),
      createdAt: known?.createdAt ?? clock.now(),
    };
    store.keys.put(row);
    this.#readable = undefined;
    this.#identities.delete(id);
    return { info: infoOf(row), secret };
  }

  list(tenant: TenantId): readonly KeyInfo[] {
    return this.#options.store.keys.list(tenant).map(infoOf);
  }

  revoke(tenant: TenantId, key: KeyId): boolean {
    const { store, clock } = this.#options;
    const row = store.keys.list(tenant).find(({ id }) => id === key);
    if (row === undefined) return false;
    if (row.revokedAt !== undefined) return true;
    store.keys.put({ ...row, revokedAt: clock.now() });
    this.#readable = undefined;
    this.#touched.delete(key);
    this.#identities.delete(key);
    this.#tickets.revoke(key);
    for (const listener of this.#listeners) {
      try {
        listener(key);
      } catch (cause) {
        this.#options.onProblem?.({ problem: 'listener-failed', key, cause });
      }
    }
    return true;
  }

  onRevoked(listener: (key: KeyId) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #identityOf(row: KeyRow): Identity {
    const known = this.#identities.get(row.id);
    if (known !== undefined) return known;
    const identity = identityOf(row);
    this.#identities.set(row.id, identity);
    return identity;
  }

  #openReadable(): readonly { readonly row: KeyRow; readonly secret: string }[] {
    return this.#options.store.keys.readable().flatMap((row) => {
      try {
        return [{ row, secret: unseal(row.sealed ?? '', this.#options.masterKey, row.id) }];
      } catch (cause) {
        this.#options.onProblem?.({ problem: 'key-unreadable', key: row.id, cause });
        return [];
      }
    });
  }

  #touch(key: KeyId): void {
    const { store, clock } = this.#options;
    const now = clock.now();
    const before = this.#touched.get(key);
    if (before !== undefined && Math.abs(now - before) < touchEvery) return;
    this.#touched.set(key, now);
    try {
      store.keys.touch(key, now);
    } catch (error) {
      // A full disk must lock nobody out; the last use is only for show.
      if (!(error instanceof GatewayError && error.code === 'log-full')) throw error;
    }
  }

  #nonce(): Uint8Array {
    return createHash('sha256').update(this.#options.newId.token()).digest().subarray(0, 12);
  }
}

const check = (key: NewKey): void => {
  const refuse = (field: string, note: string): never => {
    throw new GatewayError('invalid-parameter', { field }, { note });
  };
  if (key.scopes.length === 0) refuse('scopes', 'A key needs at least one scope.');
  if (key.scopes.includes('control-own') && key.extension === undefined) refuse('extension', 'A key of scope control-own needs one.');
  if (key.secret !== undefined && (key.secret === '' || key.secret.length > longestSecret)) {
    refuse('secret', `A secret has 1 to ${longestSecret} characters.`);
  }
};

const hashOf = (secret: string): string => createHash('sha256').update(secret).digest('hex');

/** The scopes of a row that this version knows: one that it does not know allows nothing. */
const scopesOf = (row: KeyRow): KeyInfo['scopes'] => scopes.filter((scope) => row.scopes.includes(scope));

const identityOf = (row: KeyRow): Identity => ({
  tenant: row.tenant,
  key: row.id,
  name: row.name,
  scopes: new Set(scopesOf(row)),
  ...(row.extension === undefined ? undefined : { extension: row.extension }),
});

const infoOf = (row: KeyRow): KeyInfo => ({
  id: row.id,
  tenant: row.tenant,
  name: row.name,
  scopes: scopesOf(row),
  ...(row.extension === undefined ? undefined : { extension: row.extension }),
  createdAt: isoTime(row.createdAt),
  ...(row.lastUsedAt === undefined ? undefined : { lastUsedAt: isoTime(row.lastUsedAt) }),
  ...(row.revokedAt === undefined ? undefined : { revokedAt: isoTime(row.revokedAt) }),
});
