import { GatewayError } from '../../model/errors.ts';
import type { Fact } from '../../model/fact.ts';
import type { Clock, Micros, Timers } from '../../model/time.ts';
import { sleep } from './sleep.ts';

const pingEveryMs = 5_000;
/** Without an answer for so long, what is known may be stale. */
const degradedAfterMs = 3_000;
/** And for so long after that, the connection is taken for dead. */
const stalledAfterMs = 12_000;

export interface Pulse {
  /** The PBX's name, for people. */
  readonly name: string;
  readonly clock: Clock;
  readonly timers: Timers;
  /** Asks something that is answered at once; rejects with `timed-out` when it was not in time. */
  ping(options: { readonly signal: AbortSignal; readonly timeoutMs: number }): Promise<unknown>;
  announce(fact: Fact): void;
  /** It was answered: asked then, in so long. */
  onAnswer(at: Micros, took: Micros): void;
  /** There is no answer any more. */
  onStalled(): void;
}

/** A PBX to which nothing happens says nothing: only a question tells a quiet one from a dead one. Ends with the signal. */
export const watchPulse = async (
  { name, clock, timers, ping, announce, onAnswer, onStalled }: Pulse,
  signal: AbortSignal,
): Promise<void> => {
  let isDegraded = false;
  while (await sleep(timers, pingEveryMs, signal)) {
    const askedAt = clock.now();
    const answer = ping({ signal, timeoutMs: degradedAfterMs + stalledAfterMs });
    const late = timers.after(degradedAfterMs, () => {
      isDegraded = true;
      announce({ type: 'pbx.degraded', at: clock.now(), reason: `${name} has not answered a ping for ${degradedAfterMs / 1_000} s.` });
    });
    try {
      await answer;
      onAnswer(askedAt, clock.now() - askedAt);
      if (isDegraded) announce({ type: 'pbx.recovered', at: clock.now() });
      isDegraded = false;
    } catch (error) {
      if (error instanceof GatewayError && error.code === 'timed-out') onStalled();
      // Otherwise the session has ended, which whoever runs it learns from the session itself.
    } finally {
      late();
    }
  }
};
