import type { Clock, Micros, Timers } from '../../../src/model/time.ts';

/** Time that passes when a test says so. */
export class ManualTime implements Clock, Timers {
  #now: Micros = 1_800_000_000_000_000;
  readonly #due = new Set<{ readonly at: Micros; readonly run: () => void }>();
  readonly #waiters = new Set<() => void>();

  now(): Micros {
    return this.#now;
  }

  after(ms: number, run: () => void): () => void {
    const entry = { at: this.#now + ms * 1_000, run };
    this.#due.add(entry);
    for (const waiter of this.#waiters) waiter();
    return () => this.#due.delete(entry);
  }

  /** In how many milliseconds each timer is due, soonest first. */
  due(): readonly number[] {
    return [...this.#due].map(({ at }) => (at - this.#now) / 1_000).toSorted((a, b) => a - b);
  }

  /** Resolves as soon as a timer is due in exactly `ms`. */
  async untilDue(ms: number): Promise<void> {
    while (!this.due().includes(ms)) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#waiters.add(resolve);
      await promise;
      this.#waiters.delete(resolve);
    }
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
