import type { Logger } from 'pino';
import { isGap, type EventLog } from '../log/event-log.ts';
import type { Cursor } from '../model/cursor.ts';
import { GatewayError } from '../model/errors.ts';
import type { TenantId } from '../model/ids.ts';
import type { Store } from '../store/store.ts';
import { projectLogged, type Projected, type Projector } from './projector.ts';

/** The state at a cursor: folding goes on from there. */
export interface Mark<State> {
  readonly cursor: Cursor;
  readonly state: State;
}

export interface PastOptions<State, Body> {
  readonly tenant: TenantId;
  readonly projector: Projector<State, Body>;
  readonly log: EventLog;
  readonly store: Store;
  readonly logger: Logger;
  /** How many events lie between two states that are kept. */
  readonly apart: number;
}

/** Some of the messages after a seq, by key. */
export interface PastPage<Body> {
  readonly messages: ReadonlyMap<string, readonly Body[]>;
  /** Up to where was looked. */
  readonly upTo: number;
}

const pageEvents = 500;
const mostMarks = 256;
const mostEnds = 16;

/**
 * What a projection told before the part that it holds in memory: folded again from the log, from the nearest of the states
 * that are kept now and then. For readers that were away for long; each page costs the events that it looks at.
 */
export class ProjectionPast<State, Body> {
  readonly #options: PastOptions<State, Body>;
  /** In order; their states lie in the store. */
  #kept: readonly Cursor[];
  /** Where pages ended lately, so that the next one need not begin at a kept state. */
  readonly #ends = new Map<number, Mark<State>>();

  constructor(options: PastOptions<State, Body>) {
    this.#options = options;
    this.#kept = this.#readList();
  }

  /** Keeps the state, if the last that was kept is far enough away. */
  keep(mark: Mark<State>): void {
    const { tenant, projector, store, apart } = this.#options;
    const last = this.#kept.at(-1);
    if (last !== undefined && mark.cursor.seq - last.seq < apart) return;
    this.#write(() => store.state.put(tenant, this.#nameOf(mark.cursor), JSON.stringify(projector.save(mark.state))));
    this.#keepList([...this.#kept, mark.cursor]);
  }

  /** History has begun anew: nothing before it can be folded. */
  clear(): void {
    this.#ends.clear();
    this.#keepList([]);
  }

  /** Messages for `keys` of events after `after`, up to `upTo`, until there are `limit`; undefined where nothing reaches back so far. */
  async read(keys: readonly string[], after: number, upTo: number, limit: number): Promise<PastPage<Body> | undefined> {
    const { tenant, log } = this.#options;
    let mark = this.#before(after);
    if (mark === undefined) return undefined;
    const wanted = new Set(keys);
    const messages = new Map<string, Body[]>();
    let found = 0;
    while (mark.cursor.seq < upTo && found < limit) {
      const page = await log.read(tenant, mark.cursor, Math.min(pageEvents, upTo - mark.cursor.seq));
      if (isGap(page) || page.events.length === 0) return undefined;
      for (const logged of page.events) {
        const projected: Projected<State, Body> = projectLogged(this.#options, mark.state, logged);
        mark = { cursor: logged.cursor, state: projected.state };
        if (logged.cursor.seq > after) found += collect(messages, projected, wanted);
        if (found >= limit) break;
      }
    }
    this.#remember(mark);
    return { messages, upTo: mark.cursor.seq };
  }

  #before(seq: number): Mark<State> | undefined {
    const end = this.#ends.get(seq);
    if (end !== undefined) return end;
    const { tenant, store, projector } = this.#options;
    const cursor = this.#kept.findLast((kept) => kept.seq <= seq);
    const saved = cursor === undefined ? undefined : store.state.get(tenant, this.#nameOf(cursor));
    return cursor === undefined || saved === undefined ? undefined : { cursor, state: projector.load(JSON.parse(saved)) };
  }

  #remember(mark: Mark<State>): void {
    this.#ends.delete(mark.cursor.seq);
    this.#ends.set(mark.cursor.seq, mark);
    const [oldest] = this.#ends.keys();
    if (this.#ends.size > mostEnds && oldest !== undefined) this.#ends.delete(oldest);
  }

  get #listName(): string {
    return `projection:${this.#options.projector.name}:past`;
  }

  #nameOf({ seq }: Cursor): string {
    return `${this.#listName}:${seq}`;
  }

  #readList(): readonly Cursor[] {
    const { tenant, store, projector } = this.#options;
    const text = store.state.get(tenant, this.#listName);
    if (text === undefined) return [];
    const saved = JSON.parse(text) as { readonly version: number; readonly kept: readonly Cursor[] };
    this.#kept = saved.kept;
    if (saved.version !== projector.version) this.#keepList([]);
    return this.#kept;
  }

  /** States before the log's beginning lead nowhere; of too many the oldest go. */
  #keepList(kept: readonly Cursor[]): void {
    const { tenant, store, projector, log } = this.#options;
    const oldest = log.oldest(tenant);
    const useful = kept.filter(({ epoch, seq }) => epoch === oldest.epoch && seq >= oldest.seq).slice(-mostMarks);
    const useless = this.#kept.filter((cursor) => !useful.some(({ seq }) => seq === cursor.seq));
    this.#kept = useful;
    this.#write(() => {
      store.state.put(tenant, this.#listName, JSON.stringify({ version: projector.version, kept: useful }));
      for (const cursor of useless) store.state.delete(tenant, this.#nameOf(cursor));
    });
  }

  /** On a full disk nothing is kept: who was away for too long is then told of a gap. */
  #write(write: () => void): void {
    const { projector, logger } = this.#options;
    try {
      write();
    } catch (error) {
      if (!(error instanceof GatewayError && error.code === 'log-full')) throw error;
      logger.warn({ event: 'projection.mark-refused', projection: projector.name, err: error });
    }
  }
}

/** How many of the messages were wanted. */
const collect = <State, Body>(into: Map<string, Body[]>, { messages }: Projected<State, Body>, wanted: ReadonlySet<string>): number => {
  let found = 0;
  for (const { key, body } of messages) {
    if (!wanted.has(key)) continue;
    found += 1;
    const list = into.get(key);
    if (list === undefined) into.set(key, [body]);
    else list.push(body);
  }
  return found;
};
