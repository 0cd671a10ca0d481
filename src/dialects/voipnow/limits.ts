import { createNetworks, parseAddress, type Networks } from '../../http/networks.ts';
import { GatewayError } from '../../model/errors.ts';
import type { Clock, Micros } from '../../model/time.ts';

/** How often CallAPI may be asked. What is absent is not limited. */
export interface RequestLimits {
  /** Of one account, in `seconds`. */
  readonly requests?: number | undefined;
  readonly seconds: number;
  /** Of one address in a minute; of IPv6 the network of 64 bits counts as one. */
  readonly perAddress?: number | undefined;
  /** Of all addresses of a network together, in a minute: by network, `10.1.0.0/16`. */
  readonly subnets: Readonly<Record<string, number>>;
}

const minute = 60;
const mostKeys = 10_000;

/** Counts the requests of a tenant. */
export class RequestCounter {
  readonly #perAccount: Counter | undefined;
  readonly #perAddress: Counter | undefined;
  readonly #perSubnet: readonly { readonly network: Networks; readonly counter: Counter }[];

  /** Throws `config-invalid` for a network that cannot be read. */
  constructor({ requests, seconds, perAddress, subnets }: RequestLimits, clock: Clock) {
    this.#perAccount = requests === undefined ? undefined : new Counter(requests, seconds, clock);
    this.#perAddress = perAddress === undefined ? undefined : new Counter(perAddress, minute, clock);
    this.#perSubnet = Object.entries(subnets).map(([subnet, most]) => ({
      network: createNetworks([subnet], 'limits.subnets'),
      counter: new Counter(most, minute, clock),
    }));
  }

  /** Throws `too-many-requests` for one more than there may be. */
  count(account: string, address: string): void {
    this.#perAccount?.count(account);
    this.#perAddress?.count(wholeClientOf(address));
    for (const { network, counter } of this.#perSubnet) if (network.contain(address)) counter.count('');
  }
}

/** So many for each key in a time that begins with its first. */
class Counter {
  readonly #most: number;
  readonly #micros: Micros;
  readonly #clock: Clock;
  readonly #counts = new Map<string, { readonly until: Micros; count: number }>();

  constructor(most: number, seconds: number, clock: Clock) {
    this.#most = most;
    this.#micros = seconds * 1_000_000;
    this.#clock = clock;
  }

  count(key: string): void {
    const now = this.#clock.now();
    // In the order in which they began, which is that in which they end.
    for (const [old, { until }] of this.#counts) {
      if (until > now && this.#counts.size < mostKeys) break;
      this.#counts.delete(old);
    }
    const known = this.#counts.get(key);
    if (known === undefined) this.#counts.set(key, { until: now + this.#micros, count: 1 });
    else if (known.count < this.#most) known.count += 1;
    else throw new GatewayError('too-many-requests', { seconds: Math.ceil((known.until - now) / 1_000_000) });
  }
}

/** Whoever has an IPv6 address usually has 2^64 of them. */
const wholeClientOf = (address: string): string => {
  const parsed = parseAddress(address);
  return parsed?.kind() === 'ipv6' ? parsed.toByteArray().slice(0, 8).join('.') : address;
};
