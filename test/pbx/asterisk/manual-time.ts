import type { Clock, Micros, Timers } from '../../../src/model/time.ts';

/** Time that passes when a test says so. */
export class ManualTime implements Clock, Timers {
  #now: Micros = 1_800_000_000_000_000;
  readonly #due = new Set<{ readonly at: Micros; readonly run: () => void }>();

  now(): Micros {
    return this.#now;
  }

  after(ms: number, run: () => void): () => void {
    const entry = { at: this.#now + ms * 1_000, run };
    this.#due.add(entry);
    return () => this.#due.delete(entry);
  }

  /** How long until the next timer is due, in milliseconds. */
  next(): number | undefined {
    const times = [...this.#due].map(({ at }) => at);
    return times.length === 0 ? undefined : (Math.min(...times) - this.#now) / 1_000;
  }

  advance(ms: number): void {
    const until = this.#now + ms * 1_000;
    for (;;) {
      const [first] = [...this.#due].filter(({ at }) => at <= until).toSorted((a, b) => a.at - b.at);
      if (first === undefined) break;
      this.#due.delete(first);
      this.#now = Math.max(this.#now, first.at);
      first.run();
    }
    this.#now = until;
  }
}
