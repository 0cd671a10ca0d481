import type { Clock, Micros, Timers } from '../../model/time.ts';

/** Calls once, at the earliest of the times asked for since it last did. */
export class Alarm {
  readonly #options: { readonly clock: Clock; readonly timers: Timers };
  readonly #ring: () => void;
  #set: { readonly at: Micros; readonly cancel: () => void } | undefined;

  constructor(options: { readonly clock: Clock; readonly timers: Timers }, ring: () => void) {
    this.#options = options;
    this.#ring = ring;
  }

  /** A time that is set already and earlier is as good. */
  setFor(at: Micros): void {
    if (this.#set !== undefined && this.#set.at <= at) return;
    this.clear();
    const { clock, timers } = this.#options;
    const cancel = timers.after(Math.max(1, (at - clock.now()) / 1_000), () => {
      this.#set = undefined;
      this.#ring();
    });
    this.#set = { at, cancel };
  }

  clear(): void {
    this.#set?.cancel();
    this.#set = undefined;
  }
}
