import { createHash } from 'node:crypto';
import { Map as ImmutableMap } from 'immutable';
import { dialStatusOf, type DialStatus } from '../../delivery/dial-status.ts';
import type { Message, Projected, Projector } from '../../delivery/projection.ts';
import type { Call, Leg, Party } from '../../model/call.ts';
import type { EventOf, EventType } from '../../model/event.ts';
import { extensionNumber, type CallId, type ExtensionNumber, type LegId } from '../../model/ids.ts';
import type { LiveState } from '../../model/live-state.ts';
import { microsOf } from '../../model/time.ts';
import { conferenceKey, menuKey, queueKey } from './places.ts';
import type { EventNumber, Happening, Part, Side } from './schema.ts';

/** An extension's part in a call that goes on: all the legs by which it takes part, one a device. */
interface LivePart extends Part {
  readonly legs: readonly LegId[];
  readonly answered: boolean;
}

/** What a caller does at a queue, a conference room or a menu, which takes the call as an extension would. */
interface Visit extends Part {
  /** Of the place. */
  readonly key: string;
  readonly answered: boolean;
}

export interface VoipNowState {
  readonly parts: ImmutableMap<ExtensionNumber, readonly LivePart[]>;
  readonly visits: ImmutableMap<LegId, Visit>;
}

const types = [
  'leg.started',
  'leg.connected',
  'legs.linked',
  'leg.ended',
  'queue.joined',
  'queue.left',
  'conference.joined',
  'conference.left',
] as const satisfies readonly EventType[];
type Told = { [Each in (typeof types)[number]]: EventOf<Each> }[(typeof types)[number]];

/** Folds a tenant's events into the vendor's; a message's key is the extension, or that of a place. `menus`: the numbers at which callers meet one. */
export const createVoipNowProjector = (menus: ReadonlySet<string> = new Set()): Projector<VoipNowState, Happening> => ({
  name: 'voipnow',
  version: 2,
  types: new Set<EventType>(types),
  initial: { parts: ImmutableMap(), visits: ImmutableMap() },
  project: (state, event) => {
    const step = new Step(state, event as Told, menus);
    step.take();
    return step.result();
  },
  // Of a gap nothing is told afterwards; who is still there keeps the ids under which it was told of.
  rebase: (state, live) => ({ parts: partsOf(state, live), visits: visitsOf(state, live) }),
  save: ({ parts, visits }): Saved => ({ parts: [...parts.entries()], visits: [...visits.entries()] }),
  load: (saved) => {
    const { parts, visits } = saved as Saved;
    return { parts: ImmutableMap(parts), visits: ImmutableMap(visits) };
  },
});

interface Saved {
  readonly parts: readonly [ExtensionNumber, readonly LivePart[]][];
  readonly visits: readonly [LegId, Visit][];
}

/** One event on its way through the fold. */
class Step {
  readonly #event: Told;
  readonly #messages: Message<Happening>[] = [];
  readonly #menus: ReadonlySet<string>;
  #state: VoipNowState;

  constructor(state: VoipNowState, event: Told, menus: ReadonlySet<string>) {
    this.#state = state;
    this.#event = event;
    this.#menus = menus;
  }

  result(): Projected<VoipNowState, Happening> {
    return { state: this.#state, messages: this.#messages };
  }

  take(): void {
    const event = this.#event;
    const { call, leg } = event;
    if (call === undefined) return undefined;
    switch (event.type) {
      case 'leg.started':
        if (leg === undefined) return undefined;
        if (leg.ordinal === 1 && call.dialled !== undefined && this.#menus.has(call.dialled)) {
          this.#visit(call, leg, menuKey(call.dialled), call.dialled);
          this.#admitted(leg);
        }
        return this.#started(call, leg);
      case 'leg.connected':
        // The caller's own leg is connected by announcements too; it is answered when it is linked.
        return leg?.direction === 'inbound' ? this.#answered(leg) : undefined;
      case 'legs.linked':
        for (const each of call.legs) {
          if (each.direction === 'outbound' && (each.id === event.legId || each.id === event.data.peer)) this.#answered(each);
        }
        return undefined;
      case 'leg.ended':
        if (leg === undefined) return undefined;
        this.#leave(leg, dialStatusOf(leg, event.data));
        return this.#ended(event, leg);
      case 'queue.joined':
        return leg === undefined ? undefined : this.#visit(call, leg, queueKey(event.data.queue), event.data.queue);
      case 'queue.left':
        if (leg === undefined) return undefined;
        // It stays the queue's call until the caller's leg ends.
        if (event.data.reason === 'answered') return this.#admitted(leg);
        return this.#leave(leg, event.data.reason === 'abandoned' ? 'CANCEL' : 'NOANSWER');
      case 'conference.joined':
        if (leg === undefined) return undefined;
        this.#visit(call, leg, conferenceKey(event.data.conference), event.data.conference);
        return this.#admitted(leg);
      case 'conference.left':
        return leg === undefined ? undefined : this.#leave(leg, 'ANSWER');
      default:
        return event satisfies never;
    }
  }

  /** A second device of the extension that is called is one more leg of the same part. */
  #started(call: Call, leg: Leg): void {
    const { extension } = leg;
    if (extension === undefined || leg.supervising !== undefined) return;
    const flow = flowOf(leg);
    const parts = this.#partsOf(extension);
    const same = parts.find((part) => part.call === call.id && part.flow === flow && !part.answered);
    if (same !== undefined) return this.#replace(same, { ...same, legs: [...same.legs, leg.id] });
    const part = createPart(call, leg, extension);
    this.#set(extension, [...parts, part]);
    return this.#tell(flow === 'IN' ? 0 : 1, 'CALLING', part);
  }

  #answered(leg: Leg): void {
    const part = this.#partOf(leg);
    if (part === undefined || part.answered) return;
    this.#replace(part, { ...part, answered: true });
    this.#tell(part.flow === 'IN' ? 3 : 4, 'ANSWER', part);
  }

  #ended(event: EventOf<'leg.ended'>, leg: Leg): void {
    const part = this.#partOf(leg);
    if (part === undefined) return;
    const legs = part.legs.filter((id) => id !== leg.id);
    if (legs.length > 0) return this.#replace(part, { ...part, legs });
    this.#replace(part);
    return this.#tell(2, part.answered ? 'ANSWER' : dialStatusOf(leg, event.data), part);
  }

  /** Who is at one place is no longer at the one before. */
  #visit(call: Call, leg: Leg, key: string, name: string): void {
    this.#leave(leg, 'NOANSWER');
    const visit: Visit = { ...createVisit(call, leg, name), key, answered: false };
    this.#state = { ...this.#state, visits: this.#state.visits.set(leg.id, visit) };
    this.#tellVisit(0, 'CALLING', visit);
  }

  #admitted(leg: Leg): void {
    const visit = this.#state.visits.get(leg.id);
    if (visit === undefined || visit.answered) return;
    this.#state = { ...this.#state, visits: this.#state.visits.set(leg.id, { ...visit, answered: true }) };
    this.#tellVisit(3, 'ANSWER', visit);
  }

  #leave(leg: Leg, unanswered: DialStatus): void {
    const visit = this.#state.visits.get(leg.id);
    if (visit === undefined) return;
    this.#state = { ...this.#state, visits: this.#state.visits.delete(leg.id) };
    this.#tellVisit(2, visit.answered ? 'ANSWER' : unanswered, visit);
  }

  #partsOf(extension: ExtensionNumber): readonly LivePart[] {
    return this.#state.parts.get(extension) ?? [];
  }

  #partOf(leg: Leg): LivePart | undefined {
    return leg.extension === undefined ? undefined : this.#partsOf(leg.extension).find(({ legs }) => legs.includes(leg.id));
  }

  #replace(part: LivePart, by?: LivePart): void {
    this.#set(
      part.extension,
      this.#partsOf(part.extension).flatMap((each) => (each !== part ? [each] : by === undefined ? [] : [by])),
    );
  }

  #set(extension: ExtensionNumber, parts: readonly LivePart[]): void {
    const all = this.#state.parts;
    this.#state = { ...this.#state, parts: parts.length === 0 ? all.delete(extension) : all.set(extension, parts) };
  }

  #tell(type: EventNumber, status: Happening['status'], { legs: _legs, answered: _answered, ...part }: LivePart): void {
    this.#push(part.extension, type, status, part);
  }

  #tellVisit(type: EventNumber, status: Happening['status'], { key, answered: _answered, ...part }: Visit): void {
    this.#push(key, type, status, part);
  }

  #push(key: string, type: EventNumber, status: Happening['status'], part: Part): void {
    const { seq, id, time } = this.#event;
    this.#messages.push({ key, body: { seq, event: id, at: microsOf(time), type, status, part } });
  }
}

const flowOf = (leg: Leg): Part['flow'] => (leg.direction === 'inbound' ? 'IN' : 'OUT');

const createPart = (call: Call, leg: Leg, extension: ExtensionNumber): LivePart => {
  const flow = flowOf(leg);
  const own = { ...sideOf(leg.party), extension };
  const peer = leg.peer.number === '' ? (flow === 'IN' ? call.from : call.to) : leg.peer;
  return {
    extension,
    call: call.id,
    callId: uniqueIdOf(call),
    apiId: apiIdOf(call.id),
    flow,
    caller: flow === 'IN' ? sideOf(peer) : own,
    called: flow === 'IN' ? own : sideOf(peer),
    did: flow === 'IN' ? (call.did ?? '') : '',
    dialled: call.did ?? call.dialled ?? (flow === 'IN' ? extension : call.to.number),
    legs: [leg.id],
    answered: false,
  };
};

/** A place is known by its name; by which number it is reached is for the rendering to say. */
const createVisit = (call: Call, leg: Leg, name: string): Part => ({
  extension: extensionNumber(name),
  call: call.id,
  callId: uniqueIdOf(call),
  apiId: apiIdOf(call.id),
  flow: 'IN',
  caller: sideOf(leg.party),
  called: { number: name, name: '' },
  did: call.did ?? '',
  dialled: call.did ?? call.dialled ?? name,
});

const sideOf = ({ number, name, extension }: Party): Side => ({ number, name, ...(extension === undefined ? undefined : { extension }) });

/** The call's id as MakeCall and the phoneCalls resource know it: 20 hexadecimal digits. */
export const apiIdOf = (call: CallId): string => createHash('sha256').update(call).digest('hex').slice(0, 20);

/**
 * The PBX's own id of the call's first channel where it has the form that clients expect (`1412750652.496`, Asterisk's, so that
 * it can be found in the PBX's records); made of the start and a digest of the call where it has not.
 */
export const uniqueIdOf = (call: Call): string => {
  const channel = call.legs.find(({ ordinal }) => ordinal === 1)?.channel ?? '';
  if (/^\d+\.\d+$/.test(channel)) return channel;
  const digits = Number.parseInt(apiIdOf(call.id).slice(0, 7), 16);
  return `${Math.floor(Date.parse(call.startedAt) / 1000)}.${digits}`;
};

const partsOf = (state: VoipNowState, live: LiveState): VoipNowState['parts'] => {
  let parts: VoipNowState['parts'] = ImmutableMap();
  for (const call of live.calls) {
    for (const leg of call.legs) {
      const { extension } = leg;
      if (extension === undefined || leg.state === 'ended' || leg.supervising !== undefined) continue;
      const known = state.parts.get(extension)?.find(({ legs }) => legs.includes(leg.id));
      const answered = leg.connectedAt !== undefined && (leg.direction === 'inbound' || call.answeredAt !== undefined);
      const part = { ...(known ?? createPart(call, leg, extension)), legs: [leg.id], answered };
      parts = parts.set(extension, [...(parts.get(extension) ?? []), part]);
    }
  }
  return parts;
};

/** Who still waits or listens; a visit that began unseen is told of by nobody. */
const visitsOf = ({ visits }: VoipNowState, live: LiveState): VoipNowState['visits'] => {
  const legs = new Set(live.calls.flatMap((call) => call.legs.filter(({ state }) => state !== 'ended').map(({ id }) => id)));
  return visits.filter((_visit, leg) => legs.has(leg));
};
