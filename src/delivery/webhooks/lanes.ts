import type { Micros } from '../../model/time.ts';
import type { Unsettled } from './progress.ts';
import type { DeliveryItem } from './webhook-engine.ts';

/**
 * An unsettled item on its way. `item` is there until the first failure; after it the item is read again when its turn comes,
 * unless it is `pinned`: one that nobody can read again. `due` 0 means at once.
 */
export interface Waiting extends Unsettled {
  attempts: number;
  due: Micros;
  item: DeliveryItem | undefined;
  readonly pinned?: boolean;
  /** Asked for again while it is under way. */
  isRepeated?: boolean;
}

interface Lane {
  readonly key: string;
  /** In the order in which they are to be sent. */
  readonly queue: Waiting[];
  /** Whether its first is under way. */
  busy: boolean;
}

/** The unsettled items of one endpoint: in each lane only the first is ever sent, and the next when that is settled. */
export class Lanes {
  readonly #lanes = new Map<string, Lane>();
  readonly #bySeq = new Map<number, Waiting>();
  /** Lanes whose first may be sent, in the order in which they became so. */
  readonly #ready = new Set<Lane>();
  /** Lanes whose first is not due yet. A lane is in one of the two, or busy. */
  readonly #delayed = new Set<Lane>();
  #underWay = 0;
  #fresh = 0;

  get size(): number {
    return this.#bySeq.size;
  }

  /** How many hold their body in memory. */
  get fresh(): number {
    return this.#fresh;
  }

  get underWay(): number {
    return this.#underWay;
  }

  has(seq: number): boolean {
    return this.#bySeq.has(seq);
  }

  all(): IterableIterator<Waiting> {
    return this.#bySeq.values();
  }

  add(waiting: Waiting): void {
    this.#bySeq.set(waiting.seq, waiting);
    if (waiting.item !== undefined) this.#fresh += 1;
    const lane = this.#lanes.get(waiting.lane);
    if (lane !== undefined) {
      // Its turn may be long in coming.
      if ((lane.queue[0]?.attempts ?? 0) > 0) this.#dropItem(waiting);
      lane.queue.push(waiting);
      return;
    }
    const begun: Lane = { key: waiting.lane, queue: [waiting], busy: false };
    this.#lanes.set(waiting.lane, begun);
    this.#await(begun);
  }

  /** The first of a lane that is ready, now under way. */
  takeReady(): Waiting | undefined {
    for (const lane of this.#ready) return this.#take(lane);
    return undefined;
  }

  /** The first of any lane but those tried since the last time round: each gets its turn, the oldest first. */
  takeForProbe(tried: Set<number>): Waiting | undefined {
    for (const lane of this.#lanes.values()) {
      const [first] = lane.queue;
      if (lane.busy || first === undefined || tried.has(first.seq)) continue;
      tried.add(first.seq);
      return this.#take(lane);
    }
    return undefined;
  }

  /** Sends one that is under way once more when it is settled; one that waits is sent anyway. */
  repeat(seq: number): void {
    const waiting = this.#bySeq.get(seq);
    const lane = waiting === undefined ? undefined : this.#lanes.get(waiting.lane);
    if (waiting !== undefined && lane?.busy === true && lane.queue[0] === waiting) waiting.isRepeated = true;
  }

  /** It is settled: the next of its lane may go. */
  settle(waiting: Waiting): void {
    if (waiting.isRepeated === true) {
      waiting.attempts = 0;
      this.postpone(waiting, 0);
      return;
    }
    if (waiting.item !== undefined) this.#fresh -= 1;
    waiting.item = undefined;
    this.#bySeq.delete(waiting.seq);
    const lane = this.#release(waiting);
    if (lane === undefined) return;
    lane.queue.shift();
    if (lane.queue.length === 0) this.#lanes.delete(lane.key);
    else this.#await(lane);
  }

  /** It failed: its lane waits until it is due. */
  postpone(waiting: Waiting, due: Micros): void {
    this.#dropItem(waiting);
    waiting.due = due;
    waiting.isRepeated = false;
    const lane = this.#release(waiting);
    if (lane === undefined) return;
    this.#await(lane);
    // Those behind it wait for as long; their bodies are read again then.
    for (const behind of lane.queue) this.#dropItem(behind);
  }

  /** Makes ready what is due by now; returns when the next will be. */
  wake(now: Micros): Micros | undefined {
    let next: Micros | undefined;
    for (const lane of this.#delayed) {
      const due = lane.queue[0]?.due ?? 0;
      if (due <= now) {
        this.#delayed.delete(lane);
        this.#ready.add(lane);
      } else if (next === undefined || due < next) next = due;
    }
    return next;
  }

  /** Everything is due now. */
  hurry(): void {
    for (const waiting of this.#bySeq.values()) waiting.due = 0;
    this.wake(0);
  }

  /** Forgets what lies after the cursor, but for what is under way. */
  forgetAfter(seq: number): void {
    for (const waiting of this.#bySeq.values()) {
      const lane = this.#lanes.get(waiting.lane);
      if (waiting.seq <= seq || lane === undefined || (lane.busy && lane.queue[0] === waiting)) continue;
      if (waiting.item !== undefined) this.#fresh -= 1;
      this.#bySeq.delete(waiting.seq);
      lane.queue.splice(lane.queue.indexOf(waiting), 1);
      if (lane.queue.length > 0) continue;
      this.#lanes.delete(lane.key);
      this.#ready.delete(lane);
      this.#delayed.delete(lane);
    }
  }

  #await(lane: Lane): void {
    if (lane.queue[0]?.due === 0) this.#ready.add(lane);
    else this.#delayed.add(lane);
  }

  #take(lane: Lane): Waiting | undefined {
    this.#ready.delete(lane);
    this.#delayed.delete(lane);
    lane.busy = true;
    this.#underWay += 1;
    return lane.queue[0];
  }

  #release(waiting: Waiting): Lane | undefined {
    const lane = this.#lanes.get(waiting.lane);
    if (lane === undefined) return undefined;
    lane.busy = false;
    this.#underWay -= 1;
    return lane;
  }

  #dropItem(waiting: Waiting): void {
    if (waiting.item === undefined || waiting.pinned === true) return;
    waiting.item = undefined;
    this.#fresh -= 1;
  }
}
