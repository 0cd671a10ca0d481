import type { Socket } from 'node:net';
import { renderCursor } from '../model/cursor.ts';
import type { Cursor } from '../model/cursor.ts';
import type { Closing } from './closings.ts';
import type { ReplayReader } from './feed.ts';
import type { Wheel, WheelEntry } from './wheel.ts';

export interface SocketReaderLimits {
  /** How many bytes may wait for a live reader before it is cut off. */
  readonly maxBuffered: number;
  /** How often a sign of life is sent, in milliseconds. */
  readonly heartbeatMs: number;
}

export const defaultSocketReaderLimits: SocketReaderLimits = { maxBuffered: 1024 * 1024, heartbeatMs: 30_000 };

export interface SocketReaderOptions {
  readonly socket: Socket;
  readonly wheel: Wheel;
  readonly limits: SocketReaderLimits;
  /** Where it is before anything is delivered. */
  readonly cursor: Cursor;
  /** Called once, when nothing more is delivered: by us with the reason, or without one when the other side went. */
  readonly onEnd: (reason: Closing | undefined) => void;
}

/** How long the other side may take to read why it was ended: one that is slow may never. */
const goodbyeMs = 10_000;

/** How far history is written ahead of what the socket takes. */
const replayAhead = 256 * 1024;

/**
 * A reader whose bytes go straight to a socket: what the transports over one have in common. It holds no timer and no
 * buffer of its own.
 */
export abstract class SocketReader implements ReplayReader, WheelEntry {
  wheelSlot = -1;
  wheelTurns = 0;
  protected readonly socket: Socket;
  readonly #wheel: Wheel;
  readonly #limits: SocketReaderLimits;
  readonly #onEnd: (reason: Closing | undefined) => void;
  #cursor: Cursor;
  #ended = false;

  constructor(options: SocketReaderOptions) {
    this.socket = options.socket;
    this.#wheel = options.wheel;
    this.#limits = options.limits;
    this.#cursor = options.cursor;
    this.#onEnd = options.onEnd;
    this.#wheel.add(this, this.#limits.heartbeatMs);
  }

  /** Everything up to here has been written to it. */
  get cursor(): Cursor {
    return this.#cursor;
  }

  get ended(): boolean {
    return this.#ended;
  }

  deliver(bytes: Buffer, cursor: Cursor): void {
    if (this.#ended) return;
    this.socket.write(bytes);
    this.#cursor = cursor;
    if (this.socket.writableLength > this.#limits.maxBuffered) this.end('slow-reader');
  }

  async replay(bytes: Buffer, cursor: Cursor, signal: AbortSignal): Promise<void> {
    if (this.#ended) return;
    this.socket.write(bytes);
    this.#cursor = cursor;
    if (this.socket.writableLength > replayAhead) await this.#drained(signal);
  }

  /** Writes whole frames beside the events: a confirmation, a heartbeat. */
  write(bytes: Buffer): void {
    if (!this.#ended) this.socket.write(bytes);
  }

  /** Puts the reader where a feed begins, when that is not where it was. */
  moveTo(cursor: Cursor): void {
    this.#cursor = cursor;
  }

  due(): void {
    if (this.#ended) {
      this.abandon();
      return;
    }
    this.#wheel.add(this, this.#limits.heartbeatMs);
    this.beat();
  }

  /** Tells the other side why, and from where to resume, and writes nothing more. Safe to call twice. */
  end(reason: Closing): void {
    if (!this.#finish()) return;
    this.#wheel.add(this, goodbyeMs);
    this.sayGoodbye(reason, renderCursor(this.#cursor));
    this.#onEnd(reason);
  }

  /** The other side has gone. */
  protected gone(): void {
    this.#wheel.remove(this);
    if (this.#finish()) this.#onEnd(undefined);
  }

  /** Sends a sign of life, or gives up a connection that shows none. */
  protected abstract beat(): void;

  protected abstract sayGoodbye(reason: Closing, cursor: string): void;

  /** Cuts a connection whose other side did not take the goodbye in time. */
  protected abstract abandon(): void;

  #finish(): boolean {
    if (this.#ended) return false;
    this.#ended = true;
    this.#wheel.remove(this);
    return true;
  }

  async #drained(signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const done = (): void => resolve();
    this.socket.once('drain', done);
    this.socket.once('close', done);
    signal.addEventListener('abort', done, { once: true });
    await promise;
    this.socket.off('drain', done);
    this.socket.off('close', done);
    signal.removeEventListener('abort', done);
  }
}
