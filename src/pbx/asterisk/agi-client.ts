import type { Socket } from 'node:net';
import { GatewayError } from '../../model/errors.ts';
import { createAgiParser, type AgiMessage } from './agi-parser.ts';

export type AgiReply = Extract<AgiMessage, { kind: 'reply' }>;

/** Text as an argument of a command: in quotes, one line. */
export const quoted = (text: string): string =>
  `"${text
    // oxlint-disable-next-line no-control-regex -- a line's end would begin another command
    .replaceAll(/[\u0000-\u001F\u007F]/g, ' ')
    .replaceAll(/["\\]/g, String.raw`\$&`)}"`;

/** A call that the dialplan has handed over by AGI: one command at a time. */
export class AgiClient {
  readonly #socket: Socket;
  readonly #parser = createAgiParser();
  readonly #environment = Promise.withResolvers<ReadonlyMap<string, string>>();
  readonly #gone = new AbortController();
  #waiting: PromiseWithResolvers<AgiReply> | undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
    // Whoever waits for it is told by its rejection; nobody may be waiting yet.
    this.#environment.promise.catch(() => undefined);
    socket.on('data', (chunk: Buffer) => this.#read(chunk));
    socket.on('error', () => this.close());
    socket.on('close', () => this.close());
  }

  /** What the dialplan says of the call. Rejects with `leg-ended` when the connection ends before. */
  get environment(): Promise<ReadonlyMap<string, string>> {
    return this.#environment.promise;
  }

  /** Aborts when the caller has left, or the connection has ended. */
  get gone(): AbortSignal {
    return this.#gone.signal;
  }

  /** Rejects with `leg-ended`, or with `pbx-refused` for a command that Asterisk does not know or take. */
  async request(command: string): Promise<AgiReply> {
    this.#gone.signal.throwIfAborted();
    if (this.#waiting !== undefined) throw new Error('one AGI command at a time');
    const waiting = Promise.withResolvers<AgiReply>();
    this.#waiting = waiting;
    this.#socket.write(`${command}\n`);
    const reply = await waiting.promise;
    // 511: the channel is gone; what else is not 200 is a command that this Asterisk has not.
    if (reply.code === 511) this.close();
    this.#gone.signal.throwIfAborted();
    if (reply.code !== 200) {
      throw new GatewayError(
        'pbx-refused',
        {},
        { note: `Asterisk said to ${command.split(' ', 2).join(' ')}: ${reply.text.slice(0, 100)}` },
      );
    }
    return reply;
  }

  /** Gives the call back to the dialplan. Safe to call twice. */
  close(): void {
    if (!this.#gone.signal.aborted) this.#gone.abort(ended());
    this.#waiting?.reject(ended());
    this.#waiting = undefined;
    this.#environment.reject(ended());
    this.#socket.destroySoon();
  }

  #read(chunk: Uint8Array): void {
    try {
      for (const message of this.#parser.push(chunk)) this.#take(message);
    } catch {
      // Whatever it is, it does not speak AGI.
      this.close();
    }
  }

  #take(message: AgiMessage): void {
    switch (message.kind) {
      case 'environment':
        this.#environment.resolve(message.variables);
        return;
      case 'reply':
        this.#waiting?.resolve(message);
        this.#waiting = undefined;
        return;
      case 'hangup':
        this.close();
        return;
      default:
        message satisfies never;
    }
  }
}

const ended = (): GatewayError => new GatewayError('leg-ended');
