/** One event in short form, or several that happen in one moment, in any order. The short form is in short-form.ts. */
export type Moment = string | readonly string[];

/** What must come out of one recording, written by someone who read what the phones did. */
export interface Story {
  /** The recording's name: `asterisk-22/{capture}.ami.gz`, `asterisk-16/...`. */
  readonly capture: string;
  /** What the phones did, and what they heard. */
  readonly what: string;
  /** Every event about calls, legs, links and places, in order. */
  readonly events: readonly Moment[];
  /** What each extension became, in order, beginning after `idle`; one that is not named never changed. */
  readonly presence?: Readonly<Record<string, string>>;
  /** What each member of a queue became, in order, by queue and device: `support PJSIP/106`. */
  readonly agents?: Readonly<Record<string, string>>;
}

/** `from` dials `to`, whose phone rings. */
export const rings = (call: string, from: string, to: string, dialled = to): readonly Moment[] => [
  `call.started ${call} internal ${from}>${dialled}`,
  `leg.started ${from} ${call} outbound`,
  `leg.started ${to} ${call} inbound`,
  `leg.ringing ${to} peer=${from}`,
];

/** The ringing `to` answers `from`; they hear each other. */
export const answers = (from: string, to: string): readonly Moment[] => [
  [`leg.connected ${from}`, `leg.connected ${to}`, `legs.linked ${from} ${to}`],
];

/** `from` dials `to`, who answers; they hear each other. */
export const talks = (call: string, from: string, to: string, dialled = to): readonly Moment[] => [
  ...rings(call, from, to, dialled),
  ...answers(from, to),
];

/** Of two who hear each other, one hangs up, and with it the other's leg ends. `pair` is in order of their legs' start. */
export const hangsUp = (who: string, pair: readonly [string, string]): readonly string[] => [
  `legs.unlinked ${pair[0]} ${pair[1]}`,
  ...pair.map((leg) => `leg.ended ${leg} 16 ${leg === who ? 'self' : 'peer'}`),
];

/** The presence of a caller and of the one called, when the call is answered. */
export const callerAndCalled = (from: string, to: string): Readonly<Record<string, string>> => ({
  [from]: 'busy idle',
  [to]: 'ringing busy idle',
});

/** `leg`, called by nobody but the gateway's `Originate`, rings and answers; it begins a call of its own. */
export const originated = (call: string, extension: string, leg = extension): readonly Moment[] => [
  `call.started ${call} internal ...`,
  `leg.started ${leg} ${call} outbound`,
  `leg.ringing ${leg} ...`,
  `leg.connected ${leg}`,
];

/** The younger call becomes part of the elder with all its live legs. */
export const merges = (younger: string, elder: string, ...legs: readonly string[]): readonly string[] => [
  ...legs.map((leg) => `leg.moved ${leg} ${younger}>${elder}`),
  `call.merged ${younger} into ${elder}`,
  `call.ended ${younger} ...`,
];
