import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { Poller, type LongPoll } from '../../delivery/long-poll.ts';
import { toGatewayError } from '../../http/problem.ts';
import type { Gap } from '../../model/cursor.ts';
import type { KeyId, LoginId } from '../../model/ids.ts';
import { gapError, writeProblem } from './errors.ts';

/** Counts what was answered. */
export interface Counter {
  inc(): void;
}

/** One poll at one response. */
export class HttpPoll extends Poller {
  readonly key: KeyId | LoginId;
  isAnswered = false;
  /** One on the same connection that was not answered when this one came. */
  before: HttpPoll | undefined;
  readonly #response: ServerResponse;
  readonly #answered: Counter;

  constructor(response: ServerResponse, key: KeyId | LoginId, answered: Counter) {
    super();
    this.#response = response;
    this.key = key;
    this.#answered = answered;
  }

  override answer(bytes: Buffer): void {
    this.#settle();
    this.#answered.inc();
    if (this.#response.destroyed) return;
    this.#response.writeHead(200, {
      'Content-Type': 'application/json; charset=utf-8',
      'Content-Length': bytes.length,
      'Cache-Control': 'no-store',
    });
    this.#response.end(bytes);
  }

  override answerGap(gap: Gap): void {
    this.fail(gapError(gap));
  }

  override fail(thrown: unknown): void {
    this.#settle();
    if (!this.#response.destroyed) writeProblem(this.#response, toGatewayError(thrown));
  }

  #settle(): void {
    this.isAnswered = true;
    this.before = undefined;
  }
}

/** Which polls wait on which connection: they are over when it is. */
export class ConnectionPolls {
  readonly #open = new Map<Socket, Connection>();

  /** Cancels the polls of a connection that closes. One listener serves a connection and all its requests. */
  watch(socket: Socket, polls: LongPoll, poll: HttpPoll): void {
    const connection = this.#open.get(socket);
    if (connection === undefined) {
      this.#begin(socket, polls, poll);
      return;
    }
    // The client did not wait for the answer before it asked again.
    if (!connection.newest.isAnswered) poll.before = connection.newest;
    connection.newest = poll;
  }

  #begin(socket: Socket, polls: LongPoll, newest: HttpPoll): void {
    const connection: Connection = { newest };
    this.#open.set(socket, connection);
    socket.once('close', () => {
      this.#open.delete(socket);
      for (let each: HttpPoll | undefined = connection.newest; each !== undefined; each = each.before) polls.cancel(each);
    });
  }
}

interface Connection {
  newest: HttpPoll;
}
