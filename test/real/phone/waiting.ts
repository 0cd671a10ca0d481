/** Longer than anything that is waited for takes, also on a machine that does three things at once. */
export const longestWaitMs = 40_000;

/** Lets a test wait for a condition instead of for time to pass: whoever changes something says so, whoever waits looks again. */
export class Changes {
  readonly #waiting = new Set<() => void>();

  /** Something changed: every waiter looks again. */
  notify(): void {
    for (const look of this.#waiting) look();
  }

  /**
   * Resolves with the first value of `look` that is not undefined. After `deadlineMs` it rejects, naming `what` was waited for and
   * how things stand (`describe`).
   */
  async until<T>(look: () => T | undefined, what: string, describe: () => string, deadlineMs = longestWaitMs): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const settle = (done: () => void): void => {
        clearTimeout(timer);
        this.#waiting.delete(again);
        done();
      };
      const again = (): void => {
        const found = look();
        if (found !== undefined) settle(() => resolve(found));
      };
      const timer = setTimeout(
        () => settle(() => reject(new Error(`waited ${deadlineMs} ms for ${what}; now: ${describe()}`))),
        deadlineMs,
      );
      this.#waiting.add(again);
      again();
    });
  }
}
