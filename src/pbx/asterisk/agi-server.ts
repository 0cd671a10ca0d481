import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { GatewayError } from '../../model/errors.ts';
import type { Timers } from '../../model/time.ts';
import type { InteractiveCall, InteractiveCalls } from '../interactive.ts';
import { AgiCall, type AgiCallOptions } from './agi-call.ts';
import { AgiClient } from './agi-client.ts';

export interface AgiServerOptions extends AgiCallOptions {
  readonly host: string;
  readonly port: number;
  readonly timers: Timers;
}

const mostConnections = 600;
/** A dialplan says at once what it wants. */
const environmentMs = 5_000;

/** Where Asterisk's dialplan hands calls over: a FastAGI server. */
export class AgiServer implements InteractiveCalls {
  readonly #options: AgiServerOptions;
  readonly #clients = new Set<AgiClient>();
  #server: Server | undefined;

  constructor(options: AgiServerOptions) {
    this.#options = options;
  }

  async take(handler: (call: InteractiveCall) => boolean): Promise<void> {
    const { host, port } = this.#options;
    const server = createServer((socket) => void this.#serve(socket, handler));
    server.maxConnections = mostConnections;
    this.#server = server;
    server.listen(port, host);
    try {
      await once(server, 'listening');
    } catch (cause) {
      throw new GatewayError('cannot-listen', { host, port }, { note: `No FastAGI on ${host}:${port}.`, cause });
    }
  }

  /** Gives every call back to the dialplan. Safe to call twice. */
  close(): void {
    this.#server?.close();
    for (const client of this.#clients) client.close();
  }

  async #serve(socket: Socket, handler: (call: InteractiveCall) => boolean): Promise<void> {
    const client = new AgiClient(socket);
    this.#clients.add(client);
    socket.once('close', () => this.#clients.delete(client));
    const stopTimer = this.#options.timers.after(environmentMs, () => client.close());
    try {
      const environment = await client.environment;
      if (!handler(new AgiCall(client, environment, this.#options))) client.close();
    } catch {
      // It ended before it had said what it is; nothing was begun.
      client.close();
    } finally {
      stopTimer();
    }
  }
}
