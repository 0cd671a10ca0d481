import type { PbxId } from '../../model/ids.ts';
import type { SlotNames } from './spaces.ts';

/** How a ringing phone is answered; the first way that works wins. */
export const answerWays = ['notify-then-pickup', 'notify', 'pickup'] as const;
export type AnswerWay = (typeof answerWays)[number];

/** How a call is put on hold: by the phone itself, or, where the phone does not obey, by the PBX, which takes the call out of its dialplan. */
export const holdWays = ['notify', 'notify-then-redirect', 'redirect'] as const;
export type HoldWay = (typeof holdWays)[number];

/** What the driver has to be told of one Asterisk. */
export interface AsteriskConfig {
  readonly pbx: PbxId;
  readonly host: string;
  /** The manager interface: 5038 unless manager.conf says otherwise (5039 with TLS). */
  readonly port: number;
  /** Speak TLS; with `ca` (PEM) the certificate is checked against that authority in place of the system's. */
  readonly tls: boolean | { readonly ca: string };
  readonly username: string;
  readonly secret: string;
  /** The dialplan context in which a phone's user dials. */
  readonly dialContext: string;
  /** Channel technology of the phones: extension 101 is dialled as `PJSIP/101` unless a hint names its device. */
  readonly technology: string;
  /** Names of endpoints that are extensions where no hint says so; others are trunks. A regular expression. */
  readonly extensionPattern: string;
  readonly answer: AnswerWay;
  readonly hold: HoldWay;
  /** The context of the mailboxes in voicemail.conf: `default`. */
  readonly voicemailContext: string;
  /** The slots that calls are parked in by command; without them, Asterisk's own spaces by their own names. */
  readonly slots?: SlotNames;
  /** Where the dialplan may hand calls over by FastAGI, and the application that reads texts aloud: `Festival`. */
  readonly interactive?: { readonly host: string; readonly port: number; readonly speech?: string | undefined } | undefined;
  /** What is known better than the PBX tells, by extension. */
  readonly extensions: Readonly<Record<string, { readonly name?: string | undefined }>>;
  /** What queues are called and dialled by, which Asterisk does not tell; by the queue's name. */
  readonly queues?: Readonly<Record<string, ConfiguredPlace>>;
  /** The same of conference rooms. Those that are named here are there also when nobody is in them. */
  readonly conferences?: Readonly<Record<string, ConfiguredPlace>>;
}

export interface ConfiguredPlace {
  readonly displayName?: string | undefined;
  readonly number?: string | undefined;
}
