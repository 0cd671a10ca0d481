import { GatewayError } from '../../model/errors.ts';
import type { TracedFact } from '../driver.ts';

/** More than this unread, and the link is given up, as a PBX's own connection would be. */
const mostUnread = 100_000;

export interface LinkOptions {
  /** What is said whenever the link has come up: who the PBX is, and all that lives in it. */
  readonly greet: () => readonly TracedFact[];
  /** What is said when it is lost. */
  readonly farewell: (reason: string) => TracedFact;
}

/** The line between the PBX and its driver. What is said while it is down is lost; what is not read is kept, up to a bound. */
export class Link {
  readonly #options: LinkOptions;
  #unread: TracedFact[] = [];
  #state: 'unused' | 'up' | 'cut' | 'closed' = 'unused';
  #wake: (() => void) | undefined;

  constructor(options: LinkOptions) {
    this.#options = options;
  }

  get isUp(): boolean {
    return this.#state === 'up';
  }

  say(said: TracedFact): void {
    if (this.#state !== 'up') return;
    if (this.#unread.length < mostUnread) {
      this.#push(said);
      return;
    }
    this.#unread = [];
    this.#push(this.#options.farewell('the facts were not read in time'), ...this.#options.greet());
  }

  cut(reason: string): void {
    if (this.#state !== 'up') return;
    this.#push(this.#options.farewell(reason));
    this.#state = 'cut';
  }

  restore(): void {
    if (this.#state !== 'cut') return;
    this.#state = 'up';
    this.#push(...this.#options.greet());
  }

  async *read(signal: AbortSignal): AsyncGenerator<readonly TracedFact[]> {
    if (this.#state !== 'unused' && this.#state !== 'closed') {
      throw new GatewayError('internal', {}, { note: 'The facts of a driver can be read once only.' });
    }
    if (this.#state === 'unused') {
      this.#state = 'up';
      this.#push(...this.#options.greet());
    }
    const onAbort = (): void => this.close();
    if (signal.aborted) this.close();
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      while (!this.#isClosed()) {
        const batch = this.#unread;
        this.#unread = [];
        if (batch.length > 0) {
          yield batch;
        } else {
          await new Promise<void>((resolve) => {
            this.#wake = resolve;
          });
        }
      }
    } finally {
      signal.removeEventListener('abort', onAbort);
      this.close();
    }
  }

  close(): void {
    this.#state = 'closed';
    this.#unread = [];
    this.#wake?.();
  }

  #isClosed(): boolean {
    return this.#state === 'closed';
  }

  #push(...facts: readonly TracedFact[]): void {
    for (const fact of facts) this.#unread.push(fact);
    this.#wake?.();
    this.#wake = undefined;
  }
}
