import type { Call, EndedBy, Leg, Party as Numbered } from '../../model/call.ts';
import type { HangupCause } from '../../model/cause.ts';
import type { LegId } from '../../model/ids.ts';
import type { Party, PartyStatus, Session, Side, StatusCode, StatusReason } from './schema.ts';

/** A party for a leg, before anything is known of its conversation. */
export const partyOf = (call: Call, leg: Leg, number: number, code: StatusCode): Party => ({
  leg: leg.id,
  number,
  ...(leg.extension === undefined ? undefined : { extension: leg.extension }),
  device: leg.device,
  direction: leg.direction === 'outbound' ? 'Outbound' : 'Inbound',
  ...sidesOf(call, leg),
  status: { code },
  wasAnswered: false,
  isTalking: false,
  wasHeld: false,
  missedCall: false,
  muted: leg.muted,
  queueCall: (leg.queue ?? call.queue) !== undefined,
  isConferring: leg.conference !== undefined,
  isMailbox: false,
  recordings: [],
  ...(leg.sip === undefined ? undefined : { sip: leg.sip }),
  startedAt: leg.startedAt,
});

/** Who calls and who is called, as the leg's owner sees it. A public number that was dialled stays, whoever it reached. */
const sidesOf = (call: Call, leg: Leg): { readonly from: Side; readonly to: Side } => {
  const publicNumber = call.direction === 'inbound' ? (call.did ?? call.dialled) : undefined;
  if (leg.direction === 'outbound') {
    const dialled = publicNumber ?? (leg.ordinal === 1 ? call.dialled : undefined) ?? leg.peer.number;
    return { from: { ...sideOf(leg.party), device: leg.device }, to: { ...sideOf(leg.peer), number: dialled } };
  }
  return { from: sideOf(leg.peer), to: { ...sideOf(leg.party), ...(publicNumber === undefined ? undefined : { number: publicNumber }) } };
};

export const sideOf = ({ number, name, extension }: Numbered): Side => ({
  number,
  name,
  ...(extension === undefined ? undefined : { extension }),
});

export const isLive = ({ status: { code } }: Party): boolean => code !== 'Disconnected' && code !== 'Gone';

/** Reached, but not in a conversation that began: its phone rings, or the one that it calls does. */
export const isUnanswered = ({ status: { code } }: Party): boolean => code === 'Setup' || code === 'Proceeding';

/** Somebody took the call. */
export const wasTaken = ({ parties }: Session): boolean =>
  parties.some(({ direction, wasAnswered, isMailbox }) => direction === 'Inbound' && wasAnswered && !isMailbox);

/** The one who called, for as long as nobody is reached. */
export const unansweredCaller = ({ parties }: Session): Party | undefined =>
  parties.find((party) => party.direction === 'Outbound' && isUnanswered(party));

/** Of what the vendor says of an end those reasons that the PBX lets one know. An ordinary hangup has none. */
export const endingOf = (party: Party, cause: HangupCause, endedBy: EndedBy): PartyStatus => {
  const reason = reasonOf(party, cause, endedBy);
  return { code: 'Disconnected', ...(reason === undefined ? undefined : { reason }) };
};

const reasonOf = (party: Party, cause: HangupCause, endedBy: EndedBy): StatusReason | undefined => {
  switch (cause.code) {
    case 17:
      return 'TargetBusy';
    case 18:
    case 19:
    case 20:
    case 27:
      return 'NoAnswer';
    case 21:
      return 'Rejected';
    case 1:
    case 3:
    case 28:
      return 'InvalidNumber';
    case 34:
    case 38:
    case 41:
    case 42:
      return 'InternalError';
    case 26:
      return party.queueCall ? 'AgentAnswered' : 'Pickup';
    default:
      // The caller left while it rang.
      if (party.direction === 'Inbound' && isUnanswered(party)) return endedBy === 'pbx' ? 'NoAnswer' : 'Cancelled';
      return undefined;
  }
};

/** The party of a leg; of one that came, went and came back the last. A mailbox is nobody's. */
export const partyOfLeg = ({ parties }: Session, leg: LegId): Party | undefined =>
  parties.findLast((party) => party.leg === leg && !party.isMailbox);
