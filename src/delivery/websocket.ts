import type { WebSocket } from 'ws';
import { closings } from './closings.ts';
import type { Closing } from './closings.ts';
import { SocketReader } from './socket-reader.ts';
import type { SocketReaderOptions } from './socket-reader.ts';

/** A text message as one unmasked frame, ready for every socket: RFC 6455, 5.2. */
export const textFrame = (text: string): Buffer => {
  const length = Buffer.byteLength(text);
  const headerLength = length < 126 ? 2 : length < 65_536 ? 4 : 10;
  const frame = Buffer.allocUnsafe(headerLength + length);
  frame[0] = 0x81;
  if (headerLength === 2) {
    frame[1] = length;
  } else if (headerLength === 4) {
    frame[1] = 126;
    frame.writeUInt16BE(length, 2);
  } else {
    frame[1] = 127;
    frame.writeBigUInt64BE(BigInt(length), 2);
  }
  frame.write(text, headerLength);
  return frame;
};

const pingFrame = Buffer.from([0x89, 0x00]);

export interface WebSocketReaderOptions extends SocketReaderOptions {
  readonly webSocket: WebSocket;
  /** A text message from the client. */
  readonly onMessage: (text: string) => void;
  /** What is sent besides the ping: frames that say where the reader is. */
  readonly heartbeat?: () => Buffer;
}

/**
 * A reader at a WebSocket. Frames are written to the socket beside ws, which keeps the protocol (pongs, closing): it
 * compresses nothing, so that each of its own writes is a whole frame too.
 */
export class WebSocketReader extends SocketReader {
  readonly #webSocket: WebSocket;
  readonly #heartbeat: (() => Buffer) | undefined;
  #alive = true;

  constructor(options: WebSocketReaderOptions) {
    super(options);
    const { webSocket, onMessage } = options;
    this.#webSocket = webSocket;
    this.#heartbeat = options.heartbeat;
    webSocket.on('message', (data, isBinary) => {
      this.#alive = true;
      if (this.ended) return;
      if (isBinary) this.end('bad-message');
      else onMessage((data as Buffer).toString());
    });
    webSocket.on('pong', () => {
      this.#alive = true;
    });
    webSocket.on('close', () => this.gone());
  }

  protected override beat(): void {
    if (!this.#alive) {
      this.end('no-answer');
      return;
    }
    this.#alive = false;
    this.write(pingFrame);
    if (this.#heartbeat !== undefined) this.write(this.#heartbeat());
  }

  protected override sayGoodbye(reason: Closing, cursor: string): void {
    const { code, resume } = closings[reason];
    // At most 123 bytes: a cursor has no more than 49.
    this.#webSocket.close(code, resume ? `${reason}; after=${cursor}` : reason);
  }

  protected override abandon(): void {
    this.#webSocket.terminate();
  }
}
