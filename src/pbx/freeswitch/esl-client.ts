import type { Socket } from 'node:net';
import { connect } from 'node:net';
import { GatewayError } from '../../model/errors.ts';
import type { Clock, Micros, Timers } from '../../model/time.ts';
import { isRefusal, linkError, refusalOf, socketFailureOf } from './errors.ts';
import { createEslParser, type EslMessage, type EslParser } from './esl-parser.ts';

export interface EslEvent {
  readonly message: EslMessage;
  /** When its bytes came in. */
  readonly at: Micros;
}

export interface EslOptions {
  readonly host: string;
  readonly port: number;
  readonly password: string;
  /** Events to be read at all, by name. */
  readonly interesting?: (event: string) => boolean;
  /** Called as soon as an event's bytes are in, before anyone gets to process it. Must not throw. */
  readonly onEvent?: (event: EslEvent) => void;
  readonly connectTimeoutMs?: number;
  readonly requestTimeoutMs?: number;
  /** Commands that may wait for their answer at once. */
  readonly maxPending?: number;
}

export interface EslDeps {
  readonly clock: Clock;
  readonly timers: Timers;
  /** Unguessable text, for the ids of background jobs. */
  readonly token: () => string;
}

export interface RequestOptions {
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/**
 * One authenticated connection to an event socket. FreeSWITCH answers commands one after the other, in their order, and sends no
 * event on the connection while it works on one: what may take long goes by `job`.
 */
export interface EslSession {
  /** Settles when the session has ended, with why. Never rejects. */
  readonly ended: Promise<GatewayError>;
  /**
   * A command of the socket itself (`event plain ...`): its `Reply-Text`. Rejects with what the PBX refused it for, `timed-out`, or
   * `pbx-down` when the link breaks (it may have had its effect), `too-many-requests` when too many wait, `forbidden-character`.
   */
  command(text: string, options?: RequestOptions): Promise<string>;
  /** An api, and its answer. Rejects as `command` does. Only for those that answer at once. */
  api(text: string, options?: RequestOptions): Promise<string>;
  /**
   * An api that runs in the background: the answer comes as an event, and only on a session that has asked for `BACKGROUND_JOB`.
   * Rejects as `api` does.
   */
  job(text: string, options?: RequestOptions): Promise<string>;
  /** Ends the session; what waits is rejected with `reason`. Safe to call twice. */
  close(reason?: GatewayError): void;
}

const defaults = { connectTimeoutMs: 5_000, requestTimeoutMs: 10_000, maxPending: 1_000 } as const;

/** Connects and logs in. Rejects with a `pbx-down` whose `details.failure` says what is wrong, or with the signal's reason. */
export const connectEsl = async (options: EslOptions, deps: EslDeps, signal: AbortSignal): Promise<EslSession> => {
  signal.throwIfAborted();
  const session = new Session(options, deps);
  const abort = (): void => session.close(linkError('closing', signal.reason));
  signal.addEventListener('abort', abort, { once: true });
  try {
    await session.greeted;
    await logIn(session, options.password);
    return session;
  } catch (error) {
    session.close();
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener('abort', abort);
  }
};

/** Connects for commands alone: with no events but the results of background jobs. */
export const connectForJobs = async (
  esl: Pick<EslOptions, 'host' | 'port' | 'password'>,
  deps: EslDeps,
  signal: AbortSignal,
): Promise<EslSession> => {
  const session = await connectEsl({ ...esl, interesting: () => false }, deps, signal);
  try {
    await session.command('event plain BACKGROUND_JOB');
    return session;
  } catch (error) {
    session.close();
    throw error;
  }
};

const logIn = async (session: EslSession, password: string): Promise<void> => {
  try {
    await session.command(`auth ${password}`);
  } catch (error) {
    throw error instanceof GatewayError && error.code === 'pbx-refused' ? linkError('login', error) : error;
  }
};

interface Waiting {
  readonly resolve: (message: EslMessage) => void;
  readonly reject: (error: unknown) => void;
}

class Session implements EslSession {
  readonly greeted: Promise<void>;
  readonly ended: Promise<GatewayError>;
  readonly #options: EslOptions;
  readonly #deps: EslDeps;
  readonly #socket: Socket;
  /** In the order of their commands, which is that of the answers; one whose asker has gone keeps its place. */
  readonly #replies: Waiting[] = [];
  readonly #jobs = new Map<string, Waiting>();
  #isGreeted = false;
  #isNoticed = false;
  #reason: GatewayError | undefined;
  #greet: () => void = () => undefined;
  #refuse: (error: GatewayError) => void = () => undefined;
  #end: (reason: GatewayError) => void = () => undefined;

  constructor(options: EslOptions, deps: EslDeps) {
    this.#options = options;
    this.#deps = deps;
    const greeted = Promise.withResolvers<void>();
    const ended = Promise.withResolvers<GatewayError>();
    this.greeted = greeted.promise;
    this.ended = ended.promise;
    this.#greet = greeted.resolve;
    this.#refuse = greeted.reject;
    this.#end = ended.resolve;
    this.#socket = this.#open();
  }

  async command(text: string, options: RequestOptions = {}): Promise<string> {
    const reply = (await this.#send(text, options)).get('Reply-Text') ?? '';
    if (isRefusal(reply)) throw refusalOf(text.split(' ', 1)[0] ?? '', reply);
    return reply;
  }

  async api(text: string, options: RequestOptions = {}): Promise<string> {
    const reply = await this.#send(`api ${text}`, options);
    const answer = reply.contentType === 'api/response' ? reply.body : (reply.get('Reply-Text') ?? '');
    if (isRefusal(answer)) throw refusalOf(text, answer);
    return answer;
  }

  async job(text: string, options: RequestOptions = {}): Promise<string> {
    if (this.#jobs.size >= this.#maxPending) throw new GatewayError('too-many-requests', { action: 'bgapi' });
    const id = `switchhook-${this.#deps.token()}`;
    const { promise, resolve, reject } = Promise.withResolvers<EslMessage>();
    this.#jobs.set(id, { resolve, reject });
    // Whoever gives up on the job's start does not look at its result.
    promise.catch(() => undefined);
    try {
      await this.command(`bgapi ${text}\nJob-UUID: ${id}`, options);
      const { body } = await this.#bounded(promise, reject, text, options);
      if (isRefusal(body)) throw refusalOf(text, body);
      return body;
    } finally {
      this.#jobs.delete(id);
    }
  }

  close(reason: GatewayError = linkError('closing')): void {
    if (this.#reason !== undefined) return;
    this.#reason = reason;
    if (this.#socket.writable && this.#isGreeted) this.#socket.write('exit\n\n');
    this.#socket.destroySoon();
    this.#refuse(reason);
    for (const { reject } of [...this.#replies, ...this.#jobs.values()]) reject(reason);
    this.#replies.length = 0;
    this.#jobs.clear();
    this.#end(reason);
  }

  get #maxPending(): number {
    return this.#options.maxPending ?? defaults.maxPending;
  }

  #open(): Socket {
    const { host, port, interesting } = this.#options;
    const socket = connect({ host, port });
    const parser = createEslParser({ interesting: (event) => event === 'BACKGROUND_JOB' || interesting?.(event) !== false });
    const stopWaiting = this.#deps.timers.after(this.#options.connectTimeoutMs ?? defaults.connectTimeoutMs, () => {
      this.close(linkError(socket.bytesRead === 0 ? 'silent' : 'not-freeswitch'));
    });
    // The greeting is handled by `close` and by the session's maker; a second rejection of it has no reader.
    this.greeted.then(stopWaiting, stopWaiting);
    socket.setNoDelay(true);
    socket.setKeepAlive(true, 30_000);
    socket.on('data', (chunk: Buffer) => {
      if (this.#reason === undefined) this.#read(parser, chunk);
    });
    socket.on('error', (error: Error) => this.close(linkError(socketFailureOf(error), error)));
    socket.on('close', () => this.close(linkError(this.#isGreeted ? 'closed' : 'not-freeswitch')));
    return socket;
  }

  #read(parser: EslParser, chunk: Buffer): void {
    const at = this.#deps.clock.now();
    let messages: readonly EslMessage[];
    try {
      messages = parser.push(chunk);
    } catch (error) {
      this.close(linkError(this.#isGreeted ? 'malformed' : 'not-freeswitch', error));
      return;
    }
    for (const message of messages) this.#take(message, at);
    if (!this.#isGreeted && parser.buffered > 1_024) this.close(linkError('not-freeswitch'));
  }

  #take(message: EslMessage, at: Micros): void {
    switch (message.contentType) {
      case 'auth/request':
        this.#isGreeted = true;
        this.#greet();
        return;
      case 'command/reply':
      case 'api/response':
        this.#replies.shift()?.resolve(message);
        return;
      case 'text/rude-rejection':
        this.close(linkError('acl'));
        return;
      case 'text/disconnect-notice':
        // What still comes until the socket closes (a refused password's reply has come before) belongs to nobody.
        this.#isNoticed = true;
        this.close(linkError(/shutting down|being shut down/i.test(message.body) ? 'shutting-down' : 'closed'));
        return;
      case 'text/event-plain':
      case 'text/event-json':
        if (message.event === 'BACKGROUND_JOB') this.#jobs.get(message.get('Job-UUID') ?? '')?.resolve(message);
        if (this.#options.interesting?.(message.event ?? '') !== false) this.#options.onEvent?.({ message, at });
        return;
      default:
        if (!this.#isGreeted && !this.#isNoticed) this.close(linkError('not-freeswitch'));
    }
  }

  #send(text: string, options: RequestOptions): Promise<EslMessage> {
    if (this.#reason !== undefined) return Promise.reject(this.#reason);
    if (options.signal?.aborted === true) return Promise.reject(options.signal.reason);
    if (this.#replies.length >= this.#maxPending) return Promise.reject(new GatewayError('too-many-requests', { action: text }));
    // A blank line ends a command: what follows it would be another.
    if (/[\r\0]|\n\n|\n$/.test(text))
      return Promise.reject(new GatewayError('forbidden-character', { field: text.split(' ', 1)[0] ?? '' }));
    const { promise, resolve, reject } = Promise.withResolvers<EslMessage>();
    this.#replies.push({ resolve, reject });
    this.#socket.write(`${text}\n\n`);
    return this.#bounded(promise, reject, text, options);
  }

  #bounded(
    promise: Promise<EslMessage>,
    reject: (error: unknown) => void,
    text: string,
    { timeoutMs = this.#options.requestTimeoutMs ?? defaults.requestTimeoutMs, signal }: RequestOptions,
  ): Promise<EslMessage> {
    const action = text.split(' ', 2).join(' ');
    const stopWaiting = this.#deps.timers.after(timeoutMs, () => reject(new GatewayError('timed-out', { action })));
    const abort = (): void => reject(signal?.reason);
    signal?.addEventListener('abort', abort, { once: true });
    return promise.finally(() => {
      stopWaiting();
      signal?.removeEventListener('abort', abort);
    });
  }
}
