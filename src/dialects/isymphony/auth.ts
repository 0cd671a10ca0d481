import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import type { Identity } from '../../auth/auth.ts';
import { createBrake, type Brake } from '../../auth/brake.ts';
import type { Clients } from '../../http/clients.ts';
import { createNetworks, type Networks } from '../../http/networks.ts';
import { GatewayError } from '../../model/errors.ts';
import { keyIdFrom, type TenantId } from '../../model/ids.ts';
import type { Clock, Timers } from '../../model/time.ts';
import { publicAccount, type ISymphonyAccount, type ISymphonyOptions } from './options.ts';

/** What of a tenant's options says who may ask. */
export type Admission = Pick<ISymphonyOptions, 'accounts' | 'allow' | 'requireTls'>;

export interface GuardOptions {
  readonly tenants: ReadonlyMap<TenantId, Admission>;
  readonly clients: Clients;
  readonly clock: Clock;
  readonly timers: Timers;
  /** Under which address clients reach the server; `host` is what one of them calls it. */
  readonly publicUrl: (host?: string) => string;
}

interface Account extends ISymphonyAccount {
  readonly tenant: TenantId;
  readonly login: string;
  /** Everybody knows its password: any web page, too. */
  readonly isPublic: boolean;
}

/** One account may be written in several ways, each of which is right. */
const mostKnown = 1_000;

/**
 * Tells who asks, by where it asks from and then by login and password (HTTP Basic). The refusals are `tls-required` with the
 * `location` to go to, `forbidden` for an address that may not ask, and `unauthorized`; an address that guesses waits for its answer.
 */
export class Guard {
  readonly #options: GuardOptions;
  readonly #accounts: ReadonlyMap<string, Account>;
  readonly #networks: ReadonlyMap<TenantId, Networks>;
  readonly #requiresTls: boolean;
  readonly #brake: Brake;
  /** By the digest of the header with which they came. */
  readonly #known = new Map<string, Account>();

  /** Throws `config-invalid` for two accounts of one login, and where the public account would be open to the network. */
  constructor(options: GuardOptions) {
    this.#options = options;
    this.#brake = createBrake(options);
    this.#networks = new Map([...options.tenants].map(([tenant, { allow }]) => [tenant, createNetworks(allow, 'isymphony.allow')]));
    this.#accounts = accountsOf(options.tenants, this.#networks);
    this.#requiresTls = [...options.tenants.values()].some(({ requireTls }) => requireTls);
  }

  /** Whether somebody who knows only what everybody knows may come in, from this machine. */
  get hasPublicAccount(): boolean {
    return [...this.#accounts.values()].some(({ isPublic }) => isPublic);
  }

  async identify(request: IncomingMessage): Promise<Identity> {
    if (this.#requiresTls && !this.#isSecure(request)) throw this.#towardsTls(request);
    const { clients } = this.#options;
    const address = clients.addressOf(request);
    if (![...this.#networks.values()].some((networks) => this.#mayAsk(request, address, networks))) throw refusedAddress();
    const { authorization } = request.headers;
    if (authorization === undefined) throw new GatewayError('unauthorized');
    const account = await this.#accountFor(authorization, address);
    const networks = this.#networks.get(account.tenant);
    if (networks === undefined || !this.#mayAsk(request, address, networks)) throw refusedAddress();
    if (account.isPublic && isFromElsewhere(request.headers.origin)) throw refusedPage();
    return identityOf(account);
  }

  /** Who was right before is not made to wait because of others at the same address, and does not excuse them either. */
  async #accountFor(authorization: string, address: string): Promise<Account> {
    const digest = digestOf(authorization).toString('hex');
    const known = this.#known.get(digest);
    if (known !== undefined) return known;
    await this.#brake.before(address);
    const account = this.#accountOf(authorization);
    if (account === undefined) {
      this.#brake.failed(address);
      throw new GatewayError('unauthorized');
    }
    if (this.#known.size >= mostKnown) this.#known.clear();
    this.#known.set(digest, account);
    return account;
  }

  #accountOf(authorization: string): Account | undefined {
    const encoded = /^Basic +([A-Za-z0-9+/_-]{1,1024}={0,2}) *$/i.exec(authorization)?.[1];
    const [, login, password] = /^([^:]*):(.*)$/s.exec(Buffer.from(encoded ?? '', 'base64').toString('utf8')) ?? [];
    const account = this.#accounts.get(login ?? '');
    // Compared with something in any case, so that the time taken does not tell which logins there are.
    const isRight = timingSafeEqual(digestOf(account?.password ?? ''), digestOf(password ?? ''));
    return isRight && password !== undefined ? account : undefined;
  }

  /** A list that has this machine in it does not mean whoever comes through a proxy on it. */
  #mayAsk(request: IncomingMessage, address: string, networks: Networks): boolean {
    return networks.contain(address) && (!loopback.contain(address) || this.#options.clients.isLocal(request));
  }

  #isSecure({ socket, headers }: IncomingMessage): boolean {
    if ((socket as Partial<TLSSocket>).encrypted === true) return true;
    return this.#options.clients.trusts(socket.remoteAddress ?? '') && headers['x-forwarded-proto'] === 'https';
  }

  #towardsTls(request: IncomingMessage): GatewayError {
    const base = this.#options.publicUrl(request.headers.host).replace(/^http:/, 'https:');
    return new GatewayError('tls-required', { location: `${base}${request.url ?? '/'}` });
  }
}

const loopback = createNetworks(['127.0.0.0/8', '::1/128'], 'loopback');

const refusedAddress = (): GatewayError => new GatewayError('forbidden', {}, { note: 'This address is not in the access list.' });

const refusedPage = (): GatewayError =>
  new GatewayError('forbidden', {}, { note: "The vendor's public account is not for web pages of other machines." });

/** A browser on this machine asks for whatever page it shows, and says of which; files and frames without a name say `null`. */
const isFromElsewhere = (origin: string | undefined): boolean => {
  if (origin === undefined) return false;
  const hostname = URL.parse(origin)?.hostname ?? '';
  return hostname !== 'localhost' && !loopback.contain(hostname.replace(/^\[|\]$/g, ''));
};

const digestOf = (text: string): Buffer => createHash('sha256').update(text).digest();

const identityOf = ({ tenant, login, scopes }: Account): Identity => ({
  tenant,
  key: keyIdFrom(`account_${login}`),
  name: `account ${login}`,
  scopes: new Set(scopes),
});

/** Requests name no tenant: logins are unique over all of them. */
const accountsOf = (tenants: ReadonlyMap<TenantId, Admission>, networks: ReadonlyMap<TenantId, Networks>): ReadonlyMap<string, Account> => {
  const accounts = new Map<string, Account>();
  for (const [tenant, { accounts: own }] of tenants) {
    const isPrivate = networks.get(tenant)?.isLoopbackOnly === true;
    for (const [login, account] of Object.entries(own)) {
      if (accounts.has(login)) throw invalid({ login }, `Two tenants have an iSymphony account ${login}.`);
      if (account.password === publicAccount.password && !isPrivate) {
        throw invalid({ login }, 'The password that everybody knows is for this machine alone; iSymphony accounts need another.');
      }
      accounts.set(login, { ...account, tenant, login, isPublic: account.password === publicAccount.password });
    }
    if (accounts.size > 0 || tenants.size > 1) continue;
    if (!isPrivate) throw invalid({ tenant }, 'Where other machines may ask, the iSymphony API needs accounts.');
    const { login, password } = publicAccount;
    accounts.set(login, { login, password, tenant, isPublic: true, scopes: ['observe', 'control', 'supervise', 'record'] });
  }
  return accounts;
};

const invalid = (details: Readonly<Record<string, string>>, note: string): GatewayError =>
  new GatewayError('config-invalid', details, { note });
