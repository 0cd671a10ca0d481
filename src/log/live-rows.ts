import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { StateChange } from './event-log.ts';

/** What one commit changes of one tenant's live state: the tenant's number, and the changes as `writeChanges` writes them. */
export type ChangesRow = readonly [number, string];

/** So much of what changed lately is kept as it came, in UTF-16 units. */
const mostLately = 4 * 1_048_576;

/**
 * Live state as it lies in the log's database. Most of its rows change with every other event of a call and go with its end: a
 * table in the order of their keys would cost each commit a page a row. So a commit adds what it changes in one piece to
 * `changes`, and when those have grown long the oldest piece goes: what of it still holds is put into the table `state`.
 */
export class LiveRows {
  readonly #insert: StatementSync;
  readonly #oldestFirst: StatementSync;
  readonly #drop: StatementSync;
  readonly #put: StatementSync;
  readonly #delete: StatementSync;
  readonly #selectRows: StatementSync;
  readonly #selectChanges: StatementSync;
  readonly #mostLately: number;
  /** Of what lies in `changes`; read when first written to. */
  #lately: Lately | undefined;

  constructor(database: DatabaseSync, lately = mostLately) {
    this.#mostLately = lately;
    this.#insert = database.prepare('INSERT INTO changes (no, tenant, rows) VALUES (?, ?, ?)');
    this.#oldestFirst = database.prepare('SELECT no, tenant, rows FROM changes ORDER BY no');
    this.#drop = database.prepare('DELETE FROM changes WHERE no = ?');
    this.#put = database.prepare(
      'INSERT INTO state (tenant, key, value) VALUES (?, ?, ?) ON CONFLICT (tenant, key) DO UPDATE SET value = excluded.value',
    );
    this.#delete = database.prepare('DELETE FROM state WHERE tenant = ? AND key = ?');
    this.#selectRows = database.prepare('SELECT key, value FROM state WHERE tenant = ?');
    this.#selectChanges = database.prepare('SELECT rows FROM changes WHERE tenant = ? ORDER BY no');
  }

  /** All rows of a tenant. To be called in a transaction, or a writer may move rows between its two questions. */
  of(tenant: number): ReadonlyMap<string, string> {
    const rows = new Map(this.#selectRows.all(tenant).map((row) => [String(row['key']), String(row['value'])]));
    for (const { rows: written } of this.#selectChanges.iterate(tenant)) {
      for (const { key, value } of readChanges(String(written))) {
        if (value === undefined) rows.delete(key);
        else rows.set(key, value);
      }
    }
    return rows;
  }

  /** To be called in a transaction; if that fails, `forget` what was learnt in it. */
  write(changes: readonly ChangesRow[]): void {
    const lately = (this.#lately ??= this.#readLately());
    for (const [tenant, rows] of changes) {
      lately.add(lately.last + 1, tenant, rows);
      this.#insert.run(lately.last, tenant, rows);
    }
    while (lately.size > this.#mostLately && this.#moveOldest(lately)) continue;
  }

  forget(): void {
    this.#lately = undefined;
  }

  #readLately(): Lately {
    const lately = new Lately();
    for (const { no, tenant, rows } of this.#oldestFirst.iterate()) lately.add(Number(no), Number(tenant), String(rows));
    return lately;
  }

  /** False if there is none: somebody else has emptied the table. */
  #moveOldest(lately: Lately): boolean {
    const oldest = this.#oldestFirst.get();
    if (oldest === undefined) return false;
    const [no, tenant, rows] = [Number(oldest['no']), Number(oldest['tenant']), String(oldest['rows'])];
    for (const { key, value } of lately.remove(no, tenant, rows)) {
      if (value === undefined) this.#delete.run(tenant, key);
      else this.#put.run(tenant, key, value);
    }
    this.#drop.run(no);
    return true;
  }
}

/** Which piece of `changes` has the last word on each key. */
class Lately {
  /** The number of the newest piece. */
  last = 0;
  size = 0;
  readonly #lastWords = new Map<string, number>();

  add(no: number, tenant: number, rows: string): void {
    for (const { key } of readChanges(rows)) this.#lastWords.set(`${tenant}/${key}`, no);
    this.last = no;
    this.size += rows.length;
  }

  /** Those of the oldest piece's changes that nothing newer has overtaken. */
  remove(no: number, tenant: number, rows: string): readonly StateChange[] {
    this.size -= rows.length;
    return readChanges(rows).filter(({ key }) => {
      const name = `${tenant}/${key}`;
      return this.#lastWords.get(name) === no && this.#lastWords.delete(name);
    });
  }
}

/** One text of many changes, each of another key: before each the lengths of its key and value, which need no escaping then. `readChanges` reads it. */
export const writeChanges = (changes: Iterable<readonly [key: string, value: string | undefined]>): string => {
  let text = '';
  for (const [key, value] of changes) text += `${key.length},${value?.length ?? ''}:${key}${value ?? ''}`;
  return text;
};

export const readChanges = (text: string): readonly StateChange[] => {
  const changes: StateChange[] = [];
  for (let at = 0; at < text.length;) {
    const comma = text.indexOf(',', at);
    const colon = text.indexOf(':', comma);
    const keyEnd = colon + 1 + Number(text.slice(at, comma));
    const isDeleted = colon === comma + 1;
    const end = isDeleted ? keyEnd : keyEnd + Number(text.slice(comma + 1, colon));
    changes.push({ key: text.slice(colon + 1, keyEnd), value: isDeleted ? undefined : text.slice(keyEnd, end) });
    at = end;
  }
  return changes;
};
