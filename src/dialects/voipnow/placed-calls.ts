import type { Identity, Scope } from '../../auth/auth.ts';
import type { Call } from '../../model/call.ts';
import type { CallId, KeyId, TenantId } from '../../model/ids.ts';
import type { Store } from '../../store/store.ts';
import { apiIdOf } from './project.ts';

/** For whom a call is ended when its time is over, as it can be kept. */
export interface LimitOwner {
  readonly key: KeyId;
  readonly name: string;
  readonly scopes: readonly Scope[];
}

/** What only this API knows of a call that it placed. */
export interface PlacedCall {
  readonly call: CallId;
  /** Under which it is known, where that is not its own: of several calls that are rung for one, the first's. */
  readonly apiId?: string;
  /** What the client gave it to know it again by. */
  readonly nonce?: string;
  /** After so many seconds of talk it is ended. */
  readonly limit?: { readonly seconds: number; readonly owner: LimitOwner };
}

const stateName = 'voipnow:placed';
/** Of calls placed longer ago nothing more is known than of any other call. */
const mostPlaced = 1_000;

/** The calls that the API placed, over restarts: by which ids they are known, and what the client said of them. */
export class PlacedCalls {
  readonly #tenant: TenantId;
  readonly #store: Store;
  readonly #calls: Map<CallId, PlacedCall>;

  constructor(tenant: TenantId, store: Store) {
    this.#tenant = tenant;
    this.#store = store;
    const text = store.state.get(tenant, stateName);
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
    this.#store.state.put(this.#tenant, stateName, JSON.stringify(this.all()));
  }

  /** The call's id as the vendor knows it: MakeCall's APIID, the id of phoneCalls, CallAPIID of its events. */
  apiIdOf(call: CallId): string {
    return this.#calls.get(call)?.apiId ?? apiIdOf(call);
  }

  /** Those of the calls that are known by the id, also after they absorbed the one that was. */
  find(calls: readonly Call[], apiId: string): readonly Call[] {
    return calls.filter(({ id, aliases }) => [id, ...aliases].some((each) => this.apiIdOf(each) === apiId));
  }
}

export const ownerOf = ({ key, name, scopes }: Identity): LimitOwner => ({ key, name, scopes: [...scopes] });
