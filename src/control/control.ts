import type { Readable } from 'node:stream';
import type { Identity } from '../auth/auth.ts';
import type { TenantEngine } from '../engine/engine.ts';
import type { SlotRef, SupervisionMode } from '../model/call.ts';
import type { CommandName, RecordingFormat } from '../model/command.ts';
import type { ErrorCode } from '../model/errors.ts';
import type { CallId, CommandId, ExtensionNumber, KeyId, LegId, RecordingId, TenantId } from '../model/ids.ts';
import type { Cursor } from '../model/cursor.ts';
import type { IsoTime } from '../model/time.ts';
import type { Slots } from './slots.ts';

/** A command as a client asks for it: in legs and extensions. */
export type CommandRequest =
  | {
      readonly name: 'dial';
      readonly extension: ExtensionNumber;
      readonly number: string;
      /** Numbers rung together with it; who answers first gets the call. */
      readonly also?: readonly string[];
      readonly callerId?: { readonly number: string; readonly name: string };
      readonly autoAnswer?: { readonly header?: string };
      readonly timeoutSeconds?: number;
      readonly record?: boolean;
    }
  | { readonly name: 'answer'; readonly leg: LegId; readonly header?: string }
  | { readonly name: 'reject' | 'hangup' | 'hold' | 'resume' | 'mute' | 'unmute'; readonly leg: LegId }
  | { readonly name: 'dtmf'; readonly leg: LegId; readonly digits: string }
  | { readonly name: 'transfer' | 'divert'; readonly leg: LegId; readonly to: string }
  | { readonly name: 'voicemail'; readonly leg: LegId; readonly mailbox: ExtensionNumber }
  | { readonly name: 'pickup'; readonly leg: LegId; readonly extension: ExtensionNumber }
  | { readonly name: 'bridge'; readonly leg: LegId; readonly other: LegId }
  | { readonly name: 'startTransfer'; readonly leg: LegId; readonly to: string; readonly timeoutSeconds?: number }
  /** `leg` is the held one; `consult` the same extension's other leg, which may be left out while there is only one. */
  | { readonly name: 'completeTransfer' | 'cancelTransfer'; readonly leg: LegId; readonly consult?: LegId }
  | { readonly name: 'join'; readonly leg: LegId; readonly extension: ExtensionNumber }
  | { readonly name: 'conference'; readonly leg: LegId; readonly conference: string }
  | { readonly name: 'invite'; readonly conference: string; readonly extension: ExtensionNumber }
  | { readonly name: 'kick'; readonly leg: LegId }
  /** `isPrivate`, of `whisper`: the supervisor is heard and hears nothing. */
  | {
      readonly name: 'supervise';
      readonly leg: LegId;
      readonly extension: ExtensionNumber;
      readonly mode: SupervisionMode;
      readonly isPrivate?: boolean;
    }
  /** `leg` is the supervisor's own. */
  | { readonly name: 'superviseMode'; readonly leg: LegId; readonly mode: SupervisionMode }
  /** Without a slot: in the first that is free. */
  | { readonly name: 'park'; readonly leg: LegId; readonly slot?: SlotRef; readonly timeoutSeconds?: number }
  /** Without a slot: the call that waits longest. */
  | { readonly name: 'retrieve'; readonly slot?: SlotRef; readonly extension: ExtensionNumber }
  | { readonly name: 'bridgeSlot'; readonly leg: LegId; readonly slot?: SlotRef }
  | { readonly name: 'record'; readonly leg: LegId; readonly format?: RecordingFormat }
  | { readonly name: 'pauseRecording' | 'resumeRecording' | 'stopRecording'; readonly leg: LegId }
  | {
      readonly name: 'agentLogin' | 'agentLogout' | 'agentPause' | 'agentUnpause';
      readonly queue: string;
      readonly extension: ExtensionNumber;
      readonly reason?: string;
      /** With which it logs in; agents of a lower one are rung first. */
      readonly penalty?: number;
    }
  | { readonly name: 'agentPenalty'; readonly queue: string; readonly extension: ExtensionNumber; readonly penalty: number }
  | { readonly name: 'setDnd'; readonly extension: ExtensionNumber; readonly dnd: boolean }
  | { readonly name: 'setStatus'; readonly extension: ExtensionNumber; readonly text: string };

export const commandStates = ['accepted', 'done', 'failed', 'unknown'] as const;

/** A command from its acceptance on; what `GET /v1/commands/{id}` shows. */
export interface CommandRecord {
  readonly id: CommandId;
  readonly tenant: TenantId;
  readonly name: CommandName;
  readonly state: (typeof commandStates)[number];
  readonly callId?: CallId;
  readonly legId?: LegId;
  readonly error?: ErrorCode;
  readonly detail?: string;
  readonly acceptedAt: IsoTime;
  readonly finishedAt?: IsoTime;
  /** Who asked. */
  readonly key: KeyId;
}

/** Who asked for what, on which call, and what came of it; of commands that were refused too. `id` is the command's. */
export interface AuditEntry {
  readonly id: CommandId;
  readonly time: IsoTime;
  readonly key: KeyId;
  readonly keyName: string;
  readonly command: CommandName;
  /** What was asked for, as it was asked; of digits only how many. */
  readonly request: Readonly<Record<string, unknown>>;
  readonly callId?: CallId;
  readonly legId?: LegId;
  readonly extension?: ExtensionNumber;
  readonly result: (typeof auditResults)[number];
  readonly error?: ErrorCode;
  readonly detail?: string;
  readonly finishedAt?: IsoTime;
}

export const auditResults = [...commandStates, 'refused'] as const;

export interface AuditQuery {
  readonly key?: KeyId;
  readonly call?: CallId;
  /** Older than this entry; the newest come first. */
  readonly before?: CommandId;
  readonly limit: number;
}

/** A recording of a leg. `file` is what the PBX calls it, where it has said. */
export interface Recording {
  readonly id: RecordingId;
  readonly legId?: LegId;
  readonly startedAt: IsoTime;
  readonly stoppedAt?: IsoTime;
  readonly file?: string;
}

/** The file of a recording as it is now; whoever gets it reads the stream to its end or destroys it. */
export interface RecordingFile {
  readonly name: string;
  readonly size: number;
  readonly stream: Readable;
}

export interface SubmitOptions {
  /** The same key with the same request gives the same record for 24 hours; with another request it is refused. */
  readonly idempotencyKey?: string;
  /** Refuse with `call-moved-on` if the call has changed since. */
  readonly ifCursor?: Cursor;
}

/**
 * Commands from request to result. `submit` checks (scopes, state, characters), records and sends the command, and resolves
 * once it is durably `accepted`; it throws a `GatewayError` if it was refused before that. Its end comes as `command.done`,
 * `failed` or `unknown` in the log, and here by `wait`.
 *
 * Done means the effect was seen: dial: the far party answered; answer: the leg is connected; reject, hangup: the leg ended;
 * hold, resume: the leg is held, or no longer; the others as in docs/commands.md. A call of `dial` is `accepted` when the
 * extension's own phone rings or answers by itself.
 */
export interface Control {
  /** Where calls are parked, and where there is room. */
  readonly slots: Slots;
  /** Takes in a tenant that began to run later. */
  adopt(engine: TenantEngine): void;
  submit(identity: Identity, request: CommandRequest, options?: SubmitOptions): Promise<CommandRecord>;
  /** The record once it is no longer `accepted`, or as it stands after `seconds` or when `signal` aborts. */
  wait(tenant: TenantId, command: CommandId, seconds: number, signal?: AbortSignal): Promise<CommandRecord>;
  get(tenant: TenantId, command: CommandId): CommandRecord | undefined;
  list(tenant: TenantId, limit: number): readonly CommandRecord[];
  /** Every command that was asked for, the newest first. */
  audit(tenant: TenantId, query: AuditQuery): readonly AuditEntry[];
  /** The recordings of a call, live or ended, in the order in which they began; rejects with `no-such-call`. */
  recordings(tenant: TenantId, call: CallId): Promise<readonly Recording[]>;
  /** Rejects with `no-such-call`, `no-such-recording`, or `recording-unavailable` where this machine cannot read the file. */
  openRecording(tenant: TenantId, call: CallId, recording: RecordingId): Promise<RecordingFile>;
  close(): Promise<void>;
}
