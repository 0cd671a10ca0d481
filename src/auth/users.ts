import { createHmac, timingSafeEqual } from 'node:crypto';
import { GatewayError } from '../model/errors.ts';
import { userIdOf, type ExtensionNumber, type NewId, type TenantId, type UserId } from '../model/ids.ts';
import type { Clock, Micros } from '../model/time.ts';
import type { Store, UserRow } from '../store/store.ts';
import { scopes, type Scope } from './auth.ts';
import type { Passwords } from './passwords.ts';

/** A person who may log in: to the console, and through the dialects whose vendors know users. */
export interface User {
  readonly id: UserId;
  readonly tenant: TenantId;
  /** By which it logs in; unique in its tenant. */
  readonly name: string;
  readonly displayName?: string;
  /** The extension that is its own. */
  readonly extension?: ExtensionNumber;
  readonly email?: string;
  /** What it may do at most; a client that acts for it may do less. */
  readonly scopes: readonly Scope[];
  /** 0 of one whom the configuration names. */
  readonly createdAt: Micros;
  /** The configuration names it, and alone can change it. */
  readonly isConfigured: boolean;
}

export interface NewUser {
  readonly name: string;
  readonly password: string;
  readonly displayName?: string;
  readonly extension?: ExtensionNumber;
  readonly email?: string;
  readonly scopes: readonly Scope[];
}

/** What is to be different; an empty text takes the member away. */
export type UserChange = Partial<NewUser>;

/** What happened to a user; `credentials`: it has another password or other scopes, what it was given before is void. */
export interface UserNews {
  readonly tenant: TenantId;
  readonly user: User;
  readonly what: 'created' | 'changed' | 'removed';
  readonly credentials: boolean;
}

/**
 * The people of each tenant. Passwords are kept as slow hashes; a name that does not exist takes as long to be refused as a wrong
 * password. Users of the configuration are there at every start, and cannot be changed otherwise.
 */
export interface Users {
  /** Undefined for a wrong password and for an unknown name. Throws `too-many-requests` when too many are being tried. */
  byPassword(tenant: TenantId, name: string, password: string): Promise<User | undefined>;
  get(tenant: TenantId, id: UserId): User | undefined;
  named(tenant: TenantId, name: string): User | undefined;
  /** Whose extension it is; of several the first by name. */
  ofExtension(tenant: TenantId, extension: ExtensionNumber): User | undefined;
  /** By name. */
  list(tenant: TenantId): readonly User[];
  /** Throws `user-exists`, `invalid-parameter`. */
  create(tenant: TenantId, user: NewUser): Promise<User>;
  /** Throws `no-such-user`, `kept-in-configuration`, `user-exists`, `invalid-parameter`. */
  update(tenant: TenantId, id: UserId, change: UserChange): Promise<User>;
  /** False if there is no such user; throws `kept-in-configuration`. */
  remove(tenant: TenantId, id: UserId): Promise<boolean>;
  /** Told after each change; who made it waits until all have taken it in, and hears of a failure. */
  onChanged(listener: (news: UserNews) => void | Promise<void>): () => void;
}

export interface ConfiguredUser extends NewUser {
  readonly tenant: TenantId;
}

export interface UsersOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly passwords: Passwords;
  readonly configured: readonly ConfiguredUser[];
}

const mostUsers = 10_000;
const longestPassword = 256;

/** Throws `invalid-parameter` for a configured user that cannot be. */
export const createUsers = (options: UsersOptions): Users => new StoredUsers(options);

interface Known {
  readonly user: User;
  /** Of one in the store. */
  readonly hash?: string;
  /** Of one in the configuration, where it stands to be read. */
  readonly password?: string;
}

/** All users of a tenant, with the ways in which they are looked up: every event asks for somebody. */
class Directory {
  readonly byId = new Map<UserId, Known>();
  readonly byName = new Map<string, Known>();
  readonly byExtension = new Map<ExtensionNumber, User>();

  load(all: readonly Known[]): void {
    for (const known of all) this.byId.set(known.user.id, known);
    this.#index();
  }

  set(known: Known): void {
    this.byId.set(known.user.id, known);
    this.#index();
  }

  delete(id: UserId): void {
    this.byId.delete(id);
    this.#index();
  }

  #index(): void {
    this.byName.clear();
    this.byExtension.clear();
    for (const known of [...this.byId.values()].toSorted((one, two) => (one.user.name < two.user.name ? -1 : 1))) {
      const { name, extension } = known.user;
      this.byName.set(name, known);
      if (extension !== undefined && !this.byExtension.has(extension)) this.byExtension.set(extension, known.user);
    }
  }
}

class StoredUsers implements Users {
  readonly #options: UsersOptions;
  readonly #directories = new Map<TenantId, Directory>();
  readonly #listeners = new Set<(news: UserNews) => void | Promise<void>>();
  /** Digests of passwords that were right, under a key of this process alone. */
  readonly #proved = new Map<UserId, Buffer>();
  readonly #key: string;

  constructor(options: UsersOptions) {
    this.#options = options;
    this.#key = options.newId.token();
    for (const configured of options.configured) check(configured);
  }

  async byPassword(tenant: TenantId, name: string, password: string): Promise<User | undefined> {
    const directory = this.#directory(tenant);
    const known = directory.byName.get(name);
    const given = password.slice(0, longestPassword);
    // Slow is for those who guess: a right password that was proved before need not be proved again.
    if (known !== undefined && password === given && this.#isProved(known, given)) return known.user;
    const isRight = (await this.#options.passwords.verify(given, known?.hash)) && password === given;
    // It may have been removed, or have got another password, while this was worked out.
    if (!isRight || known === undefined || directory.byName.get(name) !== known) return undefined;
    this.#proved.set(known.user.id, this.#digestOf(given));
    return known.user;
  }

  get(tenant: TenantId, id: UserId): User | undefined {
    return this.#directory(tenant).byId.get(id)?.user;
  }

  named(tenant: TenantId, name: string): User | undefined {
    return this.#directory(tenant).byName.get(name)?.user;
  }

  ofExtension(tenant: TenantId, extension: ExtensionNumber): User | undefined {
    return this.#directory(tenant).byExtension.get(extension);
  }

  list(tenant: TenantId): readonly User[] {
    return [...this.#directory(tenant).byName.values()].map(({ user }) => user);
  }

  async create(tenant: TenantId, user: NewUser): Promise<User> {
    check(user);
    if (this.#directory(tenant).byId.size >= mostUsers) throw new GatewayError('too-many-requests', { users: mostUsers });
    this.#refuseTaken(tenant, user.name);
    const { newId, clock, passwords } = this.#options;
    const password = await passwords.hash(user.password);
    this.#refuseTaken(tenant, user.name);
    const created = this.#put({ ...rowOf(newId.user(), tenant, user), password, createdAt: clock.now() });
    await this.#tell({ tenant, user: created, what: 'created', credentials: false });
    return created;
  }

  async update(tenant: TenantId, id: UserId, change: UserChange): Promise<User> {
    const { store, passwords } = this.#options;
    const before = this.#changeable(tenant, id);
    if (before === undefined) throw new GatewayError('no-such-user', { user: id });
    const wished = { ...before, ...change };
    check({ ...wished, password: change.password ?? 'unchanged' });
    if (wished.name !== before.name) this.#refuseTaken(tenant, wished.name);
    const password = change.password === undefined ? undefined : await passwords.hash(change.password);
    const row = store.users.get(tenant, id);
    if (row === undefined) throw new GatewayError('no-such-user', { user: id });
    if (wished.name !== row.name) this.#refuseTaken(tenant, wished.name);
    const user = this.#put({ ...rowOf(id, tenant, wished), password: password ?? row.password, createdAt: row.createdAt });
    const credentials = password !== undefined || before.scopes.join() !== user.scopes.join() || before.extension !== user.extension;
    await this.#tell({ tenant, user, what: 'changed', credentials });
    return user;
  }

  async remove(tenant: TenantId, id: UserId): Promise<boolean> {
    const user = this.#changeable(tenant, id);
    if (user === undefined || !this.#options.store.users.delete(tenant, id)) return false;
    this.#proved.delete(id);
    this.#directory(tenant).delete(id);
    await this.#tell({ tenant, user, what: 'removed', credentials: true });
    return true;
  }

  onChanged(listener: (news: UserNews) => void | Promise<void>): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #directory(tenant: TenantId): Directory {
    const known = this.#directories.get(tenant);
    if (known !== undefined) return known;
    const directory = new Directory();
    const { configured, store } = this.#options;
    const own = configured.filter((user) => user.tenant === tenant).map(fromConfiguration);
    const names = new Set(own.map(({ user }) => user.name));
    // One that the configuration names since then takes the place of the one that was made here.
    const stored = store.users.list(tenant).filter(({ name }) => !names.has(name));
    directory.load([...own, ...stored.map(fromStore)]);
    this.#directories.set(tenant, directory);
    return directory;
  }

  /** In constant time for texts of any length. */
  #isProved({ user, password }: Known, given: string): boolean {
    const right = password === undefined ? this.#proved.get(user.id) : this.#digestOf(password);
    return right !== undefined && timingSafeEqual(right, this.#digestOf(given));
  }

  #digestOf(text: string): Buffer {
    return createHmac('sha256', this.#key).update(text).digest();
  }

  #put(row: UserRow): User {
    this.#proved.delete(row.id);
    this.#options.store.users.put(row);
    const known = fromStore(row);
    this.#directory(row.tenant).set(known);
    return known.user;
  }

  #changeable(tenant: TenantId, id: UserId): User | undefined {
    const user = this.get(tenant, id);
    if (user?.isConfigured === true) throw new GatewayError('kept-in-configuration', { user: user.name });
    return user;
  }

  #refuseTaken(tenant: TenantId, name: string): void {
    if (this.named(tenant, name) !== undefined) throw new GatewayError('user-exists', { user: name });
  }

  async #tell(news: UserNews): Promise<void> {
    await Promise.all([...this.#listeners].map(async (listener) => listener(news)));
  }
}

const check = (user: NewUser): void => {
  const refuse = (field: string, note: string): never => {
    throw new GatewayError('invalid-parameter', { field }, { note });
  };
  if (!/^[^\s\p{C}](?:[^\p{C}]{0,78}[^\s\p{C}])?$/u.test(user.name)) refuse('name', 'A name has 1 to 80 visible characters.');
  if (user.password === '' || user.password.length > longestPassword) {
    refuse('password', `A password has 1 to ${longestPassword} characters.`);
  }
  if (user.scopes.length === 0) refuse('scopes', 'A user needs at least one scope.');
  const hasExtension = user.extension !== undefined && user.extension !== '';
  if (user.scopes.includes('control-own') && !hasExtension) refuse('extension', 'A user of scope control-own needs one.');
};

const rowOf = (id: UserId, tenant: TenantId, user: Omit<NewUser, 'password'>): Omit<UserRow, 'password' | 'createdAt'> => ({
  id,
  tenant,
  name: user.name,
  scopes: scopes.filter((scope) => user.scopes.includes(scope)),
  ...detailsOf(user),
});

/** What need not be there; an empty text is not. */
const detailsOf = ({ displayName = '', extension, email = '' }: Pick<NewUser, 'displayName' | 'extension' | 'email'>) => ({
  ...(displayName === '' ? undefined : { displayName }),
  ...(extension === undefined || extension === '' ? undefined : { extension }),
  ...(email === '' ? undefined : { email }),
});

const fromStore = (row: UserRow): Known => ({
  user: {
    id: row.id,
    tenant: row.tenant,
    name: row.name,
    ...detailsOf(row),
    // A scope that this version does not know allows nothing.
    scopes: scopes.filter((scope) => row.scopes.includes(scope)),
    createdAt: row.createdAt,
    isConfigured: false,
  },
  hash: row.password,
});

const fromConfiguration = ({ tenant, password, ...user }: ConfiguredUser): Known => ({
  user: {
    id: userIdOf(tenant, user.name),
    tenant,
    name: user.name,
    ...detailsOf(user),
    scopes: scopes.filter((scope) => user.scopes.includes(scope)),
    createdAt: 0,
    isConfigured: true,
  },
  password,
});
