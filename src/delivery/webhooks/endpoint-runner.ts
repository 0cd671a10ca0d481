import type { Logger } from 'pino';
import type { Cursor, Gap } from '../../model/cursor.ts';
import type { Clock, Micros, Timers } from '../../model/time.ts';
import { Alarm } from './alarm.ts';
import { EndpointHealth, type PauseReason } from './endpoint-health.ts';
import { ItemReader } from './item-reader.ts';
import { ItemSender, mostUnsettled } from './item-sender.ts';
import { Lanes, type Waiting } from './lanes.ts';
import type { Progress } from './progress.ts';
import type { Sender } from './sender.ts';
import type { Attempt, DeliveryItem, DeliverySource, EndpointView, ItemPage, WebhookEndpoint, WholeRequest } from './webhook-engine.ts';

export interface RunnerOptions {
  readonly progress: Progress;
  readonly sender: Sender;
  readonly clock: Clock;
  readonly timers: Timers;
  /** From 0 to 1, for the jitter. */
  readonly random: () => number;
  readonly logger: Logger;
  /** Told of each attempt. */
  readonly report: (attempt: Attempt) => void;
  /** Told when `progress` is another than before. */
  readonly onProgress: () => void;
  /** Told when the endpoint was paused. */
  readonly onPaused: () => void;
}

/** Bodies held at once, and events looked at in one read. */
const window = 256;
const pageSize = 128;
const rereadMs = 5_000;

/** Reads one endpoint's items and sends them: in order within a lane, again after failures, not at all while it is paused. */
export class EndpointRunner {
  endpoint: WebhookEndpoint;
  readonly #options: RunnerOptions;
  readonly #lanes = new Lanes();
  readonly #reader: ItemReader;
  readonly #health: EndpointHealth;
  readonly #sender: ItemSender;
  readonly #alarm: Alarm;
  readonly #stop = new AbortController();
  /** What the paused endpoint was tried with since the last time round. */
  readonly #probed = new Set<number>();
  readonly #idle: (() => void)[] = [];
  #isReading = false;

  constructor(endpoint: WebhookEndpoint, source: DeliverySource, options: RunnerOptions) {
    const { progress } = options;
    this.endpoint = endpoint;
    this.#options = options;
    this.#health = new EndpointHealth(progress);
    this.#alarm = new Alarm(options, () => (this.#health.isPaused ? this.#probe() : this.#pump()));
    for (const unsettled of progress.unsettled) this.#lanes.add({ ...unsettled, item: undefined });
    this.#reader = new ItemReader(source, progress, () => this.#pump(), this.#stop.signal);
    const { signal } = this.#stop;
    this.#sender = new ItemSender({ ...options, lanes: this.#lanes, reader: this.#reader, health: this.#health, signal });
    if (this.#health.isPaused) this.#probeLater();
    else this.#pump();
  }

  /** The new address, policy and source hold from the next request on. */
  change(endpoint: WebhookEndpoint, source: DeliverySource): void {
    this.endpoint = endpoint;
    this.#reader.use(source);
    this.#pump();
  }

  progress(): Progress {
    const { position, positionAt } = this.#reader;
    const unsettled = [...this.#lanes.all()].toSorted((one, other) => one.seq - other.seq);
    return { position, positionAt, unsettled, ...this.#health.saved() };
  }

  view(): EndpointView {
    const { position, head } = this.#reader;
    let low = position.seq;
    let failing = 0;
    for (const { seq, attempts } of this.#lanes.all()) {
      low = Math.min(low, seq - 1);
      if (attempts > 0) failing += 1;
    }
    const { size: waiting } = this.#lanes;
    return { id: this.endpoint.id, ...this.#health.view(), low: { ...position, seq: low }, position, head, waiting, failing };
  }

  /** When the oldest that is still needed happened; undefined when nothing is. */
  neededFrom(): Micros | undefined {
    let oldest = this.#reader.isBehind() ? this.#reader.positionAt : undefined;
    for (const { at } of this.#lanes.all()) if (oldest === undefined || at < oldest) oldest = at;
    return oldest;
  }

  pause(reason: PauseReason, detail?: string): void {
    this.#health.pause(this.#now, reason, detail);
    this.#options.logger.warn({ event: 'webhook.paused', endpoint: this.endpoint.id, reason, detail }, 'an endpoint is paused');
    this.#options.onProgress();
    this.#alarm.clear();
    this.#probeLater();
    this.#options.onPaused();
  }

  resume(): void {
    if (this.#health.resume(this.#now)) {
      const told = { event: 'webhook.resumed', endpoint: this.endpoint.id, waiting: this.#lanes.size };
      this.#options.logger.info(told, 'an endpoint is delivered to again');
    }
    this.#probed.clear();
    this.#lanes.hurry();
    this.#options.onProgress();
    this.#pump();
  }

  async replay(from: Cursor): Promise<Gap | 'begun'> {
    const place = await this.#reader.beginAfter(from, () => this.#now);
    if ('gap' in place) return place;
    this.#lanes.forgetAfter(place.seq);
    this.#options.onProgress();
    this.#pump();
    return 'begun';
  }

  async redeliver(seq: number): Promise<'begun' | 'nothing' | 'full'> {
    if (this.#lanes.size >= mostUnsettled) return 'full';
    const items = await this.#reader.itemsOfEvent(seq);
    if (items.length === 0) return 'nothing';
    for (const item of items) this.#add(item);
    this.#options.onProgress();
    this.#pump();
    return 'begun';
  }

  async requestFor(seq: number, id?: string): Promise<WholeRequest | undefined> {
    const items = await this.#reader.itemsOfEvent(seq);
    const request = items.find((item) => id === undefined || item.id === id)?.request();
    if (request === undefined) return undefined;
    const { url, method = 'POST', headers } = this.endpoint;
    const body = typeof request.body === 'object' ? Buffer.from(request.body).toString() : (request.body ?? '');
    return { method, url: request.url ?? url, headers: { ...headers, ...request.headers }, body };
  }

  /** Sends nothing new; resolves when nothing is under way. Safe to call twice. */
  async close(): Promise<void> {
    this.#stop.abort();
    this.#alarm.clear();
    if (this.#lanes.underWay === 0) return;
    await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  get #now(): Micros {
    return this.#options.clock.now();
  }

  get #isStopped(): boolean {
    return this.#stop.signal.aborted;
  }

  /** Sends what may be sent, reads what may be read, and sees to be woken for the rest. */
  #pump(): void {
    if (this.#isStopped || this.#health.isPaused) return;
    const now = this.#now;
    if (now < this.#health.heldUntil) {
      this.#alarm.setFor(this.#health.heldUntil);
      return;
    }
    const next = this.#lanes.wake(now);
    if (next !== undefined) this.#alarm.setFor(next);
    this.#sendReady();
    if (!this.#isReading && this.#mayReadOn()) this.#read(() => this.#readOn());
  }

  #sendReady(): void {
    if (this.#health.isPaused || this.#now < this.#health.heldUntil) return;
    const most = this.endpoint.connections ?? 4;
    while (this.#lanes.underWay < most) {
      const waiting = this.#lanes.takeReady();
      if (waiting === undefined) return;
      this.#send(waiting);
    }
  }

  #mayReadOn(): boolean {
    const hasRoom = this.#lanes.fresh < window && this.#lanes.size < mostUnsettled;
    return hasRoom && !this.#isStopped && !this.#health.isPaused && this.#reader.isBehind();
  }

  /** One reading at a time: what is committed while it goes on wakes nobody, and is looked for when it is over. */
  #read(reading: () => Promise<void>): void {
    this.#isReading = true;
    reading().then(
      () => {
        this.#isReading = false;
        this.#pump();
      },
      (error: unknown) => {
        this.#isReading = false;
        if (this.#isStopped) return;
        this.#options.logger.error({ event: 'webhook.read-failed', endpoint: this.endpoint.id, err: error }, 'deliveries cannot be read');
        this.#later(rereadMs);
      },
    );
  }

  async #readOn(): Promise<void> {
    while (this.#mayReadOn()) {
      const page = await this.#reader.next(Math.min(pageSize, mostUnsettled - this.#lanes.size));
      // Paused meanwhile: what was found is read again when it is wanted.
      if (page === undefined || this.#health.isPaused) return;
      this.#take(page);
      this.#sendReady();
    }
  }

  #take(page: ItemPage | Gap): void {
    if ('gap' in page) this.#lose(page);
    else {
      for (const item of page.items) this.#add(item);
      this.#reader.moveTo(page.next, page.items.at(-1)?.at ?? this.#now);
    }
    this.#options.onProgress();
  }

  #add(item: DeliveryItem, pinned = false): void {
    const { seq } = item.cursor;
    if (this.#lanes.has(seq)) {
      this.#lanes.repeat(seq);
      return;
    }
    const { lane } = this.endpoint.policy;
    const key = lane === 'source' ? item.lane : lane === 'none' ? `#${seq}` : '';
    this.#lanes.add({ seq, lane: key, attempts: 0, due: 0, at: item.at, item, pinned });
  }

  /** The source does not reach back so far any more: go on from where it does, and tell the endpoint. */
  #lose(gap: Gap): void {
    const { position } = this.#reader;
    this.#options.logger.error(
      { event: 'webhook.gap', endpoint: this.endpoint.id, reason: gap.gap, from: position.seq, to: gap.oldest.seq },
      'deliveries are lost: the log no longer has them',
    );
    const told = this.#reader.gapItem(gap);
    // A cursor beyond the log's end is of a log that was lost: its beginning is new to the endpoint.
    if (gap.oldest.epoch !== position.epoch) this.#lanes.forgetAfter(0);
    this.#reader.moveTo(gap.oldest, this.#now);
    if (told !== undefined) this.#add(told, true);
  }

  #send(waiting: Waiting): void {
    this.#sender.attempt(this.endpoint, waiting).then(
      (conclusion) => {
        this.#options.onProgress();
        if (conclusion?.endpoint === 'hopeless') this.pause(conclusion.reason, conclusion.detail);
        if (conclusion?.endpoint === 'recovered') this.resume();
        this.#afterAttempt();
      },
      (error: unknown) => {
        if (!this.#isStopped) {
          this.#options.logger.error({ event: 'webhook.attempt-failed', endpoint: this.endpoint.id, seq: waiting.seq, err: error });
        }
        this.#lanes.postpone(waiting, this.#now + rereadMs * 1_000);
        this.#afterAttempt();
      },
    );
  }

  #afterAttempt(): void {
    if (!this.#isStopped) this.#pump();
    else if (this.#lanes.underWay === 0) for (const idle of this.#idle.splice(0)) idle();
  }

  /** Looks again then. */
  #later(ms: number): void {
    if (!this.#isStopped) this.#alarm.setFor(this.#now + ms * 1_000);
  }

  #probeLater(): void {
    const { probe } = this.endpoint.policy;
    if (probe !== undefined) this.#later(this.#sender.jittered(probe));
  }

  /** Tries a paused endpoint with the first of one lane, each time of another, then with what comes next in the log. */
  #probe(): void {
    if (this.#isStopped || !this.#health.isProbed) return;
    this.#probeLater();
    if (this.#isReading || this.#lanes.underWay > 0) return;
    const waiting = this.#lanes.takeForProbe(this.#probed) ?? this.#nextRound();
    if (waiting !== undefined) this.#send(waiting);
    else if (this.#reader.isBehind()) this.#read(() => this.#readForProbe());
  }

  /** The oldest once more, when nothing new can be tried. */
  #nextRound(): Waiting | undefined {
    if (this.#reader.isBehind() && this.#lanes.size < mostUnsettled) return undefined;
    this.#probed.clear();
    return this.#lanes.takeForProbe(this.#probed);
  }

  /** Reads until there is something that the endpoint has not been tried with. */
  async #readForProbe(): Promise<void> {
    for (const { seq } of this.#lanes.all()) this.#probed.add(seq);
    while (this.#reader.isBehind()) {
      const page = await this.#reader.next(1);
      if (page === undefined || !this.#health.isPaused) return;
      this.#take(page);
      const fresh = this.#lanes.takeForProbe(this.#probed);
      if (fresh === undefined) continue;
      this.#send(fresh);
      break;
    }
    this.#probed.clear();
  }
}
