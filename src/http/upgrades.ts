import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';
import { GatewayError } from '../model/errors.ts';
import { rawProblem, toGatewayError } from './problem.ts';

/** An open WebSocket and the socket under it, on which whole frames may be written beside it: it compresses nothing. */
export interface Upgraded {
  readonly webSocket: WebSocket;
  readonly socket: Socket;
}

/**
 * What a dialect does with a WebSocket. `authorize` decides before the connection becomes one, at once or later: what it throws
 * is sent as an ordinary HTTP answer. Its value is handed to `open`.
 */
export interface UpgradeHandler<Admission> {
  /** The largest message that a client may send, in bytes. */
  readonly maxPayload: number;
  authorize(request: IncomingMessage, url: URL): Admission | Promise<Admission>;
  open(upgraded: Upgraded, admission: Admission): void;
  /** The refusal as the dialect writes it; problem+json when absent. A whole HTTP/1.1 reply. */
  refuse?(error: GatewayError): string;
}

type Accept = (request: IncomingMessage, socket: Socket, head: Buffer, url: URL) => void;

/** The paths at which WebSockets are spoken, each with its own limits and rules. */
export class Upgrades {
  readonly #paths = new Map<string, Accept>();

  add<Admission>(path: string, handler: UpgradeHandler<Admission>): void {
    if (this.#paths.has(path)) throw new Error(`Two WebSocket handlers for ${path}`);
    const server = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      maxPayload: handler.maxPayload,
    });
    const refuse = (error: GatewayError): string => handler.refuse?.(error) ?? rawProblem(error);
    server.on('wsClientError', (failure, socket) => {
      socket.end(
        refuse(new GatewayError('bad-request', {}, { note: `It is no WebSocket handshake: ${failure.message}.`, cause: failure })),
      );
    });
    const open = (request: IncomingMessage, socket: Socket, head: Buffer, admission: Admission): void => {
      server.handleUpgrade(request, socket, head, (webSocket) => {
        webSocket.on('error', ignoreFailure);
        handler.open({ webSocket, socket }, admission);
      });
    };
    this.#paths.set(path, (request, socket, head, url) => {
      const refuseWith = (thrown: unknown): void => void socket.end(refuse(toGatewayError(thrown)));
      let admission: Admission | Promise<Admission>;
      try {
        admission = handler.authorize(request, url);
      } catch (thrown) {
        refuseWith(thrown);
        return;
      }
      if (!(admission instanceof Promise)) {
        open(request, socket, head, admission);
        return;
      }
      socket.on('error', ignoreFailure);
      admission.then((admitted) => {
        socket.off('error', ignoreFailure);
        if (!socket.destroyed) open(request, socket, head, admitted);
      }, refuseWith);
    });
  }

  has(path: string): boolean {
    return this.#paths.has(path);
  }

  get paths(): readonly string[] {
    return [...this.#paths.keys()].sort();
  }

  /** Takes a connection that asks to become something else. Whatever is not a known WebSocket is refused in HTTP. */
  accept(request: IncomingMessage, socket: Socket, head: Buffer): void {
    socket.on('error', ignoreFailure);
    const url = parseTarget(request.url ?? '/');
    const accept = url === undefined ? undefined : this.#paths.get(url.pathname);
    if (url === undefined || accept === undefined) {
      socket.end(rawProblem(new GatewayError('not-found', {}, { note: 'No WebSocket is spoken here.' })));
      return;
    }
    accept(request, socket, head, url);
    socket.off('error', ignoreFailure);
  }
}

/** The target of a request as a URL; its host means nothing. Undefined when it is none. */
export const parseTarget = (target: string): URL | undefined => URL.parse(target, 'http://switchhook.invalid') ?? undefined;

/** A broken connection or frame ends in `close`, with its code; there is nobody left to tell of the error itself. */
const ignoreFailure = (): void => {};
