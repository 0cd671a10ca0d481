/** What can be set for the RingCentral API of one tenant. */
export interface RingCentralOptions {
  /** The account's id; made of the tenant's name where it is not set. Ids of extensions are made of it. */
  readonly accountId?: number | undefined;
  /** Ids of extensions that are not made of the account's and the extension's number, by extension. */
  readonly extensionIds: Readonly<Record<string, number>>;
  /** The account's main number, E.164; with `*` and an extension it is a login. */
  readonly mainNumber: string;
  /** The account's other public numbers, E.164, and the extension that each of them reaches. */
  readonly directNumbers: Readonly<Record<string, string>>;
  /** Texts with which apps log in by the jwt-bearer grant, and the extension that each of them stands for. */
  readonly assertions: Readonly<Record<string, string>>;
  /** How softphones register at the PBX; none is told where it is not set. */
  readonly sip?: SipOptions | undefined;
  readonly telephony: {
    /** Tell of parties outside the account, too: trunks, which the vendor leaves out. */
    readonly foreignParties: boolean;
    /** Where a call flip leads, by extension and digit; without one the extension itself is rung again. */
    readonly flipNumbers: Readonly<Record<string, Readonly<Record<string, string>>>>;
    /** Rooms of the PBX in which conferences are held. Without any a room is made up, for a PBX that makes rooms as they are asked for. */
    readonly conferenceRooms: readonly string[];
  };
  readonly subscriptions: {
    /** Of one user and one client at once. */
    readonly most: number;
    /** How long a WebHook subscription lives that does not say, in seconds. */
    readonly webhookSeconds: number;
    /** How long a WebSocket may be away and still have everything, in seconds. */
    readonly recoverySeconds: number;
    /** Of how many events of the log the notifications are kept in memory; older ones are read out of the log. */
    readonly memoryEvents: number;
    /** Put events of PubNub into the wrapper of a mobile push, as an old sample of the vendor shows them. */
    readonly pushWrapper: boolean;
    /** Refuse WebHook addresses that are not https. */
    readonly httpsOnly: boolean;
    /** A WebHook that fails for so many seconds is Blacklisted, and looked at again every so many. */
    readonly blacklistAfterSeconds: number;
    readonly probeSeconds: number;
  };
}

export interface SipOptions {
  readonly transport: (typeof sipTransports)[number];
  readonly domain: string;
  /** Host and port at which phones register. */
  readonly outboundProxy: string;
  /** By extension. */
  readonly accounts: Readonly<Record<string, SipAccount>>;
}

export const sipTransports = ['WSS', 'TLS', 'TCP', 'UDP'] as const;

export interface SipAccount {
  /** The extension's number where it is not set; so is the authorization id. */
  readonly username?: string | undefined;
  readonly authorizationId?: string | undefined;
  readonly password: string;
}

export const defaultRingCentralOptions: RingCentralOptions = {
  extensionIds: {},
  mainNumber: '',
  directNumbers: {},
  assertions: {},
  telephony: { foreignParties: false, flipNumbers: {}, conferenceRooms: [] },
  subscriptions: {
    most: 100,
    webhookSeconds: 10 * 365 * 86_400,
    recoverySeconds: 3_600,
    memoryEvents: 50_000,
    pushWrapper: false,
    httpsOnly: false,
    blacklistAfterSeconds: 600,
    probeSeconds: 900,
  },
};
