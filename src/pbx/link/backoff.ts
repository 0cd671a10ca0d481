const steadyMs = 5_000;
const firstPauseMs = 250;
const longestPauseMs = 5_000;
/** After a refused login: soon enough for an operator who is mending it, too seldom for a ban. */
const loginPauseMs = 30_000;

/** How long to wait before the next connection: not at all after a steady one, else ever longer, a little different each time. */
export class Backoff {
  readonly #random: () => number;
  #failures = 0;

  /** `random`: from 0 up to 1; spreads the reconnects of several gateways. */
  constructor(random: () => number) {
    this.#random = random;
  }

  /** Milliseconds; 0 after a connection that was live for long enough. */
  pauseAfter({ liveMs, wasRefused }: { readonly liveMs: number; readonly wasRefused: boolean }): number {
    // A link that breaks as soon as it is made must not be made in a tight loop.
    this.#failures = liveMs > steadyMs ? 0 : this.#failures + 1;
    if (this.#failures === 0) return 0;
    const longest = wasRefused ? loginPauseMs : Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(this.#failures - 1, 10));
    return longest * (0.5 + this.#random() / 2);
  }
}
