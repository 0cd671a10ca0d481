/** Something that is due at a time. The wheel keeps its place in it: an entry is on one wheel, once. */
export interface WheelEntry {
  /** -1 while it is on no wheel. */
  wheelSlot: number;
  wheelTurns: number;
  /** Called once, when it is due; it is off the wheel by then and may go on it again. */
  due(): void;
}

/** Calls `tick` every `ms` until the returned function is called. */
export type Ticker = (tick: () => void, ms: number) => () => void;

export const realTicker: Ticker = (tick, ms) => {
  const timer = setInterval(tick, ms);
  // What waits on a wheel is no reason for the process to stay.
  timer.unref();
  return () => clearInterval(timer);
};

const slotCount = 1024;

/** One timer for any number of time-outs: adding and removing one costs no more than putting it into a set. */
export class Wheel {
  readonly tickMs: number;
  readonly #slots: readonly Set<WheelEntry>[] = Array.from({ length: slotCount }, () => new Set<WheelEntry>());
  readonly #stop: () => void;
  #now = 0;
  #ticks = 0;

  constructor(options: { readonly tickMs?: number; readonly ticker?: Ticker } = {}) {
    this.tickMs = options.tickMs ?? 100;
    this.#stop = (options.ticker ?? realTicker)(() => this.tick(), this.tickMs);
  }

  /** The wheel's own time in milliseconds, as of its last tick. */
  get time(): number {
    return this.#ticks * this.tickMs;
  }

  /** Due after `ms`, and up to a tick later, never earlier. An entry that was on the wheel is moved. */
  add(entry: WheelEntry, ms: number): void {
    this.remove(entry);
    const ticks = Math.max(1, Math.ceil(ms / this.tickMs) + 1);
    entry.wheelSlot = (this.#now + ticks) % slotCount;
    entry.wheelTurns = Math.floor((ticks - 1) / slotCount);
    this.#slots[entry.wheelSlot]?.add(entry);
  }

  remove(entry: WheelEntry): void {
    if (entry.wheelSlot === -1) return;
    this.#slots[entry.wheelSlot]?.delete(entry);
    entry.wheelSlot = -1;
  }

  tick(): void {
    this.#ticks += 1;
    this.#now = (this.#now + 1) % slotCount;
    const slot = this.#slots[this.#now];
    if (slot === undefined || slot.size === 0) return;
    // Those that are due may add themselves again while they are called: the list is made first.
    const due: WheelEntry[] = [];
    for (const entry of slot) {
      if (entry.wheelTurns > 0) entry.wheelTurns -= 1;
      else due.push(entry);
    }
    for (const entry of due) {
      // One that an earlier one has removed is due no more.
      if (entry.wheelSlot !== this.#now) continue;
      this.remove(entry);
      entry.due();
    }
  }

  /** Stops the timer; nothing is due any more. Safe to call twice. */
  close(): void {
    this.#stop();
    for (const slot of this.#slots) slot.clear();
  }
}
