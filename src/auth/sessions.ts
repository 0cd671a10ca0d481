import { createHash } from 'node:crypto';
import { keyIdFrom, type KeyId, type LoginId, type NewId, type TenantId, type UserId } from '../model/ids.ts';
import type { Clock, Micros } from '../model/time.ts';
import type { SessionRow, Store } from '../store/store.ts';
import type { Auth, Identity } from './auth.ts';
import type { User, Users } from './users.ts';

/** A browser that has logged in: as a user, or with a key. */
export interface Session {
  readonly id: LoginId;
  readonly tenant: TenantId;
  readonly user?: UserId;
  readonly key?: KeyId;
  readonly beganAt: Micros;
  readonly expiresAt: Micros;
}

export interface SessionNews {
  readonly what: 'began' | 'ended';
  readonly session: Session;
  /** Where it began from; known at its beginning alone. */
  readonly from?: { readonly address: string; readonly port?: number };
}

/**
 * Sessions last through a restart, and a day at most. They end with the user or key that they are of, and when that user gets another
 * password, extension or scopes. The store keeps of a secret only its hash.
 */
export interface Sessions {
  /** Resolves when all who listen have taken it in. `secret` is for the cookie. */
  begin(who: User | Identity, from?: SessionNews['from']): Promise<{ readonly secret: string; readonly session: Session }>;
  /** Who asks by the secret of a session that has not ended. */
  identify(secret: string): { readonly identity: Identity; readonly session: Session } | undefined;
  isLive(id: LoginId): boolean;
  end(id: LoginId): Promise<boolean>;
  /** Ends those that have run out. */
  sweep(): Promise<void>;
  onChanged(listener: (news: SessionNews) => void | Promise<void>): () => void;
  close(): void;
}

export interface SessionsOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly users: Users;
  readonly auth: Auth;
}

const lifetime: Micros = 24 * 60 * 60 * 1_000_000;
/** Of one user or key; the oldest make room. */
const mostOfOne = 50;

export const createSessions = (options: SessionsOptions): Sessions => new StoredSessions(options);

class StoredSessions implements Sessions {
  readonly #options: SessionsOptions;
  /** All of them, the oldest first. */
  readonly #rows = new Map<LoginId, SessionRow>();
  readonly #byHash = new Map<string, LoginId>();
  readonly #listeners = new Set<(news: SessionNews) => void | Promise<void>>();
  readonly #stop: readonly (() => void)[];

  constructor(options: SessionsOptions) {
    this.#options = options;
    for (const row of options.store.sessions.all()) this.#keep(row);
    this.#stop = [
      options.users.onChanged(({ user, credentials }) => (credentials ? this.#endAll((row) => row.user === user.id) : undefined)),
      options.auth.onRevoked((key) => void this.#endAll((row) => row.key === key)),
    ];
  }

  async begin(who: User | Identity, from?: SessionNews['from']): Promise<{ readonly secret: string; readonly session: Session }> {
    const { store, clock, newId } = this.#options;
    const of = 'isConfigured' in who ? { user: who.id } : { key: who.key };
    const own = [...this.#rows.values()].filter((row) => (of.user === undefined ? row.key === of.key : row.user === of.user));
    for (const { id } of own.slice(0, Math.max(0, own.length - mostOfOne + 1))) await this.end(id);
    const secret = `sws_${newId.token()}`;
    const beganAt = clock.now();
    const row: SessionRow = { id: newId.login(), hash: hashOf(secret), tenant: who.tenant, ...of, beganAt, expiresAt: beganAt + lifetime };
    store.sessions.put(row);
    this.#keep(row);
    const session = sessionOf(row);
    await this.#tell({ what: 'began', session, ...(from === undefined ? undefined : { from }) });
    return { secret, session };
  }

  identify(secret: string): { readonly identity: Identity; readonly session: Session } | undefined {
    const id = this.#byHash.get(hashOf(secret));
    const row = id === undefined ? undefined : this.#rows.get(id);
    if (row === undefined || row.expiresAt <= this.#options.clock.now()) return undefined;
    const identity = this.#identityOf(row);
    return identity === undefined ? undefined : { identity: { ...identity, session: row.id }, session: sessionOf(row) };
  }

  isLive(id: LoginId): boolean {
    const row = this.#rows.get(id);
    return row !== undefined && row.expiresAt > this.#options.clock.now();
  }

  async end(id: LoginId): Promise<boolean> {
    const row = this.#rows.get(id);
    if (row === undefined) return false;
    this.#options.store.sessions.delete(id);
    this.#rows.delete(id);
    this.#byHash.delete(row.hash);
    await this.#tell({ what: 'ended', session: sessionOf(row) });
    return true;
  }

  sweep(): Promise<void> {
    const now = this.#options.clock.now();
    return this.#endAll((row) => row.expiresAt <= now);
  }

  onChanged(listener: (news: SessionNews) => void | Promise<void>): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): void {
    for (const stop of this.#stop) stop();
  }

  #keep(row: SessionRow): void {
    this.#rows.set(row.id, row);
    this.#byHash.set(row.hash, row.id);
  }

  #identityOf({ tenant, user: userId, key }: SessionRow): Identity | undefined {
    const { users, auth } = this.#options;
    const user = userId === undefined ? undefined : users.get(tenant, userId);
    if (user !== undefined) return userIdentity(user);
    const info = key === undefined ? undefined : auth.list(tenant).find(({ id }) => id === key);
    if (info === undefined || info.revokedAt !== undefined) return undefined;
    const { id, name, scopes, extension } = info;
    return { tenant, key: id, name, scopes: new Set(scopes), ...(extension === undefined ? undefined : { extension }) };
  }

  async #endAll(fits: (row: SessionRow) => boolean): Promise<void> {
    for (const row of [...this.#rows.values()]) if (fits(row)) await this.end(row.id);
  }

  async #tell(news: SessionNews): Promise<void> {
    await Promise.all([...this.#listeners].map(async (listener) => listener(news)));
  }
}

/** A user as who asks: in the audit its key is its id. */
export const userIdentity = ({ id, tenant, name, scopes, extension }: User): Identity => ({
  tenant,
  key: keyIdFrom(id),
  name,
  scopes: new Set(scopes),
  user: id,
  ...(extension === undefined ? undefined : { extension }),
});

const sessionOf = ({ hash: _hash, ...session }: SessionRow): Session => session;

const hashOf = (secret: string): string => createHash('sha256').update(secret).digest('hex');
