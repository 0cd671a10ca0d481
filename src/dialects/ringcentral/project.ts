import { List, Map as ImmutableMap } from 'immutable';
import type { Projector } from '../../delivery/projection.ts';
import type { Call, Leg } from '../../model/call.ts';
import type { EventOf, EventType } from '../../model/event.ts';
import type { ExtensionNumber, LegId } from '../../model/ids.ts';
import type { Micros } from '../../model/time.ts';
import { Draft } from './draft.ts';
import { endingOf, isLive, isUnanswered, partyOf, partyOfLeg, sideOf, unansweredCaller, wasTaken } from './parties.ts';
import { rebase } from './rebase.ts';
import type { Leaving, Notice, Party, PresenceState, RingCentralState, Session } from './schema.ts';
import { decideLeaving, tellMoved, tellTransferred, tellUnparked } from './transfers.ts';

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

/** The vendor's telephony sessions and presence, as a fold over the log: the same events give the same sequences for ever. */
export const createRingCentralProjector = (): Projector<RingCentralState, Notice> => ({
  name: 'ringcentral',
  version: 1,
  types: new Set<EventType>(types),
  initial: { sessions: ImmutableMap(), ended: List(), presence: ImmutableMap(), leaving: List(), tick: 0 },
  project: (state, event, at) => {
    const draft = new Draft(state, { seq: event.seq, time: event.time, at });
    new Step(draft).take(event as Told, at);
    return draft.result();
  },
  rebase,
  save: ({ sessions, ended, presence, leaving, tick }) => ({
    sessions: [...sessions.values()],
    ended: ended.toArray(),
    presence: [...presence.entries()],
    leaving: leaving.toArray(),
    tick,
  }),
  load: (saved) => {
    const { sessions, ended, presence, leaving, tick } = saved as {
      readonly sessions: readonly Session[];
      readonly ended: readonly Session[];
      readonly presence: readonly (readonly [ExtensionNumber, PresenceState])[];
      readonly leaving: readonly Leaving[];
      readonly tick: Micros;
    };
    return {
      sessions: ImmutableMap(sessions.map((session) => [session.call, session])),
      ended: List(ended),
      presence: ImmutableMap(presence.map(([extension, state]) => [extension, state])),
      leaving: List(leaving),
      tick,
    };
  },
});

/** One event on its way through the fold: what it means for sessions and presence. */
class Step {
  readonly #draft: Draft;

  constructor(draft: Draft) {
    this.#draft = draft;
  }

  take(event: Told, at: Micros): void {
    decideLeaving(this.#draft, event, at);
    switch (event.type) {
      case 'extension.presenceChanged':
        return this.#presenceChanged(event);
      case 'user.statusChanged':
        return event.extension === undefined ? undefined : this.#draft.presenceChanged(event.extension);
      case 'call.ended':
        return event.call === undefined ? undefined : this.#callEnded(event.call);
      default:
        if (event.call !== undefined) this.#takeOfCall(event, event.call, at);
    }
  }

  #takeOfCall(
    event: Exclude<Told, ToldOf<'extension.presenceChanged' | 'user.statusChanged' | 'call.ended'>>,
    call: Call,
    at: Micros,
  ): void {
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
        return this.#draft.change(call, leg.id, { status: { code: 'Hold' }, wasHeld: true });
      case 'leg.resumed':
        return this.#draft.change(call, leg.id, { status: { code: 'Answered' } });
      case 'leg.muted':
      case 'leg.unmuted':
        return this.#draft.change(call, leg.id, { muted: leg.muted });
      case 'leg.unparked':
        return tellUnparked(this.#draft, call, event.data.reason === 'retrieved' ? 'Pickup' : undefined);
      case 'leg.moved':
        return tellMoved(this.#draft, call, leg, event.data.from);
      case 'leg.ended':
        return this.#ended(event, call, leg, at);
      case 'recording.started':
      case 'recording.paused':
      case 'recording.resumed':
      case 'recording.stopped':
        return this.#recorded(event, call, leg);
      case 'conference.joined':
        return this.#reached(call, leg.id, { isTalking: true, isConferring: true });
      case 'conference.left':
        return this.#draft.amend(call, leg.id, { isConferring: false });
      case 'supervision.started':
        return this.#draft.change(call, leg.id, {
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
    const session = this.#draft.session(call);
    if (partyOfLeg(session, leg.id) !== undefined) return;
    const caller = unansweredCaller(session);
    this.#draft.add(
      call,
      partyOf(call, leg, session.nextNumber, leg.direction === 'inbound' && leg.extension === undefined ? 'Proceeding' : 'Setup'),
    );
    if (leg.direction === 'outbound' || caller === undefined) return;
    const to = { ...caller.to, name: leg.party.name, ...(leg.extension === undefined ? undefined : { extension: leg.extension }) };
    if (leg.extension === undefined) this.#draft.amend(call, caller.leg, { to: { ...caller.to, name: leg.party.name } });
    else this.#draft.change(call, caller.leg, { status: { code: 'Answered' }, wasAnswered: true, to });
  }

  /** The provisional answer of a trunk is its caller's news. A leg that was placed for its owner rings before it calls. */
  #ringing(call: Call, leg: Leg): void {
    if (leg.direction === 'inbound' && leg.extension === undefined) {
      const caller = unansweredCaller(this.#draft.session(call));
      if (caller?.status.code === 'Setup') this.#draft.change(call, caller.leg, { status: { code: 'Proceeding' } });
      return;
    }
    this.#draft.change(call, leg.id, { status: { code: 'Proceeding' }, ...sipOf(leg) });
  }

  /**
   * Who is called and answers is in a conversation, and so is its caller. A caller's leg says so first: it waits for the one
   * that it calls, unless nobody is called but a mailbox or an announcement. A phone that was rung for its owner only waits.
   */
  #connected(call: Call, leg: Leg): void {
    if (leg.direction === 'inbound') {
      this.#reached(call, leg.id, { isTalking: true, ...sipOf(leg) });
      for (const caller of this.#callers(call)) this.#answerCaller(call, caller);
      return;
    }
    const isCalling = this.#draft.session(call).parties.some((party) => party.direction === 'Inbound' && isLive(party));
    const isMailbox = leg.voicemail === true;
    if (!isMailbox && (isCalling || leg.ringingAt !== undefined)) return;
    this.#reached(call, leg.id, { isTalking: true, ...sipOf(leg) });
    if (isMailbox) this.#mailbox(call, leg);
  }

  #callers(call: Call): readonly Party[] {
    return this.#draft.session(call).parties.filter((party) => party.direction === 'Outbound' && isLive(party));
  }

  #answerCaller(call: Call, caller: Party): void {
    if (isUnanswered(caller)) this.#draft.change(call, caller.leg, { status: { code: 'Answered' }, wasAnswered: true, isTalking: true });
    else if (!caller.isTalking) this.#draft.amend(call, caller.leg, { isTalking: true });
  }

  /** It has reached something that is no phone: a queue, a room, a mailbox. */
  #reached(call: Call, leg: LegId, changes: Partial<Party>): void {
    const party = partyOfLeg(this.#draft.session(call), leg);
    if (party === undefined || !isLive(party)) return;
    if (isUnanswered(party)) this.#draft.change(call, leg, { status: { code: 'Answered' }, wasAnswered: true, ...changes });
    else this.#draft.amend(call, leg, changes);
  }

  #transferred(event: EventOf<'call.transferred'>, call: Call): void {
    tellTransferred(this.#draft, event, call);
    // A caller who was answered before is not answered again by the mailbox: the transfer alone tells of it.
    const { leg, data } = event;
    if (data.kind === 'voicemail' && data.succeeded && leg?.state === 'connected') this.#mailbox(call, leg, data.to);
  }

  /** The mailbox of the one who was called is a party of its own, with the caller's leg. */
  #mailbox(call: Call, leg: Leg, mailbox: Leg['peer'] = leg.peer): void {
    const session = this.#draft.session(call);
    const rung = session.parties.findLast((party) => party.direction === 'Inbound' && party.extension !== undefined && !party.wasAnswered);
    const extension = mailbox.extension ?? call.to.extension ?? rung?.extension;
    if (extension === undefined || session.parties.some((party) => party.isMailbox && isLive(party))) return;
    // Its phone has missed the call, where it had one that rang; what somebody took nobody has missed.
    const missedCall = !wasTaken(session) && !session.parties.some((party) => party.extension === extension);
    const to = { ...sideOf(call.to), ...sideOf(mailbox), extension };
    this.#draft.add(call, {
      ...partyOf(call, leg, session.nextNumber, 'VoiceMail'),
      extension,
      device: '',
      direction: 'Inbound',
      from: sideOf(leg.party),
      to,
      wasAnswered: true,
      missedCall,
      isMailbox: true,
    });
  }

  /** Two hear each other: whoever was still being reached is in a conversation now. */
  #linked(event: EventOf<'legs.linked'>, call: Call): void {
    for (const id of [event.legId, event.data.peer]) {
      const leg = call.legs.find((each) => each.id === id);
      const party = leg === undefined ? undefined : partyOfLeg(this.#draft.session(call), leg.id);
      if (leg === undefined || party === undefined) continue;
      if (isUnanswered(party)) this.#draft.change(call, leg.id, { status: { code: 'Answered' }, wasAnswered: true, isTalking: true });
      else if (!party.isTalking) this.#draft.amend(call, leg.id, { isTalking: true });
    }
  }

  #ended({ data, time }: EventOf<'leg.ended'>, call: Call, leg: Leg, at: Micros): void {
    const session = this.#draft.session(call);
    const mailbox = session.parties.find((party) => party.leg === leg.id && party.isMailbox && isLive(party));
    if (mailbox !== undefined) this.#draft.tell(session, { ...mailbox, status: { code: 'Disconnected' }, isTalking: false });
    const party = partyOfLeg(session, leg.id);
    if (party === undefined || !isLive(party) || party.status.code === 'Parked') return;
    const goesOn = party.isTalking && data.endedBy === 'pbx' && leg.conference === undefined;
    const parked = goesOn ? call.legs.find((other) => other.state === 'parked')?.slot : undefined;
    if (parked !== undefined) return this.#draft.change(call, leg.id, { status: { code: 'Parked', parked } });
    if (goesOn && call.legs.some((other) => other.id !== leg.id && other.state === 'connected' && other.voicemail !== true)) {
      return this.#draft.leave({ call: call.id, leg: leg.id, time, at, cause: data.cause }, party);
    }
    const missedCall = isMissed(session, party) && data.cause.code !== 26;
    return this.#draft.change(call, leg.id, { status: endingOf(party, data.cause, data.endedBy), missedCall });
  }

  #recorded(
    event: ToldOf<'recording.started' | 'recording.paused' | 'recording.resumed' | 'recording.stopped'>,
    call: Call,
    leg: Leg,
  ): void {
    const party = partyOfLeg(this.#draft.session(call), leg.id);
    const { recordingId: id } = event.data;
    const others = (party?.recordings ?? []).filter((recording) => recording.id !== id);
    const active = event.type === 'recording.started' || event.type === 'recording.resumed';
    this.#draft.change(call, leg.id, { recordings: event.type === 'recording.stopped' ? others : [...others, { id, active }] });
  }

  #callEnded(call: Call): void {
    const session = this.#draft.state.sessions.get(call.id);
    for (const party of session?.parties ?? []) {
      if (isLive(party)) this.#draft.tell(this.#draft.session(call), { ...party, status: { code: 'Disconnected' } });
    }
    this.#draft.end(call.id);
  }

  #presenceChanged({ extension, data }: EventOf<'extension.presenceChanged'>): void {
    if (extension === undefined) return;
    const before = this.#draft.presence(extension);
    this.#draft.setPresence(extension, { ...before, presence: data.presence, dnd: data.dnd });
    // What the phone does is told with its calls; here only what they do not show.
    const hasEnded = before.calls.some(({ isOver }) => isOver === true);
    const isOffline = (data.presence === 'offline') !== (data.previous === 'offline');
    // Nothing else changed: of one that no event has told of before that is its wish not to be disturbed, or its text.
    const isOther = before.dnd === undefined ? data.dnd || data.presence === data.previous : before.dnd !== data.dnd;
    if (hasEnded || isOffline || isOther) this.#draft.presenceChanged(extension);
  }
}

const sipOf = ({ sip }: Leg): Pick<Party, 'sip'> => (sip === undefined ? {} : { sip });

/** Nobody else took the call either; who was only told of it by ringing has missed it. */
const isMissed = (session: Session, party: Party): boolean =>
  party.direction === 'Inbound' && party.extension !== undefined && !party.wasAnswered && !wasTaken(session);
