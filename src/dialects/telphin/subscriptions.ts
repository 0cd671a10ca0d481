import type { ExtensionNumber, TenantId } from '../../model/ids.ts';
import { Saved } from '../../store/saved.ts';
import type { Store } from '../../store/store.ts';
import { badRequest, notFound, TelphinError } from './errors.ts';
import type { Subscription } from './schema.ts';

export interface SubscriptionsOptions {
  readonly tenant: TenantId;
  readonly store: Store;
  /** Throws `invalid-parameter` or `address-refused`. */
  readonly checkUrl: (url: string) => Promise<void>;
  /** Where the tenant's log ends now. */
  readonly head: () => number;
  /** Told whose have changed, once it is durable; the client's as a whole when undefined. */
  readonly onChange: (extension: ExtensionNumber | undefined) => void;
}

const stateName = 'telphin:events';
const mostOfExtension = 50;
const mostOfTenant = 2_000;

type Wish = Pick<Subscription, 'url' | 'type' | 'method'>;

interface Book {
  readonly lastId: number;
  readonly subscriptions: readonly Subscription[];
}

/** The events of a tenant's extensions, or of all of them, to which its clients have subscribed. Ids are numbers that grow and are given once. */
export class Subscriptions {
  readonly #options: SubscriptionsOptions;
  readonly #book: Saved<Book>;

  constructor(options: SubscriptionsOptions) {
    this.#options = options;
    this.#book = new Saved<Book>(options.store, options.tenant, stateName, { lastId: 0, subscriptions: [] });
    this.#takeOver();
  }

  /** Those that were kept before they had a place begin now, in their order. */
  #takeOver(): void {
    const kept: readonly (Omit<Subscription, 'after' | 'rank'> & Partial<Subscription>)[] = this.all();
    if (kept.every(({ rank }) => rank !== undefined)) return;
    const placed: Subscription[] = [];
    for (const each of kept) placed.push(this.#placed(each, placed));
    this.#book.put({ ...this.#book.value, subscriptions: placed });
  }

  all(): readonly Subscription[] {
    return this.#book.value.subscriptions;
  }

  /** Those of an extension, or of the client as a whole. */
  list(extension: ExtensionNumber | undefined): readonly Subscription[] {
    return this.all().filter((each) => each.extension === extension);
  }

  /** Throws 404. */
  get(extension: ExtensionNumber | undefined, id: number): Subscription {
    const found = this.list(extension).find((each) => each.id === id);
    if (found === undefined) throw notFound();
    return found;
  }

  /** Throws 400 for an address that may not be delivered to, 429 for one more than there may be. */
  async add(wish: Wish & Pick<Subscription, 'extension'>): Promise<Subscription> {
    await this.#check(wish.url);
    // After the look at the address, which takes its time: whatever was added meanwhile counts.
    if (this.all().length >= mostOfTenant || this.list(wish.extension).length >= mostOfExtension) {
      throw new TelphinError(429, `An extension, and the client as a whole, has at most ${mostOfExtension} events.`);
    }
    const subscription = this.#placed({ ...wish, id: this.#book.value.lastId + 1 });
    this.#write({ lastId: subscription.id, subscriptions: [...this.all(), subscription] }, wish.extension);
    return subscription;
  }

  async change(extension: ExtensionNumber | undefined, id: number, wish: Partial<Wish>): Promise<Subscription> {
    if (wish.url !== undefined) await this.#check(wish.url);
    const before = this.get(extension, id);
    const wanted = { ...before, ...wish };
    const now = isSameStory(before, wanted) ? wanted : this.#placed(wanted);
    this.#write({ ...this.#book.value, subscriptions: this.all().map((each) => (each === before ? now : each)) }, extension);
    return now;
  }

  remove(extension: ExtensionNumber | undefined, id: number): void {
    const before = this.get(extension, id);
    this.#write({ ...this.#book.value, subscriptions: this.all().filter((each) => each !== before) }, extension);
  }

  async #check(url: string): Promise<void> {
    try {
      await this.#options.checkUrl(url);
    } catch (error) {
      throw badRequest(error instanceof Error ? error.message : 'The url is not valid.', error);
    }
  }

  /** It begins with what happens from now on. */
  #placed(wanted: Omit<Subscription, 'after' | 'rank'>, among = this.all()): Subscription {
    const taken = among
      .filter((each) => each.extension === wanted.extension && each.id !== wanted.id && isSameStory(each, wanted))
      .map(({ rank }) => rank);
    let rank = 0;
    while (taken.includes(rank)) rank += 1;
    return { ...wanted, after: this.#options.head(), rank };
  }

  #write(book: Book, extension: ExtensionNumber | undefined): void {
    this.#book.put(book);
    this.#options.onChange(extension);
  }
}

/** Whether both tell the same receiver of the same event. */
const isSameStory = (one: Wish, other: Wish): boolean =>
  one.type === other.type && one.method === other.method && receiverOf(one) === receiverOf(other);

/** The server that is told, whatever the path there. */
export const receiverOf = ({ url }: Pick<Subscription, 'url'>): string => new URL(url).origin;
