/** Names of the Q.850 hangup causes that phone systems report, by number. */
const causeNames = {
  0: 'unknown',
  1: 'unallocated-number',
  2: 'no-route-to-network',
  3: 'no-route-to-destination',
  6: 'channel-unacceptable',
  16: 'normal-clearing',
  17: 'user-busy',
  18: 'no-user-response',
  19: 'no-answer',
  20: 'subscriber-absent',
  21: 'call-rejected',
  22: 'number-changed',
  23: 'redirected',
  26: 'answered-elsewhere',
  27: 'destination-out-of-order',
  28: 'invalid-number-format',
  29: 'facility-rejected',
  31: 'normal-unspecified',
  34: 'no-circuit-available',
  38: 'network-out-of-order',
  41: 'temporary-failure',
  42: 'congestion',
  44: 'requested-channel-unavailable',
  50: 'facility-not-subscribed',
  52: 'outgoing-calls-barred',
  54: 'incoming-calls-barred',
  57: 'bearer-capability-not-authorised',
  58: 'bearer-capability-not-available',
  65: 'bearer-capability-not-implemented',
  69: 'facility-not-implemented',
  81: 'invalid-call-reference',
  88: 'incompatible-destination',
  95: 'invalid-message',
  96: 'mandatory-information-missing',
  97: 'message-type-nonexistent',
  98: 'wrong-message',
  99: 'information-element-nonexistent',
  100: 'invalid-information-element',
  101: 'wrong-call-state',
  102: 'recovery-on-timer-expiry',
  103: 'mandatory-information-length-error',
  111: 'protocol-error',
  127: 'interworking',
} as const;

export type HangupCauseName = (typeof causeNames)[keyof typeof causeNames];

/** Why a leg or call ended: the Q.850 number and its name; a number that Q.850 does not name is `unknown`. */
export interface HangupCause {
  readonly code: number;
  readonly name: HangupCauseName;
}

export const hangupCause = (code: number): HangupCause => ({
  code,
  name: (causeNames as Readonly<Record<number, HangupCauseName>>)[code] ?? 'unknown',
});

export const hangupCauseNames: readonly HangupCauseName[] = Object.values(causeNames);
