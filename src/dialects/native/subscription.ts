/**
 * What a reader gets, from the first page of its history until it ends. Once it is live it holds nothing but how to leave: of
 * thousands of readers that only wait each byte counts.
 */
export class Subscription {
  #replay: AbortController | undefined;
  #leave: (() => void) | undefined;
  isEnded = false;

  get isLive(): boolean {
    return this.#leave !== undefined;
  }

  /** Aborts when the subscription ends before it is live. */
  get signal(): AbortSignal {
    this.#replay ??= new AbortController();
    if (this.isEnded) this.#replay.abort();
    return this.#replay.signal;
  }

  goLive(leave: () => void): void {
    this.#replay = undefined;
    if (this.isEnded) leave();
    else this.#leave = leave;
  }

  end(): void {
    this.isEnded = true;
    this.#replay?.abort();
    this.#leave?.();
    this.#leave = undefined;
  }
}
