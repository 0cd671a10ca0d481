import { createHash } from 'node:crypto';
import { Map as ImmutableMap } from 'immutable';
import { dialStatusOf, type DialStatus } from '../../delivery/dial-status.ts';
import {
  foldParticipations,
  participationsOf,
  participationTypes,
  sideOf,
  sidesOf,
  type Describe,
  type Participation,
  type ParticipationChange,
  type Participations,
} from '../../delivery/participations.ts';
import type { Message, Projected, Projector } from '../../delivery/projection.ts';
import type { Call, Leg } from '../../model/call.ts';
import type { EventOf, EventType } from '../../model/event.ts';
import { extensionNumber, type CallId, type ExtensionNumber, type LegId } from '../../model/ids.ts';
import type { LiveState } from '../../model/live-state.ts';
import type { Micros } from '../../model/time.ts';
import { conferenceKey, menuKey, queueKey } from './places.ts';
import type { EventNumber, Happening, Part } from './schema.ts';

/** What a caller does at a queue, a conference room or a menu, which takes the call as an extension would. */
interface Visit extends Part {
  /** Of the place. */
  readonly key: string;
  readonly answered: boolean;
}

export interface VoipNowState {
  readonly parts: Participations<Part>;
  readonly visits: ImmutableMap<LegId, Visit>;
}

const types = [
  ...participationTypes,
  'queue.joined',
  'queue.left',
  'conference.joined',
  'conference.left',
] as const satisfies readonly EventType[];
type Told = { [Each in (typeof types)[number]]: EventOf<Each> }[(typeof types)[number]];

/** Folds a tenant's events into the vendor's; a message's key is the extension, or that of a place. `menus`: the numbers at which callers meet one. */
export const createVoipNowProjector = (menus: ReadonlySet<string> = new Set()): Projector<VoipNowState, Happening> => ({
  name: 'voipnow',
  version: 3,
  types: new Set<EventType>(types),
  initial: { parts: ImmutableMap(), visits: ImmutableMap() },
  project: (state, event, at) => {
    const step = new Step(state, event as Told, at, menus);
    step.take();
    return step.result();
  },
  // Of a gap nothing is told afterwards; who is still there keeps the ids under which it was told of.
  rebase: (state, live) => ({ parts: participationsOf(state.parts, live, describe), visits: visitsOf(state, live) }),
  save: ({ parts, visits }): Saved => ({ parts: [...parts.entries()], visits: [...visits.entries()] }),
  load: (saved) => {
    const { parts, visits } = saved as Saved;
    return { parts: ImmutableMap(parts), visits: ImmutableMap(visits) };
  },
});

interface Saved {
  readonly parts: readonly (readonly [ExtensionNumber, readonly Participation<Part>[]])[];
  readonly visits: readonly [LegId, Visit][];
}

/** One event on its way through the fold. */
class Step {
  readonly #event: Told;
  readonly #at: Micros;
  readonly #messages: Message<Happening>[] = [];
  readonly #menus: ReadonlySet<string>;
  #state: VoipNowState;

  constructor(state: VoipNowState, event: Told, at: Micros, menus: ReadonlySet<string>) {
    this.#state = state;
    this.#event = event;
    this.#at = at;
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
        if (leg !== undefined && leg.ordinal === 1 && call.dialled !== undefined && this.#menus.has(call.dialled)) {
          this.#visit(call, leg, menuKey(call.dialled), call.dialled);
          this.#admitted(leg);
        }
        return this.#fold(event);
      case 'leg.connected':
      case 'legs.linked':
        return this.#fold(event);
      case 'leg.ended':
        if (leg !== undefined) this.#leave(leg, dialStatusOf(leg, event.data));
        return this.#fold(event);
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

  #fold(event: Extract<Told, { readonly type: (typeof participationTypes)[number] }>): void {
    const { parts, changes } = foldParticipations(this.#state.parts, event, this.#at, describe);
    this.#state = { ...this.#state, parts };
    for (const change of changes) this.#tellOf(change);
  }

  #tellOf(change: ParticipationChange<Part>): void {
    const { detail: part } = change.part;
    switch (change.what) {
      case 'began':
        return this.#push(part.extension, part.flow === 'IN' ? 0 : 1, 'CALLING', part);
      case 'answered':
        return this.#push(part.extension, part.flow === 'IN' ? 3 : 4, 'ANSWER', part);
      case 'ended':
        return this.#push(part.extension, 2, change.status, part);
      default:
        return change satisfies never;
    }
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

  #tellVisit(type: EventNumber, status: Happening['status'], { key, answered: _answered, ...part }: Visit): void {
    this.#push(key, type, status, part);
  }

  #push(key: string, type: EventNumber, status: Happening['status'], part: Part): void {
    const { seq, id } = this.#event;
    this.#messages.push({ key, body: { seq, event: id, at: this.#at, type, status, part } });
  }
}

const describe: Describe<Part> = (call, leg, extension) => {
  const isCalled = leg.direction === 'inbound';
  return {
    extension,
    call: call.id,
    callId: uniqueIdOf(call),
    apiId: apiIdOf(call.id),
    flow: isCalled ? 'IN' : 'OUT',
    ...sidesOf(call, leg, extension),
    did: isCalled ? (call.did ?? '') : '',
    dialled: call.did ?? call.dialled ?? (isCalled ? extension : call.to.number),
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

/** Who still waits or listens; a visit that began unseen is told of by nobody. */
const visitsOf = ({ visits }: VoipNowState, live: LiveState): VoipNowState['visits'] => {
  const legs = new Set(live.calls.flatMap((call) => call.legs.filter(({ state }) => state !== 'ended').map(({ id }) => id)));
  return visits.filter((_visit, leg) => legs.has(leg));
};
