import type { Leg } from '../model/call.ts';
import type { EventOf } from '../model/event.ts';

/** How a leg's part in a call ended, in the words of Asterisk's DIALSTATUS, which several vendors took over. */
export const dialStatuses = ['ANSWER', 'BUSY', 'NOANSWER', 'CANCEL', 'CONGESTION', 'CHANUNAVAIL'] as const;
export type DialStatus = (typeof dialStatuses)[number];

type Ended = EventOf<'leg.ended'>['data'];

/** Of a leg in which nobody was talked to; whether anybody was is for the caller to know. */
export const dialStatusOf = (leg: Leg, { cause, endedBy }: Ended): DialStatus => {
  switch (cause.name) {
    case 'user-busy':
    case 'call-rejected':
      return 'BUSY';
    case 'no-answer':
    case 'no-user-response':
      return 'NOANSWER';
    case 'answered-elsewhere':
      return 'CANCEL';
    case 'subscriber-absent':
    case 'destination-out-of-order':
      return 'CHANUNAVAIL';
    // These say nothing of why (127 is what Asterisk gives when the caller leaves): who ended it tells.
    case 'normal-clearing':
    case 'normal-unspecified':
    case 'interworking':
    case 'unknown':
      return leg.direction === 'inbound' ? statusOfCalled(leg, endedBy) : statusOfCaller(leg, endedBy);
    default:
      return 'CONGESTION';
  }
};

const statusOfCalled = (leg: Leg, endedBy: Ended['endedBy']): DialStatus => {
  switch (endedBy) {
    case 'self':
      return 'BUSY';
    case 'peer':
    case 'command':
      return 'CANCEL';
    case 'pbx':
    case 'unknown':
      return leg.ringingAt === undefined ? 'CONGESTION' : 'NOANSWER';
    default:
      return endedBy satisfies never;
  }
};

const statusOfCaller = (leg: Leg, endedBy: Ended['endedBy']): DialStatus => {
  // It waited in a queue and left.
  if (leg.queue !== undefined) return 'CANCEL';
  // Voicemail or a menu took the call.
  if (leg.connectedAt !== undefined) return 'ANSWER';
  switch (endedBy) {
    case 'self':
    case 'command':
      return 'CANCEL';
    case 'peer':
    case 'pbx':
      return 'NOANSWER';
    case 'unknown':
      return 'CONGESTION';
    default:
      return endedBy satisfies never;
  }
};
