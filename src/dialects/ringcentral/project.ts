import { List, Map as ImmutableMap } from 'immutable';
import type { Message, Projected, Projector } from '../../delivery/projection.ts';
import type { Call, Leg } from '../../model/call.ts';
import type { EventOf, EventType } from '../../model/event.ts';
import type { CallId, ExtensionNumber, LegId } from '../../model/ids.ts';
import type { Micros } from '../../model/time.ts';
import { endingOf, isLive, isUnanswered, partyOf, partyOfLeg, sideOf, unansweredCaller, wasTaken } from './parties.ts';
import { callStatusOf } from './presence.ts';
import { noSequence, rebase } from './rebase.ts';
import type {
  ActiveCall,
  Notice,
  Party,
  PartyRef,
  PartyStatus,
  PresenceState,
  RingCentralState,
  Session,
  Stamp,
  StatusReason,
} from './schema.ts';

/** Under which notices are read: all of an account, of one extension, or of one session. */
export const sessionsKey = 'sessions';
export const sessionsOfKey = (extension: ExtensionNumber): string => `sessions ${extension}`;
export const sessionKey = (call: CallId): string => `session ${call}`;
export const presenceKey = 'presence';
export const presenceOfKey = (extension: ExtensionNumber): string => `presence ${extension}`;

const types = [
  'call.ended',
  'call.transferred',
  'leg.started',
  'leg.ringing',
  'leg.connected',
  'leg.held',
  'leg.resumed',
  'leg.muted',
  'leg.unmuted',
  'leg.queued',
  'leg.unparked',
  'leg.moved',
  'leg.ended',
  'legs.linked',
  'recording.started',
  'recording.paused',
  'recording.resumed',
  'recording.stopped',
  'conference.joined',
  'conference.left',
  'supervision.started',
  'extension.presenceChanged',
  'user.statusChanged',
] as const satisfies readonly EventType[];

type ToldOf<Type extends EventType> = { [Each in Type]: EventOf<Each> }[Type];
type Told = ToldOf<(typeof types)[number]>;

const keptEnded = 200;
/** Of the parties of one session: a caller who is sent round for hours must not make every event longer. */
const keptParties = 32;

/** The vendor's telephony sessions and presence, as a fold over the log: the same events give the same sequences for ever. */
export const createRingCentralProjector = (): Projector<RingCentralState, Notice> => ({
  name: 'ringcentral',
  version: 1,
  types: new Set<EventType>(types),
  initial: { sessions: ImmutableMap(), ended: List(), presence: ImmutableMap(), tick: 0 },
  project: (state, event, at) => {
    const step = new Step(state, event as Told, at);
    step.take(event as Told);
    return step.result();
  },
  rebase,
  save: ({ sessions, ended, presence, tick }) => ({
    sessions: [...sessions.values()],
    ended: ended.toArray(),
    presence: [...presence.entries()],
    tick,
  }),
  load: (saved) => {
    const { sessions, ended, presence, tick } = saved as {
      readonly sessions: readonly Session[];
      readonly ended: readonly Session[];
      readonly presence: readonly (readonly [ExtensionNumber, PresenceState])[];
      readonly tick: Micros;
    };
    return {
      sessions: ImmutableMap(sessions.map((session) => [session.call, session])),
      ended: List(ended),
      presence: ImmutableMap(presence.map(([extension, state]) => [extension, state])),
      tick,
    };
  },
});

/** One event on its way through the fold: what changes is gathered here and given back as new values. */
class Step {
  readonly #event: Told;
  readonly #at: Micros;
  readonly #messages: Message<Notice>[] = [];
  /** Whose presence is to be told of, in the order in which it changed. */
  readonly #changed = new Set<ExtensionNumber>();
  #place = 0;
  #state: RingCentralState;

  constructor(state: RingCentralState, event: Told, at: Micros) {
    this.#state = state;
    this.#event = event;
    this.#at = at;
  }

  result(): Projected<RingCentralState, Notice> {
    for (const extension of this.#changed) this.#tellPresence(extension);
    return { state: this.#state, messages: this.#messages };
  }

  take(event: Told): void {
    switch (event.type) {
      case 'extension.presenceChanged':
        return this.#presenceChanged(event);
      case 'user.statusChanged':
        return event.extension === undefined ? undefined : void this.#changed.add(event.extension);
      case 'call.ended':
        return event.call === undefined ? undefined : this.#callEnded(event.call);
      default:
        if (event.call !== undefined) this.#takeOfCall(event, event.call);
    }
  }

  #takeOfCall(event: Exclude<Told, ToldOf<'extension.presenceChanged' | 'user.statusChanged' | 'call.ended'>>, call: Call): void {
    if (event.type === 'legs.linked') return this.#linked(event, call);
    if (event.type === 'call.transferred') return this.#transferred(event, call);
    const { leg } = event;
    if (leg === undefined) return undefined;
    switch (event.type) {
      case 'leg.started':
        return this.#started(call, leg);
      case 'leg.ringing':
        return this.#ringing(call, leg);
      case 'leg.connected':
        return this.#connected(call, leg);
      case 'leg.queued':
        return this.#reached(call, leg.id, { isTalking: true, queueCall: true });
      case 'leg.held':
        return this.#change(call, leg.id, { status: { code: 'Hold' }, wasHeld: true });
      case 'leg.resumed':
        return this.#change(call, leg.id, { status: { code: 'Answered' } });
      case 'leg.muted':
      case 'leg.unmuted':
        return this.#change(call, leg.id, { muted: leg.muted });
      case 'leg.unparked':
        return this.#unparked(call, event.data.reason === 'retrieved' ? 'Pickup' : undefined);
      case 'leg.moved':
        return this.#moved(call, leg, event.data.from);
      case 'leg.ended':
        return this.#ended(event, call, leg);
      case 'recording.started':
      case 'recording.paused':
      case 'recording.resumed':
      case 'recording.stopped':
        return this.#recorded(event, call, leg);
      case 'conference.joined':
        return this.#reached(call, leg.id, { isTalking: true, isConferring: true });
      case 'conference.left':
        return this.#amend(call, leg.id, { isConferring: false });
      case 'supervision.started':
        return this.#change(call, leg.id, {
          status: { code: 'Answered', reason: 'Supervising' },
          wasAnswered: true,
          isTalking: true,
        });
      default:
        return event satisfies never;
    }
  }

  /** A called extension's rules run: by that its caller is Answered, as the vendor has it. A trunk rings at once. */
  #started(call: Call, leg: Leg): void {
    const session = this.#session(call);
    if (partyOfLeg(session, leg.id) !== undefined) return;
    const caller = unansweredCaller(session);
    this.#add(
      call,
      partyOf(call, leg, session.nextNumber, leg.direction === 'inbound' && leg.extension === undefined ? 'Proceeding' : 'Setup'),
    );
    if (leg.direction === 'outbound' || caller === undefined) return;
    const to = { ...caller.to, name: leg.party.name, ...(leg.extension === undefined ? undefined : { extension: leg.extension }) };
    if (leg.extension === undefined) this.#amend(call, caller.leg, { to: { ...caller.to, name: leg.party.name } });
    else this.#change(call, caller.leg, { status: { code: 'Answered' }, wasAnswered: true, to });
  }

  /** The provisional answer of a trunk is its caller's news. A leg that was placed for its owner rings before it calls. */
  #ringing(call: Call, leg: Leg): void {
    if (leg.direction === 'inbound' && leg.extension === undefined) {
      const caller = unansweredCaller(this.#session(call));
      if (caller?.status.code === 'Setup') this.#change(call, caller.leg, { status: { code: 'Proceeding' } });
      return;
    }
    this.#change(call, leg.id, { status: { code: 'Proceeding' }, ...sipOf(leg) });
  }

  /**
   * Who is called and answers is in a conversation, and so is its caller. A caller's leg says so first: it waits for the one
   * that it calls, unless nobody is called but a mailbox or an announcement. A phone that was rung for its owner only waits.
   */
  #connected(call: Call, leg: Leg): void {
    if (leg.direction === 'inbound') {
      this.#change(call, leg.id, { status: { code: 'Answered' }, wasAnswered: true, isTalking: true, ...sipOf(leg) });
      for (const caller of this.#callers(call)) this.#answerCaller(call, caller);
      return;
    }
    const session = this.#session(call);
    const isCalling = session.parties.some((party) => party.direction === 'Inbound' && isLive(party));
    if (isCalling || (leg.ringingAt !== undefined && leg.voicemail !== true)) return;
    this.#reached(call, leg.id, { isTalking: true, ...sipOf(leg) });
    if (leg.voicemail === true) this.#mailbox(call, leg);
  }

  #callers(call: Call): readonly Party[] {
    return this.#session(call).parties.filter((party) => party.direction === 'Outbound' && isLive(party));
  }

  #answerCaller(call: Call, caller: Party): void {
    if (isUnanswered(caller)) this.#change(call, caller.leg, { status: { code: 'Answered' }, wasAnswered: true, isTalking: true });
    else if (!caller.isTalking) this.#amend(call, caller.leg, { isTalking: true });
  }

  /** It has reached something that is no phone: a queue, a room, a mailbox. */
  #reached(call: Call, leg: LegId, changes: Partial<Party>): void {
    const party = partyOfLeg(this.#session(call), leg);
    if (party === undefined || !isLive(party)) return;
    if (isUnanswered(party)) this.#change(call, leg, { status: { code: 'Answered' }, wasAnswered: true, ...changes });
    else this.#amend(call, leg, changes);
  }

  /** The mailbox of the one who was called is a party of its own, with the caller's leg. */
  #mailbox(call: Call, leg: Leg): void {
    const extension = leg.peer.extension ?? call.to.extension;
    if (extension === undefined) return;
    const session = this.#session(call);
    const missed = session.parties.some((party) => party.extension === extension && party.missedCall);
    const to = { ...sideOf(call.to), ...sideOf(leg.peer), extension };
    this.#add(call, {
      ...partyOf(call, leg, session.nextNumber, 'VoiceMail'),
      extension,
      device: '',
      direction: 'Inbound',
      from: sideOf(leg.party),
      to,
      wasAnswered: true,
      missedCall: !missed,
      isMailbox: true,
    });
  }

  /** Two hear each other: whoever was still being reached is in a conversation now. */
  #linked(event: EventOf<'legs.linked'>, call: Call): void {
    for (const id of [event.legId, event.data.peer]) {
      const leg = call.legs.find((each) => each.id === id);
      const party = leg === undefined ? undefined : partyOfLeg(this.#session(call), leg.id);
      if (leg === undefined || party === undefined) continue;
      if (isUnanswered(party)) this.#change(call, leg.id, { status: { code: 'Answered' }, wasAnswered: true, isTalking: true });
      else if (!party.isTalking) this.#amend(call, leg.id, { isTalking: true });
    }
  }

  #transferred(event: EventOf<'call.transferred'>, call: Call): void {
    const { kind, by, to, succeeded } = event.data;
    const party = by.legId === undefined ? undefined : partyOfLeg(this.#session(call), by.legId);
    if (!succeeded || party === undefined || !isLive(party) || party.status.code === 'Parked') return;
    if (kind === 'park') {
      const slot = event.leg?.slot ?? { lot: 'valet', slot: to.number };
      this.#change(call, party.leg, { status: { code: 'Parked', parked: slot } });
    } else if (kind !== 'attended') {
      this.#change(call, party.leg, { status: { code: 'Disconnected', reason: kind === 'voicemail' ? 'Voicemail' : 'BlindTransfer' } });
    }
  }

  /** Who parked goes on as Parked until the call is fetched, comes back or gives up. */
  #unparked(call: Call, reason: StatusReason | undefined): void {
    for (const { leg, status } of this.#session(call).parties) {
      if (status.code === 'Parked') this.#change(call, leg, { status: withReason('Disconnected', reason) });
    }
  }

  /**
   * A leg goes on in another session: its party is Gone from the first and a new one in the second. The consulting leg of one
   * who is in the second already does not come along: both its parties are Gone, each to the other.
   */
  #moved(call: Call, leg: Leg, from: CallId): void {
    const before = this.#state.sessions.get(from);
    const known = before === undefined ? undefined : partyOfLeg(before, leg.id);
    const session = this.#session(call);
    const own = leg.extension === undefined ? undefined : liveOf(session, leg.extension);
    if (before !== undefined && known !== undefined && own !== undefined) {
      this.#tell(before, { ...known, status: gone('AttendedTransfer', { call: session.call, number: own.number }) });
      this.#tell(session, { ...own, status: gone('AttendedTransfer', { call: from, number: known.number }) });
      return;
    }
    const others = new Set(before?.parties.map(({ extension }) => extension));
    const isTransfer = session.parties.some((party) => party.extension !== undefined && others.has(party.extension));
    const reason: StatusReason = isTransfer ? 'AttendedTransfer' : 'Pickup';
    const number = session.nextNumber;
    if (before !== undefined && known !== undefined) this.#tell(before, { ...known, status: gone(reason, { call: session.call, number }) });
    const fresh = partyOf(call, leg, number, 'Answered');
    const met = session.parties.filter((party) => isLive(party) && !others.has(party.extension));
    const other = met.length === 1 ? farSideOf(met[0]) : undefined;
    this.#add(call, {
      ...fresh,
      ...(other === undefined ? undefined : fresh.direction === 'Inbound' ? { from: other } : { to: other }),
      status: { code: leg.held ? 'Hold' : 'Answered' },
      wasAnswered: true,
      isTalking: true,
    });
  }

  #ended(event: EventOf<'leg.ended'>, call: Call, leg: Leg): void {
    const session = this.#session(call);
    const mailbox = session.parties.find((party) => party.leg === leg.id && party.isMailbox && isLive(party));
    if (mailbox !== undefined) this.#tell(session, { ...mailbox, status: { code: 'Disconnected' }, isTalking: false });
    const party = partyOfLeg(this.#session(call), leg.id);
    if (party === undefined || !isLive(party) || party.status.code === 'Parked') return;
    const goesOn = party.isTalking && event.data.endedBy === 'pbx' && leg.conference === undefined;
    const parked = goesOn ? call.legs.find((other) => other.state === 'parked')?.slot : undefined;
    if (parked !== undefined) return this.#change(call, leg.id, { status: { code: 'Parked', parked } });
    const missedCall = isMissed(session, party) && event.data.cause.code !== 26;
    // The PBX ends the leg of one who has transferred, and tells of the transfer afterwards.
    const isLeft = goesOn && call.legs.some((other) => other.id !== leg.id && other.state === 'connected' && other.voicemail !== true);
    const status: PartyStatus = isLeft
      ? { code: 'Disconnected', reason: 'BlindTransfer' }
      : endingOf(party, event.data.cause, event.data.endedBy);
    return this.#change(call, leg.id, { status, missedCall });
  }

  #recorded(
    event: ToldOf<'recording.started' | 'recording.paused' | 'recording.resumed' | 'recording.stopped'>,
    call: Call,
    leg: Leg,
  ): void {
    const party = partyOfLeg(this.#session(call), leg.id);
    const { recordingId: id } = event.data;
    const others = (party?.recordings ?? []).filter((recording) => recording.id !== id);
    const active = event.type === 'recording.started' || event.type === 'recording.resumed';
    this.#change(call, leg.id, { recordings: event.type === 'recording.stopped' ? others : [...others, { id, active }] });
  }

  #callEnded(call: Call): void {
    const session = this.#state.sessions.get(call.id);
    if (session === undefined) return;
    for (const party of session.parties) {
      if (isLive(party)) this.#tell(this.#state.sessions.get(call.id) ?? session, { ...party, status: { code: 'Disconnected' } });
    }
    const last = this.#state.sessions.get(call.id) ?? session;
    this.#state = {
      ...this.#state,
      sessions: this.#state.sessions.delete(call.id),
      ended: this.#state.ended.push(last).takeLast(keptEnded),
    };
  }

  #presenceChanged({ extension, data }: EventOf<'extension.presenceChanged'>): void {
    if (extension === undefined) return;
    const before = this.#presence(extension);
    const after = { ...before, presence: data.presence, dnd: data.dnd };
    this.#state = { ...this.#state, presence: this.#state.presence.set(extension, after) };
    // What the phone does is told with its calls; here only what they do not show.
    const hasEnded = before.calls.some(({ isOver }) => isOver === true);
    const isOffline = (data.presence === 'offline') !== (data.previous === 'offline');
    // Nothing else changed: of one that no event has told of before that is its wish not to be disturbed, or its text.
    const isOther = before.dnd === undefined ? data.dnd || data.presence === data.previous : before.dnd !== data.dnd;
    if (hasEnded || isOffline || isOther) this.#changed.add(extension);
  }

  #session(call: Call): Session {
    return (
      this.#state.sessions.get(call.id) ?? {
        call: call.id,
        sequence: noSequence,
        origin: call.clickToDial ? 'CallOut' : 'Call',
        startedAt: call.startedAt,
        nextNumber: 1,
        parties: [],
      }
    );
  }

  #presence(extension: ExtensionNumber): PresenceState {
    return this.#state.presence.get(extension) ?? { sequence: 0, calls: [] };
  }

  #add(call: Call, party: Party): void {
    const session = this.#session(call);
    this.#tell({ ...session, nextNumber: session.nextNumber + 1, parties: [...trimmed(session.parties), party] }, party);
  }

  /** Changes a party and tells of it; one that is unknown or has ended stays as it is. */
  #change(call: Call, leg: LegId, changes: Partial<Party>): void {
    const session = this.#session(call);
    const party = partyOfLeg(session, leg);
    if (party !== undefined && isLive(party)) this.#tell(session, { ...party, ...changes });
  }

  /** Changes what is seen with the party's next event, or by its presence alone. */
  #amend(call: Call, leg: LegId, changes: Partial<Party>): void {
    const session = this.#session(call);
    const party = partyOfLeg(session, leg);
    if (party !== undefined && isLive(party)) this.#put(session, { ...party, ...changes });
  }

  #tell(session: Session, party: Party): void {
    const told = { ...session, sequence: session.sequence + 1 };
    this.#put(told, party);
    const { call, sequence, origin, startedAt } = told;
    const notice: Notice = {
      kind: 'session',
      ...this.#stamp(),
      session: { call, sequence, origin, startedAt },
      party,
    };
    this.#say(notice, [sessionsKey, sessionKey(call), ...(party.extension === undefined ? [] : [sessionsOfKey(party.extension)])]);
  }

  #put(session: Session, party: Party): void {
    const parties = session.parties.map((each) => (each.number === party.number ? party : each));
    this.#state = { ...this.#state, sessions: this.#state.sessions.set(session.call, { ...session, parties }) };
    if (party.extension !== undefined && !party.isMailbox) this.#show(party.extension, session.call, party);
  }

  /** A party as one of its extension's calls; told of if it looks different now. */
  #show(extension: ExtensionNumber, call: CallId, party: Party): void {
    const before = this.#presence(extension);
    const known = before.calls.find((each) => each.call === call && each.party.number === party.number);
    const calls =
      known === undefined ? [...before.calls, { call, party }] : before.calls.map((each) => (each === known ? { call, party } : each));
    this.#state = { ...this.#state, presence: this.#state.presence.set(extension, { ...before, calls }) };
    if (known === undefined || callStatusOf(known.party) !== callStatusOf(party)) this.#changed.add(extension);
  }

  /** An ended call is listed once more. */
  #tellPresence(extension: ExtensionNumber): void {
    const before = this.#presence(extension);
    const calls = before.calls.filter(({ isOver }) => isOver !== true);
    const state = { ...before, calls, sequence: before.sequence + 1 };
    this.#say({ kind: 'presence', ...this.#stamp(), extension, state }, [presenceKey, presenceOfKey(extension)]);
    const kept = { ...state, calls: calls.map((each): ActiveCall => (isLive(each.party) ? each : { ...each, isOver: true })) };
    this.#state = { ...this.#state, presence: this.#state.presence.set(extension, kept) };
  }

  #stamp(): Stamp {
    const { seq, time } = this.#event;
    const tick = Math.max(this.#state.tick + 1, this.#at);
    this.#state = { ...this.#state, tick };
    this.#place += 1;
    return { seq, place: this.#place - 1, time, tick };
  }

  #say(notice: Notice, keys: readonly string[]): void {
    for (const key of keys) this.#messages.push({ key, body: notice });
  }
}

const liveOf = ({ parties }: Session, extension: ExtensionNumber): Party | undefined =>
  parties.find((party) => party.extension === extension && isLive(party) && !party.isMailbox);

const gone = (reason: StatusReason, peer: PartyRef): PartyStatus => ({ code: 'Gone', reason, peer });

const withReason = (code: PartyStatus['code'], reason: StatusReason | undefined): PartyStatus => ({
  code,
  ...(reason === undefined ? undefined : { reason }),
});

/** The party's own number and name, as its other end sees it. */
const farSideOf = (party: Party | undefined): Party['from'] | undefined => (party?.direction === 'Outbound' ? party.from : party?.to);

const sipOf = ({ sip }: Leg): Pick<Party, 'sip'> => (sip === undefined ? {} : { sip });

/** Nobody else took the call either; who was only told of it by ringing has missed it. */
const isMissed = (session: Session, party: Party): boolean =>
  party.direction === 'Inbound' && party.extension !== undefined && !party.wasAnswered && !wasTaken(session);

/** Room for one more: the oldest of those that have ended goes. */
const trimmed = (parties: readonly Party[]): readonly Party[] => {
  const oldest = parties.length < keptParties ? undefined : parties.find((party) => !isLive(party));
  return oldest === undefined ? parties : parties.filter((party) => party !== oldest);
};
