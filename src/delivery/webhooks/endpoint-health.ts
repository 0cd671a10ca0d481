import type { Micros } from '../../model/time.ts';
import type { Progress } from './progress.ts';
import type { AttemptFailure, DeliveryPolicy, EndpointView, pauseReasons } from './webhook-engine.ts';

export type PauseReason = (typeof pauseReasons)[number];

const longestRetryAfterMs = 3_600_000;
/** HTTP's word for an endpoint that will not come back. */
const gone = 410;

/** A failed attempt, as far as it says something of the endpoint. */
export interface Failed {
  readonly failure: AttemptFailure;
  readonly status?: number;
  readonly retryAfterMs?: number;
}

/** Whether an endpoint may be delivered to now: what people, failures and successes have made of it. Waits for nothing and sends nothing. */
export class EndpointHealth {
  #paused: Progress['paused'];
  #since: Micros;
  #failingSince: Micros | undefined;
  #lastFailure: string | undefined;
  #heldUntil: Micros = 0;

  constructor({ paused, since }: Pick<Progress, 'paused' | 'since'>) {
    this.#paused = paused;
    this.#since = since;
  }

  get isPaused(): boolean {
    return this.#paused !== undefined;
  }

  /** Whether the pause is one that a success ends: nobody asked for it, and the endpoint did not say goodbye. */
  get isProbed(): boolean {
    return this.#paused?.reason === 'failing' || this.#paused?.reason === 'backlog';
  }

  /** Until then the endpoint asked to be left alone. */
  get heldUntil(): Micros {
    return this.#heldUntil;
  }

  saved(): Pick<Progress, 'paused' | 'since'> {
    return { ...(this.#paused === undefined ? undefined : { paused: this.#paused }), since: this.#since };
  }

  view(): Pick<EndpointView, 'status' | 'reason' | 'detail' | 'since'> {
    const detail = this.#paused?.detail ?? (this.#failingSince === undefined ? undefined : this.#lastFailure);
    return {
      status: this.#paused === undefined ? 'active' : 'paused',
      ...(this.#paused === undefined ? undefined : { reason: this.#paused.reason }),
      ...(detail === undefined ? undefined : { detail }),
      since: this.#since,
    };
  }

  pause(now: Micros, reason: PauseReason, detail?: string): void {
    this.#paused = { reason, ...(detail === undefined ? undefined : { detail }) };
    this.#since = now;
  }

  /** False if it was not paused; what failed before is forgotten in any case. */
  resume(now: Micros): boolean {
    const wasPaused = this.#paused !== undefined;
    if (wasPaused) this.#since = now;
    this.#paused = undefined;
    this.#failingSince = undefined;
    this.#heldUntil = 0;
    return wasPaused;
  }

  succeeded(): void {
    this.#failingSince = undefined;
  }

  /** For how many milliseconds it asked to be left alone, within bounds: it is the endpoint that asks for quiet, not the item. */
  failed(now: Micros, { failure, retryAfterMs = 0 }: Failed, { heedsAnswers = true }: DeliveryPolicy): number {
    this.#failingSince ??= now;
    this.#lastFailure = failure.detail;
    const quiet = heedsAnswers ? Math.min(retryAfterMs, longestRetryAfterMs) : 0;
    if (quiet > 0) this.#heldUntil = Math.max(this.#heldUntil, now + quiet * 1_000);
    return quiet;
  }

  /** The reason to pause after a failure, if there is one. `isFull`: more items fail than are kept in mind. */
  hopeless(now: Micros, { status }: Failed, { pauseAfter, heedsAnswers = true }: DeliveryPolicy, isFull: boolean): PauseReason | undefined {
    // A probe that is told so ends the probing.
    if (status === gone && heedsAnswers) return this.#paused === undefined || this.isProbed ? 'gone' : undefined;
    if (this.#paused !== undefined) return undefined;
    if (pauseAfter !== undefined && now - (this.#failingSince ?? now) >= pauseAfter * 1_000) return 'failing';
    return isFull ? 'backlog' : undefined;
  }
}
