import type { Logger } from 'pino';
import type { Cursor, Gap } from '../../model/cursor.ts';
import type { Clock, Micros, Timers } from '../../model/time.ts';
import { Lanes } from './lanes.ts';
import type { Waiting } from './lanes.ts';
import type { Progress } from './progress.ts';
import type { Sender, Sent } from './sender.ts';
import type {
  Attempt,
  AttemptFailure,
  DeliveryItem,
  DeliverySource,
  EndpointView,
  ItemPage,
  pauseReasons,
  WebhookEndpoint,
} from './webhook-engine.ts';

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
}

/** Beyond so many unsettled items the endpoint is paused. */
export const mostUnsettled = 1_000;
/** Bodies held at once, and events looked at in one read. */
const window = 256;
const pageSize = 128;
const longestRetryAfterMs = 3_600_000;
const rereadMs = 5_000;
/** The part of a wait that chance may take away. */
const jitter = 0.2;
const gone = 410;

type PauseReason = (typeof pauseReasons)[number];

/** Reads one endpoint's items and sends them: in order within a lane, again after failures, not at all while it is paused. */
export class EndpointRunner {
  endpoint: WebhookEndpoint;
  readonly #options: RunnerOptions;
  readonly #lanes = new Lanes();
  readonly #stop = new AbortController();
  readonly #probed = new Set<number>();
  readonly #idle: (() => void)[] = [];
  #source: DeliverySource;
  #stopListening: () => void;
  #position: Cursor;
  #positionAt: Micros;
  #paused: { readonly reason: PauseReason; readonly detail?: string } | undefined;
  #since: Micros;
  #failingSince: Micros | undefined;
  #lastFailure: string | undefined;
  #heldUntil: Micros = 0;
  #reading = false;
  /** Grows when reading begins elsewhere: what an older read finds is of no use. */
  #course = 0;
  #wake: { readonly at: Micros; readonly cancel: () => void } | undefined;

  constructor(endpoint: WebhookEndpoint, source: DeliverySource, options: RunnerOptions) {
    const { progress } = options;
    this.endpoint = endpoint;
    this.#options = options;
    this.#source = source;
    this.#position = progress.position;
    this.#positionAt = progress.positionAt;
    this.#paused = progress.paused;
    this.#since = progress.since;
    for (const unsettled of progress.unsettled) this.#lanes.add({ ...unsettled, item: undefined });
    this.#stopListening = source.onMore(() => this.#pump());
    if (this.#paused === undefined) this.#pump();
    else this.#wakeAt(options.clock.now() + this.#jittered(endpoint.policy.probe) * 1_000);
  }

  /** The new address, policy and source hold from the next request on. */
  change(endpoint: WebhookEndpoint, source: DeliverySource): void {
    this.endpoint = endpoint;
    this.#stopListening();
    this.#source = source;
    this.#stopListening = source.onMore(() => this.#pump());
    this.#pump();
  }

  progress(): Progress {
    return {
      position: this.#position,
      positionAt: this.#positionAt,
      unsettled: [...this.#lanes.all()].toSorted((one, other) => one.seq - other.seq),
      ...(this.#paused === undefined ? undefined : { paused: this.#paused }),
      since: this.#since,
    };
  }

  view(): EndpointView {
    let low = this.#position.seq;
    let failing = 0;
    for (const { seq, attempts } of this.#lanes.all()) {
      low = Math.min(low, seq - 1);
      if (attempts > 0) failing += 1;
    }
    const detail = this.#paused?.detail ?? (this.#failingSince === undefined ? undefined : this.#lastFailure);
    return {
      id: this.endpoint.id,
      status: this.#paused === undefined ? 'active' : 'paused',
      ...(this.#paused === undefined ? undefined : { reason: this.#paused.reason }),
      ...(detail === undefined ? undefined : { detail }),
      since: this.#since,
      low: { ...this.#position, seq: low },
      position: this.#position,
      head: this.#source.head(),
      waiting: this.#lanes.size,
      failing,
    };
  }

  /** When the oldest that is still needed happened; undefined when nothing is. */
  neededFrom(): Micros | undefined {
    let oldest = this.#isBehind() ? this.#positionAt : undefined;
    for (const { at } of this.#lanes.all()) if (oldest === undefined || at < oldest) oldest = at;
    return oldest;
  }

  pause(reason: PauseReason, detail?: string): void {
    const { clock, logger } = this.#options;
    this.#paused = { reason, ...(detail === undefined ? undefined : { detail }) };
    this.#since = clock.now();
    logger.warn({ event: 'webhook.paused', endpoint: this.endpoint.id, reason, detail }, 'an endpoint is paused');
    this.#options.onProgress();
    this.#wake?.cancel();
    this.#wake = undefined;
    this.#wakeAt(this.#since + this.#jittered(this.endpoint.policy.probe) * 1_000);
  }

  resume(): void {
    const { clock, logger } = this.#options;
    if (this.#paused !== undefined) {
      logger.info({ event: 'webhook.resumed', endpoint: this.endpoint.id, waiting: this.#lanes.size }, 'an endpoint is delivered to again');
      this.#since = clock.now();
    }
    this.#paused = undefined;
    this.#failingSince = undefined;
    this.#heldUntil = 0;
    this.#probed.clear();
    this.#lanes.hurry();
    this.#options.onProgress();
    this.#pump();
  }

  async replay(from: Cursor): Promise<Gap | 'begun'> {
    const page = await this.#source.read(from, 1, this.#stop.signal);
    if ('gap' in page) return page;
    this.#course += 1;
    this.#lanes.forgetAfter(from.seq);
    this.#position = from;
    this.#positionAt = page.items[0]?.at ?? this.#options.clock.now();
    this.#options.onProgress();
    this.#pump();
    return 'begun';
  }

  async redeliver(seq: number): Promise<'begun' | 'nothing' | 'full'> {
    if (this.#lanes.size >= mostUnsettled) return 'full';
    const item = await this.#itemOf(seq);
    if (item === undefined) return 'nothing';
    if (!this.#lanes.has(seq)) this.#add(item);
    this.#options.onProgress();
    this.#pump();
    return 'begun';
  }

  /** Sends nothing new; resolves when nothing is under way. Safe to call twice. */
  async close(): Promise<void> {
    this.#stopListening();
    this.#wake?.cancel();
    this.#stop.abort();
    if (this.#lanes.underWay === 0) return;
    await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  #isBehind(): boolean {
    const head = this.#source.head();
    return head.epoch !== this.#position.epoch || head.seq > this.#position.seq;
  }

  /** Sends what may be sent, reads what may be read, and sees to be woken for the rest. */
  #pump(): void {
    if (this.#stop.signal.aborted || this.#paused !== undefined) return;
    const now = this.#options.clock.now();
    if (now < this.#heldUntil) {
      this.#wakeAt(this.#heldUntil);
      return;
    }
    const next = this.#lanes.wake(now);
    if (next !== undefined) this.#wakeAt(next);
    this.#sendReady();
    if (!this.#reading && this.#isBehind() && this.#hasRoom()) this.#startReading();
  }

  #sendReady(): void {
    if (this.#paused !== undefined || this.#options.clock.now() < this.#heldUntil) return;
    const most = this.endpoint.connections ?? 4;
    while (this.#lanes.underWay < most) {
      const waiting = this.#lanes.takeReady();
      if (waiting === undefined) return;
      this.#send(waiting);
    }
  }

  #hasRoom(): boolean {
    return this.#lanes.fresh < window && this.#lanes.size < mostUnsettled;
  }

  #startReading(): void {
    this.#reading = true;
    this.#readOn().then(
      () => {
        this.#reading = false;
        // What was committed in between woke nobody.
        this.#pump();
      },
      (error: unknown) => {
        this.#reading = false;
        if (this.#stop.signal.aborted) return;
        this.#options.logger.error({ event: 'webhook.read-failed', endpoint: this.endpoint.id, err: error }, 'deliveries cannot be read');
        this.#wakeAt(this.#options.clock.now() + rereadMs * 1_000);
      },
    );
  }

  async #readOn(): Promise<void> {
    while (!this.#stop.signal.aborted && this.#paused === undefined && this.#isBehind() && this.#hasRoom()) {
      const course = this.#course;
      const room = Math.min(pageSize, mostUnsettled - this.#lanes.size);
      const page = await this.#source.read(this.#position, room, this.#stop.signal);
      // Paused meanwhile, or sent elsewhere: what was found is read again when it is wanted.
      if (this.#stop.signal.aborted || this.#paused !== undefined || course !== this.#course) return;
      if ('gap' in page) this.#lose(page);
      else this.#take(page);
      this.#sendReady();
    }
  }

  #take(page: ItemPage): void {
    for (const item of page.items) if (!this.#lanes.has(item.cursor.seq)) this.#add(item);
    this.#position = page.next;
    this.#positionAt = page.items.at(-1)?.at ?? this.#options.clock.now();
    this.#options.onProgress();
  }

  #add(item: DeliveryItem, pinned = false): void {
    const { seq } = item.cursor;
    const { lane } = this.endpoint.policy;
    const key = lane === 'source' ? item.lane : lane === 'none' ? `#${seq}` : '';
    this.#lanes.add({ seq, lane: key, attempts: 0, due: 0, at: item.at, item, pinned });
  }

  /** The source does not reach back so far any more: go on from where it does, and tell the endpoint. */
  #lose(gap: Gap): void {
    const from = this.#position;
    this.#options.logger.error(
      { event: 'webhook.gap', endpoint: this.endpoint.id, reason: gap.gap, from: from.seq, to: gap.oldest.seq },
      'deliveries are lost: the log no longer has them',
    );
    if (gap.oldest.epoch !== from.epoch) this.#lanes.forgetAfter(0);
    // A cursor beyond the log's end is of a log that was lost: its beginning is new to the endpoint.
    this.#position = gap.oldest;
    this.#positionAt = this.#options.clock.now();
    const told = this.#source.gap?.(from, gap.oldest);
    if (told !== undefined && !this.#lanes.has(told.cursor.seq)) this.#add(told, true);
    this.#options.onProgress();
  }

  /** The item of one event, read again; undefined if there is none, or none any more. */
  async #itemOf(seq: number): Promise<DeliveryItem | undefined> {
    const page = await this.#source.read({ ...this.#position, seq: seq - 1 }, 1, this.#stop.signal);
    return 'gap' in page ? undefined : page.items.find((item) => item.cursor.seq === seq);
  }

  #send(waiting: Waiting): void {
    this.#attempt(waiting).catch((error: unknown) => {
      if (!this.#stop.signal.aborted) {
        this.#options.logger.error({ event: 'webhook.attempt-failed', endpoint: this.endpoint.id, seq: waiting.seq, err: error });
      }
      this.#lanes.postpone(waiting, this.#options.clock.now() + rereadMs * 1_000);
      this.#afterAttempt();
    });
  }

  async #attempt(waiting: Waiting): Promise<void> {
    const { clock, sender } = this.#options;
    const { policy } = this.endpoint;
    const item = waiting.item ?? (await this.#itemOf(waiting.seq));
    const at = clock.now();
    if (item === undefined) return this.#giveUp(waiting, undefined, at, 'The log no longer has the event.');
    if (policy.maxAge !== undefined && at - item.at > policy.maxAge * 1_000) {
      return this.#giveUp(waiting, item, at, `It is older than ${policy.maxAge / 1_000} s.`);
    }
    const sent = await this.#sendItem(sender, item);
    if (sent.failure === undefined) this.#succeeded(waiting, item, at, sent);
    else this.#failed(waiting, item, at, sent, sent.failure);
    this.#afterAttempt();
  }

  async #sendItem(sender: Sender, item: DeliveryItem): Promise<Sent> {
    try {
      return await sender.send(this.endpoint, item.request());
    } catch (error) {
      return { latency: 0, failure: { kind: 'request', detail: error instanceof Error ? error.message : String(error) } };
    }
  }

  #succeeded(waiting: Waiting, item: DeliveryItem, at: Micros, sent: Sent): void {
    this.#lanes.settle(waiting);
    this.#failingSince = undefined;
    this.#report(waiting, item.id, at, sent, 'delivered');
    this.#options.onProgress();
    const reason = this.#paused?.reason;
    if (reason === 'failing' || reason === 'backlog') this.resume();
  }

  #failed(waiting: Waiting, item: DeliveryItem, at: Micros, sent: Sent, failure: AttemptFailure): void {
    const now = this.#options.clock.now();
    const { policy } = this.endpoint;
    if (this.#stop.signal.aborted) {
      // Most likely it was we who cut it; it is sent again after the start.
      this.#lanes.postpone(waiting, now);
      return;
    }
    this.#failingSince ??= now;
    this.#lastFailure = failure.detail;
    const attempts = waiting.attempts + 1;
    const isLast = this.#paused === undefined && attempts >= policy.attempts;
    this.#report(waiting, item.id, at, sent, isLast ? 'given-up' : 'retried');
    if (this.#paused === undefined) waiting.attempts = attempts;
    if (isLast) {
      this.#lanes.settle(waiting);
    } else {
      const retryAfter = Math.min(sent.retryAfterMs ?? 0, longestRetryAfterMs);
      // It is the endpoint that asks for quiet, not the item.
      if (retryAfter > 0) this.#heldUntil = Math.max(this.#heldUntil, now + retryAfter * 1_000);
      this.#lanes.postpone(waiting, now + Math.max(this.#jittered(waitAfter(policy.schedule, attempts)), retryAfter) * 1_000);
    }
    this.#options.onProgress();
    this.#pauseIfHopeless(sent.status, failure, now);
  }

  #pauseIfHopeless(status: number | undefined, failure: AttemptFailure, now: Micros): void {
    if (this.#paused !== undefined) {
      // A probe that is told so ends the probing.
      if (status === gone && this.#paused.reason !== 'by-hand') this.pause('gone', failure.detail);
      return;
    }
    const { pauseAfter } = this.endpoint.policy;
    if (status === gone) this.pause('gone', failure.detail);
    else if (pauseAfter !== undefined && now - (this.#failingSince ?? now) >= pauseAfter * 1_000) this.pause('failing', failure.detail);
    else if (this.#lanes.size >= mostUnsettled) this.pause('backlog', failure.detail);
  }

  #giveUp(waiting: Waiting, item: DeliveryItem | undefined, at: Micros, detail: string): void {
    this.#lanes.settle(waiting);
    const id = item?.id ?? `${this.#position.epoch}-${waiting.seq}`;
    this.#report(waiting, id, at, { latency: 0, failure: { kind: 'request', detail } }, 'given-up');
    this.#options.onProgress();
    this.#afterAttempt();
  }

  #report(waiting: Waiting, id: string, at: Micros, sent: Sent, outcome: Attempt['outcome']): void {
    const { seq, lane, attempts } = waiting;
    const { retryAfterMs: _, ...answer } = sent;
    this.#options.report({
      endpoint: this.endpoint.id,
      tenant: this.endpoint.tenant,
      id,
      seq,
      lane,
      attempt: attempts + 1,
      at,
      ...answer,
      outcome,
    });
  }

  #afterAttempt(): void {
    if (!this.#stop.signal.aborted) this.#pump();
    else if (this.#lanes.underWay === 0) for (const idle of this.#idle.splice(0)) idle();
  }

  #jittered(ms: number): number {
    return ms * (1 - jitter * this.#options.random());
  }

  /** Looks again then; an earlier look is as good. */
  #wakeAt(at: Micros): void {
    if (this.#stop.signal.aborted || (this.#wake !== undefined && this.#wake.at <= at)) return;
    this.#wake?.cancel();
    const ms = Math.max(1, (at - this.#options.clock.now()) / 1_000);
    const cancel = this.#options.timers.after(ms, () => {
      this.#wake = undefined;
      if (this.#paused === undefined) this.#pump();
      else this.#probe();
    });
    this.#wake = { at, cancel };
  }

  /** Tries a paused endpoint with the first of one lane, each time of another, then with what comes next in the log. */
  #probe(): void {
    const reason = this.#paused?.reason;
    if (reason !== 'failing' && reason !== 'backlog') return;
    this.#wakeAt(this.#options.clock.now() + this.#jittered(this.endpoint.policy.probe) * 1_000);
    if (this.#reading || this.#lanes.underWay > 0) return;
    const waiting = this.#lanes.takeForProbe(this.#probed) ?? this.#nextRound();
    if (waiting !== undefined) {
      this.#send(waiting);
      return;
    }
    if (!this.#isBehind()) return;
    this.#reading = true;
    this.#readForProbe()
      .catch((error: unknown) => {
        this.#options.logger.error({ event: 'webhook.read-failed', endpoint: this.endpoint.id, err: error });
      })
      .finally(() => {
        this.#reading = false;
        this.#pump();
      });
  }

  /** The oldest once more, when nothing new can be tried. */
  #nextRound(): Waiting | undefined {
    if (this.#isBehind() && this.#lanes.size < mostUnsettled) return undefined;
    this.#probed.clear();
    return this.#lanes.takeForProbe(this.#probed);
  }

  /** Reads until there is something that the endpoint has not been tried with. */
  async #readForProbe(): Promise<void> {
    const course = this.#course;
    for (const { seq } of this.#lanes.all()) this.#probed.add(seq);
    while (this.#isBehind()) {
      const page = await this.#source.read(this.#position, 1, this.#stop.signal);
      if (this.#stop.signal.aborted || this.#paused === undefined || course !== this.#course) return;
      if ('gap' in page) this.#lose(page);
      else this.#take(page);
      const fresh = this.#lanes.takeForProbe(this.#probed);
      if (fresh === undefined) continue;
      this.#send(fresh);
      break;
    }
    this.#probed.clear();
  }
}

const waitAfter = (schedule: readonly number[], attempts: number): number => schedule[attempts - 1] ?? schedule.at(-1) ?? 0;
