import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { GatewayError } from '../model/errors.ts';
import { closings } from './closings.ts';
import type { Closing } from './closings.ts';
import { SocketReader } from './socket-reader.ts';
import type { SocketReaderOptions } from './socket-reader.ts';

/** One message of an event stream. `name` absent: browsers hand it to `onmessage`. No value may hold a line break. */
export const sseMessage = (message: { readonly id: string; readonly name?: string; readonly data: string }): Buffer =>
  Buffer.from(`id: ${message.id}\n${message.name === undefined ? '' : `event: ${message.name}\n`}data: ${message.data}\n\n`);

/**
 * A message that only moves the reader's `Last-Event-ID`, so that one whose filter seldom matches stays within the log:
 * browsers take the id over, and call nobody for want of data.
 */
export const sseHeartbeat = (id: string): Buffer => Buffer.from(`id: ${id}\n: alive\n\n`);

/**
 * Begins an event stream and gives the socket it is written to. The stream has no length and ends with the connection, so
 * that it passes HTTP/1.0 proxies, and frames go out as they are, the same bytes for all.
 */
export const beginEventStream = (response: ServerResponse): Socket => {
  const { socket } = response;
  if (socket === null) {
    throw new GatewayError('bad-request', {}, { note: 'An event stream cannot follow another request that is still unanswered.' });
  }
  response.useChunkedEncodingByDefault = false;
  response.writeHead(200, {
    'Content-Type': 'text/event-stream; charset=utf-8',
    'Cache-Control': 'no-store, no-transform',
    // nginx would gather the stream in a buffer otherwise.
    'X-Accel-Buffering': 'no',
    Connection: 'close',
  });
  response.flushHeaders();
  socket.write('retry: 1000\n\n');
  return socket;
};

export interface SseReaderOptions extends SocketReaderOptions {
  readonly heartbeat: () => Buffer;
}

/** A reader at an event stream. That it has gone shows in its connection alone. */
export class SseReader extends SocketReader {
  readonly #heartbeat: () => Buffer;

  constructor(options: SseReaderOptions) {
    super(options);
    this.#heartbeat = options.heartbeat;
    this.socket.on('close', () => this.gone());
    // With `allowHalfOpen` a client that went would be waited for.
    this.socket.on('end', () => this.socket.destroy());
  }

  protected override beat(): void {
    this.write(this.#heartbeat());
  }

  protected override sayGoodbye(reason: Closing, cursor: string): void {
    const data = JSON.stringify({ id: reason, detail: closings[reason].message, cursor });
    this.socket.end(sseMessage({ id: cursor, name: 'cut', data }));
  }

  protected override abandon(): void {
    this.socket.destroy();
  }
}
