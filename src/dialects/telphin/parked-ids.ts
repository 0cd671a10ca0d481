import type { CallId, TenantId } from '../../model/ids.ts';
import type { Store } from '../../store/store.ts';

const stateName = 'telphin:parked';
const mostKept = 1_000;

/**
 * By which UUID a client knows the calls that it parked: that of the call_api_id with which it parked them. After a merge a call
 * answers to several, and the client shall find the one that it used.
 */
export class ParkedIds {
  readonly #store: Store;
  readonly #tenant: TenantId;
  readonly #idOf: (call: CallId) => string;
  readonly #ids: Map<string, string>;

  /** `idOf`: the UUID that a call has anyway. */
  constructor(store: Store, tenant: TenantId, idOf: (call: CallId) => string) {
    this.#store = store;
    this.#tenant = tenant;
    this.#idOf = idOf;
    const saved = store.state.get(tenant, stateName);
    this.#ids = new Map(saved === undefined ? [] : (JSON.parse(saved) as readonly [string, string][]));
  }

  of(call: CallId): string {
    return this.#ids.get(call) ?? this.#idOf(call);
  }

  /** Remembers it where it is not the one that the call has anyway. */
  remember(call: CallId, apiUuid: string): void {
    if (apiUuid === this.#idOf(call)) return;
    this.#ids.delete(call);
    this.#ids.set(call, apiUuid);
    for (const oldest of this.#ids.keys()) {
      if (this.#ids.size <= mostKept) break;
      this.#ids.delete(oldest);
    }
    this.#store.state.put(this.#tenant, stateName, JSON.stringify([...this.#ids]));
  }
}
