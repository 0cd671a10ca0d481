import type { FastifyInstance } from 'fastify';
import { GatewayError } from '../../model/errors.ts';
import { isoTime, type IsoTime, type Clock } from '../../model/time.ts';

/** A request that a program of somebody's would have got. */
export interface InboxRequest {
  /** Counts from 1. */
  readonly number: number;
  readonly at: IsoTime;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const mostKept = 20;
const mostBodyBytes = 65_536;
const mostWaiting = 20;

/**
 * Stands for the program that a webhook is sent to, so that one can be seen arriving where nothing but a browser is at hand. It keeps
 * the last twenty requests, in memory.
 */
export class Inbox {
  readonly #clock: Clock;
  readonly #kept: InboxRequest[] = [];
  readonly #waiting = new Set<() => void>();
  #count = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** How many there have been. */
  get count(): number {
    return this.#count;
  }

  /** The newest first. */
  get requests(): readonly InboxRequest[] {
    return this.#kept.toReversed();
  }

  put(headers: Readonly<Record<string, string>>, body: string): void {
    this.#count += 1;
    this.#kept.push({ number: this.#count, at: isoTime(this.#clock.now()), headers, body });
    if (this.#kept.length > mostKept) this.#kept.shift();
    for (const wake of this.#waiting) wake();
  }

  /** Resolves when there have been more than `count`, or the signal aborts. Throws `too-many-requests` when too many wait. */
  async untilMoreThan(count: number, signal: AbortSignal): Promise<void> {
    if (this.#count > count || signal.aborted) return;
    if (this.#waiting.size >= mostWaiting) throw new GatewayError('too-many-requests');
    await new Promise<void>((resolve) => {
      const wake = (): void => {
        this.#waiting.delete(wake);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      this.#waiting.add(wake);
      signal.addEventListener('abort', wake);
    });
  }
}

/** Where webhooks go: `path` is what they are told, and nobody is asked for a key there. A fastify plugin's body. */
export const receiveInto = (server: FastifyInstance, inbox: Inbox, path: string): void => {
  // Bodies are kept as they came, whatever they are.
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('*', { parseAs: 'string', bodyLimit: mostBodyBytes }, (_request, body, done) => done(null, body));
  server.post(path, async (request, reply) => {
    const headers = Object.entries(request.headers).map(([name, value]) => [name, String(value)] as const);
    inbox.put(Object.fromEntries(headers), typeof request.body === 'string' ? request.body : '');
    return reply.code(204).send();
  });
};
