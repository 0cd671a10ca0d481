import { List, Map as ImmutableMap } from 'immutable';
import type { Message, Projected, Projector } from '../../delivery/projection.ts';
import type { Call, Leg } from '../../model/call.ts';
import type { HangupCause } from '../../model/cause.ts';
import type { EventOf, EventType } from '../../model/event.ts';
import type { LegId } from '../../model/ids.ts';
import type { LiveState } from '../../model/live-state.ts';
import { isoTime, type IsoTime, type Micros } from '../../model/time.ts';
import type { Entry, Status } from './schema.ts';

export interface NoojeeState {
  readonly nextId: number;
  readonly live: ImmutableMap<LegId, Entry>;
  /** In order of their end; as long as their ids must be known. */
  readonly ended: List<Entry>;
}

/** How long the ids of an ended entry stay known. */
const aliasSeconds = 60;
const maxEnded = 10_000;
/** One event can give a number to the caller and to the one called. */
const idsPerEvent = 2;

const types = [
  'call.transferred',
  'leg.started',
  'leg.ringing',
  'leg.connected',
  'leg.held',
  'leg.resumed',
  'leg.parked',
  'leg.ended',
  'leg.moved',
  'legs.linked',
  'legs.unlinked',
  'conference.joined',
  'supervision.started',
] as const satisfies readonly EventType[];

type ToldOf<Type extends EventType> = { [Each in Type]: EventOf<Each> }[Type];
type Told = ToldOf<(typeof types)[number]>;
type ToldOfLeg = ToldOf<Exclude<(typeof types)[number], 'legs.linked' | 'legs.unlinked' | 'call.transferred'>>;

export interface NoojeeProjectorOptions {
  readonly render: (entry: Entry) => string;
  readonly endedWindowSeconds: number;
}

/** Folds a tenant's events into CallIDs and statuses; a message's key is the extension, its body what `render` makes of the entry. */
export const createNoojeeProjector = (options: NoojeeProjectorOptions): Projector<NoojeeState, string> => {
  const keepMs = Math.max(aliasSeconds, options.endedWindowSeconds) * 1000;
  return {
    name: 'noojee',
    version: 1,
    types: new Set<EventType>(types),
    initial: { nextId: 1, live: ImmutableMap(), ended: List() },
    project: (state, event) => {
      const step = new Step(state, options.render, keepMs);
      step.take(event as Told);
      return step.result();
    },
    rebase,
    save: ({ nextId, live, ended }) => ({ nextId, live: [...live.values()], ended: ended.toArray() }),
    load: (saved) => {
      const { nextId, live, ended } = saved as { nextId: number; live: readonly Entry[]; ended: readonly Entry[] };
      return { nextId, live: ImmutableMap(live.map((entry) => [entry.leg, entry])), ended: List(ended) };
    },
  };
};

/** One event on its way through the fold: what changes is gathered here and given back as new values. */
class Step {
  readonly #render: (entry: Entry) => string;
  readonly #keepMs: number;
  readonly #messages: Message<string>[] = [];
  #state: NoojeeState;

  constructor(state: NoojeeState, render: (entry: Entry) => string, keepMs: number) {
    this.#state = state;
    this.#render = render;
    this.#keepMs = keepMs;
  }

  result(): Projected<NoojeeState, string> {
    return { state: this.#state, messages: this.#messages };
  }

  take(event: Told): void {
    const { call, leg } = event;
    if (call === undefined) return;
    switch (event.type) {
      case 'legs.linked':
        return this.#linked(event, call);
      case 'legs.unlinked':
        return this.#unlinked(event);
      case 'call.transferred':
        return this.#transferred(event, call);
      default:
        if (leg !== undefined) this.#takeOfLeg(event, call, leg);
    }
  }

  #takeOfLeg(event: ToldOfLeg, call: Call, leg: Leg): void {
    const entry = this.#state.live.get(leg.id);
    switch (event.type) {
      case 'leg.started':
        return this.#started(call, leg);
      case 'leg.ringing':
        if (entry === undefined && leg.direction === 'inbound') this.#begin(call, leg, 'Ringing');
        return undefined;
      case 'leg.connected':
        // Of an originated leg it says that its own phone was answered; the conversation begins when it is linked.
        if (!isOriginated(call, leg)) this.#connect(call, leg, event.time);
        return undefined;
      case 'conference.joined':
      case 'supervision.started':
        return this.#connect(call, leg, event.time);
      case 'leg.held':
        return this.#change(leg.id, { held: true });
      case 'leg.resumed':
        return this.#change(leg.id, { held: false });
      case 'leg.parked':
        return this.#park(call, leg, event.time);
      case 'leg.moved':
        return this.#change(leg.id, { call: event.data.to });
      case 'leg.ended':
        return this.#ended(event, call, leg);
      default:
        return event satisfies never;
    }
  }

  /** The start of a called leg is the dial: now the caller is told of, who knows only now whom its call reaches. */
  #started(call: Call, leg: Leg): void {
    if (leg.direction === 'outbound') {
      if (isClickToDial(call, leg)) this.#begin(call, leg, 'Dialing Out');
      return;
    }
    for (const other of othersIn(call, leg)) {
      const entry = this.#state.live.get(other.id);
      if (entry === undefined) {
        if (other.direction === 'outbound') this.#begin(call, other, 'Dialing Out', leg);
      } else if (entry.alone) {
        // It goes on with somebody else: it was taken out of its conversation.
        this.#tell(entry, { status: 'Unlinked', alone: false });
      } else if (!entry.dialling) {
        this.#change(other.id, { dialling: true, dialledAt: leg.startedAt });
      }
    }
  }

  #linked(event: EventOf<'legs.linked'>, call: Call): void {
    const pair = [event.legId, event.data.peer];
    const [one, two] = pair.map((id) => call.legs.find((leg) => leg.id === id));
    if (one === undefined || two === undefined) return;
    this.#link(event, call, one, two);
    this.#link(event, call, two, one);
  }

  #link(event: EventOf<'legs.linked'>, call: Call, leg: Leg, other: Leg): void {
    const entry = this.#state.live.get(leg.id);
    if (entry?.alone === true && entry.partner !== other.id) this.#tell(entry, { status: 'Unlinked', alone: false });
    this.#connect(call, leg, event.time, other);
    this.#change(leg.id, { partner: other.id, alone: false, leaving: false });
  }

  /** At an ordinary hangup the two part, too; so `Unlinked` waits for a sign that one of them goes on without the other. */
  #unlinked(event: EventOf<'legs.unlinked'>): void {
    const pair = [event.legId, event.data.peer];
    for (const id of pair) {
      const entry = id === undefined ? undefined : this.#state.live.get(id);
      if (entry?.status !== 'Connected') continue;
      if (entry.partner !== undefined && !pair.includes(entry.partner)) continue;
      if (entry.leaving) this.#tell(entry, { status: 'Unlinked', alone: false, leaving: false });
      else this.#change(entry.leg, { alone: true });
    }
  }

  #transferred(event: EventOf<'call.transferred'>, call: Call): void {
    if (!event.data.succeeded) return;
    const by = event.data.by.legId;
    for (const leg of call.legs) {
      const entry = this.#state.live.get(leg.id);
      if (entry === undefined) continue;
      if (entry.alone) this.#tell(entry, { status: 'Unlinked', alone: false });
      // Of an attended transfer one hears when all is done: who has parted has done so already.
      else if (event.data.kind !== 'attended' && entry.status === 'Connected' && (entry.leg === by || entry.partner === by))
        this.#change(entry.leg, { leaving: true });
    }
  }

  /** Who is parked has been answered, even if it was so quickly that nothing was told of it. */
  #park(call: Call, leg: Leg, time: IsoTime): void {
    if (this.#state.live.get(leg.id)?.connectedAt === undefined) this.#connect(call, leg, time);
    const entry = this.#state.live.get(leg.id);
    if (entry !== undefined && entry.status !== 'Unlinked') this.#tell(entry, { status: 'Unlinked', alone: false });
  }

  #ended(event: EventOf<'leg.ended'>, call: Call, leg: Leg): void {
    const known = this.#state.live.get(leg.id);
    const entry = known ?? this.#create(call, leg, 'Hungup');
    if (entry === undefined) return;
    const why = entry.inbound && entry.connectedAt === undefined ? whyUnanswered(leg, event.data.cause) : undefined;
    const endedAt = leg.endedAt ?? event.time;
    const last: Entry = { ...entry, status: 'Hungup', held: false, alone: false, leaving: false, endedAt };
    // The PBX ends the leg of one who has transferred, and tells of the transfer later: at an ordinary hangup one of the two ends it.
    if (entry.alone && leg.endedBy === 'pbx') this.#say({ ...last, status: 'Unlinked' });
    // Clients that know only four statuses need the Hungup, whatever came before it.
    if (why !== undefined) this.#say({ ...last, status: why });
    this.#say(last);
    const forgetBefore = Date.parse(endedAt) - this.#keepMs;
    let ended = this.#state.ended.push(last);
    while (ended.size > maxEnded || Date.parse(ended.first()?.endedAt ?? endedAt) < forgetBefore) ended = ended.shift();
    this.#state = { ...this.#state, live: this.#state.live.delete(leg.id), ended };
  }

  #begin(call: Call, leg: Leg, status: Status, far?: Leg): void {
    const entry = this.#create(call, leg, status, far);
    if (entry !== undefined) this.#tell(entry, {});
  }

  #connect(call: Call, leg: Leg, time: IsoTime, far?: Leg): void {
    const entry = this.#state.live.get(leg.id) ?? this.#create(call, leg, 'Connected', far);
    if (entry === undefined || (entry.status === 'Connected' && entry.connectedAt !== undefined)) return;
    const connectedAt = entry.connectedAt ?? answerTime(call, leg, far) ?? time;
    this.#tell(entry, { status: 'Connected', callerId: otherNumber(call, leg, far), connectedAt, alone: false });
  }

  #create(call: Call, leg: Leg, status: Status, far?: Leg): Entry | undefined {
    const { nextId } = this.#state;
    const entry = entryOf(nextId, call, leg, status, far);
    if (entry !== undefined) this.#state = { ...this.#state, nextId: nextId + 1 };
    return entry;
  }

  #tell(entry: Entry, changes: Partial<Entry>): void {
    const changed = { ...entry, ...changes };
    this.#state = { ...this.#state, live: this.#state.live.set(entry.leg, changed) };
    this.#say(changed);
  }

  #change(leg: LegId, changes: Partial<Entry>): void {
    const entry = this.#state.live.get(leg);
    if (entry !== undefined) this.#state = { ...this.#state, live: this.#state.live.set(leg, { ...entry, ...changes }) };
  }

  #say(entry: Entry): void {
    this.#messages.push({ key: entry.extension, body: this.#render(entry) });
  }
}

/** A new entry for a leg of an extension; other legs have none. */
const entryOf = (id: number, call: Call, leg: Leg, status: Status, dialled?: Leg): Entry | undefined => {
  if (leg.extension === undefined) return undefined;
  const inbound = leg.direction === 'inbound';
  const originated = isOriginated(call, leg);
  // Of a call that is still to be placed nobody knows the far channel: it goes by its own.
  const far = dialled ?? (originated ? undefined : farLeg(call, leg));
  return {
    id,
    leg: leg.id,
    call: call.id,
    extension: leg.extension,
    ownId: uniqueId(leg),
    farId: uniqueId(far ?? leg),
    inbound,
    dialling: far !== undefined || !originated,
    isQueueCall: inbound && (leg.queue ?? call.queue) !== undefined,
    isClickToDial: call.clickToDial,
    callerId: otherNumber(call, leg, far),
    destination: inbound ? '' : (call.dialled ?? call.to.number),
    status,
    held: leg.held,
    alone: false,
    leaving: false,
    dialledAt: inbound ? leg.startedAt : (far ?? leg).startedAt,
  };
};

const isClickToDial = (call: Call, leg: Leg): boolean => call.clickToDial && leg.direction === 'outbound' && leg.ordinal === 1;

/** Its own phone was rung first, for a call that is still to be placed, by us or by another program; or to pick a call up. */
const isOriginated = (call: Call, leg: Leg): boolean =>
  isClickToDial(call, leg) || (leg.direction === 'outbound' && leg.ringingAt !== undefined);

const othersIn = (call: Call, leg: Leg): readonly Leg[] =>
  call.legs.filter((other) => other.id !== leg.id && other.state !== 'ended' && other.supervising === undefined);

/** The other end, as far as a call of many legs tells: whom its owner sees, else the caller, or the one dialled last. */
const farLeg = (call: Call, leg: Leg): Leg | undefined => {
  const others = othersIn(call, leg);
  const seen = leg.peer.number === '' ? undefined : others.find((other) => other.party.number === leg.peer.number);
  if (seen !== undefined) return seen;
  return leg.direction === 'inbound' ? (others.find((other) => other.direction === 'outbound') ?? others[0]) : others.at(-1);
};

const otherNumber = (call: Call, leg: Leg, far: Leg | undefined): string => {
  if (leg.peer.number !== '') return leg.peer.number;
  if (far !== undefined && far.party.number !== '') return far.party.number;
  return leg.direction === 'inbound' ? call.from.number : (call.dialled ?? call.to.number);
};

/** When the one called answered: for both sides the same. */
const answerTime = (call: Call, leg: Leg, far: Leg | undefined): IsoTime | undefined => {
  if (leg.direction === 'inbound') return leg.connectedAt;
  const called = far ?? othersIn(call, leg).find((other) => other.direction === 'inbound' && other.connectedAt !== undefined);
  return called?.connectedAt ?? leg.connectedAt;
};

/**
 * `Busy` never rang. `No Answer` rang out: Q.850 says so, or the PBX took the ringing away without a cause, as Asterisk does at
 * the end of Dial's time. Whatever rang and was declined is a rejection and ends as `Hungup` alone.
 */
const whyUnanswered = (leg: Leg, cause: HangupCause): Status | undefined => {
  switch (cause.name) {
    case 'user-busy':
      return leg.ringingAt === undefined ? 'Busy' : undefined;
    case 'no-user-response':
    case 'no-answer':
      return 'No Answer';
    default:
      return cause.code === 0 && leg.endedBy === 'pbx' && leg.ringingAt !== undefined ? 'No Answer' : undefined;
  }
};

/**
 * The PBX's own id where it has the form that clients expect (`1412750652.496`, Asterisk's); made of the start and a digest
 * of the channel where it has not.
 */
const uniqueId = (leg: Leg): string =>
  /^[\w.-]*\d\.\d+$/.test(leg.channel) ? leg.channel : `${Math.floor(Date.parse(leg.startedAt) / 1000)}.${digest(leg.channel)}`;

/** FNV-1a, 31 bits: the same in every run, and short. */
const digest = (text: string): number => {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 1;
};

/** Nobody saw what happened in between: who is live is told of as it is now, who is not has hung up. */
const rebase = (state: NoojeeState, live: LiveState, lostEvents: number, at: Micros): NoojeeState => {
  let nextId = state.nextId + idsPerEvent * lostEvents;
  const entries = live.calls.flatMap((call) =>
    call.legs.flatMap((leg) => {
      const status = statusNow(call, leg);
      if (status === undefined) return [];
      const known = state.live.get(leg.id);
      const entry = known ?? entryOf(nextId, call, leg, status);
      if (entry === undefined) return [];
      if (known === undefined) nextId += 1;
      const connectedAt = entry.connectedAt ?? (status === 'Connected' ? (answerTime(call, leg, undefined) ?? leg.startedAt) : undefined);
      const now: Entry = { ...entry, status, call: call.id, held: leg.held, alone: false, leaving: false };
      return [connectedAt === undefined ? now : { ...now, connectedAt }];
    }),
  );
  const living = ImmutableMap(entries.map((entry): [LegId, Entry] => [entry.leg, entry]));
  const endedAt = isoTime(at);
  const gone = [...state.live.values()].filter((entry) => !living.has(entry.leg));
  const hungUp = gone.map((entry): Entry => ({ ...entry, status: 'Hungup', held: false, alone: false, leaving: false, endedAt }));
  return { nextId, live: living, ended: state.ended.concat(hungUp).takeLast(maxEnded) };
};

const statusNow = (call: Call, leg: Leg): Status | undefined => {
  const lone = othersIn(call, leg).length === 0;
  switch (leg.state) {
    case 'ringing':
      if (leg.direction === 'inbound') return 'Ringing';
      return isClickToDial(call, leg) ? 'Dialing Out' : undefined;
    case 'initiated':
    case 'queued':
      return leg.direction === 'outbound' && (!lone || isClickToDial(call, leg)) ? 'Dialing Out' : undefined;
    case 'connected':
    case 'held':
      if (!lone || !isOriginated(call, leg)) return 'Connected';
      return isClickToDial(call, leg) ? 'Dialing Out' : undefined;
    case 'parked':
      return 'Unlinked';
    case 'ended':
      return undefined;
    default:
      return leg.state satisfies never;
  }
};
