import type { Scope } from '../../auth/auth.ts';

/** Somebody who may use the event and live APIs. */
export interface ISymphonyAccount {
  readonly password: string;
  readonly scopes: readonly Scope[];
}

/** What can be set for the iSymphony APIs of one tenant. */
export interface ISymphonyOptions {
  /** By login. With none the vendor's public account is open, as long as `allow` names this machine alone. */
  readonly accounts: Readonly<Record<string, ISymphonyAccount>>;
  /** Addresses and networks that may ask at all. */
  readonly allow: readonly string[];
  /** Under which name clients find the core server, `coreServers/getByName/default`. */
  readonly slug: string;
  /** Send whoever asks over plain http to https. */
  readonly requireTls: boolean;
  /** Emit `login` and `logout`; else `userLogin` and `userLogout`. A connection that filters on one of the names gets that one. */
  readonly legacyEventTypes: boolean;
  /** Refuse filter messages as the vendor's own page prints them, which are no JSON. */
  readonly strictJson: boolean;
  readonly filter: {
    /** Let a filter on `username` look at `username1` and `username2` of two-sided events too. */
    readonly matchNumbered: boolean;
  };
  /** Tell `dialEnd` of dials that were answered too; else `linkStart` alone tells it. */
  readonly answeredDialEnd: boolean;
  /** By username. One who is not full causes no events about calls, agents and status. */
  readonly users: Readonly<Record<string, { readonly full: boolean }>>;
}

export const defaultISymphonyOptions: ISymphonyOptions = {
  accounts: {},
  allow: ['127.0.0.0/8', '::1/128'],
  slug: 'default',
  requireTls: false,
  legacyEventTypes: true,
  strictJson: false,
  filter: { matchNumbered: false },
  answeredDialEnd: false,
  users: {},
};

/** The account that the vendor's software comes with, and that everybody knows. */
export const publicAccount = { login: 'manager', password: 'manag3rpa55word' } as const;
