import type { EslDeps, EslOptions, EslSession } from './esl-client.ts';
import { connectEsl } from './esl-client.ts';

/**
 * The connection that commands go over, apart from the events: while FreeSWITCH works on a command it sends no event on its connection.
 * It is made when it is wanted, and made again when it was lost.
 */
export class ControlLink {
  readonly #esl: Pick<EslOptions, 'host' | 'port' | 'password'>;
  readonly #deps: EslDeps;
  readonly #closing = new AbortController();
  #session: Promise<EslSession> | undefined;

  constructor(esl: Pick<EslOptions, 'host' | 'port' | 'password'>, deps: EslDeps) {
    this.#esl = esl;
    this.#deps = deps;
  }

  /** The session; rejects as `connectEsl` does when there is none to be had, or with the signal's reason. */
  async session(signal: AbortSignal): Promise<EslSession> {
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

  #connect(): Promise<EslSession> {
    const connecting = this.#open();
    const forget = (): void => {
      if (this.#session === connecting) this.#session = undefined;
    };
    connecting.then((session) => session.ended.then(forget), forget);
    return connecting;
  }

  async #open(): Promise<EslSession> {
    const session = await connectEsl({ ...this.#esl, interesting: () => false }, this.#deps, this.#closing.signal);
    try {
      await session.command('event plain BACKGROUND_JOB');
      return session;
    } catch (error) {
      session.close();
      throw error;
    }
  }
}
