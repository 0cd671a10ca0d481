import { hash } from 'node:crypto';

declare const brand: unique symbol;
type Id<Name extends string> = string & { readonly [brand]: Name };

/** One customer: its PBX, extensions, keys and subscriptions. Configuration gives it its name. */
export type TenantId = Id<'TenantId'>;
/** One connected phone system. Configuration gives it its name. */
export type PbxId = Id<'PbxId'>;
/** Everything from the first leg's start to the last leg's end. `call_` and 20 characters. */
export type CallId = Id<'CallId'>;
/** One party's participation in a call. `leg_` and 20 characters. */
export type LegId = Id<'LegId'>;
/** The PBX's own id of a channel (Asterisk: Uniqueid, FreeSWITCH: Unique-ID). Opaque. */
export type ChannelId = Id<'ChannelId'>;
/** The PBX's own id of a bridge. Opaque. */
export type BridgeId = Id<'BridgeId'>;
/** A command given through any API. `cmd_` and 20 characters. */
export type CommandId = Id<'CommandId'>;
/** An API key's public handle (never the secret). `key_` and 20 characters. */
export type KeyId = Id<'KeyId'>;
/** A person who may log in. `user_` and 20 characters. */
export type UserId = Id<'UserId'>;
/** One way in which a user is logged in. `login_` and 20 characters. */
export type LoginId = Id<'LoginId'>;
/** A recording. `rec_` and 20 characters. */
export type RecordingId = Id<'RecordingId'>;
/** An internal number as it is dialled: `101`. */
export type ExtensionNumber = Id<'ExtensionNumber'>;

export const tenantId = (text: string): TenantId => text as TenantId;
export const pbxId = (text: string): PbxId => text as PbxId;
export const channelId = (text: string): ChannelId => text as ChannelId;
export const bridgeId = (text: string): BridgeId => text as BridgeId;
export const extensionNumber = (text: string): ExtensionNumber => text as ExtensionNumber;
/** Takes an id back that came in through an API; whether it exists is for the engine to say. */
export const callIdFrom = (text: string): CallId => text as CallId;
export const legIdFrom = (text: string): LegId => text as LegId;
export const commandIdFrom = (text: string): CommandId => text as CommandId;
export const keyIdFrom = (text: string): KeyId => text as KeyId;
export const userIdFrom = (text: string): UserId => text as UserId;

const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';

const digest = (prefix: string, parts: readonly string[]): string => {
  const bytes = hash('sha256', parts.join('\0'), 'buffer');
  let text = prefix;
  for (let i = 0; i < 20; i += 1) text += alphabet.charAt((bytes[i] ?? 0) & 31);
  return text;
};

/**
 * The id of the call that began with `channel`. It derives from the PBX, the PBX's own start (microseconds, 0 when unknown)
 * and the channel, so that a replay, a restart and a resync agree on it.
 */
export const callIdOf = (pbx: PbxId, pbxStartedAt: number, channel: ChannelId): CallId =>
  digest('call_', [pbx, String(pbxStartedAt), channel]) as CallId;

/** The id of the leg that `channel` is; derived as `callIdOf`. */
export const legIdOf = (pbx: PbxId, pbxStartedAt: number, channel: ChannelId): LegId =>
  digest('leg_', [pbx, String(pbxStartedAt), channel]) as LegId;

/** The id of the recording that the PBX calls `name` on `channel`; derived, so that a replay agrees. */
export const recordingIdOf = (pbx: PbxId, channel: ChannelId, name: string): RecordingId =>
  digest('rec_', [pbx, channel, name]) as RecordingId;

/** The id of the login that a phone's registration is; derived, as `legIdOf`. */
export const loginIdOf = (pbx: PbxId, device: string, contact: string, since: number): LoginId =>
  digest('login_', [pbx, device, contact, String(since)]) as LoginId;

/** The id of a user whom the configuration names; derived, so that every start agrees. */
export const userIdOf = (tenant: TenantId, name: string): UserId => digest('user_', [tenant, name]) as UserId;

/** Makes ids that are nobody's derivative. Given from outside so that tests can make them repeat. */
export interface NewId {
  command(): CommandId;
  key(): KeyId;
  user(): UserId;
  login(): LoginId;
  /** Any other unguessable text of 32 characters: tickets, channel ids of our own, secrets. */
  token(): string;
}

/** Ids out of a source of random bytes (`node:crypto` `randomBytes` in production, a counter in tests). */
export const createNewId = (randomBytes: (size: number) => Uint8Array): NewId => {
  const text = (size: number): string => Array.from(randomBytes(size), (byte) => alphabet.charAt(byte & 31)).join('');
  return {
    command: () => `cmd_${text(20)}` as CommandId,
    key: () => `key_${text(20)}` as KeyId,
    user: () => `user_${text(20)}` as UserId,
    login: () => `login_${text(20)}` as LoginId,
    token: () => text(32),
  };
};
