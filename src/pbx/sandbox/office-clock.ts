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

/** Goes on by itself with `base`, woken by `timers`. */
export const createRunningClock = (base: Clock, timers: Timers): OfficeClock => new VirtualClock(base, timers);

/** Stands at `start` and moves by `advance` alone: what a test needs to be the same every time. */
export const createManualClock = (start: Micros): OfficeClock => new VirtualClock({ now: () => start });

interface Appointment {
  due: Micros;
  /** Counts up, so that appointments of one moment keep their order. */
  readonly number: number;
  readonly run: () => void;
}

const longestSleepMs = 60_000;
const stepBack: Micros = 1_000_000;

class VirtualClock implements OfficeClock {
  readonly #base: Clock;
  /** What wakes it up; without it, it moves by `advance` alone. */
  readonly #timers: Timers | undefined;
  /** By due time and number. */
  readonly #appointments: Appointment[] = [];
  #made = 0;
  #offset: Micros = 0;
  /** What the clock beneath said last. */
  #seen: Micros;
  /** While it is advanced, time stands at the moment of each timer in turn. */
  #standing: Micros | undefined;
  #cancelWake: (() => void) | undefined;
  #closed = false;

  constructor(base: Clock, timers?: Timers) {
    this.#base = base;
    this.#timers = timers;
    this.#seen = base.now();
  }

  now(): Micros {
    return this.#standing ?? this.#look() + this.#offset;
  }

  after(ms: number, run: () => void): () => void {
    this.#made += 1;
    const appointment: Appointment = { due: this.now() + Math.round(ms * 1000), number: this.#made, run };
    if (!this.#closed) {
      this.#appointments.splice(this.#placeOf(appointment), 0, appointment);
      if (this.#appointments[0] === appointment) this.#rest();
    }
    return () => {
      // Should it have been the first, the wake-up that is left finds nothing due, and rests until the next.
      const place = this.#placeOf(appointment);
      if (this.#appointments[place] === appointment) this.#appointments.splice(place, 1);
    };
  }

  advance(seconds: number): void {
    const target = this.now() + Math.round(seconds * 1_000_000);
    // A timer may itself advance the clock: the outer run then goes on from where the inner one came to.
    const outer = this.#standing;
    try {
      for (let next = this.#takeDue(target); next !== undefined; next = this.#takeDue(target)) {
        this.#standing = Math.max(next.due, this.#standing ?? next.due);
        next.run();
      }
    } finally {
      this.#standing = outer === undefined ? undefined : target;
      if (outer === undefined) this.#offset = target - this.#look();
      this.#rest();
    }
  }

  close(): void {
    this.#closed = true;
    this.#appointments.length = 0;
    this.#cancelWake?.();
  }

  /** A machine's clock that is set back must not hold up what waits: that moves back with it. */
  #look(): Micros {
    const now = this.#base.now();
    const step = now - this.#seen;
    this.#seen = now;
    if (step < -stepBack) {
      for (const appointment of this.#appointments) appointment.due += step;
      this.#rest();
    }
    return now;
  }

  #takeDue(target: Micros): Appointment | undefined {
    const [next] = this.#appointments;
    return next !== undefined && next.due <= target ? this.#appointments.shift() : undefined;
  }

  /** The place of the appointment, or where it would be: they are kept in order, and may be thousands. */
  #placeOf({ due, number }: Appointment): number {
    let from = 0;
    let to = this.#appointments.length;
    while (from < to) {
      const middle = (from + to) >>> 1;
      const other = this.#appointments[middle];
      if (other !== undefined && (other.due < due || (other.due === due && other.number < number))) from = middle + 1;
      else to = middle;
    }
    return from;
  }

  #rest(): void {
    if (this.#timers === undefined || this.#closed || this.#standing !== undefined) return;
    this.#cancelWake?.();
    const [next] = this.#appointments;
    if (next === undefined) return;
    const ms = Math.min(Math.max(Math.ceil((next.due - this.now()) / 1000), 0), longestSleepMs);
    this.#cancelWake = this.#timers.after(ms, () => this.#wake());
  }

  #wake(): void {
    const now = this.now();
    try {
      for (let next = this.#takeDue(now); next !== undefined; next = this.#takeDue(now)) next.run();
    } finally {
      this.#rest();
    }
  }
}
