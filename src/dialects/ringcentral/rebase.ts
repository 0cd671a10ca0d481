import { List, Map as ImmutableMap } from 'immutable';
import type { Call, Leg } from '../../model/call.ts';
import type { ExtensionNumber } from '../../model/ids.ts';
import type { LiveState } from '../../model/live-state.ts';
import type { Micros } from '../../model/time.ts';
import { partyOf, partyOfLeg } from './parties.ts';
import type { Party, PresenceState, RingCentralState, Session, StatusCode } from './schema.ts';

/** How many notices of one session an event makes at most; after a gap sequences go on above all that may have been told. */
const sequencesPerEvent = 4;
/** One less than the sequence of a session's first event. */
export const noSequence = 1;

/** Nobody saw what happened in between: who lives is there as it is now, and numbers go on above all that can have been given. */
export const rebase = (state: RingCentralState, live: LiveState, lostEvents: number, at: Micros): RingCentralState => {
  const skipped = lostEvents * sequencesPerEvent;
  const sessions = live.calls.map((call): Session => {
    const known = [call.id, ...call.aliases].map((id) => state.sessions.get(id)).find((session) => session !== undefined);
    let nextNumber = (known?.nextNumber ?? 1) + (known === undefined ? 0 : lostEvents);
    const parties = call.legs.flatMap((leg) => {
      if (leg.state === 'ended') return [];
      const before = known === undefined ? undefined : partyOfLeg(known, leg.id);
      const number = before?.number ?? nextNumber++;
      return [{ ...partyOf(call, leg, number, 'Setup'), ...conditionOf(call, leg) }];
    });
    return {
      call: call.id,
      sequence: (known?.sequence ?? noSequence) + skipped,
      origin: known?.origin ?? (call.clickToDial ? 'CallOut' : 'Call'),
      startedAt: call.startedAt,
      nextNumber,
      parties: parties.toSorted((one, two) => one.number - two.number),
    };
  });
  const presence = live.extensions.map(({ number, presence: now, dnd }): [ExtensionNumber, PresenceState] => {
    const calls = sessions.flatMap(({ call, parties }) =>
      parties.filter(({ extension }) => extension === number).map((party) => ({ call, party })),
    );
    return [number, { sequence: (state.presence.get(number)?.sequence ?? 0) + skipped, calls, presence: now, dnd }];
  });
  return {
    sessions: ImmutableMap(sessions.map((session) => [session.call, session])),
    ended: List(),
    presence: ImmutableMap(presence),
    leaving: List(),
    tick: Math.max(state.tick, at),
  };
};

/** A party as its leg is now: what led to it is not known. */
const conditionOf = (call: Call, leg: Leg): Partial<Party> => {
  const isLone = call.legs.every((other) => other.id === leg.id || other.state === 'ended');
  const code = codeOf(leg, isLone);
  const isUp = leg.state === 'connected' || leg.state === 'held' || leg.state === 'queued' || leg.state === 'parked';
  const isReached = code === 'Answered' || code === 'Hold' || code === 'VoiceMail';
  const recordings = leg.recording === undefined ? [] : [{ id: leg.recording.id, active: leg.recording.state === 'recording' }];
  return { status: { code }, wasAnswered: isReached, isTalking: isReached && isUp, recordings };
};

const codeOf = (leg: Leg, isLone: boolean): StatusCode => {
  switch (leg.state) {
    case 'ringing':
      return 'Proceeding';
    case 'initiated':
      return leg.direction === 'outbound' && !isLone ? 'Answered' : 'Setup';
    case 'held':
      return 'Hold';
    case 'connected':
      return isLone && leg.ringingAt !== undefined && leg.direction === 'outbound' ? 'Proceeding' : 'Answered';
    case 'queued':
    case 'parked':
      return 'Answered';
    case 'ended':
      return 'Disconnected';
    default:
      return leg.state satisfies never;
  }
};
