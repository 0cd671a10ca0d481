import type { Scope } from '../../auth/auth.ts';
import type { MenuOptions } from '../../interactive/menu.ts';
import type { EmailNotice } from './email.ts';
import type { RequestLimits } from './limits.ts';

/** Somebody who may use CallAPI and the web page. */
export interface VoipNowAccount {
  /** Hex, lower case: the very text that CallAPI clients send. */
  readonly passwordSha256: string;
  /** Where it is known: OAuth 1.0a needs it. */
  readonly password?: string | undefined;
  readonly scopes: readonly Scope[];
}

/** What can be set for the VoipNow APIs of one tenant. */
export interface VoipNowOptions {
  /** The customer's number, put before an extension's to make it unique: `12340` and `101` are `12340101` or `12340*101`. */
  readonly prefix: string;
  /** By login. */
  readonly accounts: Readonly<Record<string, VoipNowAccount>>;
  /** A call event that could not be delivered for so long is given up: a stale CALLING is worse than none. */
  readonly maxAgeSeconds: number;
  /** How often a call event is tried; the vendor's servers try once. */
  readonly attempts: number;
  /** What callers of these numbers meet. */
  readonly interactive: Readonly<Record<string, MenuOptions>>;
  /** What an invitation into the room of a number must say; a room that is not named here asks for nothing. */
  readonly conferencePins: Readonly<Record<string, string>>;
  /** Write CallFlow as `in` and `out`, as some servers did, against the vendor's pages. */
  readonly lowerCaseFlow: boolean;
  /** Of which generation requests are that are published through UnifiedAPI. */
  readonly unifiedProfile: 'uapi3' | 'uapi5';
  /** How often CallAPI may be asked. */
  readonly limits: RequestLimits;
  /** Who is written to when calls end. */
  readonly email: VoipNowEmail;
}

export interface VoipNowEmail {
  readonly notices: readonly EmailNotice[];
  /** The text of a file of templates, YAML; the defaults when absent. */
  readonly templates?: string | undefined;
  /** In which times are written, as in the tz database; empty is the server's own. */
  readonly timeZone: string;
}

export const defaultVoipNowOptions: VoipNowOptions = {
  prefix: '1000',
  accounts: {},
  maxAgeSeconds: 600,
  attempts: 1,
  interactive: {},
  conferencePins: {},
  lowerCaseFlow: false,
  unifiedProfile: 'uapi3',
  limits: { seconds: 10, subnets: {} },
  email: { notices: [], timeZone: '' },
};
