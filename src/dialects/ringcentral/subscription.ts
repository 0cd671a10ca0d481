import type { Cursor } from '../../model/cursor.ts';
import type { CallId, ExtensionNumber } from '../../model/ids.ts';
import type { Micros } from '../../model/time.ts';
import type { StatusCode } from './schema.ts';

/** Whose telephony sessions: all of the account, one extension's, or one session. */
export type SessionScope =
  | { readonly of: 'account' }
  | { readonly of: 'extension'; readonly extension: ExtensionNumber }
  | { readonly of: 'call'; readonly call: CallId };

export interface SessionFilter {
  readonly kind: 'sessions';
  readonly text: string;
  readonly scope: SessionScope;
  readonly direction?: 'Inbound' | 'Outbound';
  readonly missedCall?: boolean;
  readonly phoneNumber?: string;
  readonly statusCode?: StatusCode;
  readonly withRecordings: boolean;
  readonly sip: boolean;
}

export interface PresenceFilter {
  readonly kind: 'presence';
  readonly text: string;
  /** Of every extension when absent. */
  readonly extension?: ExtensionNumber;
  readonly detailed: boolean;
  readonly sip: boolean;
}

/** Tells its subscriber that the subscription is going to end. */
export interface ReminderFilter {
  readonly kind: 'reminder';
  readonly text: string;
  /** So many seconds before the end for the first time, and then every so many. */
  readonly threshold: number;
  readonly interval: number;
}

export type Filter = SessionFilter | PresenceFilter | ReminderFilter;

/** One that is known but not served: the subscription is made without it. */
export interface DisabledFilter {
  readonly filter: string;
  readonly reason: string;
  readonly message: string;
}

export interface ParsedFilters {
  readonly filters: readonly Filter[];
  readonly disabled: readonly DisabledFilter[];
}

/** Whose a subscription is: a user's, with one client. */
export interface Owner {
  readonly extension: ExtensionNumber;
  readonly client: string;
}

/** How a subscription's notifications travel. */
export type Delivery =
  | { readonly transport: 'WebHook'; readonly address: string; readonly verificationToken?: string }
  /** `key`: base64 of 16 bytes, of one that is encrypted. */
  | { readonly transport: 'PubNub'; readonly channel: string; readonly key?: string }
  /** `session`: what survives of a connection that is lost, until it is recovered. */
  | { readonly transport: 'WebSocket'; readonly session: string };

/** What one user has asked one client's server-side to be told of. */
export interface Subscription extends ParsedFilters, Owner {
  readonly id: string;
  readonly createdAt: Micros;
  readonly expiresAt: Micros;
  /** How long it lives from its beginning, or from when it is renewed, in seconds. */
  readonly seconds: number;
  readonly delivery: Delivery;
  /** It is told what follows here. */
  readonly from: Cursor;
}
