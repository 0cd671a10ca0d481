import type { LoggedRecord } from './record.ts';

/** The newest events of one tenant, shared by all who follow it; bounded in number and in bytes of JSON. */
export class RecentEvents {
  readonly #slots: (LoggedRecord | undefined)[];
  readonly #mostBytes: number;
  /** The `seq` of the oldest one held, and of the next to come. */
  #first: number;
  #next: number;
  #bytes = 0;

  constructor(mostEvents: number, mostBytes: number, head: number) {
    this.#slots = Array.from<undefined>({ length: mostEvents });
    this.#mostBytes = mostBytes;
    this.#first = head + 1;
    this.#next = head + 1;
  }

  /** Takes the event that follows the last one taken. */
  push(record: LoggedRecord): void {
    if (this.#next - this.#first === this.#slots.length) this.#dropFirst();
    this.#slots[this.#next % this.#slots.length] = record;
    this.#next += 1;
    this.#bytes += record.json.length;
    while (this.#bytes > this.#mostBytes) this.#dropFirst();
  }

  /** Whether the event after `seq` is here (or is yet to come). */
  continuesFrom(seq: number): boolean {
    return seq + 1 >= this.#first;
  }

  /** At most `limit` events after `seq`, from where `continuesFrom` says so. */
  after(seq: number, limit: number): readonly LoggedRecord[] {
    const records: LoggedRecord[] = [];
    const end = Math.min(this.#next, seq + 1 + limit);
    for (let at = seq + 1; at < end; at += 1) {
      const record = this.#slots[at % this.#slots.length];
      if (record !== undefined) records.push(record);
    }
    return records;
  }

  /** Forgets everything up to and with `seq`; a new epoch goes on after it. */
  startAfter(seq: number): void {
    while (this.#first < this.#next && this.#first <= seq) this.#dropFirst();
    if (this.#next <= seq) {
      this.#first = seq + 1;
      this.#next = seq + 1;
    }
  }

  #dropFirst(): void {
    const slot = this.#first % this.#slots.length;
    this.#bytes -= this.#slots[slot]?.json.length ?? 0;
    this.#slots[slot] = undefined;
    this.#first += 1;
  }
}
