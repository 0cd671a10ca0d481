import type { Logger } from 'pino';
import type { Cursor, Gap } from '../../model/cursor.ts';
import { GatewayError } from '../../model/errors.ts';
import type { TenantId } from '../../model/ids.ts';
import type { Clock, Micros, Timers } from '../../model/time.ts';
import type { Store } from '../../store/store.ts';
import type { Wheel } from '../wheel.ts';
import type { AddressGuard } from './address-guard.ts';
import { recordOf, rowOf } from './attempt-rows.ts';
import { EndpointRunner } from './endpoint-runner.ts';
import { HttpSender, type SendLimits } from './http-sender.ts';
import { answerOf } from './item-sender.ts';
import { parseProgress, renderProgress, type Progress } from './progress.ts';
import type { Sender, Sent } from './sender.ts';
import type {
  AnsweredAttempt,
  Attempt,
  AttemptQuery,
  AttemptRecord,
  DeliveryItem,
  DeliverySource,
  EndpointInfo,
  EndpointView,
  WebhookEndpoint,
  WebhookEngine,
  WholeRequest,
} from './webhook-engine.ts';

export interface WebhookEngineOptions {
  readonly store: Store;
  readonly guard: AddressGuard;
  readonly clock: Clock;
  readonly timers: Timers;
  /** On which the total time of each request is kept. */
  readonly wheel: Wheel;
  /** From 0 to 1, for the jitter. */
  readonly random: () => number;
  readonly logger: Logger;
  /** Of the gateway, for `User-Agent`. */
  readonly version?: string;
  readonly limits?: Partial<SendLimits>;
  /** How endpoints are reached whose URL is not http's, by its scheme: `mailto:`. */
  readonly senders?: ReadonlyMap<string, (connections: number) => Sender>;
  /** How long a stopping engine waits for the answers to what is under way; 3 s when absent. */
  readonly drainMs?: number;
}

/** How long progress may lie unwritten: what a kill makes be sent twice. */
const writeEveryMs = 200;
/** Attempts that could not be written (a full disk) are kept up to so many; then the oldest are forgotten. */
const mostUnwritten = 50_000;
const defaultConnections = 4;
const defaultDrainMs = 3_000;

export const createWebhookEngine = (options: WebhookEngineOptions): WebhookEngine => new StoredWebhookEngine(options);

interface Running {
  readonly runner: EndpointRunner;
  readonly sender: Sender;
  readonly connections: number;
}

class StoredWebhookEngine implements WebhookEngine {
  readonly #options: WebhookEngineOptions;
  readonly #running = new Map<string, Running>();
  readonly #listeners = new Set<(attempt: Attempt) => void>();
  readonly #pauseListeners = new Set<(endpoint: string) => void>();
  readonly #dirty = new Set<string>();
  #attempts: Attempt[] = [];
  #cancelWrite: (() => void) | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: WebhookEngineOptions) {
    this.#options = options;
  }

  put(endpoint: WebhookEndpoint, source: DeliverySource, from?: Cursor): void {
    if (this.#closing !== undefined) throw new GatewayError('shutting-down');
    const { id, connections = defaultConnections } = endpoint;
    const known = this.#running.get(id);
    if (known !== undefined) {
      known.runner.change(endpoint, source);
      return;
    }
    const { store, clock, timers, random, logger } = this.#options;
    const saved = store.deliveries.progress(id);
    const progress = saved === undefined ? beginning(from ?? source.head(), clock.now()) : parseProgress(saved);
    const sender = this.#createSender(endpoint.url, connections);
    const runner = new EndpointRunner(endpoint, source, {
      progress,
      sender,
      clock,
      timers,
      random,
      logger,
      report: (attempt) => this.#report(attempt),
      onProgress: () => this.#changed(id),
      onPaused: () => this.#tell(this.#pauseListeners, id, id),
    });
    this.#running.set(id, { runner, sender, connections });
    // From now on it is known where it began, whatever happens before the first delivery.
    if (saved === undefined) store.deliveries.record([{ endpoint: id, progress: renderProgress(runner.progress()) }], []);
  }

  remove(id: string): boolean {
    const running = this.#running.get(id);
    if (running === undefined) return false;
    this.#running.delete(id);
    this.#dirty.delete(id);
    this.#options.store.deliveries.forget(id);
    this.#end(running);
    return true;
  }

  view(id: string): EndpointView | undefined {
    return this.#running.get(id)?.runner.view();
  }

  endpoints(tenant: TenantId): readonly EndpointInfo[] {
    return [...this.#running.values()].flatMap(({ runner }) => {
      const { tenant: owner, url, method = 'POST' } = runner.endpoint;
      return owner === tenant ? [{ ...runner.view(), url, method }] : [];
    });
  }

  async requestFor(id: string, seq: number, item?: string): Promise<WholeRequest | undefined> {
    return this.#running.get(id)?.runner.requestFor(seq, item);
  }

  pause(id: string): boolean {
    const running = this.#running.get(id);
    running?.runner.pause('by-hand');
    return running !== undefined;
  }

  resume(id: string): boolean {
    const running = this.#running.get(id);
    running?.runner.resume();
    return running !== undefined;
  }

  replay(id: string, from: Cursor): Promise<Gap | 'begun' | undefined> {
    return this.#running.get(id)?.runner.replay(from) ?? Promise.resolve(undefined);
  }

  async redeliver(id: string, seq: number): Promise<'begun' | 'nothing' | undefined> {
    const outcome = await this.#running.get(id)?.runner.redeliver(seq);
    if (outcome === 'full') throw new GatewayError('too-many-requests', { webhook: id }, { note: 'Too much waits for this endpoint.' });
    return outcome;
  }

  async send(endpoint: WebhookEndpoint, item: Pick<DeliveryItem, 'id' | 'request'>): Promise<AnsweredAttempt> {
    const { clock } = this.#options;
    const at = clock.now();
    const sender = this.#createSender(endpoint.url, 1);
    try {
      const sent = await sender.send(endpoint, item.request());
      const attempt: Attempt = {
        endpoint: endpoint.id,
        tenant: endpoint.tenant,
        id: item.id,
        seq: 0,
        lane: '',
        attempt: 1,
        at,
        ...answerOf(sent),
        outcome: sent.failure === undefined ? 'delivered' : 'given-up',
      };
      this.#report(attempt);
      return { ...attempt, ...wholeAnswerOf(sent) };
    } finally {
      await sender.close();
    }
  }

  check(url: string): Promise<void> {
    return this.#options.guard.check(url);
  }

  attempts(query: AttemptQuery): readonly AttemptRecord[] {
    this.#write();
    return this.#options.store.deliveries.attempts(query).map(recordOf);
  }

  onAttempt(listener: (attempt: Attempt) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  onPaused(listener: (endpoint: string) => void): () => void {
    this.#pauseListeners.add(listener);
    return () => this.#pauseListeners.delete(listener);
  }

  neededFrom(tenant: TenantId): Micros | undefined {
    let oldest: Micros | undefined;
    for (const { runner } of this.#running.values()) {
      if (runner.endpoint.tenant !== tenant) continue;
      const needed = runner.neededFrom();
      if (needed !== undefined && (oldest === undefined || needed < oldest)) oldest = needed;
    }
    return oldest;
  }

  close(): Promise<void> {
    return (this.#closing ??= this.#shutDown());
  }

  async #shutDown(): Promise<void> {
    const running = [...this.#running.values()];
    const idle = Promise.all(running.map(({ runner }) => runner.close()));
    const drained = Promise.withResolvers<void>();
    // Real time: the answers come over the network, whatever the office's clock says.
    const deadline = setTimeout(drained.resolve, this.#options.drainMs ?? defaultDrainMs);
    await Promise.race([idle, drained.promise]);
    clearTimeout(deadline);
    await Promise.all(running.map(({ sender }) => sender.close()));
    await idle;
    this.#cancelWrite?.();
    this.#write();
  }

  /** Lets go of an endpoint without waiting for what it has under way. */
  #end({ runner, sender }: Running): void {
    const ended = Promise.all([runner.close(), sender.close()]);
    ended.catch((error: unknown) => this.#options.logger.error({ event: 'webhook.end-failed', endpoint: runner.endpoint.id, err: error }));
  }

  #createSender(url: string, connections: number): Sender {
    const { guard, clock, wheel, version = '0.0.0', limits, senders } = this.#options;
    const create = senders?.get(url.slice(0, url.indexOf(':') + 1));
    if (create !== undefined) return create(connections);
    return new HttpSender(
      { guard, clock, wheel, userAgent: `Switchhook/${version}`, ...(limits === undefined ? {} : { limits }) },
      connections,
    );
  }

  #report(attempt: Attempt): void {
    this.#attempts.push(attempt);
    this.#writeSoon();
    this.#tell(this.#listeners, attempt, attempt.endpoint);
  }

  #tell<News>(listeners: ReadonlySet<(news: News) => void>, news: News, endpoint: string): void {
    for (const listener of listeners) {
      try {
        listener(news);
      } catch (error) {
        this.#options.logger.error({ event: 'webhook.listener-failed', endpoint, err: error });
      }
    }
  }

  #changed(id: string): void {
    if (!this.#running.has(id)) return;
    this.#dirty.add(id);
    this.#writeSoon();
  }

  #writeSoon(): void {
    if (this.#cancelWrite !== undefined) return;
    this.#cancelWrite = this.#options.timers.after(writeEveryMs, () => {
      this.#cancelWrite = undefined;
      this.#write();
    });
  }

  #write(): void {
    if (this.#dirty.size === 0 && this.#attempts.length === 0) return;
    const progress = [...this.#dirty].flatMap((endpoint) => {
      const running = this.#running.get(endpoint);
      return running === undefined ? [] : [{ endpoint, progress: renderProgress(running.runner.progress()) }];
    });
    try {
      this.#options.store.deliveries.record(progress, this.#attempts.map(rowOf));
      this.#dirty.clear();
      this.#attempts = [];
    } catch (error) {
      // What is not written is sent twice at worst; deliveries go on.
      this.#options.logger.error({ event: 'webhook.progress-unwritten', err: error }, 'the progress of deliveries cannot be written');
      this.#attempts = this.#attempts.slice(-mostUnwritten);
      if (this.#closing === undefined) this.#writeSoon();
    }
  }
}

const beginning = (position: Cursor, now: Micros): Progress => ({ position, positionAt: now, unsettled: [], since: now });

const wholeAnswerOf = ({ headers, bodyBytes = 0 }: Sent): Pick<AnsweredAttempt, 'headers' | 'bytes'> => {
  if (headers === undefined) return {};
  const all = Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : (value ?? '')]),
  );
  // On the wire a header has a colon, a space and an end of line more.
  const headerBytes = Object.entries(all).reduce((sum, [name, value]) => sum + name.length + value.length + 4, 0);
  return { headers: all, bytes: headerBytes + bodyBytes };
};
