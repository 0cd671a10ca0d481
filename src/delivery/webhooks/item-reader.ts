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

  /**
   * Begins anew after an earlier cursor of the log, and says which place that is; the gap if the source no longer reaches back so far.
   * `now` is taken where nothing follows it.
   */
  async beginAfter(event: Cursor, now: () => Micros): Promise<Cursor | Gap> {
    const place = this.#placeAfter(event);
    const page = await this.#source.read(place, 1, this.#signal);
    if ('gap' in page) return page;
    this.#course += 1;
    this.moveTo(place, page.items[0]?.at ?? now());
    return place;
  }

  /** What one event of the log makes, read again; nothing if it is no longer there. */
  async itemsOfEvent(seq: number): Promise<readonly DeliveryItem[]> {
    const { epoch } = this.#position;
    const end = this.#placeAfter({ epoch, seq });
    const found: DeliveryItem[] = [];
    let place = this.#placeAfter({ epoch, seq: seq - 1 });
    while (place.seq < end.seq) {
      const page = await this.#source.read(place, 1, this.#signal);
      if ('gap' in page || page.next.seq <= place.seq) break;
      found.push(...page.items.filter((item) => item.cursor.seq <= end.seq));
      place = page.next;
    }
    return found;
  }

  /** The item at one place of the source, read again; undefined if there is none, or none any more. */
  async itemOf(seq: number): Promise<DeliveryItem | undefined> {
    const page = await this.#source.read({ ...this.#position, seq: seq - 1 }, 1, this.#signal);
    return 'gap' in page ? undefined : page.items.find((item) => item.cursor.seq === seq);
  }

  #placeAfter(event: Cursor): Cursor {
    return this.#source.placeAfter?.(event) ?? event;
  }

  /** What tells the endpoint of a gap, if its source tells of any. */
  gapItem(gap: Gap): DeliveryItem | undefined {
    return this.#source.gap?.(this.#position, gap.oldest);
  }
}
