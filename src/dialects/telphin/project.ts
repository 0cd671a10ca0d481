import { List, Map as ImmutableMap } from 'immutable';
import { dialStatusOf } from '../../delivery/dial-status.ts';
import type { Message, Projected, Projector } from '../../delivery/projection.ts';
import type { Call, Leg, Party } from '../../model/call.ts';
import type { EventOf, EventType } from '../../model/event.ts';
import { extensionNumber, type CallId, type ExtensionNumber, type LegId } from '../../model/ids.ts';
import type { LiveState } from '../../model/live-state.ts';
import { microsOf, type Micros } from '../../model/time.ts';
import { apiUuidOf, uuidOf, vendorCallId, withoutDashes } from './ids.ts';
import type { Happening, Part, Side } from './schema.ts';

/** An extension's part in a call that goes on: all the legs by which it takes part, one a device. */
interface LivePart extends Part {
  readonly legs: readonly LegId[];
  readonly answeredAt?: Micros;
  readonly recording?: string;
}

/** A queue or a menu that a call has come to; its part lasts as long as the call. */
interface Place extends Part {
  readonly enteredAt: Micros;
}

export interface TelphinState {
  readonly parts: ImmutableMap<ExtensionNumber, readonly LivePart[]>;
  readonly places: ImmutableMap<CallId, readonly Place[]>;
  /** The newest calls that have ended: the vendor's ids do not lead back to ours. */
  readonly ended: List<CallId>;
}

const types = [
  'leg.started',
  'leg.connected',
  'legs.linked',
  'leg.ended',
  'queue.joined',
  'recording.started',
  'call.merged',
  'call.ended',
] as const satisfies readonly EventType[];
type Told = { [Each in (typeof types)[number]]: EventOf<Each> }[(typeof types)[number]];

const mostEnded = 2_000;

/** Folds a tenant's events into the vendor's; a message's key is the extension. `menus` are the numbers whose callers are led. */
export const createTelphinProjector = (menus: ReadonlySet<string>): Projector<TelphinState, Happening> => ({
  name: 'telphin',
  version: 2,
  types: new Set<EventType>(types),
  initial: { parts: ImmutableMap(), places: ImmutableMap(), ended: List() },
  project: (state, event, at) => {
    const step = new Step(state, event as Told, at, menus);
    step.take();
    return step.result();
  },
  // Of a gap nothing is told afterwards; who is still there keeps the ids under which it was told of.
  rebase: (state, live) => {
    const calls = new Set(live.calls.map(({ id }) => id));
    return { ...state, parts: partsOf(state, live), places: state.places.filter((_places, call) => calls.has(call)) };
  },
  save: ({ parts, places, ended }) => ({ parts: [...parts.entries()], places: [...places.entries()], ended: ended.toArray() }),
  load: (saved) => {
    const { parts, places, ended } = saved as Saved;
    return { parts: ImmutableMap(parts), places: ImmutableMap(places), ended: List(ended) };
  },
});

interface Saved {
  readonly parts: readonly [ExtensionNumber, readonly LivePart[]][];
  readonly places: readonly [CallId, readonly Place[]][];
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
    const { call, leg } = event;
    switch (event.type) {
      case 'leg.started':
        if (call === undefined || leg === undefined) return undefined;
        this.#started(call, leg);
        return this.#reachedMenu(call, leg);
      case 'leg.connected':
        if (call === undefined || leg === undefined) return undefined;
        this.#reachedMenu(call, leg);
        // The caller's own leg is connected by announcements too; it is answered when it is linked.
        return leg.direction === 'inbound' ? this.#answered(leg) : undefined;
      case 'legs.linked':
        for (const each of call?.legs ?? []) {
          if (each.direction === 'outbound' && (each.id === event.legId || each.id === event.data.peer)) this.#answered(each);
        }
        return undefined;
      case 'leg.ended':
        return leg === undefined ? undefined : this.#ended(event, leg);
      case 'queue.joined':
        return call === undefined || leg === undefined ? undefined : this.#entered(call, leg, event.data.queue);
      case 'recording.started': {
        const part = leg === undefined ? undefined : this.#partOf(leg);
        const recording = withoutDashes(uuidOf(`recording ${event.data.recordingId}`)).toUpperCase();
        return part === undefined ? undefined : this.#replace(part, { ...part, recording });
      }
      case 'call.merged':
        return event.callId === undefined ? undefined : this.#merged(event.callId, event.data.into);
      case 'call.ended':
        return event.callId === undefined ? undefined : this.#left(event.callId, event.data.answeredBy !== undefined);
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
    const same = parts.find((part) => part.call === call.id && part.flow === flow && part.answeredAt === undefined);
    if (same !== undefined) return this.#replace(same, { ...same, legs: [...same.legs, leg.id] });
    const part = createPart(call, leg, extension);
    this.#set(extension, [...parts, part]);
    return this.#tell(flow === 'in' ? 'dial-in' : 'dial-out', 'CALLING', part);
  }

  #answered(leg: Leg): void {
    const part = this.#partOf(leg);
    if (part === undefined || part.answeredAt !== undefined) return;
    const answered = { ...part, answeredAt: this.#at };
    this.#replace(part, answered);
    this.#tell('answer', 'ANSWER', answered);
  }

  #ended(event: EventOf<'leg.ended'>, leg: Leg): void {
    const part = this.#partOf(leg);
    if (part === undefined) return;
    const legs = part.legs.filter((id) => id !== leg.id);
    if (legs.length > 0) return this.#replace(part, { ...part, legs });
    this.#replace(part);
    const { answeredAt, recording } = part;
    const talked = answeredAt === undefined ? 0 : Math.max(0, this.#at - answeredAt);
    return this.#tell('hangup', answeredAt === undefined ? dialStatusOf(leg, event.data) : 'ANSWER', part, {
      talked,
      ...(recording === undefined ? undefined : { recording }),
    });
  }

  /** Whoever calls a menu's number, or is let in by an outside number that leads there. */
  #reachedMenu(call: Call, leg: Leg): void {
    const number = [call.to.number, call.dialled ?? ''].find((each) => this.#menus.has(each));
    if (number !== undefined && leg.ordinal === 1) this.#entered(call, leg, number);
  }

  #entered(call: Call, leg: Leg, name: string): void {
    const places = this.#state.places.get(call.id) ?? [];
    const extension = extensionNumber(name);
    if (places.some((each) => each.extension === extension)) return undefined;
    const place: Place = {
      ...identityOf(call, `${leg.id} ${name}`),
      extension,
      flow: 'in',
      caller: sideOf(leg.party),
      called: { number: name, name: '', extension },
      did: call.did ?? '',
      dialled: call.did ?? call.dialled ?? name,
      enteredAt: this.#at,
    };
    this.#state = { ...this.#state, places: this.#state.places.set(call.id, [...places, place]) };
    return this.#tell('dial-in', 'CALLING', place);
  }

  #merged(absorbed: CallId, into: CallId): void {
    const { places } = this.#state;
    const moving = places.get(absorbed);
    if (moving === undefined) return;
    this.#state = { ...this.#state, places: places.delete(absorbed).set(into, [...(places.get(into) ?? []), ...moving]) };
  }

  #left(call: CallId, bridged: boolean): void {
    const { places, ended } = this.#state;
    for (const place of places.get(call) ?? []) {
      this.#tell('hangup', 'ANSWER', place, { talked: Math.max(0, this.#at - place.enteredAt), bridged });
    }
    this.#state = { ...this.#state, places: places.delete(call), ended: ended.push(call).takeLast(mostEnded) };
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

  #tell(type: Happening['type'], status: Happening['status'], part: LivePart | Place, hangup?: Happening['hangup']): void {
    const { seq, id } = this.#event;
    const body = { seq, event: id, at: this.#at, type, status, part: plain(part), ...(hangup === undefined ? undefined : { hangup }) };
    this.#messages.push({ key: part.extension, body });
  }
}

/** A part as its events tell it. */
const plain = ({ extension, call, callId, subCallId, apiUuid, flow, caller, called, did, dialled, remote }: Part): Part => ({
  extension,
  call,
  callId,
  subCallId,
  apiUuid,
  flow,
  caller,
  called,
  did,
  dialled,
  ...(remote === undefined ? undefined : { remote }),
});

const flowOf = (leg: Leg): Part['flow'] => (leg.direction === 'inbound' ? 'in' : 'out');

const identityOf = (call: Call, ofPart: string): Pick<Part, 'call' | 'callId' | 'subCallId' | 'apiUuid'> => ({
  call: call.id,
  callId: vendorCallId(call.id),
  subCallId: withoutDashes(uuidOf(`part ${ofPart}`)),
  apiUuid: apiUuidOf(call.id),
});

const createPart = (call: Call, leg: Leg, extension: ExtensionNumber): LivePart => {
  const flow = flowOf(leg);
  const own = { ...sideOf(leg.party), extension };
  const peer = leg.peer.number === '' ? (flow === 'in' ? call.from : call.to) : leg.peer;
  const isTransferred = flow === 'in' && peer.extension !== undefined && call.from.extension === undefined && call.from.number !== '';
  return {
    ...identityOf(call, leg.id),
    extension,
    flow,
    caller: flow === 'in' ? sideOf(peer) : own,
    called: flow === 'in' ? own : sideOf(peer),
    did: flow === 'in' ? (call.did ?? '') : '',
    dialled: flow === 'in' ? extension : (call.dialled ?? call.to.number),
    ...(isTransferred ? { remote: call.from.number } : undefined),
    legs: [leg.id],
  };
};

const sideOf = ({ number, name, extension }: Party): Side => ({ number, name, ...(extension === undefined ? undefined : { extension }) });

const partsOf = (state: TelphinState, live: LiveState): TelphinState['parts'] => {
  let parts: TelphinState['parts'] = ImmutableMap();
  for (const call of live.calls) {
    for (const leg of call.legs) {
      const { extension, connectedAt } = leg;
      if (extension === undefined || leg.state === 'ended' || leg.supervising !== undefined) continue;
      const known = state.parts.get(extension)?.find(({ legs }) => legs.includes(leg.id));
      const isAnswered = connectedAt !== undefined && (leg.direction === 'inbound' || call.answeredAt !== undefined);
      const answered = isAnswered ? { answeredAt: known?.answeredAt ?? microsOf(connectedAt) } : undefined;
      const part = { ...(known ?? createPart(call, leg, extension)), legs: [leg.id], ...answered };
      parts = parts.set(extension, [...(parts.get(extension) ?? []), part]);
    }
  }
  return parts;
};
