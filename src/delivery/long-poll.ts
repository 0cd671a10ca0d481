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

/**
 * One that asks. It is given exactly one answer, unless it is cancelled before. What it keeps here is the long poll's own: a
 * poll costs one object and a place in a list, for most of what is asked is asked again and again.
 */
export abstract class Poller {
  /** Where it waits. */
  room: Room | undefined;
  /** When it has waited long enough, in the wheel's time. */
  deadline = 0;
  /** Ends its search in history. */
  search: AbortController | undefined;
  isCancelled = false;

  abstract answer(bytes: Buffer): void;
  /** The log cannot continue from `after`. */
  abstract answerGap(gap: Gap): void;
  abstract fail(error: unknown): void;
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
  readonly #rooms = new Map<string, Room>();
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

  /** Those who wait now. */
  waiting(): readonly Poller[] {
    return [...this.#rooms.values()].flatMap((room) => room.waiting());
  }

  /** Answers now, or when something that matches happens, or when the time is over. */
  ask(request: PollRequest, poller: Poller): void {
    const { after, shape } = request;
    const { position } = this.#hub;
    if (after.seq === position.seq && after.epoch === position.epoch) {
      if (request.waitMs > 0) this.#roomOf(request).enter(poller);
      else poller.answer(this.#emptyAt(position));
      return;
    }
    const kept = this.#keep(after, shape);
    if (kept === undefined) void this.#searchFor(request, poller);
    else poller.answer(kept);
  }

  /** It is answered no more. Safe at any time. */
  cancel(poller: Poller): void {
    if (poller.isCancelled) return;
    poller.isCancelled = true;
    poller.search?.abort();
    poller.room?.forget(poller);
  }

  /** Answers all who wait, with nothing: the server stops. */
  close(): void {
    for (const room of [...this.#rooms.values()]) room.sendAway();
  }

  #roomOf({ shape, waitMs }: PollRequest): Room {
    const key = `${waitMs} ${shape.key}`;
    const known = this.#rooms.get(key);
    if (known !== undefined) return known;
    const room: Room = new Room({
      wheel: this.#wheel,
      waitMs,
      open: () => this.#hub.join(room, shape),
      nothing: () => this.#emptyAt(this.#hub.position),
    });
    // Rooms in which nobody waits are let go of when there are many: they are made again when they are asked for.
    if (this.#rooms.size >= mostEmptyRooms) for (const [each, { isEmpty }] of this.#rooms) if (isEmpty) this.#rooms.delete(each);
    this.#rooms.set(key, room);
    return room;
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

  async #searchFor(request: PollRequest, poller: Poller): Promise<void> {
    const search = new AbortController();
    poller.search = search;
    try {
      const found = await this.#search(request, search.signal);
      poller.search = undefined;
      if (search.signal.aborted) return;
      if (Buffer.isBuffer(found)) poller.answer(found);
      else if ('gap' in found) poller.answerGap(found);
      else this.ask(found, poller);
    } catch (error) {
      if (!search.signal.aborted) poller.fail(error);
    }
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
    const matching = events.filter((event) => matchesFilter(shape.filter, event));
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
const mostEmptyRooms = 256;
const mostCancelled = 64;

interface RoomOptions {
  readonly wheel: Wheel;
  readonly waitMs: number;
  /** Has the hub call the room; returns how to end that. */
  open(): () => void;
  /** The answer to those for whom nothing happened. */
  nothing(): Buffer;
}

/**
 * Those who wait for the same, equally long: one reader of the hub and one entry of the wheel stand for all of them. They are
 * due in the order in which they came.
 */
class Room implements Reader, WheelEntry {
  wheelSlot = -1;
  wheelTurns = 0;
  readonly #options: RoomOptions;
  #waiting: Poller[] = [];
  #cancelled = 0;
  #close: (() => void) | undefined;

  constructor(options: RoomOptions) {
    this.#options = options;
  }

  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  waiting(): readonly Poller[] {
    return this.#waiting.filter(({ isCancelled }) => !isCancelled);
  }

  enter(poller: Poller): void {
    const { wheel, waitMs } = this.#options;
    poller.room = this;
    poller.deadline = wheel.time + waitMs + wheel.tickMs;
    this.#waiting.push(poller);
    if (this.#close !== undefined) return;
    this.#close = this.#options.open();
    wheel.add(this, waitMs);
  }

  deliver(bytes: Buffer): void {
    this.#answer(this.#waiting.length, bytes);
  }

  due(): void {
    const { wheel, nothing } = this.#options;
    const stays = this.#waiting.findIndex(({ deadline }) => deadline > wheel.time);
    this.#answer(stays === -1 ? this.#waiting.length : stays, nothing());
    const first = this.#waiting[0];
    if (first !== undefined) wheel.add(this, first.deadline - wheel.time - wheel.tickMs);
  }

  sendAway(): void {
    this.#answer(this.#waiting.length, this.#options.nothing());
  }

  /** A cancelled one stays in the list until its turn comes, but not too many of them. */
  forget(poller: Poller): void {
    poller.room = undefined;
    this.#cancelled += 1;
    if (this.#cancelled < mostCancelled || this.#cancelled < this.#waiting.length / 2) return;
    this.#waiting = [...this.waiting()];
    this.#cancelled = 0;
    if (this.#waiting.length === 0) this.#leave();
  }

  /** Answers the first `count`. */
  #answer(count: number, bytes: Buffer): void {
    const answered = this.#waiting;
    this.#waiting = answered.slice(count);
    if (this.#waiting.length === 0) this.#leave();
    for (let at = 0; at < count; at += 1) {
      const poller = answered[at];
      if (poller === undefined || poller.isCancelled) continue;
      poller.room = undefined;
      poller.answer(bytes);
    }
  }

  #leave(): void {
    this.#cancelled = 0;
    this.#close?.();
    this.#close = undefined;
    this.#options.wheel.remove(this);
  }
}
