import type { Cursor, Gap } from '../model/cursor.ts';
import type { TenantId } from '../model/ids.ts';
import type { RecentEvents } from './recent-events.ts';

/** An epoch and the `seq` after which it begins. */
export interface Epoch {
  readonly epoch: string;
  readonly base: number;
}

/** What the process remembers of one tenant's log; the one mutable object of its kind, changed only after a commit. */
export class TenantLog {
  readonly tenant: TenantId;
  /** The tenant's number in the database. */
  readonly no: number;
  readonly recent: RecentEvents;
  readonly #epochs: Epoch[];
  readonly #waiting = new Set<() => void>();
  fence: number;
  head: number;
  /** The `seq` before the oldest event that is kept. */
  oldest: number;
  /** JSON of all events that are kept. */
  bytes: number;

  constructor(
    row: {
      readonly tenant: TenantId;
      readonly no: number;
      readonly fence: number;
      readonly head: number;
      readonly oldest: number;
      readonly bytes: number;
    },
    epochs: readonly Epoch[],
    recent: RecentEvents,
  ) {
    this.tenant = row.tenant;
    this.no = row.no;
    this.fence = row.fence;
    this.head = row.head;
    this.oldest = row.oldest;
    this.bytes = row.bytes;
    this.#epochs = [...epochs];
    this.recent = recent;
  }

  get epoch(): string {
    return this.#epochs.at(-1)?.epoch ?? '';
  }

  get headCursor(): Cursor {
    return { epoch: this.epoch, seq: this.head };
  }

  get oldestCursor(): Cursor {
    return { epoch: this.epoch, seq: Math.max(this.oldest, this.#epochs.at(-1)?.base ?? 0) };
  }

  /** The epoch in which `seq` was given. */
  epochOf(seq: number): string {
    return this.#epochs.findLast(({ base }) => base < seq)?.epoch ?? this.epoch;
  }

  begin(epoch: Epoch): void {
    this.#epochs.push(epoch);
    this.head = epoch.base;
    this.recent.startAfter(epoch.base);
    this.announce();
  }

  /** Why the log cannot be continued from `after`, if it cannot. */
  gapAt(after: Cursor): Gap | undefined {
    const [oldest, head] = [this.oldestCursor, this.headCursor];
    if (after.epoch !== head.epoch) return { gap: 'epoch', asked: after, oldest, head };
    if (after.seq > head.seq) return { gap: 'future', asked: after, oldest, head };
    if (after.seq < oldest.seq) return { gap: 'retention', asked: after, oldest, head };
    return undefined;
  }

  /** Resolves at the next `announce`, or when `signal` aborts. */
  async changed(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
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

  /** Wakes all who wait for a change. */
  announce(): void {
    for (const wake of this.#waiting) wake();
  }
}
