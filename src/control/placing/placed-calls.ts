import type { Identity, Scope } from '../../auth/auth.ts';
import type { Call } from '../../model/call.ts';
import type { CallId, ExtensionNumber, KeyId, TenantId } from '../../model/ids.ts';
import { Saved } from '../../store/saved.ts';
import type { Store } from '../../store/store.ts';

/** For whom something is done with a placed call later, as it can be kept. */
export interface PlacedFor {
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
  /** Whose wish it was, where that is not whose phone was rung. */
  readonly behalf?: ExtensionNumber;
  /** Keys that are pressed when the two parties hear each other. */
  readonly digits?: { readonly keys: string; readonly owner: PlacedFor } | 'pressed';
  /** After so many seconds of talk it is ended. */
  readonly limit?: { readonly seconds: number; readonly owner: PlacedFor };
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
  /** The newest last. */
  readonly #saved: Saved<readonly PlacedCall[]>;
  #calls: ReadonlyMap<CallId, PlacedCall>;

  constructor(options: PlacedCallsOptions) {
    this.#options = options;
    this.#saved = new Saved<readonly PlacedCall[]>(options.store, options.tenant, options.name, []);
    this.#calls = byId(this.all());
  }

  all(): readonly PlacedCall[] {
    return this.#saved.value;
  }

  get(call: CallId): PlacedCall | undefined {
    return this.#calls.get(call);
  }

  /** Adds to what is known of a call. */
  note(placed: PlacedCall): void {
    const others = this.all().filter(({ call }) => call !== placed.call);
    this.#saved.put([...others, { ...this.get(placed.call), ...placed }].slice(-mostPlaced));
    this.#calls = byId(this.all());
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

const byId = (calls: readonly PlacedCall[]): ReadonlyMap<CallId, PlacedCall> => new Map(calls.map((placed) => [placed.call, placed]));

export const ownerOf = ({ key, name, scopes }: Identity): PlacedFor => ({ key, name, scopes: [...scopes] });

/** Who asks when it is done. */
export const identityOf = (tenant: TenantId, { key, name, scopes }: PlacedFor): Identity => ({
  tenant,
  key,
  name,
  scopes: new Set(scopes),
});
