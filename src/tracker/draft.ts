import type { Map as PersistentMap } from 'immutable';

/** A persistent map with the changes of one fact in front of it: a key that changes ten times costs the persistent map one update. */
export class Draft<Key extends string, Value> {
  readonly #kind: string;
  #base: PersistentMap<Key, Value>;
  readonly #changed = new Map<Key, Value | undefined>();
  readonly #touched = new Set<Key>();

  /** `kind` names the rows that these values are saved in. */
  constructor(kind: string, base: PersistentMap<Key, Value>) {
    this.#kind = kind;
    this.#base = base;
  }

  get(key: Key): Value | undefined {
    return this.#changed.size > 0 && this.#changed.has(key) ? this.#changed.get(key) : this.#base.get(key);
  }

  set(key: Key, value: Value): void {
    this.#changed.set(key, value);
  }

  delete(key: Key): void {
    this.#changed.set(key, undefined);
  }

  /** All of it as it is now. */
  finish(): PersistentMap<Key, Value> {
    let map = this.#base;
    for (const [key, value] of this.#changed) {
      this.#touched.add(key);
      map = value === undefined ? map.delete(key) : map.set(key, value);
    }
    this.#changed.clear();
    this.#base = map;
    return map;
  }

  /** The rows that changed, so far as `finish` has seen. */
  rows(): readonly string[] {
    return this.#touched.size === 0 ? none : Array.from(this.#touched, (key) => `${this.#kind}/${key}`);
  }
}

const none: readonly string[] = [];
