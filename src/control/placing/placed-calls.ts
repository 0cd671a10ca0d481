import type { Identity, Scope } from '../../auth/auth.ts';
import type { Call } from '../../model/call.ts';
import type { CallId, KeyId, TenantId } from '../../model/ids.ts';
import type { Store } from '../../store/store.ts';

/** For whom a call is ended when its time is over, as it can be kept. */
export interface LimitOwner {
  readonly key: KeyId;
  readonly name: string;
  readonly scopes: readonly Scope[];
}

/** What only those who had a call placed know of it. */
export interface PlacedCall {
  readonly call: CallId;
  /** Of several calls that are rung for one: the first, under whose id all of them are known. */
  readonly knownAs?: CallId;
  /** What the client gave it to know it again by. */
  readonly nonce?: string;
  /** After so many seconds of talk it is ended. */
  readonly limit?: { readonly seconds: number; readonly owner: LimitOwner };
}

export interface PlacedCallsOptions {
  readonly tenant: TenantId;
  readonly store: Store;
  /** Under which they are kept: `voipnow:placed`. */
  readonly name: string;
  /** The id by which clients know a call. */
  readonly idOf: (call: CallId) => string;
}

/** Of calls placed longer ago nothing more is known than of any other call. */
const mostPlaced = 1_000;

/** The calls that an API placed, over restarts: by which ids its clients know them, and what they said of them. */
export class PlacedCalls {
  readonly #options: PlacedCallsOptions;
  readonly #calls: Map<CallId, PlacedCall>;

  constructor(options: PlacedCallsOptions) {
    this.#options = options;
    const text = options.store.state.get(options.tenant, options.name);
    const saved = text === undefined ? [] : (JSON.parse(text) as readonly PlacedCall[]);
    this.#calls = new Map(saved.map((placed) => [placed.call, placed]));
  }

  all(): readonly PlacedCall[] {
    return [...this.#calls.values()];
  }

  get(call: CallId): PlacedCall | undefined {
    return this.#calls.get(call);
  }

  /** Adds to what is known of a call. */
  note(placed: PlacedCall): void {
    const known = this.#calls.get(placed.call);
    // The newest stand last.
    this.#calls.delete(placed.call);
    this.#calls.set(placed.call, { ...known, ...placed });
    const [oldest] = this.#calls.keys();
    if (this.#calls.size > mostPlaced && oldest !== undefined) this.#calls.delete(oldest);
    const { store, tenant, name } = this.#options;
    store.state.put(tenant, name, JSON.stringify(this.all()));
  }

  /** The call under whose id this one is known: itself, or the first of those that were rung together. */
  knownAs(call: CallId): CallId {
    return this.#calls.get(call)?.knownAs ?? call;
  }

  /** The call's id as its clients know it. */
  idOf(call: CallId): string {
    return this.#options.idOf(this.knownAs(call));
  }

  /** Those of the calls that are known by the id, also after they absorbed the one that was. */
  find(calls: readonly Call[], wanted: string): readonly Call[] {
    return calls.filter(({ id, aliases }) => [id, ...aliases].some((each) => this.idOf(each) === wanted));
  }
}

export const ownerOf = ({ key, name, scopes }: Identity): LimitOwner => ({ key, name, scopes: [...scopes] });
