import type { DatabaseSync, SQLOutputValue, StatementSync } from 'node:sqlite';
import { originOf } from './places.ts';

/**
 * Which events are a call's. Ids of calls are random: an index by them would cost each event a page somewhere in all there ever
 * was. So a call is known by the place of its first event, which is looked up once a commit, and its events are listed by that:
 * what lives now lies close together.
 */
export class CallIndex {
  readonly #selectFirst: StatementSync;
  readonly #insertCall: StatementSync;
  readonly #insertEvent: StatementSync;
  readonly #deleteEvents: StatementSync;
  readonly #deleteCalls: StatementSync;
  readonly #selectEvents: StatementSync;

  /** `columns`: what `events` gives of an event's row. */
  constructor(database: DatabaseSync, columns: readonly string[]) {
    this.#selectFirst = database.prepare('SELECT first FROM calls WHERE call = ? AND first > ? AND first <= ?');
    this.#insertCall = database.prepare('INSERT INTO calls (first, call) VALUES (?, ?)');
    this.#insertEvent = database.prepare('INSERT INTO events_of_calls (first, place) VALUES (?, ?)');
    this.#deleteEvents = database.prepare('DELETE FROM events_of_calls WHERE first > ? AND first <= ? AND place <= ?');
    this.#deleteCalls = database.prepare(
      `DELETE FROM calls WHERE first > ? AND first <= ?
       AND NOT EXISTS (SELECT 1 FROM events_of_calls WHERE events_of_calls.first = calls.first)`,
    );
    this.#selectEvents = database.prepare(
      `SELECT ${columns.map((column) => `events.${column}`).join(', ')}
       FROM events_of_calls JOIN events USING (place) WHERE events_of_calls.first = ? AND place <= ? ORDER BY place LIMIT ?`,
    );
    this.#selectEvents.setReturnArrays(true);
  }

  /** Adds events in order. To be called in the transaction that adds them. */
  add(events: Iterable<{ readonly place: number; readonly call: string }>): void {
    const firsts = new Map<string, number>();
    for (const { place, call } of events) {
      const key = `${originOf(place)} ${call}`;
      const known = firsts.get(key) ?? this.#firstOf(call, originOf(place), place);
      if (known === undefined) this.#insertCall.run(place, call);
      const first = known ?? place;
      firsts.set(key, first);
      this.#insertEvent.run(first, place);
    }
  }

  /** The rows of one call's events between two places of a tenant, its origin and its head, in order. */
  events(call: string, origin: number, head: number, limit: number): readonly (readonly SQLOutputValue[])[] {
    const first = this.#firstOf(call, origin, head);
    return first === undefined ? [] : (this.#selectEvents.all(first, head, limit) as unknown as readonly SQLOutputValue[][]);
  }

  /** Forgets the events of a tenant up to a place, and the calls of which none is left. */
  deleteUpTo(place: number): void {
    this.#deleteEvents.run(originOf(place), place, place);
    this.#deleteCalls.run(originOf(place), place);
  }

  #firstOf(call: string, origin: number, upTo: number): number | undefined {
    return this.#selectFirst.get(call, origin, upTo)?.['first'] as number | undefined;
  }
}
