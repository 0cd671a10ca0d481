import type { Clock, Micros } from '../../model/time.ts';

const hour: Micros = 3_600e6;

/** What every reply says of the client's limit. */
export interface Allowance {
  readonly limit: number;
  readonly remaining: number;
  /** Until it may make as many again. */
  readonly resetSeconds: number;
  readonly isExceeded: boolean;
}

/** So many requests an hour for each client, counted from its first. Clients are those of the configuration, so that there are few. */
export class RateLimit {
  readonly #clock: Clock;
  readonly #windows = new Map<string, { readonly since: Micros; used: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  spend(client: string, limit: number): Allowance {
    const now = this.#clock.now();
    const known = this.#windows.get(client);
    const window = known !== undefined && now - known.since < hour && now >= known.since ? known : { since: now, used: 0 };
    this.#windows.set(client, window);
    const isExceeded = window.used >= limit;
    if (!isExceeded) window.used += 1;
    return { limit, remaining: limit - window.used, resetSeconds: Math.ceil((window.since + hour - now) / 1e6), isExceeded };
  }
}

/** What is said to who is no client yet. */
export const untouched = (limit: number): Allowance => ({ limit, remaining: limit, resetSeconds: hour / 1e6, isExceeded: false });
