import type { Timers } from '../../model/time.ts';

/** Lets a command see its effect among the events as they come in, ahead of those that wait to be processed. */
export class EventWatch<Message> {
  readonly #timers: Timers;
  readonly #watches = new Set<{ see(message: Message): void; abandon(reason: Error): void }>();

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  /** Shows an event to everyone who watches. */
  see(message: Message): void {
    for (const watch of this.#watches) watch.see(message);
  }

  /** The link is gone: nobody will see anything more. */
  abandon(reason: Error): void {
    for (const watch of this.#watches) watch.abandon(reason);
  }

  /**
   * Watches from now on. `found` is the first result that `look` gives, undefined after `timeoutMs`; it rejects with the signal's
   * reason, or with why the link was lost. `stop` ends it early, and must be called.
   */
  watch<Result>(
    look: (message: Message) => Result | undefined,
    timeoutMs: number,
    signal: AbortSignal,
  ): { readonly found: Promise<Result | undefined>; stop(): void } {
    const { promise: found, resolve, reject } = Promise.withResolvers<Result | undefined>();
    const end = (): void => {
      this.#watches.delete(watch);
      cancelTimer();
      signal.removeEventListener('abort', abort);
    };
    const watch = {
      see: (message: Message): void => {
        const result = look(message);
        if (result === undefined) return;
        end();
        resolve(result);
      },
      abandon: (reason: Error): void => {
        end();
        reject(reason);
      },
    };
    const stop = (): void => {
      end();
      resolve(undefined);
    };
    const abort = (): void => {
      end();
      reject(signal.reason);
    };
    const cancelTimer = this.#timers.after(timeoutMs, stop);
    this.#watches.add(watch);
    signal.addEventListener('abort', abort, { once: true });
    // Whoever stops early does not look at the result any more.
    found.catch(() => undefined);
    return { found, stop };
  }
}
