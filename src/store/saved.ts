import type { TenantId } from '../model/ids.ts';
import type { Store } from './store.ts';

/**
 * A tenant's value that outlives a restart: JSON under a name that nobody else uses. It is read once, when it is made; whoever reads
 * on is spared the disk. What was written by an older version is the owner's to understand, for nothing checks its shape.
 */
export class Saved<Value> {
  readonly #state: Store['state'];
  readonly #tenant: TenantId;
  readonly #name: string;
  #value: Value;

  /** `initial` holds until the first `put`. */
  constructor({ state }: Pick<Store, 'state'>, tenant: TenantId, name: string, initial: Value) {
    this.#state = state;
    this.#tenant = tenant;
    this.#name = name;
    const text = state.get(tenant, name);
    this.#value = text === undefined ? initial : (JSON.parse(text) as Value);
  }

  get value(): Value {
    return this.#value;
  }

  /** Throws as the store does; then the value is as it was. */
  put(value: Value): void {
    this.#state.put(this.#tenant, this.#name, JSON.stringify(value));
    this.#value = value;
  }
}
