import { callIdFrom, type CallId, type ExtensionNumber } from '../../model/ids.ts';
import type { Extension } from '../../model/extension.ts';

/**
 * Ids as the vendor writes them. All are made of ours and of the account's id, so that they are the same after a restart, on
 * every node and in every subscription. Accounts, extensions and devices are numbers below 2^53; in telephony they travel as texts.
 */
export interface Ids {
  readonly account: number;
  extension(number: ExtensionNumber): number;
  /** The extension of an id, if there is such an extension. */
  extensionOf(id: string): ExtensionNumber | undefined;
}

export interface IdsOptions {
  readonly accountId: number;
  readonly extensionIds: Readonly<Record<string, number>>;
  readonly extension: (number: ExtensionNumber) => Extension | undefined;
  readonly extensions: () => readonly Extension[];
}

const perAccount = 100_000;
/** Above all that are made of numbers. */
const unnumbered = 10_000_000_000;

export const createIds = ({ accountId, extensionIds, extension, extensions }: IdsOptions): Ids => {
  const base = Math.floor(accountId / perAccount) * perAccount;
  const given = new Map(Object.entries(extensionIds));
  const idOf = (number: ExtensionNumber): number =>
    given.get(number) ?? (/^[1-9]\d{0,8}$/.test(number) ? base + Number(number) : base + unnumbered + digest(number));
  return {
    account: accountId,
    extension: idOf,
    extensionOf: (id) => {
      if (!/^\d{1,16}$/.test(id)) return undefined;
      const wanted = Number(id);
      // The usual one is found at once; those that are given or have no number are looked for.
      const direct = extension(String(wanted - base) as ExtensionNumber);
      if (direct !== undefined && idOf(direct.number) === wanted) return direct.number;
      return extensions().find(({ number }) => idOf(number) === wanted)?.number;
    },
  };
};

/** The account's id of a tenant that has not been given one. */
export const accountIdOf = (tenant: string): number => 400_000_000_000 + digest(tenant);

/** A device's id: `PJSIP/101` is one for as long as it has that name. */
export const deviceIdOf = (device: string): string => String(800_000_000_000 + digest(device));

const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';
const groupSize = 4;
const hexPerGroup = 5;
const padding = '0000000';

/** Hex digits alone: softphones read them out of a SIP header with `[0-9a-fz]+`. 25 of them are the call's own, and there are 32. */
const hexOf = (call: CallId): string => {
  let hex = padding;
  const text = call.slice('call_'.length);
  for (let at = 0; at < text.length; at += groupSize) {
    let bits = 0;
    for (let i = at; i < at + groupSize; i += 1) bits = bits * 32 + alphabet.indexOf(text.charAt(i));
    hex += bits.toString(16).padStart(hexPerGroup, '0');
  }
  return hex;
};

export const telephonySessionIdOf = (call: CallId): string => `s-${hexOf(call)}`;

export const partyIdOf = (call: CallId, number: number): string => `p-${hexOf(call)}-${number}`;

const callOfHex = (hex: string): CallId => {
  let text = 'call_';
  for (let at = padding.length; at < hex.length; at += hexPerGroup) {
    const bits = Number.parseInt(hex.slice(at, at + hexPerGroup), 16);
    for (let shift = 15; shift >= 0; shift -= 5) text += alphabet.charAt((bits >> shift) & 31);
  }
  return callIdFrom(text);
};

/** The call of a telephony session's id; undefined for what is none. Whether there is such a call is for the engine to say. */
export const callOfTelephonySession = (id: string): CallId | undefined => {
  const hex = /^s-(0{7}[0-9a-f]{25})$/.exec(id)?.[1];
  return hex === undefined ? undefined : callOfHex(hex);
};

export interface PartyRef {
  readonly call: CallId;
  readonly number: number;
}

export const parsePartyId = (id: string): PartyRef | undefined => {
  const [, hex, number] = /^p-(0{7}[0-9a-f]{25})-([1-9]\d{0,5})$/.exec(id) ?? [];
  return hex === undefined ? undefined : { call: callOfHex(hex), number: Number(number) };
};

const sessionSpacing = 5_003;
const sessionSpan = 80_000_000;

/**
 * The older, numeric id of a session. Clients take two sessions whose ids differ by 1000, 2000, 3000 or 4000 for the two
 * halves of one RingOut; so each is a multiple of more than that.
 */
export const sessionIdOf = (call: CallId): string => String(400_000_000_000 + (digest(call) % sessionSpan) * sessionSpacing);

/** FNV-1a, 31 bits: the same in every run. */
const digest = (text: string): number => {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 1;
};
