import type { Cursor, Gap } from '../../model/cursor.ts';
import type { Micros } from '../../model/time.ts';
import type { DeliveryItem, DeliverySource, ItemPage } from './webhook-engine.ts';

/** Where one endpoint is in its source, and what comes next there. */
export class ItemReader {
  readonly #signal: AbortSignal;
  readonly #onMore: () => void;
  #source: DeliverySource;
  #stopListening: () => void;
  #position: Cursor;
  #positionAt: Micros;
  /** Grows when reading begins elsewhere: what an older read finds is of no use. */
  #course = 0;

  /** `onMore` is called when there is more to read; `signal` ends all reading. */
  constructor(
    source: DeliverySource,
    from: { readonly position: Cursor; readonly positionAt: Micros },
    onMore: () => void,
    signal: AbortSignal,
  ) {
    this.#source = source;
    this.#position = from.position;
    this.#positionAt = from.positionAt;
    this.#onMore = onMore;
    this.#signal = signal;
    this.#stopListening = source.onMore(onMore);
    signal.addEventListener('abort', () => this.#stopListening(), { once: true });
  }

  get position(): Cursor {
    return this.#position;
  }

  /** When that was. */
  get positionAt(): Micros {
    return this.#positionAt;
  }

  get head(): Cursor {
    return this.#source.head();
  }

  isBehind(): boolean {
    const { epoch, seq } = this.head;
    return epoch !== this.#position.epoch || seq > this.#position.seq;
  }

  /** Goes on with another source, at the same place. */
  use(source: DeliverySource): void {
    this.#stopListening();
    this.#source = source;
    this.#stopListening = source.onMore(this.#onMore);
  }

  /** What follows the position, which stays where it is; undefined if reading began elsewhere meanwhile, or has ended. */
  async next(limit: number): Promise<ItemPage | Gap | undefined> {
    const course = this.#course;
    const page = await this.#source.read(this.#position, limit, this.#signal);
    return this.#signal.aborted || course !== this.#course ? undefined : page;
  }

  moveTo(position: Cursor, at: Micros): void {
    this.#position = position;
    this.#positionAt = at;
  }

  /** Begins anew after an earlier cursor; the gap if the source no longer reaches back so far. `now` is taken where nothing follows it. */
  async beginAt(from: Cursor, now: () => Micros): Promise<Gap | undefined> {
    const page = await this.#source.read(from, 1, this.#signal);
    if ('gap' in page) return page;
    this.#course += 1;
    this.moveTo(from, page.items[0]?.at ?? now());
    return undefined;
  }

  /** The item of one event, read again; undefined if there is none, or none any more. */
  async itemOf(seq: number): Promise<DeliveryItem | undefined> {
    const page = await this.#source.read({ ...this.#position, seq: seq - 1 }, 1, this.#signal);
    return 'gap' in page ? undefined : page.items.find((item) => item.cursor.seq === seq);
  }

  /** What tells the endpoint of a gap, if its source tells of any. */
  gapItem(gap: Gap): DeliveryItem | undefined {
    return this.#source.gap?.(this.#position, gap.oldest);
  }
}
