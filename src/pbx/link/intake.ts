/** What has come in and is not processed yet: bounded, in order, for one reader. */
export class Intake<Item> {
  readonly #maxBytes: number;
  readonly #onOverflow: () => void;
  #ready: Item[] = [];
  #readyBytes = 0;
  /** What waits behind the result of a resync that is being read; undefined when none is. */
  #held: Item[] | undefined;
  #heldBytes = 0;
  #closed = false;
  #wake: () => void = () => undefined;

  /** `onOverflow` is called when more than `maxBytes` wait; what waited is dropped then. */
  constructor(maxBytes: number, onOverflow: () => void) {
    this.#maxBytes = maxBytes;
    this.#onOverflow = onOverflow;
  }

  get bytes(): number {
    return this.#readyBytes + this.#heldBytes;
  }

  push(item: Item, bytes = 0): void {
    if (this.#closed) return;
    if (this.bytes + bytes > this.#maxBytes) {
      this.#ready = [];
      this.#readyBytes = 0;
      this.#held = undefined;
      this.#heldBytes = 0;
      this.#onOverflow();
    } else if (this.#held === undefined) {
      this.#ready.push(item);
      this.#readyBytes += bytes;
      this.#wake();
    } else {
      this.#held.push(item);
      this.#heldBytes += bytes;
    }
  }

  /** From now on what is pushed waits until `release`. */
  hold(): void {
    this.#held ??= [];
  }

  /** Hands out `first`, then what was pushed since `hold`. */
  release(first: readonly Item[]): void {
    this.#ready = [...this.#ready, ...first, ...(this.#held ?? [])];
    this.#readyBytes += this.#heldBytes;
    this.#held = undefined;
    this.#heldBytes = 0;
    this.#wake();
  }

  /** Forgets what was pushed since `hold`. */
  discardHeld(): void {
    this.#held = undefined;
    this.#heldBytes = 0;
  }

  /** Everything that is ready, at least one item; undefined once it is closed and empty. */
  async take(): Promise<readonly Item[] | undefined> {
    while (this.#ready.length === 0) {
      if (this.#closed) return undefined;
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      await promise;
    }
    const items = this.#ready;
    this.#ready = [];
    this.#readyBytes = 0;
    return items;
  }

  /** What is ready can still be taken; nothing more is accepted. */
  close(): void {
    this.#closed = true;
    this.discardHeld();
    this.#wake();
  }
}
