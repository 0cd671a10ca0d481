import type { Cursor } from '../../model/cursor.ts';
import type { TenantId } from '../../model/ids.ts';
import { isoTime, type Micros } from '../../model/time.ts';
import type { Gateway } from '../gateway.ts';
import { noResource, RingCentralError } from './errors.ts';
import { Selection, type Aside, type SelectionOptions } from './notifications.ts';
import type { Delivery, Owner, ParsedFilters, Subscription } from './subscription.ts';
import { SubscriptionBook } from './subscription-book.ts';
import { uuidOf } from './uuid.ts';
import type { WebHookTransport } from './webhooks.ts';

export interface NewSubscription extends ParsedFilters {
  readonly id: string;
  readonly delivery: Delivery;
  readonly seconds: number;
  /** Where the log was when it was asked for. */
  readonly from: Cursor;
}

export interface SubscriptionChange {
  readonly filters?: ParsedFilters;
  readonly seconds?: number;
  /** The same way, encrypted from now on. */
  readonly delivery?: Delivery;
}

export interface SubscriptionsOptions {
  readonly tenant: TenantId;
  readonly gateway: Pick<Gateway, 'store' | 'secrets' | 'clock' | 'newId' | 'timers' | 'log'>;
  readonly source: SelectionOptions['source'];
  readonly webhooks: WebHookTransport;
  /** The resource, as a reminder shows it. */
  readonly render: (subscription: Subscription) => object;
}

const sweepMs = 1_000;

/** The subscriptions of one account, kept over restarts; each is visible to its user with its client alone. */
export class Subscriptions {
  readonly #options: SubscriptionsOptions;
  readonly #book: SubscriptionBook;
  readonly #selections = new Map<string, Selection>();
  readonly #ended = new Set<(subscription: Subscription) => void>();
  readonly #reminders = new Set<(subscription: Subscription, aside: Aside) => void>();
  /** When each that is to be reminded of was it last. */
  readonly #remindedAt = new Map<string, Micros>();
  #cancelSweep: () => void = () => undefined;

  constructor(options: SubscriptionsOptions) {
    this.#options = options;
    const { gateway, tenant } = options;
    this.#book = new SubscriptionBook({ store: gateway.store, secrets: gateway.secrets, tenant });
    for (const subscription of this.#book.all()) this.#start(subscription);
    this.#sweepLater();
  }

  /** An id for one that is to be made: it is told of in the handshake before there is a subscription. */
  newId(): string {
    return uuidOf(this.#options.gateway.newId.token());
  }

  /** Throws SUB-505 if the user has too many of them with this client. */
  create({ extension, client }: Owner, wish: NewSubscription): Subscription {
    const now = this.#options.gateway.clock.now();
    const { most } = this.#options.source.options.subscriptions;
    if (this.#book.of(extension).filter((each) => each.client === client).length >= most) {
      throw new RingCentralError('SUB-505', 'Subscriptions limit exceeded');
    }
    const subscription = { ...wish, extension, client, createdAt: now, expiresAt: now + wish.seconds * 1_000_000 };
    this.#book.put(subscription);
    this.#start(subscription, wish.from);
    return subscription;
  }

  list({ extension, client }: Owner): readonly Subscription[] {
    return this.#book.of(extension).filter((each) => each.client === client && this.#isLive(each));
  }

  /** Throws CMN-102 for one that is not there, or not the asker's. */
  get(asker: Owner, id: string): Subscription {
    const found = this.#book.get(id);
    const isOwn = found?.extension === asker.extension && found.client === asker.client;
    if (found === undefined || !isOwn || !this.#isLive(found)) throw noResource('subscriptionId');
    return found;
  }

  /** Begins its time anew; what is changed takes the place of what it has. */
  renew(subscription: Subscription, change: SubscriptionChange = {}): Subscription {
    const seconds = change.seconds ?? subscription.seconds;
    const expiresAt = this.#options.gateway.clock.now() + seconds * 1_000_000;
    const { delivery = subscription.delivery } = change;
    const renewed = { ...subscription, ...change.filters, delivery, seconds, expiresAt };
    this.#book.put(renewed);
    if (change.filters !== undefined) {
      this.#selections.delete(renewed.id);
      if (renewed.delivery.transport === 'WebHook') this.#start(renewed);
    }
    return renewed;
  }

  remove(subscription: Subscription): void {
    this.#book.remove(subscription);
    this.#selections.delete(subscription.id);
    this.#remindedAt.delete(subscription.id);
    if (subscription.delivery.transport === 'WebHook') this.#options.webhooks.stop(subscription.id);
    for (const listener of this.#ended) listener(subscription);
  }

  /** One that lives, whoever's, by its channel or session: a secret of its transport. */
  named(name: string): Subscription | undefined {
    const found = this.#book.byName(name);
    return found !== undefined && this.#isLive(found) ? found : undefined;
  }

  all(): readonly Subscription[] {
    return this.#book.all().filter((each) => this.#isLive(each));
  }

  /** Told of each that was deleted or has run out. */
  onEnded(listener: (subscription: Subscription) => void): () => void {
    this.#ended.add(listener);
    return () => this.#ended.delete(listener);
  }

  /** Told of each that is near its end, with what its subscriber is to be told. */
  onReminder(listener: (subscription: Subscription, aside: Aside) => void): () => void {
    this.#reminders.add(listener);
    return () => this.#reminders.delete(listener);
  }

  /** What it is told, by its filters as they are now. */
  selection({ id }: Subscription): Selection {
    const known = this.#selections.get(id);
    if (known !== undefined) return known;
    const { source } = this.#options;
    const subscription = this.#book.get(id);
    const ownerId = subscription === undefined ? '' : String(source.ids.extension(subscription.extension));
    const selection = new Selection({
      source,
      subscriptionId: id,
      ownerId,
      filters: subscription?.filters ?? [],
      from: subscription?.from,
    });
    if (subscription !== undefined) this.#selections.set(id, selection);
    return selection;
  }

  /** Safe to call twice. */
  close(): void {
    this.#cancelSweep();
    this.#options.webhooks.close();
  }

  #start(subscription: Subscription, from?: Cursor): void {
    const { id, delivery } = subscription;
    if (delivery.transport !== 'WebHook') return;
    const { webhooks, source } = this.#options;
    const { notices, engine } = source;
    webhooks.start(
      { id, ...delivery },
      {
        read: async (seq, limit) => {
          const page = await this.selection(subscription).read({ seq, place: Number.MAX_SAFE_INTEGER }, limit);
          if (page !== undefined) return { ...page, told: page.told.map((each) => ({ ...each, text: () => each.text(isoTime(each.at)) })) };
          const { head, floor } = notices.view();
          const { epoch } = engine.cursor();
          return { gap: 'retention', asked: { epoch, seq }, oldest: { epoch, seq: floor }, head: { epoch, seq: head } };
        },
        head: () => ({ epoch: engine.cursor().epoch, seq: notices.view().head }),
        onMore: (listener) => this.#onMore(subscription, listener),
      },
      from,
    );
  }

  #onMore(subscription: Subscription, listener: () => void): () => void {
    const stop = new AbortController();
    const follow = async (): Promise<void> => {
      while (!stop.signal.aborted) {
        await this.#options.source.notices.next(this.selection(subscription).keys, stop.signal);
        if (!stop.signal.aborted) listener();
      }
    };
    void follow();
    return () => stop.abort();
  }

  #isLive({ expiresAt }: Subscription): boolean {
    return expiresAt > this.#options.gateway.clock.now();
  }

  #sweepLater(): void {
    this.#cancelSweep = this.#options.gateway.timers.after(sweepMs, () => {
      for (const subscription of this.#book.all()) {
        if (this.#isLive(subscription)) this.#remind(subscription);
        else this.remove(subscription);
      }
      this.#sweepLater();
    });
  }

  #remind(subscription: Subscription): void {
    const { id, filters, expiresAt } = subscription;
    const filter = filters.find(({ kind }) => kind === 'reminder');
    if (filter?.kind !== 'reminder') return;
    const now = this.#options.gateway.clock.now();
    const last = this.#remindedAt.get(id);
    if (expiresAt - now > filter.threshold * 1e6) {
      this.#remindedAt.delete(id);
    } else if (last === undefined || now - last >= filter.interval * 1e6) {
      this.#remindedAt.set(id, now);
      const body = JSON.stringify(this.#options.render(subscription));
      const aside = this.selection(subscription).aside(filter.text, now, isoTime(now), body);
      if (subscription.delivery.transport === 'WebHook') this.#options.webhooks.tell(id, aside.text);
      for (const listener of this.#reminders) listener(subscription, aside);
    }
  }
}
