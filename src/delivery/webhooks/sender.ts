import type { Micros } from '../../model/time.ts';
import type { AttemptFailure, DeliveryRequest, WebhookEndpoint } from './webhook-engine.ts';

/** How one request went. */
export interface Sent {
  readonly latency: Micros;
  /** The other side's answer in numbers, as its protocol has them: HTTP's status, SMTP's reply code. */
  readonly status?: number;
  /** The first bytes of what it answered. */
  readonly reply?: string;
  /** For how many milliseconds it asked to be left alone. */
  readonly retryAfterMs?: number;
  /** The answer's headers, by name in small letters; where the protocol has such. */
  readonly headers?: Readonly<Record<string, string | string[] | undefined>>;
  /** Of the answer's body, as far as it was read. */
  readonly bodyBytes?: number;
  readonly failure?: AttemptFailure;
  /** It will never take this one: trying it again is of no use. */
  readonly isFinal?: boolean;
}

/** Takes items to one endpoint, by the protocol of its URL. */
export interface Sender {
  /** Sends and waits for the answer, within a time of its own. Never rejects. */
  send(endpoint: WebhookEndpoint, request: DeliveryRequest): Promise<Sent>;
  /** Cuts what is under way. Safe to call twice. */
  close(): Promise<void>;
}
