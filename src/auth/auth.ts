import type { ExtensionNumber, KeyId, LoginId, TenantId, UserId } from '../model/ids.ts';

/**
 * What a key may do. `observe`: read state and events; `control`: command any leg; `control-own`: command the legs of its own
 * extension; `supervise`, `record`: those commands; `recordings`: listen to what was recorded; `administer`: keys, configuration,
 * everything.
 */
export const scopes = ['observe', 'control', 'control-own', 'supervise', 'record', 'recordings', 'administer'] as const;
export type Scope = (typeof scopes)[number];

/** Who is asking. */
export interface Identity {
  readonly tenant: TenantId;
  readonly key: KeyId;
  /** The key's name, for the audit. */
  readonly name: string;
  readonly scopes: ReadonlySet<Scope>;
  /** The extension that a `control-own` key may command. */
  readonly extension?: ExtensionNumber;
  /** The user who asks, where it is one and not a program of its own. */
  readonly user?: UserId;
  /** The session in which it asks; what is open ends with it. */
  readonly session?: LoginId;
}

/** A key as it may be shown; the secret is not kept, only its hash. */
export interface KeyInfo {
  readonly id: KeyId;
  readonly tenant: TenantId;
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly extension?: ExtensionNumber;
  readonly createdAt: string;
  readonly lastUsedAt?: string;
  readonly revokedAt?: string;
}

export interface NewKey {
  readonly tenant: TenantId;
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly extension?: ExtensionNumber;
  /** A given secret (the demo's, a vendor's); made up when absent. */
  readonly secret?: string;
  /** Keep the secret readable, encrypted at rest: for dialects whose authentication needs it back (Noojee's hash). */
  readonly readable?: boolean;
}

/** Keys, tickets and what they allow. All comparisons are in constant time. */
export interface Auth {
  /** The identity behind a secret, unless it is unknown or revoked. */
  bySecret(secret: string): Identity | undefined;
  /** The first identity of a readable key for which `matches(secret)` is true (hash authentication). */
  byReadable(matches: (secret: string) => boolean): Identity | undefined;
  /** A one-time ticket for a browser's WebSocket or SSE, good for `seconds`. */
  issueTicket(identity: Identity, seconds: number): string;
  redeemTicket(ticket: string): Identity | undefined;
  create(key: NewKey): { readonly info: KeyInfo; readonly secret: string };
  list(tenant: TenantId): readonly KeyInfo[];
  /** True if there was such a key. Open connections are told through `onRevoked`. */
  revoke(tenant: TenantId, key: KeyId): boolean;
  onRevoked(listener: (key: KeyId) => void): () => void;
}
