import type { Cursor, Gap } from '../../model/cursor.ts';
import type { TenantId } from '../../model/ids.ts';
import type { Micros } from '../../model/time.ts';

/**
 * How deliveries to an endpoint are ordered, repeated and given up: data, so that each dialect states its vendor's. All times
 * are milliseconds.
 */
export interface DeliveryPolicy {
  /**
   * Which items keep their order among themselves: those of the same `lane` that the source names (a call, usually), all of
   * the endpoint, or none. One that fails holds back only those behind it in its lane.
   */
  readonly lane: 'source' | 'endpoint' | 'none';
  /** How often an item is tried before it is given up; attempts made while the endpoint is paused do not count. */
  readonly attempts: number;
  /** Waiting after the first, second, ... failure; the last holds for all further ones. Each wait is shortened by up to a fifth, by chance. */
  readonly schedule: readonly number[];
  /** An item that happened longer ago than this is given up instead of tried; never when absent. */
  readonly maxAge?: number;
  /** After so long with nothing but failure the endpoint is paused, its backlog kept; never when absent. */
  readonly pauseAfter?: number;
  /**
   * How often a paused endpoint is tried with one of its oldest items; one success and it is caught up, in order. Never when
   * absent: who set the policy finds out by other means and resumes it.
   */
  readonly probe?: number;
  /** Whether a 410 pauses the endpoint, and a Retry-After is waited for; yes when absent. */
  readonly heedsAnswers?: boolean;
}

/** Where an endpoint is and how it is treated. */
export interface WebhookEndpoint {
  /** Unique among all endpoints of the process; its progress is kept under it. */
  readonly id: string;
  readonly tenant: TenantId;
  readonly url: string;
  /** `POST` when absent. */
  readonly method?: 'GET' | 'POST';
  /** Sent with each request, under those of the request itself. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly policy: DeliveryPolicy;
  /** Requests under way at once, each on a connection of its own; 4 when absent. */
  readonly connections?: number;
  /** After so many milliseconds a request has failed, unless its answer is whole; the engine's own limit when absent. */
  readonly timeoutMs?: number;
}

/** What is sent for an item. What is absent is the endpoint's. */
export interface DeliveryRequest {
  /** Where the address itself carries the item (a GET with parameters). Sent byte for byte: what is escaped is for its maker to say. */
  readonly url?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

/** One thing to deliver. */
export interface DeliveryItem {
  /** The event it is made of; what it is sorted, read again and redelivered by. */
  readonly cursor: Cursor;
  /** The event's own `seq`, where the source has a `placeAfter`: attempts are kept under it. */
  readonly event?: number;
  /** The same for every attempt, also after a restart. */
  readonly id: string;
  readonly lane: string;
  readonly at: Micros;
  /** Called for each attempt, so that a signature can be of its time. A throw is a failed attempt. */
  request(): DeliveryRequest;
}

export interface ItemPage {
  /** Oldest first. */
  readonly items: readonly DeliveryItem[];
  /** Up to where has been looked: goes on even where nothing was to be delivered. */
  readonly next: Cursor;
}

/**
 * What an endpoint is to be sent, in the order of the log: read from the log or from a projection of it. Nothing of it is
 * queued, so that the same event must give the same item whenever it is read: after failures it is read again, by its `seq`.
 */
export interface DeliverySource {
  /** The items of at most `limit` events after the cursor. A cursor that is at the head gives none and itself. */
  read(after: Cursor, limit: number, signal: AbortSignal): Promise<ItemPage | Gap>;
  /** Where reading ends now. */
  head(): Cursor;
  /** Calls when `head` has moved; returns how to stop. */
  onMore(listener: () => void): () => void;
  /**
   * Where one stands who was sent all that the events up to this cursor of the log make, for a source that makes several items of one
   * event and numbers its own cursors otherwise. The same cursor when absent: an event makes one item at most.
   */
  placeAfter?(event: Cursor): Cursor;
  /** What tells the endpoint that the events after `from`, up to `to`, can no longer be delivered; nothing is told when absent. */
  gap?(from: Cursor, to: Cursor): DeliveryItem | undefined;
}

export const failureKinds = [
  'status',
  'refused-address',
  'resolve',
  'connect',
  'tls',
  'headers-timeout',
  'timeout',
  'broken',
  'request',
] as const;

/** Why an attempt failed: the endpoint's answer was not 2xx, or how far it came. `detail` is a sentence without secrets. */
export interface AttemptFailure {
  readonly kind: (typeof failureKinds)[number];
  readonly detail: string;
}

/** One attempt and its outcome. */
export interface Attempt {
  readonly endpoint: string;
  readonly tenant: TenantId;
  /** The item's. `seq` is 0 for a test, which is of no event. */
  readonly id: string;
  readonly seq: number;
  readonly lane: string;
  /** From 1; a replay begins anew, and attempts while the endpoint is paused do not count. */
  readonly attempt: number;
  readonly at: Micros;
  readonly latency: Micros;
  /** Of the answer, if there was one. */
  readonly status?: number;
  /** The first bytes of the answer's body, as text. */
  readonly reply?: string;
  readonly failure?: AttemptFailure;
  /** What follows from it: `delivered`, it will be tried again, or it is given up. */
  readonly outcome: (typeof attemptOutcomes)[number];
}

/** An attempt at something that is sent by itself, with more of its answer than is kept. */
export interface AnsweredAttempt extends Attempt {
  /** Of the answer, by name in small letters. */
  readonly headers?: Readonly<Record<string, string>>;
  /** How large the answer was, its headers and body together; of one that was cut, as far as it was read. */
  readonly bytes?: number;
}

export const attemptOutcomes = ['delivered', 'retried', 'given-up'] as const;

/** Why an endpoint is paused: by hand, it answered 410, nothing but failures for too long, or too many items that fail. */
export const pauseReasons = ['by-hand', 'gone', 'failing', 'backlog'] as const;

export interface EndpointView {
  readonly id: string;
  readonly status: 'active' | 'paused';
  readonly reason?: (typeof pauseReasons)[number];
  /** What the last failure was, while it matters. */
  readonly detail?: string;
  /** Since when it is what `status` says. */
  readonly since: Micros;
  /** Everything up to here has been delivered or given up. */
  readonly low: Cursor;
  /** Everything up to here has been read; what of it is not settled is waiting. */
  readonly position: Cursor;
  readonly head: Cursor;
  /** Items that were read and are neither delivered nor given up. */
  readonly waiting: number;
  /** How many of them have failed at least once. */
  readonly failing: number;
}

/** An endpoint as a list of all of them shows it. */
export interface EndpointInfo extends EndpointView {
  readonly url: string;
  readonly method: 'GET' | 'POST';
}

/** A request with everything that its endpoint adds; the connection's own headers are not among them. */
export interface WholeRequest {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface AttemptQuery {
  readonly tenant: TenantId;
  readonly endpoint?: string;
  /** Attempts at this event, or at any of these. */
  readonly seq?: number | readonly number[];
  readonly outcome?: Attempt['outcome'];
  /** Attempts older than this one (its `number`) in the listing, newest first. */
  readonly before?: number;
  readonly limit: number;
}

/** An attempt as it is kept; `number` grows with each and is never given twice. */
export interface AttemptRecord extends Attempt {
  readonly number: number;
}

/**
 * Delivers what sources tell to endpoints, at least once and in order within each lane.
 *
 * What it guarantees: an endpoint has been sent every item after where it began, or it was given up by its policy, or told of
 * as a gap; an item is sent only after those before it in its lane are settled; after a kill -9 it goes on from where progress
 * was last written (at most some 200 ms before), so that what was sent since is sent again, with the same id.
 * No endpoint waits for another. An endpoint costs memory for at most 1,000 unsettled items (a few numbers each) and a small
 * window of bodies, however long its backlog; the rest of it lies in the log. More unsettled items than that pause it.
 * No address that the guard refuses is ever connected to, no redirect followed.
 */
export interface WebhookEngine {
  /**
   * Begins to deliver, or goes on where the endpoint of this id was. A new one begins after `from`, at the source's head when
   * absent. An endpoint that is there already gets the new address, policy and source, and keeps its progress.
   */
  put(endpoint: WebhookEndpoint, source: DeliverySource, from?: Cursor): void;
  /** Ends its deliveries and forgets its progress; attempts stay until they are pruned. False if there is none. */
  remove(id: string): boolean;
  view(id: string): EndpointView | undefined;
  /** Every endpoint of the tenant, whichever dialect's it is, in the order in which they came. */
  endpoints(tenant: TenantId): readonly EndpointInfo[];
  /**
   * What the endpoint is sent for an event, made anew (with a signature of now); of several items the one of this id, the first when
   * absent. Undefined if that is nothing, or the log no longer has it.
   */
  requestFor(id: string, seq: number, item?: string): Promise<WholeRequest | undefined>;
  pause(id: string): boolean;
  /** Ends any pause; what waits is tried at once. */
  resume(id: string): boolean;
  /** Delivers everything after the cursor of the log again, besides what waits. A `Gap` if the source does not reach back so far. */
  replay(id: string, from: Cursor): Promise<Gap | 'begun' | undefined>;
  /** Delivers what one event makes again, at its turn in its lane; `nothing` if it makes no item for the endpoint or is no longer there. */
  redeliver(id: string, seq: number): Promise<'begun' | 'nothing' | undefined>;
  /**
   * Sends this once, now, outside of all order and whatever the endpoint's state (it need not have been put), and says how it
   * went: a test, a handshake.
   */
  send(endpoint: WebhookEndpoint, item: Pick<DeliveryItem, 'id' | 'request'>): Promise<AnsweredAttempt>;
  /** Whether the address may be delivered to: throws `address-refused` or `invalid-parameter`. Asked again, of what the name then means, at each connection. */
  check(url: string): Promise<void>;
  attempts(query: AttemptQuery): readonly AttemptRecord[];
  /** Called after each attempt; a listener's failure is its own. Returns how to stop. */
  onAttempt(listener: (attempt: Attempt) => void): () => void;
  /** Called after an endpoint was paused, by whom or by what its view says; a listener's failure is its own. Returns how to stop. */
  onPaused(listener: (endpoint: string) => void): () => void;
  /** When what the tenant's endpoints still need happened, at the earliest: the log should be kept from there. */
  neededFrom(tenant: TenantId): Micros | undefined;
  /** Sends nothing new, waits a little for what is under way, and writes the progress. Safe to call twice. */
  close(): Promise<void>;
}
