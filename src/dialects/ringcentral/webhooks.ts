/** The WebHook transport: a handshake before a subscription is kept, then its notifications in order, through outages. */
import { STATUS_CODES } from 'node:http';
import type { Logger } from 'pino';
import type {
  AnsweredAttempt,
  AttemptFailure,
  AttemptRecord,
  DeliveryItem,
  DeliveryPolicy,
  DeliverySource,
  WebhookEndpoint,
  WebhookEngine,
} from '../../delivery/webhooks/webhook-engine.ts';
import type { Cursor, Gap } from '../../model/cursor.ts';
import { GatewayError } from '../../model/errors.ts';
import type { NewId, TenantId } from '../../model/ids.ts';
import { isoTime, type IsoTime, type Micros, type Timers } from '../../model/time.ts';
import { invalidParameter, RingCentralError } from './errors.ts';
import { uuidOf } from './uuid.ts';

/** What the transport needs to know of a subscription. */
export interface WebHookTarget {
  readonly id: string;
  readonly address: string;
  readonly verificationToken?: string | undefined;
}

/** A notification of one subscription; the same whenever it is read, so that one that is sent again is known again. */
export interface WebHookNotification {
  /** Of the event of the log that led to it, and which of those of that event it is: from 0, below 1024. */
  readonly seq: number;
  readonly place: number;
  readonly uuid: string;
  readonly at: Micros;
  /** The envelope, as JSON. */
  text(): string;
}

/** The notifications of one subscription, in order. */
export interface NotificationSource {
  /**
   * Those of events after `seq`, oldest first, about `limit` of them, whole events always; `upTo`: the last event that was looked
   * at. A `Gap` if nothing reaches back so far.
   */
  read(seq: number, limit: number): Promise<{ readonly told: readonly WebHookNotification[]; readonly upTo: number } | Gap>;
  /** The newest event. */
  head(): Cursor;
  onMore(listener: () => void): () => void;
}

export interface WebHookOptions {
  readonly tenant: TenantId;
  readonly engine: WebhookEngine;
  readonly timers: Timers;
  readonly newId: NewId;
  readonly logger: Logger;
  /** Refuse addresses that are not https, as the vendor does in production. */
  readonly httpsOnly: boolean;
  /** Nothing but failures for so long make a subscription Blacklisted. */
  readonly blacklistAfterSeconds: number;
  /** How often the address of one that is Blacklisted is looked at. */
  readonly probeSeconds: number;
}

export interface WebHookStatus {
  readonly status: 'Active' | 'Blacklisted';
  readonly blacklistedData?: { readonly reason: string; readonly blacklistedAt: IsoTime };
}

const answerMs = 3_000;
const mostAnswerBytes = 1_024;
const retryMs = [1_000, 2_000, 4_000, 8_000, 16_000, 30_000] as const;
const userAgent = 'RingCentral-Webhook/8.3';
const contentType = 'application/json; charset=UTF-8';

/**
 * Delivers what subscriptions of one tenant are told. A failing address is retried for a while, then its subscription is
 * Blacklisted with its backlog kept; as soon as a probe, which is a handshake, succeeds, it is Active again and caught up in order.
 */
export class WebHookTransport {
  readonly #options: WebHookOptions;
  readonly #policy: DeliveryPolicy;
  readonly #targets = new Map<string, WebHookTarget>();
  readonly #probes = new Map<string, () => void>();
  readonly #stopListening: () => void;

  constructor(options: WebHookOptions) {
    this.#options = options;
    this.#policy = {
      lane: 'endpoint',
      attempts: Number.POSITIVE_INFINITY,
      schedule: retryMs,
      pauseAfter: options.blacklistAfterSeconds * 1_000,
    };
    this.#stopListening = options.engine.onPaused((endpoint) => this.#blacklisted(endpoint));
  }

  /** Throws CMN-101 for what is no address, SUB-520 to SUB-525 for an address that does not answer as it should. */
  async handshake(target: WebHookTarget): Promise<void> {
    await this.#checkAddress(target.address);
    const token = uuidOf(this.#options.newId.token());
    requireEcho(await this.#greet(target, token), token);
  }

  /** Begins with what follows `from`, or goes on where it was. */
  start(target: WebHookTarget, source: NotificationSource, from?: Cursor): void {
    const { engine } = this.#options;
    this.#targets.set(target.id, target);
    const endpoint = this.#endpointOf(target);
    engine.put(endpoint, deliverySource(source), from === undefined ? undefined : lastOf(from));
    // It was so before a restart.
    if (engine.view(endpoint.id)?.status === 'paused') this.#probeLater(target);
  }

  /** Tells of something that is not in the log: once, beside the others, and nobody minds if it does not arrive. */
  tell(id: string, text: string): void {
    const { engine, newId, logger } = this.#options;
    const target = this.#targets.get(id);
    if (target === undefined) return;
    engine.send(this.#endpointOf(target), { id: newId.token(), request: () => ({ body: text }) }).catch((error: unknown) => {
      logger.warn({ event: 'ringcentral.not-told', subscription: id, err: error });
    });
  }

  stop(id: string): void {
    this.#targets.delete(id);
    this.#cancelProbe(id);
    this.#options.engine.remove(this.#endpointId(id));
  }

  status(id: string): WebHookStatus {
    const { engine, tenant } = this.#options;
    const endpoint = this.#endpointId(id);
    const view = engine.view(endpoint);
    if (view?.status !== 'paused') return { status: 'Active' };
    // What was sent by itself, a probe, is never `retried`.
    const [last] = engine.attempts({ tenant, endpoint, outcome: 'retried', limit: 1 });
    return { status: 'Blacklisted', blacklistedData: { reason: reasonOf(last), blacklistedAt: isoTime(view.since) } };
  }

  /** Safe to call twice. What was begun goes on at the next start. */
  close(): void {
    this.#stopListening();
    for (const id of [...this.#probes.keys()]) this.#cancelProbe(id);
  }

  async #checkAddress(address: string): Promise<void> {
    const { engine, httpsOnly } = this.#options;
    if (httpsOnly && /^http:/i.test(address)) throw new RingCentralError('SUB-523', 'HTTPS is required');
    try {
      await engine.check(address);
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      if (error.code === 'invalid-parameter') throw invalidParameter(addressParameter, { cause: error });
      throw notReachable(error.message, error);
    }
  }

  #greet(target: WebHookTarget, token: string): Promise<AnsweredAttempt> {
    const headers = { 'Validation-Token': token };
    return this.#options.engine.send(this.#endpointOf(target), { id: token, request: () => ({ headers, body: '' }) });
  }

  #endpointId(id: string): string {
    return `ringcentral:${this.#options.tenant}:${id}`;
  }

  #endpointOf({ id, address, verificationToken }: WebHookTarget): WebhookEndpoint {
    return {
      id: this.#endpointId(id),
      tenant: this.#options.tenant,
      url: address,
      headers: {
        accept: 'application/json',
        'content-type': contentType,
        'user-agent': userAgent,
        ...(verificationToken === undefined ? undefined : { 'Verification-Token': verificationToken }),
      },
      policy: this.#policy,
      connections: 1,
      timeoutMs: answerMs,
    };
  }

  #blacklisted(endpoint: string): void {
    for (const target of this.#targets.values()) if (this.#endpointId(target.id) === endpoint) this.#probeLater(target);
  }

  #probeLater(target: WebHookTarget): void {
    this.#cancelProbe(target.id);
    const probe = (): void => {
      this.#probe(target).catch((error: unknown) => {
        this.#options.logger.error({ event: 'ringcentral.probe-failed', subscription: target.id, err: error });
        if (this.#targets.has(target.id)) this.#probeLater(target);
      });
    };
    this.#probes.set(target.id, this.#options.timers.after(this.#options.probeSeconds * 1_000, probe));
  }

  async #probe(target: WebHookTarget): Promise<void> {
    const token = uuidOf(this.#options.newId.token());
    const attempt = await this.#greet(target, token);
    // Deleted, or closed, meanwhile.
    if (!this.#probes.has(target.id)) return;
    const fault = faultOf(attempt, token);
    if (fault === undefined) {
      this.#probes.delete(target.id);
      this.#options.engine.resume(this.#endpointId(target.id));
    } else {
      this.#probeLater(target);
    }
  }

  #cancelProbe(id: string): void {
    this.#probes.get(id)?.();
    this.#probes.delete(id);
  }
}

const addressParameter = 'deliveryMode.address';

const requireEcho = (attempt: AnsweredAttempt, token: string): void => {
  const fault = faultOf(attempt, token);
  if (fault !== undefined) throw fault;
};

/** What is wrong with the answer to a handshake. The vendor's sentence comes first, then what exactly happened. */
const faultOf = ({ status, headers, bytes = 0, failure }: AnsweredAttempt, token: string): RingCentralError | undefined => {
  if (status === undefined) return failure === undefined ? undefined : unreachable(failure);
  if (status !== 200) return invalidAnswer(`It answered ${status}, not 200.`);
  if (failure !== undefined) return unreachable(failure);
  if (bytes > mostAnswerBytes) return invalidAnswer(`Headers and body have ${bytes} bytes, more than ${mostAnswerBytes}.`);
  const echoed = headers?.['validation-token'];
  if (echoed === token) return undefined;
  const cause = echoed === undefined ? 'The answer has no Validation-Token header.' : 'The Validation-Token is another one than was sent.';
  return new RingCentralError('SUB-520', `Validation Token is not returned. ${cause}`, {
    parameterName: addressParameter,
    additionalInfo: cause,
  });
};

const unreachable = ({ kind, detail }: AttemptFailure): RingCentralError =>
  kind === 'tls'
    ? new RingCentralError('SUB-524', `HTTPS certificate is not valid. ${detail}`, {
        parameterName: addressParameter,
        additionalInfo: detail,
      })
    : notReachable(detail);

const notReachable = (detail: string, cause?: unknown): RingCentralError =>
  new RingCentralError('SUB-521', `WebHook is not reachable. ${detail}`, {
    parameterName: addressParameter,
    additionalInfo: detail,
    cause,
  });

const invalidAnswer = (cause: string): RingCentralError =>
  new RingCentralError('SUB-525', `WebHook server response is invalid. ${cause}`, {
    parameterName: addressParameter,
    additionalInfo: cause,
  });

/** In the vendor's words. */
const reasonOf = (attempt: AttemptRecord | undefined): string => {
  if (attempt?.status !== undefined) {
    return `Webhook responses with code: [${attempt.status}], reason: [${STATUS_CODES[attempt.status] ?? 'Unknown'}]`;
  }
  return `I/O operation is failed. Details: [${detailOf(attempt?.failure)}]`;
};

const detailOf = (failure: AttemptFailure | undefined): string => {
  switch (failure?.kind) {
    case 'timeout':
    case 'headers-timeout':
      return 'Read timed out';
    default:
      return failure?.detail ?? 'Unknown';
  }
};

/**
 * The engine knows items by a number; one event of the log may make several notifications, so that theirs are counted in steps
 * of this many.
 */
const placesPerEvent = 1_024;

const lastOf = ({ epoch, seq }: Cursor): Cursor => ({ epoch, seq: seq * placesPerEvent + placesPerEvent - 1 });

const deliverySource = (source: NotificationSource): DeliverySource => ({
  read: async (after, limit) => {
    const { epoch } = source.head();
    const position = Math.floor(after.seq / placesPerEvent);
    // The event that the cursor stands in may have more.
    const isWhole = after.seq % placesPerEvent === placesPerEvent - 1;
    const page = await source.read(isWhole ? position : position - 1, limit);
    if ('gap' in page) return { ...page, asked: after, oldest: lastOf(page.oldest), head: lastOf(page.head) };
    const fresh = page.told.filter(({ seq, place }) => seq * placesPerEvent + place > after.seq);
    const items = fresh.slice(0, limit).map((notification) => itemOf(notification, epoch));
    const end = lastOf({ epoch, seq: Math.max(page.upTo, position) });
    return { items, next: fresh.length > limit ? (items.at(-1)?.cursor ?? after) : end };
  },
  head: () => lastOf(source.head()),
  onMore: (listener) => source.onMore(listener),
  placeAfter: lastOf,
});

const itemOf = ({ seq, place, uuid, at, text }: WebHookNotification, epoch: string): DeliveryItem => ({
  cursor: { epoch, seq: seq * placesPerEvent + place },
  event: seq,
  id: uuid,
  lane: '',
  at,
  request: () => ({ body: text() }),
});
