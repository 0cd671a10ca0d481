import type { ExtensionNumber, TenantId } from '../../model/ids.ts';
import type { Store } from '../../store/store.ts';
import { badRequest, notFound, TelphinError } from './errors.ts';
import type { Subscription } from './schema.ts';

export interface SubscriptionsOptions {
  readonly tenant: TenantId;
  readonly store: Store;
  /** Throws `invalid-parameter` or `address-refused`. */
  readonly checkUrl: (url: string) => Promise<void>;
  /** Told of each change once it is durable: what is now, and what was. */
  readonly onChange: (now: Subscription | undefined, before: Subscription | undefined) => void;
}

const stateName = 'telphin:events';
const mostOfExtension = 50;
const mostOfTenant = 2_000;

interface Saved {
  readonly lastId: number;
  readonly subscriptions: readonly Subscription[];
}

/** The events of a tenant's extensions to which its clients have subscribed. Ids are numbers that grow and are given once. */
export class Subscriptions {
  readonly #options: SubscriptionsOptions;
  #saved: Saved;

  constructor(options: SubscriptionsOptions) {
    this.#options = options;
    const text = options.store.state.get(options.tenant, stateName);
    this.#saved = text === undefined ? { lastId: 0, subscriptions: [] } : (JSON.parse(text) as Saved);
  }

  all(): readonly Subscription[] {
    return this.#saved.subscriptions;
  }

  list(extension: ExtensionNumber): readonly Subscription[] {
    return this.all().filter((each) => each.extension === extension);
  }

  /** Throws 404. */
  get(extension: ExtensionNumber, id: number): Subscription {
    const found = this.list(extension).find((each) => each.id === id);
    if (found === undefined) throw notFound();
    return found;
  }

  /** Throws 400 for an address that may not be delivered to, 429 for one more than there may be. */
  async add(wish: Omit<Subscription, 'id'>): Promise<Subscription> {
    await this.#check(wish.url);
    // After the look at the address, which takes its time: whatever was added meanwhile counts.
    if (this.all().length >= mostOfTenant || this.list(wish.extension).length >= mostOfExtension) {
      throw new TelphinError(429, `An extension has at most ${mostOfExtension} events.`);
    }
    const subscription = { ...wish, id: this.#saved.lastId + 1 };
    this.#write({ lastId: subscription.id, subscriptions: [...this.all(), subscription] });
    this.#options.onChange(subscription, undefined);
    return subscription;
  }

  async change(
    extension: ExtensionNumber,
    id: number,
    wish: Partial<Pick<Subscription, 'url' | 'type' | 'method'>>,
  ): Promise<Subscription> {
    if (wish.url !== undefined) await this.#check(wish.url);
    const before = this.get(extension, id);
    const now = { ...before, ...wish };
    this.#write({ ...this.#saved, subscriptions: this.all().map((each) => (each === before ? now : each)) });
    this.#options.onChange(now, before);
    return now;
  }

  remove(extension: ExtensionNumber, id: number): void {
    const before = this.get(extension, id);
    this.#write({ ...this.#saved, subscriptions: this.all().filter((each) => each !== before) });
    this.#options.onChange(undefined, before);
  }

  async #check(url: string): Promise<void> {
    try {
      await this.#options.checkUrl(url);
    } catch (error) {
      throw badRequest(error instanceof Error ? error.message : 'The url is not valid.', error);
    }
  }

  #write(saved: Saved): void {
    this.#options.store.state.put(this.#options.tenant, stateName, JSON.stringify(saved));
    this.#saved = saved;
  }
}
