import type { Map as PersistentMap } from 'immutable';

/** A persistent map with the changes of one fact in front of it: a key that changes ten times costs the persistent map one update. */
export class Draft<Key extends string, Value> {
  readonly #kind: string;
  #base: PersistentMap<Key, Value>;
  /** Made when first needed: most facts change one or two of a state's maps, and many none. */
  #changed: Map<Key, Value | undefined> | undefined;
  #touched: Set<Key> | undefined;

  /** `kind` names the rows that these values are saved in. */
  constructor(kind: string, base: PersistentMap<Key, Value>) {
    this.#kind = kind;
    this.#base = base;
  }

  get(key: Key): Value | undefined {
    const changed = this.#changed;
    return changed !== undefined && changed.has(key) ? changed.get(key) : this.#base.get(key);
  }

  set(key: Key, value: Value): void {
    this.#changed ??= new Map();
    this.#changed.set(key, value);
  }

  delete(key: Key): void {
    this.#changed ??= new Map();
    this.#changed.set(key, undefined);
  }

  /** All of it as it is now. */
  finish(): PersistentMap<Key, Value> {
    if (this.#changed === undefined) return this.#base;
    this.#touched ??= new Set();
    let map = this.#base;
    for (const [key, value] of this.#changed) {
      this.#touched.add(key);
      map = value === undefined ? map.delete(key) : map.set(key, value);
    }
    this.#changed = undefined;
    this.#base = map;
    return map;
  }

  /** Adds the names of the rows that changed, so far as `finish` has seen. */
  addRows(rows: string[]): void {
    if (this.#touched !== undefined) for (const key of this.#touched) rows.push(`${this.#kind}/${key}`);
  }
}
