import type { ExtensionNumber, LoginId } from './ids.ts';
import type { IsoTime } from './time.ts';

/** `phone`: a phone is registered for the user's extension; `session`: the user has logged in to the console. */
export const loginKinds = ['phone', 'session'] as const;
export type LoginKind = (typeof loginKinds)[number];

/** One way in which a user is logged in; there may be several at once. */
export interface Login {
  readonly id: LoginId;
  readonly kind: LoginKind;
  /** Of a phone, the PBX's name of it: `PJSIP/101`. */
  readonly device?: string;
  /** Where it comes from, so far as that is known: the phone's contact, the browser. */
  readonly address?: string;
  readonly port?: number;
  readonly since: IsoTime;
}

/** Words that clients know; others are allowed: a small word of letters, digits and dashes. */
export const knownUserStatuses = ['available', 'away', 'extended-away', 'chat', 'dnd', 'unavailable'] as const;

/** What a user says of itself. It says nothing of calls, and changes nothing about them. */
export interface UserStatus {
  /** `available` until it is set. */
  readonly status: string;
  /** What is shown: "Lunch". */
  readonly label?: string;
  readonly note?: string;
  /** When the user means to be back. */
  readonly returnAt?: IsoTime;
}

/** A user as it is now. */
export interface UserState {
  readonly name: string;
  /** The extension that is its own. */
  readonly extension?: ExtensionNumber;
  readonly status: UserStatus;
  /** The oldest first. */
  readonly logins: readonly Login[];
}
