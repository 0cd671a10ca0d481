import { isGap } from '../log/event-log.ts';
import type { LoggedEvent } from '../log/event-log.ts';
import type { Cursor, Gap } from '../model/cursor.ts';
import type { Encoder } from './encoder.ts';
import { matchesFilter } from './filter.ts';
import type { FeedFilter } from './filter.ts';
import { createShape } from './hub.ts';
import type { Hub, Reader, Shape } from './hub.ts';
import type { Wheel, WheelEntry } from './wheel.ts';

/** How a dialect writes the answer to a poll. `next` is where the reader goes on. */
export interface PageEncoder {
  /** Unique among the encoders of the process. */
  readonly name: string;
  page(events: readonly LoggedEvent[], next: Cursor): Buffer;
}

export interface PollRequest {
  readonly after: Cursor;
  /** Of `shapeOf`: requests with the same filter and limit share one. */
  readonly shape: PollShape;
  /** How long to wait when nothing has happened yet; 0 answers at once. */
  readonly waitMs: number;
}

export interface PollShape extends Shape {
  readonly limit: number;
}

/** One that waits for an answer. It is given exactly one, unless it cancels before. */
export interface Poller {
  answer(bytes: Buffer): void;
  /** The log cannot continue from `after`. */
  answerGap(gap: Gap): void;
  fail(error: unknown): void;
}

/** How many events of history are looked at in a turn while none has matched. */
const scanSize = 512;

/**
 * Pages and long polls of one tenant. An answer is encoded once for all who ask for the same: those who wait are answered
 * with the hub's own bytes, those who ask a little later with bytes that are kept until something new happens.
 */
export class LongPoll {
  readonly #hub: Hub;
  readonly #wheel: Wheel;
  readonly #encoder: PageEncoder;
  readonly #encoders = new Map<number, Encoder>();
  readonly #waiting = new Set<Waiter>();
  readonly #kept = new Map<string, Buffer>();
  /** Up to where what is kept is true. */
  #keptAt: Cursor;

  constructor(hub: Hub, wheel: Wheel, encoder: PageEncoder) {
    this.#hub = hub;
    this.#wheel = wheel;
    this.#encoder = encoder;
    this.#keptAt = hub.position;
  }

  shapeOf(filter: FeedFilter, limit: number): PollShape {
    let encoder = this.#encoders.get(limit);
    if (encoder === undefined) {
      encoder = {
        name: `${this.#encoder.name}/${limit}`,
        encode: (events, position) => {
          const shown = events.slice(0, limit);
          return this.#encoder.page(shown, events.length > limit ? (shown.at(-1)?.cursor ?? position) : position);
        },
      };
      this.#encoders.set(limit, encoder);
    }
    return { ...createShape(encoder, filter), limit };
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /** Answers now, or when something that matches happens, or when the time is over. Returns how to cancel. */
  ask(request: PollRequest, poller: Poller): () => void {
    const { after, shape } = request;
    const { position } = this.#hub;
    if (after.seq === position.seq && after.epoch === position.epoch) {
      if (request.waitMs > 0) return this.#wait(request, poller);
      poller.answer(this.#emptyAt(position));
      return nothingToCancel;
    }
    const kept = this.#keep(after, shape);
    if (kept !== undefined) {
      poller.answer(kept);
      return nothingToCancel;
    }
    const aborting = new AbortController();
    let cancelWait = nothingToCancel;
    this.#search(request, aborting.signal).then(
      (found) => {
        if (aborting.signal.aborted) return;
        if (Buffer.isBuffer(found)) poller.answer(found);
        else if ('gap' in found) poller.answerGap(found);
        else cancelWait = this.ask(found, poller);
      },
      (error: unknown) => {
        if (!aborting.signal.aborted) poller.fail(error);
      },
    );
    return () => {
      aborting.abort();
      cancelWait();
    };
  }

  /** Answers all who wait, with nothing: the server stops. */
  close(): void {
    for (const waiter of [...this.#waiting]) waiter.due();
  }

  #wait(request: PollRequest, poller: Poller): () => void {
    const waiter: Waiter = new Waiter((bytes) => {
      this.#waiting.delete(waiter);
      this.#wheel.remove(waiter);
      waiter.leave();
      if (waiter.isCancelled) return;
      poller.answer(bytes ?? this.#emptyAt(this.#hub.position));
    });
    this.#waiting.add(waiter);
    waiter.leave = this.#hub.join(waiter, request.shape);
    this.#wheel.add(waiter, request.waitMs);
    return waiter.cancel;
  }

  /** The page after the cursor out of what is in memory, if something in it matches; the same bytes for all who ask for it. */
  #keep(after: Cursor, shape: PollShape): Buffer | undefined {
    this.#forgetOld();
    const key = `${after.epoch}-${after.seq} ${shape.key}`;
    const kept = this.#kept.get(key);
    if (kept !== undefined) return kept;
    const page = this.#hub.recall(after, scanSize);
    if (page === undefined) return undefined;
    const bytes = this.#encodePage(page.events, page.next, shape);
    if (bytes !== undefined && this.#kept.size < mostKept) this.#kept.set(key, bytes);
    return bytes;
  }

  /** Reads on until something matches, or everything has been read: then the request goes on from there, waiting. */
  async #search(request: PollRequest, signal: AbortSignal): Promise<Buffer | Gap | PollRequest> {
    let { after } = request;
    for (;;) {
      const page = await this.#hub.read(after, scanSize, signal);
      if (isGap(page)) return page;
      const bytes = this.#encodePage(page.events, page.next, request.shape);
      if (bytes !== undefined) return bytes;
      after = page.next;
      const { position } = this.#hub;
      if (signal.aborted || (after.seq === position.seq && after.epoch === position.epoch)) return { ...request, after };
    }
  }

  #encodePage(events: readonly LoggedEvent[], next: Cursor, shape: PollShape): Buffer | undefined {
    const matching: LoggedEvent[] = [];
    for (const event of events) if (matchesFilter(shape.filter, event)) matching.push(event);
    return matching.length === 0 ? undefined : shape.encoder.encode(matching, next);
  }

  #emptyAt(position: Cursor): Buffer {
    this.#forgetOld();
    const kept = this.#kept.get('');
    if (kept !== undefined) return kept;
    const bytes = this.#encoder.page([], position);
    this.#kept.set('', bytes);
    return bytes;
  }

  #forgetOld(): void {
    const { position } = this.#hub;
    if (this.#keptAt === position) return;
    this.#keptAt = position;
    this.#kept.clear();
  }
}

const mostKept = 256;

const nothingToCancel = (): void => {};

class Waiter implements Reader, WheelEntry {
  wheelSlot = -1;
  wheelTurns = 0;
  leave: () => void = nothingToCancel;
  isCancelled = false;
  readonly #settle: (bytes: Buffer | undefined) => void;
  #settled = false;

  constructor(settle: (bytes: Buffer | undefined) => void) {
    this.#settle = settle;
  }

  deliver(bytes: Buffer): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#settle(bytes);
  }

  due(): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#settle(undefined);
  }

  readonly cancel = (): void => {
    this.isCancelled = true;
    this.due();
  };
}
