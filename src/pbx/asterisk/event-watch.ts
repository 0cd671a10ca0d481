import type { Timers } from '../../model/time.ts';
import type { AmiMessage } from './ami-parser.ts';

/** Lets a command see its effect among the events as they come in, ahead of those that wait to be processed. */
export class EventWatch {
  readonly #timers: Timers;
  readonly #watchers = new Set<(message: AmiMessage | undefined) => void>();

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  /** Shows an event to everyone who watches. */
  see(message: AmiMessage): void {
    for (const watcher of this.#watchers) watcher(message);
  }

  /** The link is gone: nobody will see anything more. */
  abandon(): void {
    for (const watcher of this.#watchers) watcher(undefined);
  }

  /**
   * Watches from now on. `found` is the first result that `look` gives, undefined after `timeoutMs` or when the link is lost; it
   * rejects with the signal's reason. `stop` ends it early, and must be called.
   */
  watch<Result>(
    look: (message: AmiMessage) => Result | undefined,
    timeoutMs: number,
    signal: AbortSignal,
  ): { readonly found: Promise<Result | undefined>; stop(): void } {
    const { promise: found, resolve, reject } = Promise.withResolvers<Result | undefined>();
    const watcher = (message: AmiMessage | undefined): void => {
      if (message === undefined) {
        settle(() => resolve(undefined));
        return;
      }
      const result = look(message);
      if (result !== undefined) settle(() => resolve(result));
    };
    const abort = (): void => settle(() => reject(signal.reason));
    const cancelTimer = this.#timers.after(timeoutMs, () => settle(() => resolve(undefined)));
    const settle = (how: () => void): void => {
      this.#watchers.delete(watcher);
      cancelTimer();
      signal.removeEventListener('abort', abort);
      how();
    };
    this.#watchers.add(watcher);
    signal.addEventListener('abort', abort, { once: true });
    // Whoever stops early does not look at the result any more.
    found.catch(() => undefined);
    return { found, stop: () => settle(() => resolve(undefined)) };
  }
}
