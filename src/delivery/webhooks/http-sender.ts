import { Agent, buildConnector } from 'undici';
import type { Dispatcher } from 'undici';
import { GatewayError } from '../../model/errors.ts';
import type { Clock, Micros } from '../../model/time.ts';
import type { Wheel, WheelEntry } from '../wheel.ts';
import { parseHttpUrl, RefusedAddressError } from './address-guard.ts';
import type { AddressGuard, HttpUrl } from './address-guard.ts';
import type { Sender, Sent } from './sender.ts';
import type { AttemptFailure, DeliveryRequest, WebhookEndpoint } from './webhook-engine.ts';

export interface SendLimits {
  /** For connecting, TLS included. */
  readonly connectMs: number;
  /** From the request's end to the answer's headers. */
  readonly headersMs: number;
  /** For everything together, however lively the other side is. */
  readonly totalMs: number;
  /** Bytes of the answer's body that are kept, and after which the connection is cut. */
  readonly replyBytes: number;
  readonly bodyBytes: number;
}

export const defaultSendLimits: SendLimits = {
  connectMs: 5_000,
  headersMs: 15_000,
  totalMs: 20_000,
  replyBytes: 512,
  bodyBytes: 65_536,
};

export interface HttpSenderOptions {
  readonly guard: AddressGuard;
  readonly clock: Clock;
  /** On which the total time of a request is kept. */
  readonly wheel: Wheel;
  readonly userAgent: string;
  readonly limits?: Partial<SendLimits>;
}

/** The connections to one endpoint; those of another never wait for them. */
export class HttpSender implements Sender {
  readonly #options: HttpSenderOptions;
  readonly #limits: SendLimits;
  readonly #agent: Agent;
  #parsed: (HttpUrl & { readonly url: string }) | undefined;

  constructor(options: HttpSenderOptions, connections: number) {
    const { guard } = options;
    this.#options = options;
    this.#limits = { ...defaultSendLimits, ...options.limits };
    const connect = buildConnector({ allowH2: false, timeout: this.#limits.connectMs, lookup: guard.lookup });
    this.#agent = new Agent({
      connections,
      pipelining: 1,
      allowH2: false,
      headersTimeout: this.#limits.headersMs,
      bodyTimeout: this.#limits.totalMs,
      connect: (target, callback) => {
        try {
          guard.checkLiteral(target.hostname);
        } catch (error) {
          callback(error as Error, null);
          return;
        }
        connect(target, callback);
      },
    });
  }

  send(endpoint: WebhookEndpoint, request: DeliveryRequest): Promise<Sent> {
    return new Promise((resolve) => {
      const exchange = new Exchange(this.#options, this.#limits, endpoint.timeoutMs ?? this.#limits.totalMs, resolve);
      try {
        const { origin, target, authorization } = this.#split(request.url ?? endpoint.url);
        const options: Dispatcher.DispatchOptions = {
          origin,
          path: target,
          method: endpoint.method ?? 'POST',
          headers: {
            'user-agent': this.#options.userAgent,
            ...(authorization === undefined ? undefined : { authorization }),
            ...endpoint.headers,
            ...request.headers,
          },
          body: request.body ?? null,
        };
        this.#agent.dispatch(options, exchange);
      } catch (error) {
        exchange.fail({ kind: 'request', detail: sentenceOf(error) });
      }
    });
  }

  async close(): Promise<void> {
    await this.#agent.destroy();
  }

  /** An endpoint's address is the same most of the time. */
  #split(url: string): HttpUrl {
    if (this.#parsed?.url !== url) this.#parsed = { url, ...parseHttpUrl(url) };
    return this.#parsed;
  }
}

/** One request and its answer, settled once: by the answer's end, by an error, or by the time. */
class Exchange implements Dispatcher.DispatchHandler, WheelEntry {
  wheelSlot = -1;
  wheelTurns = 0;
  readonly #options: HttpSenderOptions;
  readonly #limits: SendLimits;
  readonly #totalMs: number;
  readonly #settle: (sent: Sent) => void;
  readonly #began: Micros;
  #controller: Dispatcher.DispatchController | undefined;
  #status: number | undefined;
  #headers: NonNullable<Sent['headers']> = {};
  #retryAfterMs: number | undefined;
  #reply: Buffer | undefined;
  #bytes = 0;
  #settled = false;

  constructor(options: HttpSenderOptions, limits: SendLimits, totalMs: number, settle: (sent: Sent) => void) {
    this.#options = options;
    this.#limits = limits;
    this.#totalMs = totalMs;
    this.#settle = settle;
    this.#began = options.clock.now();
    options.wheel.add(this, totalMs);
  }

  due(): void {
    this.fail({ kind: 'timeout', detail: `The answer was not whole after ${this.#totalMs / 1_000} s` });
    this.#controller?.abort(new Error('out of time'));
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    // Its time was over while it waited for a connection.
    if (this.#settled) controller.abort(new Error('out of time'));
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    // 103 and its like come before the answer.
    if (status < 200) return;
    this.#status = status;
    this.#headers = headers;
    const { 'retry-after': retryAfter } = headers;
    if (typeof retryAfter === 'string') this.#retryAfterMs = parseRetryAfter(retryAfter, this.#options.clock.now());
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#bytes += chunk.length;
    if (this.#reply === undefined) this.#reply = Buffer.from(chunk.subarray(0, this.#limits.replyBytes));
    else if (this.#reply.length < this.#limits.replyBytes) {
      this.#reply = Buffer.concat([this.#reply, chunk.subarray(0, this.#limits.replyBytes - this.#reply.length)]);
    }
    if (this.#bytes <= this.#limits.bodyBytes) return;
    // The status says all that matters; the rest is not worth the reading.
    this.#finish();
    controller.abort(new Error('the answer is too long'));
  }

  onResponseEnd(): void {
    this.#finish();
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.fail(failureOf(error));
  }

  fail(failure: AttemptFailure): void {
    this.#end({ failure });
  }

  #finish(): void {
    const status = this.#status ?? 0;
    if (status >= 200 && status < 300) this.#end({});
    else {
      const note = status >= 300 && status < 400 ? '; redirects are not followed' : '';
      this.#end({ failure: { kind: 'status', detail: `It answered ${status}${note}` } });
    }
  }

  #end(outcome: Pick<Sent, 'failure'>): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#options.wheel.remove(this);
    this.#settle({
      latency: Math.max(0, this.#options.clock.now() - this.#began),
      ...(this.#status === undefined ? undefined : { status: this.#status, headers: this.#headers, bodyBytes: this.#bytes }),
      ...(this.#reply === undefined ? undefined : { reply: this.#reply.toString('utf8') }),
      ...(this.#retryAfterMs === undefined ? undefined : { retryAfterMs: this.#retryAfterMs }),
      ...outcome,
    });
  }
}

/** Seconds or a date, RFC 9110 section 10.2.3; anything else is as if it were not there. */
const parseRetryAfter = (text: string, now: Micros): number | undefined => {
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1_000;
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : Math.max(0, at - now / 1_000);
};

const connectCodes: ReadonlySet<string> = new Set([
  'UND_ERR_CONNECT_TIMEOUT',
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EADDRNOTAVAIL',
  'ETIMEDOUT',
]);

/** What undici's and Node's errors mean. https://undici.nodejs.org/#/docs/api/Errors */
const failureOf = (error: Error & { readonly code?: string }): AttemptFailure => {
  const code = error.code ?? '';
  const detail = sentenceOf(error);
  if (error instanceof RefusedAddressError) return { kind: 'refused-address', detail };
  if (code === 'ENOTFOUND' || code.startsWith('EAI_')) return { kind: 'resolve', detail };
  if (connectCodes.has(code)) return { kind: 'connect', detail };
  if (code === 'UND_ERR_HEADERS_TIMEOUT') return { kind: 'headers-timeout', detail };
  if (code === 'UND_ERR_BODY_TIMEOUT') return { kind: 'timeout', detail };
  if (code === 'UND_ERR_INVALID_ARG') return { kind: 'request', detail };
  if (/^(ERR_TLS|ERR_SSL|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|EPROTO)/.test(code)) return { kind: 'tls', detail };
  return { kind: 'broken', detail };
};

/** Short, one line. */
export const sentenceOf = (error: unknown): string => {
  if (error instanceof GatewayError) return error.message;
  const inner = error instanceof AggregateError ? (error.errors[0] as unknown) : error;
  const text = inner instanceof Error ? inner.message : String(inner);
  return text.replaceAll(/\s+/g, ' ').slice(0, 200);
};
