import { List, Map as ImmutableMap } from 'immutable';
import {
  foldParticipations,
  participationOf,
  participationsOf,
  participationTypes,
  replace,
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
import { extensionNumber, type CallId, type ExtensionNumber, type LegId, type RecordingId } from '../../model/ids.ts';
import type { Micros } from '../../model/time.ts';
import { identityOf, recordingUuidOf } from './ids.ts';
import type { Happening, Part } from './schema.ts';
import { foldTransfers, liveTransfers, type Transfer, type TransferChange, type Transfers } from './transfers.ts';

/** What is told of an extension's part, and what was recorded of it. */
interface Detail {
  readonly part: Part;
  readonly recording?: string;
}

/** A queue or a menu that a call has come to; its part lasts as long as the call. */
interface Place {
  readonly part: Part;
  readonly enteredAt: Micros;
}

export interface TelphinState {
  readonly parts: Participations<Detail>;
  readonly places: ImmutableMap<CallId, readonly Place[]>;
  readonly transfers: Transfers;
  /** The newest calls that have ended: the vendor's ids do not lead back to ours. */
  readonly ended: List<CallId>;
}

const types = [
  ...participationTypes,
  'queue.joined',
  'recording.started',
  'call.transferred',
  'call.merged',
  'call.ended',
] as const satisfies readonly EventType[];
type Told = { [Each in (typeof types)[number]]: EventOf<Each> }[(typeof types)[number]];

const mostEnded = 2_000;

/** Folds a tenant's events into the vendor's; a message's key is the extension. `menus` are the numbers whose callers are led. */
export const createTelphinProjector = (menus: ReadonlySet<string>): Projector<TelphinState, Happening> => ({
  name: 'telphin',
  version: 4,
  types: new Set<EventType>(types),
  initial: { parts: ImmutableMap(), places: ImmutableMap(), transfers: ImmutableMap(), ended: List() },
  project: (state, event, at) => {
    const step = new Step(state, event as Told, at, menus);
    step.take();
    return step.result();
  },
  // Of a gap nothing is told afterwards; who is still there keeps the ids under which it was told of.
  rebase: (state, live) => {
    const calls = new Set(live.calls.map(({ id }) => id));
    return {
      ...state,
      parts: participationsOf(state.parts, live, describe),
      places: state.places.filter((_places, call) => calls.has(call)),
      transfers: liveTransfers(state.transfers, live),
    };
  },
  save: ({ parts, places, transfers, ended }): Saved => ({
    parts: [...parts.entries()],
    places: [...places.entries()],
    transfers: [...transfers.entries()],
    ended: ended.toArray(),
  }),
  load: (saved) => {
    const { parts, places, transfers, ended } = saved as Saved;
    return { parts: ImmutableMap(parts), places: ImmutableMap(places), transfers: ImmutableMap(transfers), ended: List(ended) };
  },
});

interface Saved {
  readonly parts: readonly (readonly [ExtensionNumber, readonly Participation<Detail>[]])[];
  readonly places: readonly (readonly [CallId, readonly Place[]])[];
  readonly transfers: readonly (readonly [LegId, Transfer])[];
  readonly ended: readonly CallId[];
}

/** One event on its way through the fold. */
class Step {
  readonly #event: Told;
  readonly #at: Micros;
  readonly #menus: ReadonlySet<string>;
  readonly #messages: Message<Happening>[] = [];
  #state: TelphinState;

  constructor(state: TelphinState, event: Told, at: Micros, menus: ReadonlySet<string>) {
    this.#state = state;
    this.#event = event;
    this.#at = at;
    this.#menus = menus;
  }

  result(): Projected<TelphinState, Happening> {
    return { state: this.#state, messages: this.#messages };
  }

  take(): void {
    const event = this.#event;
    const { call, callId, leg } = event;
    switch (event.type) {
      case 'leg.started':
      case 'leg.connected':
      case 'legs.linked':
      case 'leg.ended': {
        const { parts, changes } = foldParticipations(this.#state.parts, event, this.#at, describe);
        this.#state = { ...this.#state, parts };
        for (const change of changes) this.#tellOf(change);
        if (event.type === 'legs.linked' || event.type === 'leg.ended') this.#transferred(event);
        return call === undefined || leg === undefined ? undefined : this.#reachedMenu(call, leg);
      }
      case 'queue.joined':
        return call === undefined || leg === undefined ? undefined : this.#entered(call, leg, event.data.queue);
      case 'recording.started':
        return leg === undefined ? undefined : this.#recorded(leg, event.data.recordingId);
      case 'call.transferred':
        return this.#transferred(event);
      case 'call.merged':
        return callId === undefined ? undefined : this.#merged(callId, event.data.into);
      case 'call.ended':
        return callId === undefined ? undefined : this.#left(callId, event.data.answeredBy !== undefined);
      default:
        return event satisfies never;
    }
  }

  #tellOf(change: ParticipationChange<Detail>): void {
    const { detail, answeredAt } = change.part;
    switch (change.what) {
      case 'began':
        return this.#tell(detail.part.flow === 'in' ? 'dial-in' : 'dial-out', 'CALLING', detail.part);
      case 'answered':
        return this.#tell('answer', 'ANSWER', detail.part);
      case 'ended': {
        const talked = answeredAt === undefined ? 0 : Math.max(0, this.#at - answeredAt);
        const recording = detail.recording === undefined ? undefined : { recording: detail.recording };
        return this.#tell('hangup', change.status, detail.part, { talked, ...recording });
      }
      default:
        return change satisfies never;
    }
  }

  #transferred(event: Parameters<typeof foldTransfers>[1]): void {
    const { transfers, changes } = foldTransfers(this.#state.transfers, event, this.#at);
    this.#state = { ...this.#state, transfers };
    for (const change of changes) this.#tellOfTransfer(change);
  }

  #tellOfTransfer(change: TransferChange): void {
    const { part, answered } = change.transfer;
    switch (change.what) {
      case 'began':
        return this.#tell('dial-out', 'CALLING', part);
      case 'answered':
        return this.#tell('answer', 'ANSWER', part);
      case 'ended':
        return this.#tell('hangup', change.status, part, { talked: answered === undefined ? 0 : Math.max(0, this.#at - answered.at) });
      default:
        return change satisfies never;
    }
  }

  #recorded(leg: Leg, recordingId: RecordingId): void {
    const { parts } = this.#state;
    const part = participationOf(parts, leg);
    if (part === undefined) return;
    const recording = recordingUuidOf(recordingId);
    this.#state = { ...this.#state, parts: replace(parts, part, { ...part, detail: { ...part.detail, recording } }) };
  }

  /** Whoever calls a menu's number, or is let in by an outside number that leads there. */
  #reachedMenu(call: Call, leg: Leg): void {
    const number = [call.to.number, call.dialled ?? ''].find((each) => this.#menus.has(each));
    if (number !== undefined && leg.ordinal === 1 && leg.state !== 'ended') this.#entered(call, leg, number);
  }

  #entered(call: Call, leg: Leg, name: string): void {
    const places = this.#state.places.get(call.id) ?? [];
    const extension = extensionNumber(name);
    if (places.some(({ part }) => part.extension === extension)) return undefined;
    const part = placePart(call, leg, extension);
    const place = { part, enteredAt: this.#at };
    this.#state = { ...this.#state, places: this.#state.places.set(call.id, [...places, place]) };
    return this.#tell('dial-in', 'CALLING', part);
  }

  #merged(absorbed: CallId, into: CallId): void {
    const { places } = this.#state;
    const moving = places.get(absorbed);
    if (moving === undefined) return;
    this.#state = { ...this.#state, places: places.delete(absorbed).set(into, [...(places.get(into) ?? []), ...moving]) };
  }

  #left(call: CallId, bridged: boolean): void {
    const { places, ended } = this.#state;
    for (const { part, enteredAt } of places.get(call) ?? []) {
      this.#tell('hangup', 'ANSWER', part, { talked: Math.max(0, this.#at - enteredAt), bridged });
    }
    this.#state = { ...this.#state, places: places.delete(call), ended: ended.push(call).takeLast(mostEnded) };
  }

  #tell(type: Happening['type'], status: Happening['status'], part: Part, hangup?: Happening['hangup']): void {
    const { seq, id } = this.#event;
    const body = { seq, event: id, at: this.#at, type, status, part, ...(hangup === undefined ? undefined : { hangup }) };
    this.#messages.push({ key: part.extension, body });
  }
}

const describe: Describe<Detail> = (call, leg, extension) => {
  const isCalled = leg.direction === 'inbound';
  const { caller, called } = sidesOf(call, leg, extension);
  const remote = isCalled && (caller.extension !== undefined || talksToAnother(call, extension)) ? outsideOf(call) : '';
  const part: Part = {
    ...identityOf(call, leg.id),
    extension,
    flow: isCalled ? 'in' : 'out',
    caller,
    called,
    did: isCalled ? (call.did ?? '') : '',
    dialled: isCalled ? extension : (call.dialled ?? call.to.number),
    ...(remote === '' ? undefined : { remote }),
  };
  return { part };
};

/** An extension talks in the call already, or has: this one is called in its place. */
const talksToAnother = (call: Call, extension: ExtensionNumber): boolean =>
  call.legs.some((leg) => leg.extension !== undefined && leg.extension !== extension && leg.connectedAt !== undefined);

/** The number of who takes part from outside. */
const outsideOf = (call: Call): string =>
  call.legs.find(({ extension, state, supervising }) => extension === undefined && state !== 'ended' && supervising === undefined)?.party
    .number ?? '';

/** The part of a queue or a menu, of whose name its number is made. */
export const placePart = (call: Call, leg: Leg, extension: ExtensionNumber): Part => ({
  ...identityOf(call, `${leg.id} ${extension}`),
  extension,
  flow: 'in',
  caller: sideOf(leg.party),
  called: { number: extension, name: '', extension },
  did: call.did ?? '',
  dialled: call.did ?? call.dialled ?? extension,
});
