import type { Cursor } from '../model/cursor.ts';
import type { Event } from '../model/event.ts';
import type { CallId, LegId } from '../model/ids.ts';

const maxEndedLegs = 2000;
const maxCalls = 10_000;

/** When calls last changed, and which legs have just ended: what a late command is told. */
export class RecentCalls {
  readonly #changed = new Map<CallId, Cursor>();
  readonly #ended = new Set<LegId>();
  /** Of a call that is not remembered only this is known: it has not changed since. */
  #forgotten: Cursor;

  /** `from`: where the log is before anything is seen. */
  constructor(from: Cursor) {
    this.#forgotten = from;
  }

  see(event: Event, cursor: Cursor): void {
    const { callId, legId } = event;
    if (event.type === 'leg.ended' && legId !== undefined) keep(this.#ended, legId, maxEndedLegs);
    // A command's own progress does not change its call.
    if (callId === undefined || event.type.startsWith('command.')) return;
    this.#changed.delete(callId);
    this.#changed.set(callId, cursor);
    if (this.#changed.size <= maxCalls) return;
    for (const [oldest, changed] of this.#changed) {
      this.#changed.delete(oldest);
      this.#forgotten = changed;
      return;
    }
  }

  hasEnded(leg: LegId): boolean {
    return this.#ended.has(leg);
  }

  /** True where it cannot be told: after a restart, of a cursor from before it. */
  changedSince(call: CallId, cursor: Cursor): boolean {
    const changed = this.#changed.get(call) ?? this.#forgotten;
    return changed.epoch !== cursor.epoch || changed.seq > cursor.seq;
  }
}

const keep = <Value>(set: Set<Value>, value: Value, max: number): void => {
  set.add(value);
  if (set.size > max) for (const oldest of set) return void set.delete(oldest);
};
