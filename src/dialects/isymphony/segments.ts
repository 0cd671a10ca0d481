import type { Call, Leg } from '../../model/call.ts';
import type { CallId, LegId } from '../../model/ids.ts';
import type { LiveState } from '../../model/live-state.ts';

/** A leg as the vendor's call segment: with the number by which its caller came in, where it is that caller's. */
export interface Segment {
  readonly leg: Leg;
  readonly did: string | undefined;
}

export const segmentOf = (leg: Leg, call: Call | undefined): Segment => ({
  leg,
  // Whoever comes in over a trunk came by a number; a segment that was dialled did not.
  did: leg.trunk !== undefined && leg.direction === 'outbound' ? call?.did : undefined,
});

/** Who is dialled: `by` is known from when the dial was told. It may be gone when the dial ends. */
interface Dial {
  readonly by?: Segment;
}

/** What a change of who hears whom means: of two it is a link, of more a conference that nobody made. */
export type Meeting =
  | { readonly kind: 'linked' | 'unlinked'; readonly one: LegId; readonly two: LegId }
  | { readonly kind: 'joined' | 'left'; readonly leg: LegId; readonly room: CallId };

/** The live call segments, and how they are related: who dials whom, and who hears whom. */
export class Segments {
  readonly #segments = new Map<LegId, Segment>();
  /** By who is dialled. */
  readonly #dials = new Map<LegId, Dial>();
  readonly #hears = new Map<LegId, Set<LegId>>();
  /** Of those of whom more than two hear each other: their call. */
  readonly #rooms = new Map<LegId, CallId>();

  /** What is live when the gateway begins; who hears whom is read from the legs of each call. */
  restore({ calls }: LiveState): void {
    for (const call of calls) {
      const live = call.legs.filter(({ state }) => state !== 'ended');
      for (const leg of live) this.#segments.set(leg.id, segmentOf(leg, call));
      for (const leg of live) {
        const by = isBeingDialled(leg) ? dialler(call, leg) : undefined;
        if (by !== undefined) this.#dials.set(leg.id, { by: segmentOf(by, call) });
      }
      const talking = live.filter(isTalking);
      for (const [index, leg] of talking.entries()) for (const other of talking.slice(index + 1)) this.#link(leg.id, other.id);
      if (talking.length > 2) for (const { id } of talking) this.#rooms.set(id, call.id);
    }
  }

  get(id: LegId | undefined): Segment | undefined {
    return id === undefined ? undefined : this.#segments.get(id);
  }

  see(leg: Leg, call: Call | undefined): Segment {
    const known = this.#segments.get(leg.id);
    const segment = { ...segmentOf(leg, call), ...(known?.did === undefined ? undefined : { did: known.did }) };
    this.#segments.set(leg.id, segment);
    return segment;
  }

  /** A leg is called. Returns who calls it where that is beyond doubt; else it is asked again when the leg rings. */
  beginDial(call: Call, leg: Leg): Segment | undefined {
    if (leg.direction !== 'inbound' || leg.supervising !== undefined) return undefined;
    this.#dials.set(leg.id, {});
    return diallersOf(call, leg).length === 1 ? this.tellDial(call, leg) : undefined;
  }

  /** Who calls the leg, the first time that it is asked for. */
  tellDial(call: Call, leg: Leg): Segment | undefined {
    const dial = this.#dials.get(leg.id);
    if (dial === undefined || dial.by !== undefined) return undefined;
    const by = dialler(call, leg);
    if (by === undefined) return undefined;
    const segment = this.see(by, call);
    this.#dials.set(leg.id, { by: segment });
    return segment;
  }

  /** The leg is dialled no more. Returns who dialled it, if that was told. */
  endDial(leg: LegId): Segment | undefined {
    const by = this.#dials.get(leg)?.by;
    this.#dials.delete(leg);
    return this.get(by?.leg.id) ?? by;
  }

  /** The segments that this one dials or is dialled by. */
  dialsOf(leg: LegId): readonly LegId[] {
    const own = this.#dials.get(leg)?.by?.leg.id;
    const others = [...this.#dials].filter(([, { by }]) => by?.leg.id === leg).map(([callee]) => callee);
    return own === undefined ? others : [own, ...others];
  }

  linksOf(leg: LegId): readonly LegId[] {
    return this.#rooms.has(leg) ? [] : [...(this.#hears.get(leg) ?? [])];
  }

  /** Those in a conference that nobody made, by its call. */
  rooms(): ReadonlyMap<CallId, readonly LegId[]> {
    const rooms = new Map<CallId, readonly LegId[]>();
    for (const [leg, room] of this.#rooms) rooms.set(room, [...(rooms.get(room) ?? []), leg]);
    return rooms;
  }

  link(one: LegId, two: LegId, call: CallId): readonly Meeting[] {
    const before = this.#pairsAmong([one, two]);
    this.#link(one, two);
    const members = this.#togetherWith(one);
    if (members.length === 2) return [{ kind: 'linked', one, two }];
    const room = members.map((id) => this.#rooms.get(id)).find((known) => known !== undefined) ?? call;
    const joining = members.filter((id) => !this.#rooms.has(id));
    for (const id of joining) this.#rooms.set(id, room);
    const ended = before.filter(([first]) => joining.includes(first));
    return [
      ...ended.map(([first, second]): Meeting => ({ kind: 'unlinked', one: first, two: second })),
      ...joining.map((leg): Meeting => ({ kind: 'joined', leg, room })),
    ];
  }

  unlink(one: LegId, two: LegId): readonly Meeting[] {
    if (this.#hears.get(one)?.has(two) !== true) return [];
    this.#cut(one, two);
    if (!this.#rooms.has(one)) return [{ kind: 'unlinked', one, two }];
    const parts = [this.#togetherWith(one), this.#togetherWith(two)].filter((part) => part.length <= 2);
    const meetings: Meeting[] = [];
    for (const part of parts) {
      for (const leg of part) {
        const room = this.#rooms.get(leg);
        if (room !== undefined) meetings.push({ kind: 'left', leg, room });
        this.#rooms.delete(leg);
      }
      const [first, second] = part;
      if (first !== undefined && second !== undefined) meetings.push({ kind: 'linked', one: first, two: second });
    }
    return meetings;
  }

  /** The segment is gone; what it still was part of ends first. */
  end(leg: LegId): readonly Meeting[] {
    const meetings = [...(this.#hears.get(leg) ?? [])].flatMap((peer) => this.unlink(leg, peer));
    this.#segments.delete(leg);
    this.#hears.delete(leg);
    this.#rooms.delete(leg);
    this.#dials.delete(leg);
    return meetings;
  }

  #link(one: LegId, two: LegId): void {
    this.#hears.set(one, (this.#hears.get(one) ?? new Set()).add(two));
    this.#hears.set(two, (this.#hears.get(two) ?? new Set()).add(one));
  }

  #cut(one: LegId, two: LegId): void {
    this.#hears.get(one)?.delete(two);
    this.#hears.get(two)?.delete(one);
  }

  /** Everybody who is heard, directly or through others, the leg itself first. */
  #togetherWith(leg: LegId): readonly LegId[] {
    const found = new Set([leg]);
    for (const each of found) for (const other of this.#hears.get(each) ?? []) found.add(other);
    return [...found];
  }

  /** The links of two that these are part of. */
  #pairsAmong(legs: readonly LegId[]): readonly (readonly [LegId, LegId])[] {
    return legs.flatMap((leg) => this.linksOf(leg).map((peer): readonly [LegId, LegId] => [leg, peer]));
  }
}

const isBeingDialled = (leg: Leg): boolean => leg.direction === 'inbound' && (leg.state === 'initiated' || leg.state === 'ringing');

/** Legs that hear somebody of their own call. */
const isTalking = (leg: Leg): boolean =>
  (leg.state === 'connected' || leg.state === 'held') && leg.conference === undefined && leg.supervising === undefined;

/** Who may be calling: whoever is there and is not called itself. */
const diallersOf = (call: Call, callee: Leg): readonly Leg[] =>
  call.legs.filter((leg) => leg.id !== callee.id && leg.state !== 'ended' && !isBeingDialled(leg) && leg.supervising === undefined);

/** Of several the one whom the callee sees calling; the youngest, where somebody has more than one leg. */
const dialler = (call: Call, callee: Leg): Leg | undefined => {
  const all = diallersOf(call, callee);
  const seen = all.filter(({ party }) => party.number === callee.peer.number);
  return seen.at(-1) ?? all.find(({ direction }) => direction === 'outbound') ?? all[0];
};
