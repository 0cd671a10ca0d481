import type { CallId, TenantId } from '../../model/ids.ts';
import { Saved } from '../../store/saved.ts';
import type { Store } from '../../store/store.ts';

const stateName = 'telphin:parked';
const mostKept = 1_000;

/**
 * By which UUID a client knows the calls that it parked: that of the call_api_id with which it parked them. After a merge a call
 * answers to several, and the client shall find the one that it used.
 */
export class ParkedIds {
  readonly #idOf: (call: CallId) => string;
  /** The newest last. */
  readonly #saved: Saved<readonly (readonly [CallId, string])[]>;
  #ids: ReadonlyMap<CallId, string>;

  /** `idOf`: the UUID that a call has anyway. */
  constructor(store: Store, tenant: TenantId, idOf: (call: CallId) => string) {
    this.#idOf = idOf;
    this.#saved = new Saved<readonly (readonly [CallId, string])[]>(store, tenant, stateName, []);
    this.#ids = new Map(this.#saved.value);
  }

  of(call: CallId): string {
    return this.#ids.get(call) ?? this.#idOf(call);
  }

  /** Remembers it where it is not the one that the call has anyway. */
  remember(call: CallId, apiUuid: string): void {
    if (apiUuid === this.#idOf(call)) return;
    const others = this.#saved.value.filter(([each]) => each !== call);
    this.#saved.put([...others, [call, apiUuid] as const].slice(-mostKept));
    this.#ids = new Map(this.#saved.value);
  }
}
