import { createHash } from 'node:crypto';
import type { Socket } from 'node:net';
import { connect as connectPlain, isIP } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { GatewayError } from '../../model/errors.ts';
import type { Clock, Micros, Timers } from '../../model/time.ts';
import type { AmiMessage } from './ami-parser.ts';
import { createAmiParser } from './ami-parser.ts';
import { linkError, refusalOf, saysNothingToList, socketFailureOf } from './errors.ts';

/** An action's headers, `Action` first; a list is a header that is repeated, an absent value none. */
export type AmiAction = { readonly Action: string } & Readonly<Record<string, string | readonly string[] | undefined>>;

export interface AmiEvent {
  readonly message: AmiMessage;
  /** When its bytes came in. */
  readonly at: Micros;
}

export interface AmiOptions {
  readonly host: string;
  readonly port: number;
  readonly tls: boolean | { readonly ca: string };
  readonly username: string;
  readonly secret: string;
  /** The classes of events that this session gets: `call,agent`, or `off`. */
  readonly events: string;
  /** Events to be read at all, by name; those that answer an action of this session always are. */
  readonly interesting?: (event: string) => boolean;
  /** Called as soon as an event's bytes are in, before anyone gets to process it. Must not throw. */
  readonly onEvent?: (event: AmiEvent) => void;
  readonly connectTimeoutMs?: number;
  readonly requestTimeoutMs?: number;
  /** Actions that may wait for their answer at once. */
  readonly maxPending?: number;
  /** What one list may hold. */
  readonly maxListBytes?: number;
}

export interface AmiDeps {
  readonly clock: Clock;
  readonly timers: Timers;
  /** Unguessable text that sets this session's actions apart from those of others, whose answers an event connection sees too. */
  readonly token: () => string;
}

export interface RequestOptions {
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  /** One that `newActionId` gave, where events are to be recognised by it. */
  readonly actionId?: string;
}

/**
 * One logged-in manager session. It reads the socket as fast as it can, whoever listens: Asterisk hangs up on a session that
 * cannot be written to for `writetimeout` (100 ms by default), in the middle of an event.
 */
export interface AmiSession {
  /** The protocol's version: `9.0.0`. */
  readonly version: string;
  /** Settles when the session has ended, with why. Never rejects. */
  readonly ended: Promise<GatewayError>;
  /**
   * The response to an action. Rejects with what the PBX refused it for, `timed-out`, `pbx-down` when the link breaks (the
   * action may have had its effect), `too-many-requests` when too many wait, `forbidden-character` and `too-large` of values.
   */
  request(action: AmiAction, options?: RequestOptions): Promise<AmiMessage>;
  newActionId(): string;
  /** The items of a list action. An empty list, however the PBX says so, is empty. */
  list(action: AmiAction, options?: RequestOptions): Promise<readonly AmiMessage[]>;
  /** Ends the session; what waits is rejected with `reason`. Safe to call twice. */
  close(reason?: GatewayError): void;
}

const defaults = { connectTimeoutMs: 5_000, requestTimeoutMs: 10_000, maxPending: 1_000, maxListBytes: 64 * 1024 * 1024 } as const;

/** Asterisk reads a line into 1,024 bytes and drops what is longer, without a word (main/manager.c, `inbuf`). */
const maxLineBytes = 1_024;

/** Events that carry the id of the action that led to them, but go to everyone; others with an id of ours are items of a list. */
const echoes: ReadonlySet<string> = new Set(['OriginateResponse', 'UserEvent']);

export const renderAction = (action: AmiAction, actionId: string): string => {
  let text = '';
  for (const [name, value] of Object.entries({ ...action, ActionID: actionId })) {
    if (value === undefined) continue;
    for (const one of typeof value === 'string' ? [value] : value) {
      if (/[\r\n\0]/.test(one)) throw new GatewayError('forbidden-character', { field: name });
      const line = `${name}: ${one}`;
      if (Buffer.byteLength(line) > maxLineBytes) throw new GatewayError('too-large', { field: name, limit: maxLineBytes });
      text += `${line}\r\n`;
    }
  }
  return `${text}\r\n`;
};

/** Connects and logs in. Rejects with a `pbx-down` whose `details.failure` says what is wrong, or with the signal's reason. */
export const connectAmi = async (options: AmiOptions, deps: AmiDeps, signal: AbortSignal): Promise<AmiSession> => {
  signal.throwIfAborted();
  const session = new Session(options, deps);
  const abort = (): void => session.close(linkError('closing', signal.reason));
  signal.addEventListener('abort', abort, { once: true });
  try {
    await session.greeted;
    await logIn(session, options);
    return session;
  } catch (error) {
    session.close();
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener('abort', abort);
  }
};

const logIn = async (session: AmiSession, options: AmiOptions): Promise<void> => {
  const account = { Action: 'Login', Username: options.username, Events: options.events };
  const challenge = await challengeOf(session);
  const proof =
    challenge === undefined
      ? { Secret: options.secret }
      : { AuthType: 'MD5', Key: createHash('md5').update(`${challenge}${options.secret}`).digest('hex') };
  try {
    await session.request({ ...account, ...proof });
  } catch (error) {
    if (error instanceof GatewayError && error.code === 'pbx-forbidden') {
      throw linkError(/already in use/i.test(String(error.details['said'])) ? 'second-login' : 'login', error);
    }
    throw error;
  }
};

/** With a challenge the secret stays off the wire; an Asterisk that offers none gets the secret itself. */
const challengeOf = async (session: AmiSession): Promise<string | undefined> => {
  try {
    return (await session.request({ Action: 'Challenge', AuthType: 'MD5' })).get('Challenge');
  } catch (error) {
    if (error instanceof GatewayError && error.code !== 'pbx-down' && error.code !== 'timed-out') return undefined;
    throw error;
  }
};

interface Pending {
  readonly action: string;
  /** The items so far, of a list action. */
  readonly items: AmiMessage[] | undefined;
  readonly resolve: (result: { readonly response: AmiMessage; readonly items: readonly AmiMessage[] }) => void;
  readonly reject: (error: unknown) => void;
  response?: AmiMessage;
  bytes: number;
}

class Session implements AmiSession {
  readonly greeted: Promise<void>;
  readonly ended: Promise<GatewayError>;
  version = '';
  readonly #options: AmiOptions;
  readonly #deps: AmiDeps;
  readonly #socket: Socket;
  readonly #pending = new Map<string, Pending>();
  readonly #prefix: string;
  #count = 0;
  #reason: GatewayError | undefined;
  #greet: () => void = () => undefined;
  #refuse: (error: GatewayError) => void = () => undefined;
  #end: (reason: GatewayError) => void = () => undefined;

  constructor(options: AmiOptions, deps: AmiDeps) {
    this.#options = options;
    this.#deps = deps;
    this.#prefix = deps.token().slice(0, 8);
    const greeted = Promise.withResolvers<void>();
    const ended = Promise.withResolvers<GatewayError>();
    this.greeted = greeted.promise;
    this.ended = ended.promise;
    this.#greet = greeted.resolve;
    this.#refuse = greeted.reject;
    this.#end = ended.resolve;
    this.#socket = this.#open();
  }

  newActionId(): string {
    this.#count += 1;
    return `${this.#prefix}-${this.#count}`;
  }

  async request(action: AmiAction, options: RequestOptions = {}): Promise<AmiMessage> {
    const { response } = await this.#send(action, undefined, options);
    if (response.response === 'Error') throw refusalOf(action.Action, response);
    return response;
  }

  async list(action: AmiAction, options: RequestOptions = {}): Promise<readonly AmiMessage[]> {
    const { response, items } = await this.#send(action, [], options);
    if (saysNothingToList(response)) return [];
    if (response.response === 'Error') throw refusalOf(action.Action, response);
    return items;
  }

  close(reason: GatewayError = linkError('closing')): void {
    if (this.#reason !== undefined) return;
    this.#reason = reason;
    // Whatever was written is flushed first; a Logoff spares the PBX a line in its log about a lost connection.
    if (this.#socket.writable && this.version !== '') this.#socket.write('Action: Logoff\r\n\r\n');
    this.#socket.destroySoon();
    this.#refuse(reason);
    for (const pending of this.#pending.values()) pending.reject(reason);
    this.#pending.clear();
    this.#end(reason);
  }

  #open(): Socket {
    const { host, port, tls, interesting } = this.#options;
    const socket: Socket =
      tls === false
        ? connectPlain({ host, port })
        : connectTls({ host, port, ...(isIP(host) === 0 ? { servername: host } : {}), ...(tls === true ? {} : { ca: tls.ca }) });
    const parser = createAmiParser({ interesting: (event) => this.#pending.size > 0 || interesting?.(event) !== false });
    const stopWaiting = this.#deps.timers.after(this.#options.connectTimeoutMs ?? defaults.connectTimeoutMs, () => {
      this.close(linkError(socket.bytesRead === 0 ? 'silent' : 'not-asterisk'));
    });
    // The greeting is handled by `close` and by the session's maker; a second rejection of it has no reader.
    this.greeted.then(stopWaiting, stopWaiting);
    socket.setNoDelay(true);
    socket.setKeepAlive(true, 30_000);
    socket.on('data', (chunk: Buffer) => {
      if (this.#reason === undefined) this.#read(parser, chunk);
    });
    socket.on('error', (error: Error) => this.close(linkError(socketFailureOf(error), error)));
    socket.on('close', () => this.close(linkError(this.version === '' ? 'not-asterisk' : 'closed')));
    return socket;
  }

  #read(parser: ReturnType<typeof createAmiParser>, chunk: Buffer): void {
    const at = this.#deps.clock.now();
    let messages: readonly AmiMessage[];
    try {
      messages = parser.push(chunk);
    } catch (error) {
      this.close(linkError('malformed', error));
      return;
    }
    for (const message of messages) this.#take(message, at);
    if (this.version === '' && parser.buffered > 1_024) this.close(linkError('not-asterisk'));
  }

  #take(message: AmiMessage, at: Micros): void {
    if (message.greeting !== undefined) {
      this.version = message.greeting;
      this.#greet();
      return;
    }
    const actionId = message.get('ActionID');
    const own = actionId?.startsWith(`${this.#prefix}-`) === true;
    if (message.event === undefined) {
      if (own) this.#answer(actionId, message);
      return;
    }
    if (own && !echoes.has(message.event)) {
      this.#collect(actionId, message);
      return;
    }
    const { interesting, onEvent } = this.#options;
    if (interesting?.(message.event) !== false) onEvent?.({ message, at });
  }

  #answer(actionId: string, response: AmiMessage): void {
    const pending = this.#pending.get(actionId);
    if (pending === undefined) return;
    if (pending.items === undefined || response.response === 'Error') pending.resolve({ response, items: [] });
    else pending.response = response;
  }

  #collect(actionId: string, message: AmiMessage): void {
    const pending = this.#pending.get(actionId);
    if (pending?.items === undefined) return;
    if (message.get('EventList') === 'Complete' && pending.response !== undefined) {
      pending.resolve({ response: pending.response, items: pending.items });
      return;
    }
    pending.items.push(message);
    pending.bytes += message.bytes;
    const limit = this.#options.maxListBytes ?? defaults.maxListBytes;
    if (pending.bytes > limit) pending.reject(new GatewayError('too-large', { action: pending.action, limit }));
  }

  #send(
    action: AmiAction,
    items: AmiMessage[] | undefined,
    { timeoutMs = this.#options.requestTimeoutMs ?? defaults.requestTimeoutMs, signal, actionId = this.newActionId() }: RequestOptions,
  ): Promise<{ readonly response: AmiMessage; readonly items: readonly AmiMessage[] }> {
    if (this.#reason !== undefined) return Promise.reject(this.#reason);
    if (signal?.aborted === true) return Promise.reject(signal.reason);
    if (this.#pending.size >= (this.#options.maxPending ?? defaults.maxPending)) {
      return Promise.reject(new GatewayError('too-many-requests', { action: action.Action }));
    }
    const { promise, resolve, reject } = Promise.withResolvers<{ response: AmiMessage; items: readonly AmiMessage[] }>();
    try {
      const text = renderAction(action, actionId);
      this.#pending.set(actionId, { action: action.Action, items, resolve, reject, bytes: 0 });
      this.#socket.write(text);
    } catch (error) {
      return Promise.reject(error);
    }
    const stopWaiting = this.#deps.timers.after(timeoutMs, () => reject(new GatewayError('timed-out', { action: action.Action })));
    const abort = (): void => reject(signal?.reason);
    signal?.addEventListener('abort', abort, { once: true });
    return promise.finally(() => {
      this.#pending.delete(actionId);
      stopWaiting();
      signal?.removeEventListener('abort', abort);
    });
  }
}
