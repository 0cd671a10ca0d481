import { GatewayError } from '../model/errors.ts';
import type { Clock, Micros, Timers } from '../model/time.ts';

/**
 * Slows down whoever guesses a password: after a few failures in a row each further attempt waits before it is looked at, longer
 * each time. Nobody is locked out: so nobody can lock another out. `who` is what is guessed for, a name or an address.
 */
export interface Brake {
  /** Waits as long as the failures before it demand. Throws `too-many-requests` when too many wait, or the signal's reason. */
  before(who: string, signal?: AbortSignal): Promise<void>;
  failed(who: string): void;
  /** All is forgotten. */
  succeeded(who: string): void;
}

export interface BrakeOptions {
  readonly clock: Clock;
  readonly timers: Timers;
}

const freeFailures = 5;
const firstWaitMs = 500;
const longestWaitMs = 8_000;
const forgottenAfter: Micros = 15 * 60 * 1_000_000;
const mostKnown = 10_000;
const mostWaiting = 100;

export const createBrake = ({ clock, timers }: BrakeOptions): Brake => {
  // In the order of their last failure: the oldest are forgotten first.
  const known = new Map<string, { readonly failures: number; readonly at: Micros }>();
  let waiting = 0;

  const failuresOf = (who: string): number => {
    const entry = known.get(who);
    if (entry === undefined) return 0;
    if (clock.now() - entry.at < forgottenAfter) return entry.failures;
    known.delete(who);
    return 0;
  };

  return {
    before: async (who, signal) => {
      const excess = failuresOf(who) - freeFailures;
      if (excess < 0) return;
      if (waiting >= mostWaiting) throw new GatewayError('too-many-requests', {});
      waiting += 1;
      try {
        await pause(timers, Math.min(longestWaitMs, firstWaitMs * 2 ** excess), signal);
      } finally {
        waiting -= 1;
      }
    },
    failed: (who) => {
      const failures = failuresOf(who) + 1;
      known.delete(who);
      known.set(who, { failures, at: clock.now() });
      if (known.size <= mostKnown) return;
      const [oldest] = known.keys();
      if (oldest !== undefined) known.delete(oldest);
    },
    succeeded: (who) => void known.delete(who),
  };
};

const pause = (timers: Timers, ms: number, signal: AbortSignal | undefined): Promise<void> =>
  new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const stop = (): void => {
      cancel();
      reject(signal?.reason instanceof Error ? signal.reason : new GatewayError('shutting-down'));
    };
    const cancel = timers.after(ms, () => {
      signal?.removeEventListener('abort', stop);
      resolve();
    });
    signal?.addEventListener('abort', stop, { once: true });
  });
