import type { Message, Projected } from '../../delivery/projection.ts';
import type { Call } from '../../model/call.ts';
import type { CallId, ExtensionNumber, LegId } from '../../model/ids.ts';
import type { IsoTime, Micros } from '../../model/time.ts';
import { isLive, partyOfLeg } from './parties.ts';
import { callStatusOf } from './presence.ts';
import { noSequence } from './rebase.ts';
import type { ActiveCall, Leaving, Notice, Party, PresenceState, RingCentralState, Session, Stamp } from './schema.ts';

/** Under which notices are read: all of an account, of one extension, or of one session. */
export const sessionsKey = 'sessions';
export const sessionsOfKey = (extension: ExtensionNumber): string => `sessions ${extension}`;
export const sessionKey = (call: CallId): string => `session ${call}`;
export const presenceKey = 'presence';
export const presenceOfKey = (extension: ExtensionNumber): string => `presence ${extension}`;

const keptEnded = 200;
/** Of the parties of one session: a caller who is sent round for hours must not make every event longer. */
const keptParties = 32;

/** When and by which event something becomes known. */
export interface Occasion {
  readonly seq: number;
  readonly time: IsoTime;
  readonly at: Micros;
}

/** The state while one event is folded into it, and what is told on that occasion. */
export class Draft {
  readonly #occasion: Occasion;
  readonly #messages: Message<Notice>[] = [];
  /** Whose presence is to be told of, in the order in which it changed. */
  readonly #changed = new Set<ExtensionNumber>();
  #time: IsoTime;
  #place = 0;
  #state: RingCentralState;

  constructor(state: RingCentralState, occasion: Occasion) {
    this.#state = state;
    this.#occasion = occasion;
    this.#time = occasion.time;
  }

  get state(): RingCentralState {
    return this.#state;
  }

  result(): Projected<RingCentralState, Notice> {
    for (const extension of this.#changed) this.#tellPresence(extension);
    return { state: this.#state, messages: this.#messages };
  }

  /** What is told in `work` happened at that time, though it becomes known only now. */
  asOf(time: IsoTime, work: () => void): void {
    this.#time = time;
    work();
    this.#time = this.#occasion.time;
  }

  session(call: Call): Session {
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

  presence(extension: ExtensionNumber): PresenceState {
    return this.#state.presence.get(extension) ?? { sequence: 0, calls: [] };
  }

  add(call: Call, party: Party): void {
    const session = this.session(call);
    this.tell({ ...session, nextNumber: session.nextNumber + 1, parties: [...trimmed(session.parties), party] }, party);
  }

  /** Changes a party and tells of it; one that is unknown or has ended stays as it is. */
  change(call: Call, leg: LegId, changes: Partial<Party>): void {
    const session = this.session(call);
    const party = partyOfLeg(session, leg);
    if (party !== undefined && isLive(party)) this.tell(session, { ...party, ...changes });
  }

  /** Changes what is seen with the party's next event, or by its presence alone. */
  amend(call: Call, leg: LegId, changes: Partial<Party>): void {
    const session = this.session(call);
    const party = partyOfLeg(session, leg);
    if (party !== undefined && isLive(party)) this.#put(session, { ...party, ...changes });
  }

  /** Tells of a party as it is now. */
  tell(session: Session, party: Party): void {
    const { call, origin, startedAt } = session;
    const sequence = session.sequence + 1;
    this.#put({ ...session, sequence }, party);
    const notice: Notice = { kind: 'session', ...this.#stamp(), session: { call, sequence, origin, startedAt }, party };
    this.#say(notice, [sessionsKey, sessionKey(call), ...(party.extension === undefined ? [] : [sessionsOfKey(party.extension)])]);
  }

  /** A session whose call has ended; its parties have been told of. */
  end(call: CallId): void {
    const session = this.#state.sessions.get(call);
    if (session === undefined) return;
    const sessions = this.#state.sessions.delete(call);
    this.#state = { ...this.#state, sessions, ended: this.#state.ended.push(session).takeLast(keptEnded) };
  }

  setPresence(extension: ExtensionNumber, state: PresenceState): void {
    this.#state = { ...this.#state, presence: this.#state.presence.set(extension, state) };
  }

  /** Its presence is told of, whatever else of this event does so. */
  presenceChanged(extension: ExtensionNumber): void {
    this.#changed.add(extension);
  }

  /** Its end is seen at once by its presence; why it left is told with the next event that can say so. */
  leave(leaving: Leaving, party: Party): void {
    this.#state = { ...this.#state, leaving: this.#state.leaving.push(leaving) };
    if (party.extension !== undefined) this.#show(party.extension, leaving.call, { ...party, status: { code: 'Disconnected' } });
  }

  /** Takes out those who were leaving and of whom that is true. */
  left(isDecided: (leaving: Leaving) => boolean): readonly Leaving[] {
    if (this.#state.leaving.isEmpty()) return [];
    const decided = this.#state.leaving.filter(isDecided);
    if (!decided.isEmpty()) this.#state = { ...this.#state, leaving: this.#state.leaving.filter((each) => !decided.includes(each)) };
    return decided.toArray();
  }

  #put(session: Session, party: Party): void {
    const parties = session.parties.map((each) => (each.number === party.number ? party : each));
    this.#state = { ...this.#state, sessions: this.#state.sessions.set(session.call, { ...session, parties }) };
    if (party.extension !== undefined && !party.isMailbox) this.#show(party.extension, session.call, party);
  }

  /** A party as one of its extension's calls; told of if it looks different now. */
  #show(extension: ExtensionNumber, call: CallId, party: Party): void {
    const before = this.presence(extension);
    const known = before.calls.find((each) => each.call === call && each.party.number === party.number);
    // One that was leaving has been seen off already.
    if (!isLive(party) && (known === undefined || !isLive(known.party))) return;
    const calls =
      known === undefined ? [...before.calls, { call, party }] : before.calls.map((each) => (each === known ? { call, party } : each));
    this.#state = { ...this.#state, presence: this.#state.presence.set(extension, { ...before, calls }) };
    if (known === undefined || callStatusOf(known.party) !== callStatusOf(party)) this.#changed.add(extension);
  }

  /** An ended call is listed once more. */
  #tellPresence(extension: ExtensionNumber): void {
    const before = this.presence(extension);
    const calls = before.calls.filter(({ isOver }) => isOver !== true);
    const state = { ...before, calls, sequence: before.sequence + 1 };
    this.#say({ kind: 'presence', ...this.#stamp(), extension, state }, [presenceKey, presenceOfKey(extension)]);
    const kept = { ...state, calls: calls.map((each): ActiveCall => (isLive(each.party) ? each : { ...each, isOver: true })) };
    this.#state = { ...this.#state, presence: this.#state.presence.set(extension, kept) };
  }

  #stamp(): Stamp {
    const { seq, at } = this.#occasion;
    const tick = Math.max(this.#state.tick + 1, at);
    this.#state = { ...this.#state, tick };
    this.#place += 1;
    return { seq, place: this.#place - 1, time: this.#time, tick };
  }

  #say(notice: Notice, keys: readonly string[]): void {
    for (const key of keys) this.#messages.push({ key, body: notice });
  }
}

/** Room for one more: the oldest of those that have ended goes. */
const trimmed = (parties: readonly Party[]): readonly Party[] => {
  const oldest = parties.length < keptParties ? undefined : parties.find((party) => !isLive(party));
  return oldest === undefined ? parties : parties.filter((party) => party !== oldest);
};
