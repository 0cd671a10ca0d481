import type { Identity } from '../../auth/auth.ts';
import type { ExtensionNumber } from '../../model/ids.ts';
import type { Micros } from '../../model/time.ts';
import type { TenantSource } from './source.ts';
import type { Subscription } from './subscription.ts';

/** Who asks, as a token says it. Every login is an extension's. */
export interface Asker {
  readonly source: TenantSource;
  readonly identity: Identity;
  /** The OAuth client: what it subscribes to is visible to it alone. */
  readonly client: string;
  /** The user who logged in. */
  readonly user?: string;
  /** The extension that `~` means. */
  readonly extension: ExtensionNumber;
  /** When its token ends. */
  readonly expiresAt: Micros;
}

/** A request, however it came: over HTTP or as a frame of the WebSocket. */
export interface Asked {
  readonly asker: Asker;
  /** Of the path, decoded. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** Parsed JSON; undefined where there is none, or `null`. */
  readonly body: unknown;
  /** Under which its client knows this server, without a slash at the end. Empty over the WebSocket, where addresses are relative. */
  readonly base: string;
  /** Aborts when the client leaves or the server stops. */
  readonly signal: AbortSignal;
  /** The WebSocket by which it came. */
  readonly connection?: Connection;
}

/** A WebSocket, as what subscribes by it sees it: it is told of one subscription at a time. */
export interface Connection {
  /** Of the subscription's recovery: survives the connection. */
  readonly session: string;
  /** The id of what it is told of. */
  readonly subscription: string | undefined;
  /** Tells of this one from the next reply on. */
  attach(subscription: Subscription): void;
}

export interface Answer {
  readonly status: number;
  /** As JSON; absent for 204. */
  readonly body?: unknown;
}

/** An operation with its address: the one table from which HTTP and the WebSocket serve. */
export interface Endpoint {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** As fastify writes it: `/restapi/v1.0/account/:accountId`. A slash at its end is served as well. */
  readonly path: string;
  readonly handle: (asked: Asked) => Answer | Promise<Answer>;
}

export const ok = (body: unknown): Answer => ({ status: 200, body });
export const created = (body: unknown): Answer => ({ status: 201, body });
export const done: Answer = { status: 204 };
