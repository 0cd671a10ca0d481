import type { Clock, Micros, Timers } from '../../model/time.ts';

/**
 * The office's own time. It goes on with the clock beneath it and can be advanced: `advance` runs every timer that falls due on
 * the way, in order and at its own moment, before it returns. Whatever a sandbox does later, it does by a timer of this clock.
 */
export interface OfficeClock extends Clock, Timers {
  advance(seconds: number): void;
  /** Calls every timer off. Safe to call twice. */
  close(): void;
}

interface Appointment {
  readonly due: Micros;
  readonly run: () => void;
}

const longestSleepMs = 3_600_000;

class VirtualClock implements OfficeClock {
  readonly #base: Clock;
  /** What wakes it up; without it, it moves by `advance` alone. */
  readonly #timers: Timers | undefined;
  /** By due time; timers of one moment in the order in which they were set. */
  readonly #appointments: Appointment[] = [];
  #offset: Micros = 0;
  /** While timers run, time stands still at the moment of each. */
  #standing: Micros | undefined;
  #cancelWake: (() => void) | undefined;
  #closed = false;

  constructor(base: Clock, timers?: Timers) {
    this.#base = base;
    this.#timers = timers;
  }

  now(): Micros {
    return this.#standing ?? this.#base.now() + this.#offset;
  }

  after(ms: number, run: () => void): () => void {
    const appointment: Appointment = { due: this.now() + Math.round(ms * 1000), run };
    if (!this.#closed) {
      const later = this.#appointments.findIndex(({ due }) => due > appointment.due);
      this.#appointments.splice(later === -1 ? this.#appointments.length : later, 0, appointment);
      this.#rest();
    }
    return () => {
      const index = this.#appointments.indexOf(appointment);
      if (index === -1) return;
      this.#appointments.splice(index, 1);
      this.#rest();
    };
  }

  advance(seconds: number): void {
    const target = this.now() + Math.round(seconds * 1_000_000);
    this.#runUntil(target);
    this.#offset = target - this.#base.now();
    this.#rest();
  }

  close(): void {
    this.#closed = true;
    this.#appointments.length = 0;
    this.#cancelWake?.();
  }

  #runUntil(target: Micros): void {
    // A timer that advances the clock itself meets the outer run's moment again when it returns.
    const outer = this.#standing;
    try {
      for (let next = this.#appointments[0]; next !== undefined && next.due <= target; next = this.#appointments[0]) {
        this.#appointments.shift();
        this.#standing = Math.max(next.due, this.#standing ?? next.due);
        next.run();
      }
    } finally {
      this.#standing = outer;
    }
  }

  #rest(): void {
    if (this.#timers === undefined || this.#closed || this.#standing !== undefined) return;
    this.#cancelWake?.();
    const next = this.#appointments[0];
    if (next === undefined) return;
    const ms = Math.min(Math.max(Math.ceil((next.due - this.now()) / 1000), 0), longestSleepMs);
    this.#cancelWake = this.#timers.after(ms, () => {
      this.#runUntil(this.now());
      this.#rest();
    });
  }
}

/** Goes on by itself with `base`, woken by `timers`. */
export const createRunningClock = (base: Clock, timers: Timers): OfficeClock => new VirtualClock(base, timers);

/** Stands at `start` and moves by `advance` alone: what a test needs to be the same every time. */
export const createManualClock = (start: Micros): OfficeClock => new VirtualClock({ now: () => start });
