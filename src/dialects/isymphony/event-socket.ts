import type { Closing } from '../../delivery/closings.ts';
import { SocketReader, type SocketReaderOptions } from '../../delivery/socket-reader.ts';
import type { Upgraded } from '../../http/upgrades.ts';

export interface EventSocketOptions extends Omit<SocketReaderOptions, 'socket' | 'cursor'>, Pick<Upgraded, 'webSocket' | 'socket'> {
  readonly onMessage: (text: string) => void;
}

const pingFrame = Buffer.from([0x89, 0x00]);
/** A connection that has not answered so many pings is given up. */
const mostUnanswered = 2;

/** Why a connection is ended, in the codes of RFC 6455 section 7.4.1 that the specification names. */
const closeCodes = {
  'shutting-down': 1001,
  internal: 1011,
  'bad-message': 1003,
  'key-revoked': 1008,
  'slow-reader': 1013,
  'too-old': 1011,
  'invalid-cursor': 1011,
  'no-answer': 1001,
} as const satisfies Record<Closing, number>;

/** A client's WebSocket: events go straight to the socket, its messages to whoever reads them. It has no cursor. */
export class EventSocket extends SocketReader {
  readonly #webSocket: Upgraded['webSocket'];
  #unanswered = 0;

  constructor({ webSocket, onMessage, ...options }: EventSocketOptions) {
    super({ ...options, cursor: nowhere });
    this.#webSocket = webSocket;
    webSocket.on('message', (data, isBinary) => {
      this.#unanswered = 0;
      if (this.ended) return;
      if (isBinary) this.end('bad-message');
      else onMessage((data as Buffer).toString());
    });
    webSocket.on('pong', () => {
      this.#unanswered = 0;
    });
    webSocket.on('close', () => this.gone());
  }

  /** Ends the connection instead when too much waits to be read already. */
  override deliver(frames: Buffer): void {
    super.deliver(frames, nowhere);
  }

  protected override beat(): void {
    if (this.#unanswered >= mostUnanswered) {
      this.end('no-answer');
      return;
    }
    this.#unanswered += 1;
    this.write(pingFrame);
  }

  protected override sayGoodbye(reason: Closing): void {
    this.#webSocket.close(closeCodes[reason], reason);
  }

  protected override abandon(): void {
    this.#webSocket.terminate();
  }
}

const nowhere = { epoch: 'none', seq: 0 };
