import type { Secrets } from '../../auth/secrets.ts';
import type { ExtensionNumber, TenantId } from '../../model/ids.ts';
import type { Store } from '../../store/store.ts';
import type { Subscription } from './subscription.ts';

export interface SubscriptionBookOptions {
  readonly store: Store;
  readonly secrets: Secrets;
  readonly tenant: TenantId;
}

const owners = 'ringcentral:subscribers';
const stateOf = (extension: ExtensionNumber): string => `ringcentral:subscriptions:${extension}`;

/**
 * Subscriptions in memory and in the store. Each extension's lie together, sealed: with them are the secrets of their
 * receivers. A change writes those of one extension.
 */
export class SubscriptionBook {
  readonly #options: SubscriptionBookOptions;
  readonly #byId = new Map<string, Subscription>();
  readonly #byOwner = new Map<ExtensionNumber, Map<string, Subscription>>();
  /** By the channel or the session by which a transport knows it. */
  readonly #byName = new Map<string, Subscription>();

  constructor(options: SubscriptionBookOptions) {
    this.#options = options;
    const { store, secrets, tenant } = options;
    const extensions = JSON.parse(store.state.get(tenant, owners) ?? '[]') as readonly ExtensionNumber[];
    for (const extension of extensions) {
      const sealed = store.state.get(tenant, stateOf(extension));
      if (sealed === undefined) continue;
      const saved = JSON.parse(secrets.open(sealed, stateOf(extension))) as readonly Subscription[];
      for (const subscription of saved) this.#index(subscription);
    }
  }

  get(id: string): Subscription | undefined {
    return this.#byId.get(id);
  }

  byName(name: string): Subscription | undefined {
    return this.#byName.get(name);
  }

  /** Oldest first. */
  of(extension: ExtensionNumber): readonly Subscription[] {
    return [...(this.#byOwner.get(extension)?.values() ?? [])];
  }

  all(): readonly Subscription[] {
    return [...this.#byId.values()];
  }

  put(subscription: Subscription): void {
    const isNew = !this.#byOwner.has(subscription.extension);
    this.#index(subscription);
    this.#write(subscription.extension);
    if (isNew) this.#writeOwners();
  }

  remove({ id, extension }: Subscription): void {
    const known = this.#byId.get(id);
    if (known === undefined) return;
    this.#byId.delete(id);
    this.#byOwner.get(extension)?.delete(id);
    const name = nameOf(known);
    if (name !== undefined) this.#byName.delete(name);
    this.#write(extension);
    if (this.#byOwner.get(extension)?.size !== 0) return;
    this.#byOwner.delete(extension);
    this.#writeOwners();
  }

  #index(subscription: Subscription): void {
    const { id, extension } = subscription;
    this.#byId.set(id, subscription);
    const own = this.#byOwner.get(extension);
    if (own === undefined) this.#byOwner.set(extension, new Map([[id, subscription]]));
    else own.set(id, subscription);
    const name = nameOf(subscription);
    if (name !== undefined) this.#byName.set(name, subscription);
  }

  #write(extension: ExtensionNumber): void {
    const { store, secrets, tenant } = this.#options;
    const own = this.of(extension);
    const name = stateOf(extension);
    if (own.length === 0) store.state.delete(tenant, name);
    else store.state.put(tenant, name, secrets.seal(JSON.stringify(own), name));
  }

  #writeOwners(): void {
    const { store, tenant } = this.#options;
    store.state.put(tenant, owners, JSON.stringify([...this.#byOwner.keys()]));
  }
}

const nameOf = ({ delivery }: Subscription): string | undefined => {
  switch (delivery.transport) {
    case 'PubNub':
      return delivery.channel;
    case 'WebSocket':
      return delivery.session;
    case 'WebHook':
      return undefined;
    default:
      return delivery satisfies never;
  }
};
