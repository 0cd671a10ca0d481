/** Something that is wanted now and then, by several perhaps, and done by one: being wanted twice before it is done is being wanted once. */
export class Wish {
  #isDue = false;
  #wake: () => void = () => undefined;

  /** Wants it. */
  make(): void {
    this.#isDue = true;
    this.#wake();
  }

  /** It is being done, or need not be. */
  settle(): void {
    this.#isDue = false;
  }

  /** Resolves when it is wanted; false when it was cut short by the signal. */
  async made(signal: AbortSignal): Promise<boolean> {
    while (!this.#isDue && !signal.aborted) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      const abort = (): void => resolve();
      signal.addEventListener('abort', abort, { once: true });
      await promise;
      signal.removeEventListener('abort', abort);
    }
    return !signal.aborted;
  }
}
