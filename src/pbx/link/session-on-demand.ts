/** What a connection to a PBX has to have to be kept. */
export interface Endable {
  /** Settles when it has ended. Never rejects. */
  readonly ended: Promise<unknown>;
  close(): void;
}

/**
 * A connection beside that of the events, for commands: their answers then do not queue behind events, nor events behind them. It is made
 * when it is wanted, and made again when it was lost.
 */
export class SessionOnDemand<Session extends Endable> {
  readonly #open: (signal: AbortSignal) => Promise<Session>;
  readonly #closing = new AbortController();
  #session: Promise<Session> | undefined;

  constructor(open: (signal: AbortSignal) => Promise<Session>) {
    this.#open = open;
  }

  /** The session; rejects as `open` does when there is none to be had, or with the signal's reason. */
  async session(signal: AbortSignal): Promise<Session> {
    signal.throwIfAborted();
    const { promise: aborted, reject } = Promise.withResolvers<never>();
    const abort = (): void => reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    try {
      // Others may wait for the same session: an abort ends this wait alone.
      return await Promise.race([(this.#session ??= this.#connect()), aborted]);
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  /** Gives the session up: it is connected to a PBX that is gone. */
  drop(): void {
    const session = this.#session;
    this.#session = undefined;
    session?.then(
      (open) => open.close(),
      () => undefined, // It never was; whoever asked for it was told.
    );
  }

  close(): void {
    this.#closing.abort();
    this.drop();
  }

  #connect(): Promise<Session> {
    const connecting = this.#open(this.#closing.signal);
    const forget = (): void => {
      if (this.#session === connecting) this.#session = undefined;
    };
    connecting.then((session) => session.ended.then(forget), forget);
    return connecting;
  }
}
