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
  /** Gone once answered: an answer that nobody holds any longer is garbage that costs nothing. */
  #response: ServerResponse | undefined;
  readonly #answered: Counter;

  constructor(response: ServerResponse, key: KeyId | LoginId, answered: Counter) {
    super();
    this.#response = response;
    this.key = key;
    this.#answered = answered;
  }

  override answer(bytes: Buffer): void {
    const response = this.#settle();
    this.#answered.inc();
    if (response === undefined || response.destroyed) return;
    response.writeHead(200, {
      'Content-Type': 'application/json; charset=utf-8',
      'Content-Length': bytes.length,
      'Cache-Control': 'no-store',
    });
    response.end(bytes);
  }

  override answerGap(gap: Gap): void {
    this.fail(gapError(gap));
  }

  override fail(thrown: unknown): void {
    const response = this.#settle();
    if (response?.destroyed === false) writeProblem(response, toGatewayError(thrown));
  }

  #settle(): ServerResponse | undefined {
    const response = this.#response;
    this.isAnswered = true;
    this.before = undefined;
    this.#response = undefined;
    return response;
  }
}

/** Kept at the connection itself: a map of thousands of them is slower to ask. */
const newest = Symbol('the newest poll');

interface PollingSocket extends Socket {
  [newest]?: HttpPoll;
}

/** Cancels the polls of a connection when it closes. One listener serves a connection and all its requests. */
export const watchConnection = (socket: PollingSocket, polls: LongPoll, poll: HttpPoll): void => {
  const before = socket[newest];
  socket[newest] = poll;
  if (before === undefined) {
    socket.once('close', () => {
      for (let each = socket[newest]; each !== undefined; each = each.before) polls.cancel(each);
    });
  } else if (!before.isAnswered) {
    // The client did not wait for the answer before it asked again.
    poll.before = before;
  }
};
