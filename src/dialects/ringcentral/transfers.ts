/** How parties leave a session for another: transfers, parking and pickups. */
import type { Call, Leg } from '../../model/call.ts';
import type { Event, EventOf } from '../../model/event.ts';
import type { CallId, ExtensionNumber } from '../../model/ids.ts';
import type { Micros } from '../../model/time.ts';
import type { Draft } from './draft.ts';
import { endingOf, isLive, partyOf, partyOfLeg } from './parties.ts';
import type { Leaving, Party, PartyRef, PartyStatus, Session, StatusReason } from './schema.ts';

const transferReasons = { blind: 'BlindTransfer', attended: 'AttendedTransfer', park: 'CallPark', voicemail: 'Voicemail' } as const;

/** For so long it may come out that the end of a leg was a transfer. */
const undecidedMicros: Micros = 1e6;

/** Who was leaving has transferred if that is told now, or if another leg begins; else it was an ordinary hangup. */
export const decideLeaving = (draft: Draft, event: Event, at: Micros): void => {
  const isDecided = (leaving: Leaving): boolean => event.callId === leaving.call || at - leaving.at > undecidedMicros;
  for (const { call, leg, time, cause } of draft.left(isDecided)) {
    const session = draft.state.sessions.get(call);
    const party = session === undefined ? undefined : partyOfLeg(session, leg);
    if (session === undefined || party === undefined || !isLive(party)) continue;
    const isToldOf = event.type === 'call.transferred' && event.data.by.legId === leg;
    const reason = isToldOf ? transferReasons[event.data.kind] : 'BlindTransfer';
    const hasTransferred = event.callId === call && (isToldOf || event.type === 'leg.started');
    const status = hasTransferred ? withReason('Disconnected', reason) : endingOf(party, cause, 'pbx');
    draft.asOf(time, () => draft.tell(session, { ...party, status }));
  }
};

/** Who transfers leaves, who parks stays as one who parks. */
export const tellTransferred = (draft: Draft, event: EventOf<'call.transferred'>, call: Call): void => {
  const { kind, by, to, succeeded } = event.data;
  const party = by.legId === undefined ? undefined : partyOfLeg(draft.session(call), by.legId);
  if (!succeeded || party === undefined || !isLive(party) || party.status.code === 'Parked') return;
  if (kind === 'park') {
    const slot = event.leg?.slot ?? { lot: 'valet', slot: to.number };
    draft.change(call, party.leg, { status: { code: 'Parked', parked: slot } });
  } else {
    draft.change(call, party.leg, { status: withReason('Disconnected', transferReasons[kind]) });
  }
};

/** Who parked goes on as Parked until the call is fetched, comes back or gives up. */
export const tellUnparked = (draft: Draft, call: Call, reason: StatusReason | undefined): void => {
  for (const { leg, status } of draft.session(call).parties) {
    if (status.code === 'Parked') draft.change(call, leg, { status: withReason('Disconnected', reason) });
  }
};

/**
 * A leg goes on in another session: its party is Gone from the first and a new one in the second. The consulting leg of one
 * who is in the second already does not come along: both its parties are Gone, each to the other.
 */
export const tellMoved = (draft: Draft, call: Call, leg: Leg, from: CallId): void => {
  const before = draft.state.sessions.get(from);
  const known = before === undefined ? undefined : partyOfLeg(before, leg.id);
  const session = draft.session(call);
  const own = leg.extension === undefined ? undefined : liveOf(session, leg.extension);
  if (before !== undefined && known !== undefined && own !== undefined) {
    draft.tell(before, { ...known, status: gone('AttendedTransfer', { call: session.call, number: own.number }) });
    draft.tell(session, { ...own, status: gone('AttendedTransfer', { call: from, number: known.number }) });
    return;
  }
  const others = new Set(before?.parties.map(({ extension }) => extension));
  // Who parked and fetches the call again was in both sessions, too.
  const isTransfer = session.parties.some(
    ({ extension, status }) => extension !== undefined && others.has(extension) && status.reason !== 'Pickup',
  );
  // That it supervises is told only after it has moved; but nobody picks up what two are talking in.
  const talking = session.parties.filter(({ status }) => status.code === 'Answered' || status.code === 'Hold');
  const reason: StatusReason = isTransfer ? 'AttendedTransfer' : talking.length > 1 ? 'Supervising' : 'Pickup';
  const number = session.nextNumber;
  if (before !== undefined && known !== undefined) draft.tell(before, { ...known, status: gone(reason, { call: session.call, number }) });
  const fresh = partyOf(call, leg, number, 'Answered');
  const met = session.parties.filter((party) => isLive(party) && !others.has(party.extension));
  const other = met.length === 1 ? farSideOf(met[0]) : undefined;
  draft.add(call, {
    ...fresh,
    ...(other === undefined ? undefined : fresh.direction === 'Inbound' ? { from: other } : { to: other }),
    status: { code: leg.held ? 'Hold' : 'Answered' },
    wasAnswered: true,
    isTalking: true,
  });
};

const liveOf = ({ parties }: Session, extension: ExtensionNumber): Party | undefined =>
  parties.find((party) => party.extension === extension && isLive(party) && !party.isMailbox);

const gone = (reason: StatusReason, peer: PartyRef): PartyStatus => ({ code: 'Gone', reason, peer });

const withReason = (code: PartyStatus['code'], reason: StatusReason | undefined): PartyStatus => ({
  code,
  ...(reason === undefined ? undefined : { reason }),
});

/** The party's own number and name, as its other end sees it. */
const farSideOf = (party: Party | undefined): Party['from'] | undefined => (party?.direction === 'Outbound' ? party.from : party?.to);
