import type { Cursor } from '../model/cursor.ts';
import type { CallId, CommandId, ExtensionNumber, KeyId, LoginId, TenantId, UserId } from '../model/ids.ts';
import type { Call, SlotRef } from '../model/call.ts';
import type { Micros } from '../model/time.ts';

/** A key as it lies in the store: `hash` is SHA-256 of the secret, hex; `sealed` its encrypted form where it must be readable. */
export interface KeyRow {
  readonly id: KeyId;
  readonly tenant: TenantId;
  readonly name: string;
  readonly scopes: readonly string[];
  readonly extension?: ExtensionNumber;
  readonly hash: string;
  readonly sealed?: string;
  readonly createdAt: Micros;
  readonly lastUsedAt?: Micros;
  readonly revokedAt?: Micros;
}

/** A user as it lies in the store; `password` is a slow hash of it. */
export interface UserRow {
  readonly id: UserId;
  readonly tenant: TenantId;
  readonly name: string;
  readonly displayName?: string;
  readonly extension?: ExtensionNumber;
  readonly email?: string;
  readonly scopes: readonly string[];
  readonly password: string;
  readonly createdAt: Micros;
}

/** A browser's session: `hash` is SHA-256 of its secret, hex. It is of a user or of a key. */
export interface SessionRow {
  readonly id: LoginId;
  readonly hash: string;
  readonly tenant: TenantId;
  readonly user?: UserId;
  readonly key?: KeyId;
  readonly beganAt: Micros;
  readonly expiresAt: Micros;
}

/** A command's record as JSON text, with what it is looked up by. */
export interface CommandRow {
  readonly id: CommandId;
  readonly tenant: TenantId;
  readonly at: Micros;
  readonly open: boolean;
  readonly record: string;
  /** What the log tells of the command comes after this. */
  readonly after?: Cursor;
  /** The Idempotency-Key under which it came and a digest of the request. */
  readonly idempotency?: { readonly key: string; readonly digest: string };
}

/** An entry of the audit as JSON text, with what it is looked up by. Its id is that of the command. */
export interface AuditRow {
  readonly id: CommandId;
  readonly tenant: TenantId;
  readonly at: Micros;
  readonly key: KeyId;
  readonly call?: CallId;
  readonly entry: string;
}

export interface AuditSearch {
  readonly key?: KeyId;
  readonly call?: CallId;
  /** Older than this one in the listing (newest first). */
  readonly before?: CommandId;
  readonly limit: number;
}

export interface SlotClaim extends SlotRef {
  readonly tenant: TenantId;
  readonly command: CommandId;
  readonly until: Micros;
}

/** A token or code of OAuth 2.0: `hash` is SHA-256 of it, hex; `grant` what it stands for, as JSON text. Tokens of one grant share a family. */
export interface TokenRow {
  readonly hash: string;
  readonly kind: 'access' | 'refresh' | 'code';
  readonly family: string;
  readonly tenant: TenantId;
  readonly client: string;
  readonly grant: string;
  readonly issuedAt: Micros;
  readonly expiresAt: Micros;
  readonly usedAt?: Micros;
}

/** One attempt to deliver something: what it is looked up by, and the rest as JSON text. */
export interface AttemptRow {
  readonly endpoint: string;
  readonly tenant: TenantId;
  readonly id: string;
  readonly seq: number;
  readonly attempt: number;
  readonly at: Micros;
  readonly outcome: string;
  readonly record: string;
}

export interface AttemptRowQuery {
  readonly tenant: TenantId;
  readonly endpoint?: string;
  /** Of this one, or of any of these. */
  readonly seq?: number | readonly number[];
  readonly outcome?: string;
  /** Attempts with a smaller number; the newest come first. */
  readonly before?: number;
  readonly limit: number;
}

export interface CallQuery {
  readonly extension?: ExtensionNumber;
  /** Any party's number contains this. */
  readonly number?: string;
  readonly disposition?: string;
  /** Began at or after `from`, and before `to`. */
  readonly from?: Micros;
  readonly to?: Micros;
  /** Calls older than this one in the listing (newest first). */
  readonly before?: CallId;
  readonly limit: number;
}

/**
 * What else survives a restart. Every write is durable when it returns, unless it says otherwise. Methods are synchronous: the embedded engine is, and
 * none of them stands in the way of the data.
 */
export interface Store {
  readonly keys: {
    put(key: KeyRow): void;
    byHash(hash: string): KeyRow | undefined;
    readable(): readonly KeyRow[];
    list(tenant: TenantId): readonly KeyRow[];
    /** Without waiting for the disk: a last use may be lost with the power. */
    touch(id: KeyId, at: Micros): void;
  };
  readonly users: {
    /** By id; a name is unique in its tenant. */
    put(user: UserRow): void;
    get(tenant: TenantId, id: UserId): UserRow | undefined;
    named(tenant: TenantId, name: string): UserRow | undefined;
    list(tenant: TenantId): readonly UserRow[];
    /** True if there was one. */
    delete(tenant: TenantId, id: UserId): boolean;
  };
  readonly sessions: {
    put(row: SessionRow): void;
    /** The oldest first. */
    all(): readonly SessionRow[];
    /** True if there was one. */
    delete(id: LoginId): boolean;
  };
  readonly commands: {
    /**
     * One that is open outlives this process when this returns, and a power cut once `synced` has resolved. How one ended the log tells
     * as well: that is written in a while.
     */
    put(row: CommandRow): void;
    get(tenant: TenantId, id: CommandId): CommandRow | undefined;
    byIdempotencyKey(tenant: TenantId, key: string, since: Micros): CommandRow | undefined;
    list(tenant: TenantId, limit: number): readonly CommandRow[];
    /** Commands that were under way when the last process ended. */
    open(tenant: TenantId): readonly CommandRow[];
    /** Deletes some of those that ended and are older; true if there may be more. */
    prune(before: Micros): boolean;
  };
  /** Who asked for what: written with the command's record, which comes after it, or in a while. */
  readonly audit: {
    put(row: AuditRow): void;
    get(tenant: TenantId, id: CommandId): AuditRow | undefined;
    list(tenant: TenantId, search: AuditSearch): readonly AuditRow[];
    /** Deletes some of those that are older; true if there may be more. */
    prune(tenant: TenantId, before: Micros): boolean;
  };
  /** Ended calls, written from the log up to `position`; the same call written twice is one. */
  readonly history: {
    position(tenant: TenantId): Cursor | undefined;
    /**
     * Seen at once, durable in a while: what is lost with the process is lost with its position, and written again from the log.
     * `lost` is told if the disk was full by then; what was recorded after it is lost as well.
     */
    record(tenant: TenantId, calls: readonly Call[], position: Cursor, lost?: () => void): void;
    /** By id or alias. */
    get(tenant: TenantId, id: CallId): Call | undefined;
    list(tenant: TenantId, query: CallQuery): readonly Call[];
    /** Deletes some of those that began earlier; true if there may be more. */
    prune(tenant: TenantId, before: Micros): boolean;
  };
  /** What the PBX said of a call that ended, for `why`: written once, seen at once, durable in a while. */
  readonly traces: {
    put(tenant: TenantId, traces: readonly { readonly call: CallId; readonly at: Micros; readonly text: string }[]): void;
    get(tenant: TenantId, call: CallId): string | undefined;
    /** Deletes some of the oldest while any is older than `before` or all together take more than `maxBytes`; true if there may be more. */
    prune(tenant: TenantId, before: Micros, maxBytes: number): boolean;
  };
  /** How far each endpoint of webhooks is, and what was tried. */
  readonly deliveries: {
    progress(endpoint: string): string | undefined;
    /** Both in one transaction that does not wait for the disk: with the power, deliveries lose only that they were made. */
    record(progress: readonly { readonly endpoint: string; readonly progress: string }[], attempts: readonly AttemptRow[]): void;
    forget(endpoint: string): void;
    attempts(query: AttemptRowQuery): readonly (AttemptRow & { readonly number: number })[];
    /** Deletes some of those that are older or beyond the newest `most`; true if there may be more. */
    prune(before: Micros, most: number): boolean;
  };
  /** Texts by name: a dialect's checkpoint, an installation's secret. */
  readonly state: {
    get(tenant: TenantId, name: string): string | undefined;
    put(tenant: TenantId, name: string, value: string): void;
    delete(tenant: TenantId, name: string): void;
  };
  /** Slots that a command has for itself while it is on its way; each claim runs out by itself at `until`. */
  readonly slots: {
    /** Compare-and-set: false if another command has the slot still. */
    claim(claim: SlotClaim, now: Micros): boolean;
    /** Gives up whatever the command has. */
    release(tenant: TenantId, command: CommandId): void;
    claimed(tenant: TenantId, now: Micros): readonly SlotRef[];
  };
  readonly tokens: {
    /** All or none. Of the clients of these, deletes what has run out by `expiringAfter` and the oldest beyond `most`. */
    put(rows: readonly TokenRow[], keep: { readonly expiringAfter: Micros; readonly most: number }): void;
    get(hash: string): TokenRow | undefined;
    /** Marks it as used; false if it was already. */
    use(hash: string, at: Micros): boolean;
    /** True if there was any. */
    deleteFamily(family: string): boolean;
    /** Of a family the access tokens alone. */
    deleteAccess(family: string): void;
  };
  /** Resolves once every record of a command, and of who asked for it, that was written before is on the disk. */
  synced(): Promise<void>;
  close(): Promise<void>;
}
