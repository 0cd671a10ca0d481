import type { PbxId } from '../../model/ids.ts';

/** How a ringing phone is answered; the first way that works wins. */
export const answerWays = ['notify-then-pickup', 'notify', 'pickup'] as const;
export type AnswerWay = (typeof answerWays)[number];

/** What the driver has to be told of one FreeSWITCH. */
export interface FreeswitchConfig {
  readonly pbx: PbxId;
  readonly host: string;
  /** The event socket: 8021 unless event_socket.conf.xml says otherwise. */
  readonly port: number;
  readonly password: string;
  /** The domain whose users are this tenant's: `1001@pbx.example`. Empty is FreeSWITCH's own default domain. */
  readonly domain: string;
  /** Others share the FreeSWITCH: what belongs to another domain is not seen. */
  readonly sharesPbx: boolean;
  /** The dialplan context in which a phone's user dials. */
  readonly dialContext: string;
  /** Users that are extensions; others are trunks. A regular expression. */
  readonly extensionPattern: string;
  /** SIP profiles on which only trunks are reached, whatever a number there looks like. */
  readonly trunkProfiles: readonly string[];
  /** The lot of mod_valet_parking that is the tenant's; `{domain}` stands for the domain. */
  readonly parkingLot: string;
  /** By which name everybody above the driver knows that lot: `valet`. */
  readonly ownLot: string;
  readonly answer: AnswerWay;
  /** The profiles of mod_conference and mod_voicemail for rooms and mailboxes. */
  readonly conferenceProfile: string;
  readonly voicemailProfile: string;
  /** What is known better than the PBX tells, by extension. */
  readonly extensions: Readonly<Record<string, { readonly name?: string | undefined }>>;
}
