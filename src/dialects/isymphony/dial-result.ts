import type { Leg } from '../../model/call.ts';
import type { EventData } from '../../model/event.ts';
import type { DialResult } from './schema.ts';

/** How the dial of a leg ended that nobody answered. */
export const dialResultOf = (leg: Leg, { cause, endedBy }: EventData['leg.ended']): DialResult => {
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
    case 'no-route-to-destination':
      return 'CHANUNAVAIL';
    // These do not say why; who ended it does.
    case 'normal-clearing':
    case 'normal-unspecified':
    case 'interworking':
    case 'unknown':
      return resultOfWho(leg, endedBy);
    default:
      return 'CONGESTION';
  }
};

const resultOfWho = (leg: Leg, endedBy: EventData['leg.ended']['endedBy']): DialResult => {
  switch (endedBy) {
    case 'self':
      return 'BUSY';
    case 'peer':
    case 'command':
      return 'CANCEL';
    case 'pbx':
    case 'unknown':
      return leg.ringingAt === undefined ? 'CHANUNAVAIL' : 'NOANSWER';
    default:
      return endedBy satisfies never;
  }
};
