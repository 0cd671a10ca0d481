import { dialStatusOf, type DialStatus } from '../../delivery/dial-status.ts';
import type { TenantEngine } from '../../engine/engine.ts';
import type { Call, Leg } from '../../model/call.ts';
import type { Event, EventOf, EventType as NativeType } from '../../model/event.ts';
import type { CallId, ExtensionNumber, LegId } from '../../model/ids.ts';
import type { LiveState } from '../../model/live-state.ts';
import type { AgentState } from '../../model/place.ts';
import { deviceStateOf } from './device-state.ts';
import type { LiveIds } from './ids.ts';
import type { People, Person } from './people.ts';
import type { DeviceState, EventType, Value, WireEvent } from './schema.ts';
import { renderStatus } from './status.ts';
import { segmentOf, type Meeting, type Segment, type Segments } from './segments.ts';

type Properties = Readonly<Record<string, Value>>;

export interface ProjectionOptions {
  readonly engine: Pick<TenantEngine, 'snapshot' | 'legsOf'>;
  readonly people: People;
  readonly ids: LiveIds;
  readonly segments: Segments;
  readonly coreServerId: string;
  readonly answeredDialEnd: boolean;
}

/** Rooms may be made up as they are dialled; names are not kept for ever. */
const mostPlaceNames = 10_000;

/** How a conference is called that came of a call into which a third was brought. */
export const roomName = 'Conference';

/**
 * A tenant's events in the vendor's words. Nothing of it has to survive a restart: the vendor has no cursor, its ids do not
 * survive either, and what is live is read from the engine at the start.
 */
export class EventProjection {
  readonly #options: ProjectionOptions;
  /** Who waits in each queue, in order. */
  readonly #waiting = new Map<string, readonly LegId[]>();
  readonly #dnd = new Map<ExtensionNumber, boolean>();
  /** The state of each agent in its queue, and that of its device as it was last told. */
  readonly #agents = new Map<string, AgentState>();
  readonly #toldStates = new Map<string, DeviceState>();
  readonly #placeNames = new Map<string, string>();
  #event: Event | undefined;
  #told: WireEvent[] = [];

  constructor(options: ProjectionOptions) {
    this.#options = options;
    const live = options.engine.snapshot();
    options.segments.restore(live);
    for (const { name, waiting } of live.queues) {
      const inLine = waiting.map(({ legId }) => legId);
      if (inLine.length > 0) this.#waiting.set(name, inLine);
    }
    this.#findUnknown(live);
  }

  /** What the vendor tells of the event; of many it tells nothing. */
  take(event: Event): readonly WireEvent[] {
    this.#event = event;
    this.#told = [];
    this.#take(event);
    return this.#told;
  }

  #take(event: Event): void {
    switch (event.type) {
      case 'leg.started':
        return this.#withLeg(event, (leg, call) => {
          this.#tellDial(this.#options.segments.beginDial(call, leg), leg);
        });
      case 'leg.ringing':
        return this.#withLeg(event, (leg, call) => this.#tellDial(this.#options.segments.tellDial(call, leg), leg));
      case 'leg.connected':
        return this.#withLeg(event, (leg, call) => this.#connected(leg, call));
      case 'leg.ended':
        return this.#withLeg(event, (leg, call) => this.#ended(event, leg, call));
      case 'legs.linked':
        return this.#withLeg(event, (leg, call) => this.#meet(this.#options.segments.link(leg.id, this.#seePeer(event, call), call.id)));
      case 'legs.unlinked':
        return this.#withLeg(event, (leg, call) => this.#meet(this.#options.segments.unlink(leg.id, this.#seePeer(event, call))));
      case 'leg.held':
        return this.#ofSegment('hold', event);
      case 'leg.resumed':
        return this.#ofSegment('unhold', event);
      case 'leg.parked':
        return this.#ofSegment('park', event, { parkingLot: event.data.lot, space: event.data.slot });
      case 'leg.unparked':
        return this.#ofSegment('unpark', event, { parkingLot: event.data.lot, space: event.data.slot });
      case 'recording.started':
        return this.#ofSegment('recordStart', event);
      case 'recording.stopped':
        return this.#ofSegment('recordEnd', event);
      case 'queue.joined':
        return this.#joinedQueue(event);
      case 'queue.left':
        return this.#leftQueue(event);
      case 'conference.joined':
        return this.#ofSegment('confRoomCallJoin', event, this.#roomProperties(event.data.conference));
      case 'conference.left':
        return this.#ofSegment('confRoomCallLeave', event, this.#roomProperties(event.data.conference));
      case 'agent.loggedIn':
        this.#findAgent(event);
        return this.#ofAgent('agentLogin', event);
      case 'agent.loggedOut':
        this.#ofAgent('agentLogout', event);
        return this.#forgetAgent(event);
      case 'agent.paused':
        return this.#ofAgent('agentPause', event, { paused: true, reason: event.data.reason ?? '' });
      case 'agent.unpaused':
        return this.#ofAgent('agentUnpause', event, { paused: false, reason: '' });
      case 'agent.stateChanged':
        return this.#agentState(event);
      case 'extension.presenceChanged':
        return this.#presence(event);
      case 'pbx.resynced':
        this.#placeNames.clear();
        return this.#findUnknown(this.#options.engine.snapshot());
      case 'user.loggedIn':
      case 'user.loggedOut':
        return this.#login(event);
      case 'user.statusChanged':
        return this.#status(event);
      default:
        return this.#withLeg(event, () => undefined);
    }
  }

  /** Whatever a leg's event is, what is known of the leg is as new as the event. */
  #withLeg(event: Event, told: (leg: Leg, call: Call) => void): void {
    const { leg, call } = event;
    if (leg === undefined || call === undefined) return;
    if (event.type !== 'leg.ended' || this.#options.segments.get(leg.id) !== undefined) this.#options.segments.see(leg, call);
    told(leg, call);
  }

  #tellDial(caller: Segment | undefined, callee: Leg): void {
    if (caller !== undefined) this.#tellTwo('dial', caller, this.#known(callee));
  }

  #connected(leg: Leg, call: Call): void {
    const { segments, answeredDialEnd } = this.#options;
    this.#tellDial(segments.tellDial(call, leg), leg);
    const caller = segments.endDial(leg.id);
    if (caller !== undefined && answeredDialEnd) this.#dialEnd(caller, leg, 'ANSWER');
  }

  #ended(event: EventOf<'leg.ended'>, leg: Leg, call: Call): void {
    const { segments } = this.#options;
    this.#tellDial(segments.tellDial(call, leg), leg);
    const caller = segments.endDial(leg.id);
    if (caller !== undefined) this.#dialEnd(caller, leg, dialStatusOf(leg, event.data));
    const own = this.#known(leg);
    this.#meet(segments.end(leg.id), own);
    this.#tellOne('hangup', own);
  }

  #dialEnd(caller: Segment, callee: Leg, result: DialStatus): void {
    this.#tellTwo('dialEnd', caller, this.#known(callee), { result });
  }

  #seePeer({ data: { peer } }: EventOf<'legs.linked'> | EventOf<'legs.unlinked'>, call: Call): LegId {
    const leg = call.legs.find(({ id }) => id === peer);
    if (leg !== undefined) this.#options.segments.see(leg, call);
    return peer;
  }

  /** `gone`: a segment that is no longer among those known. */
  #meet(meetings: readonly Meeting[], gone?: Segment): void {
    const find = (id: LegId): Segment | undefined => (gone?.leg.id === id ? gone : this.#options.segments.get(id));
    for (const meeting of meetings) {
      switch (meeting.kind) {
        case 'linked':
        case 'unlinked': {
          const [one, two] = [find(meeting.one), find(meeting.two)].filter((segment) => segment !== undefined).toSorted(inOrder);
          if (one !== undefined && two !== undefined) this.#tellTwo(meeting.kind === 'linked' ? 'linkStart' : 'linkEnd', one, two);
          break;
        }
        case 'joined':
        case 'left': {
          const segment = find(meeting.leg);
          const type = meeting.kind === 'joined' ? 'confRoomCallJoin' : 'confRoomCallLeave';
          if (segment !== undefined) this.#tellOne(type, segment, roomOfCall(this.#options.ids, meeting.room));
          break;
        }
        default:
          meeting satisfies never;
      }
    }
  }

  #joinedQueue(event: EventOf<'queue.joined'>): void {
    const { queue, position } = event.data;
    const { legId } = event;
    if (legId !== undefined) this.#waiting.set(queue, [...(this.#waiting.get(queue) ?? []).filter((id) => id !== legId), legId]);
    this.#ofSegment('queueCallJoin', event, { ...this.#queueProperties(queue), position });
  }

  #leftQueue(event: EventOf<'queue.left'>): void {
    const { queue } = event.data;
    const waiting = this.#waiting.get(queue) ?? [];
    const left = waiting.filter((id) => id !== event.legId);
    if (left.length === 0) this.#waiting.delete(queue);
    else this.#waiting.set(queue, left);
    const at = waiting.findIndex((id) => id === event.legId);
    this.#ofSegment('queueCallLeave', event, { ...this.#queueProperties(queue), position: at === -1 ? 1 : at + 1 });
  }

  #agentState(event: EventOf<'agent.stateChanged'>): void {
    const key = agentKey(event.data);
    this.#agents.set(key, event.data.state);
    const before = this.#toldStates.get(key);
    const now = this.#deviceState(event);
    // A pause has an event of its own, and changes nothing about the device.
    if (before === now || (before === undefined && event.data.state === 'paused')) return;
    this.#ofAgent('agentState', event);
  }

  #forgetAgent({ data }: EventOf<'agent.loggedOut'>): void {
    const key = agentKey(data);
    this.#agents.delete(key);
    this.#toldStates.delete(key);
    this.#options.ids.end('agent', key);
  }

  /** Who is found for the first time was as it is all along: that is no news later. */
  #findUnknown({ extensions, queues }: LiveState): void {
    for (const { number, dnd } of extensions) if (!this.#dnd.has(number)) this.#dnd.set(number, dnd);
    for (const { name, agents } of queues) {
      for (const { device, state } of agents) {
        const key = agentKey({ queue: name, device });
        if (!this.#agents.has(key)) this.#agents.set(key, state);
      }
    }
  }

  #presence(event: EventOf<'extension.presenceChanged'>): void {
    const { extension, data } = event;
    if (extension === undefined) return;
    const before = this.#dnd.get(extension) ?? false;
    this.#dnd.set(extension, data.dnd);
    if (before !== data.dnd) this.#tell('doNotDisturb', { ...this.#extensionProperties(extension), enabled: data.dnd }, [extension]);
  }

  #login({ type, data: { user: name, login } }: EventOf<'user.loggedIn'> | EventOf<'user.loggedOut'>): void {
    const userLoginId = this.#options.ids.of('login', login.id);
    const { address: ip = '', port = 0 } = login;
    this.#tell(type === 'user.loggedIn' ? 'login' : 'logout', { ...this.#userProperties(name), userLoginId, ip, port }, []);
    // Where the same phone registers again it is another login.
    if (type === 'user.loggedOut') this.#options.ids.end('login', login.id);
  }

  #status({ data }: EventOf<'user.statusChanged'>): void {
    const { type: statusType, name, note, returnTime, userCreated } = renderStatus(data);
    const properties = { ...this.#userProperties(data.user), name, statusType, note, returnTime, userCreated };
    const user = this.#options.people.named(data.user);
    if (user === undefined || this.#options.people.isFull(user)) this.#tell('userStatus', properties, []);
  }

  #userProperties(name: string): Properties {
    const user = this.#options.people.named(name);
    return { userId: user === undefined ? null : this.#options.people.idOf(user), username: name };
  }

  #ofSegment(type: EventType, event: Event, more: Properties = {}): void {
    this.#withLeg(event, (leg) => this.#tellOne(type, this.#known(leg), more));
  }

  #ofAgent(type: EventType, event: AgentEvent, more: Properties = {}): void {
    const state = this.#deviceState(event);
    const { queue, name } = event.data;
    this.#toldStates.set(agentKey(event.data), state);
    const properties = {
      agentId: this.#options.ids.of('agent', agentKey(event.data)),
      agent: name,
      state,
      ...this.#queueProperties(queue),
      ...this.#extensionProperties(event.extension),
      ...more,
    };
    this.#tell(type, properties, [event.extension]);
  }

  #deviceState({ extension, data }: AgentEvent): DeviceState {
    const state = this.#agents.get(agentKey(data));
    const legs = extension === undefined ? [] : this.#options.engine.legsOf(extension);
    return state === undefined ? 'UNKNOWN' : deviceStateOf(state, legs);
  }

  /** Who logs in is not said to be idle or not; by now the queue may know. */
  #findAgent({ data }: EventOf<'agent.loggedIn'>): void {
    const queue = this.#options.engine.snapshot().queues.find(({ name }) => name === data.queue);
    const agent = queue?.agents.find(({ device }) => device === data.device);
    this.#agents.set(agentKey(data), agent?.state ?? 'unavailable');
  }

  #queueProperties(queue: string): Properties {
    return { queueId: this.#options.ids.of('queue', queue), queue: this.#nameOf('queues', queue) };
  }

  #roomProperties(room: string): Properties {
    return { conferenceRoomId: this.#options.ids.of('conference', room), conferenceRoomName: this.#nameOf('conferences', room) };
  }

  /** How a place is called; looked up once, for that takes a view of everything that is live. */
  #nameOf(places: 'queues' | 'conferences', name: string): string {
    const key = `${places}\0${name}`;
    const known = this.#placeNames.get(key);
    if (known !== undefined) return known;
    const found = this.#options.engine.snapshot()[places].find((place) => place.name === name)?.displayName ?? name;
    if (this.#placeNames.size >= mostPlaceNames) this.#placeNames.clear();
    this.#placeNames.set(key, found);
    return found;
  }

  #extensionProperties(extension: ExtensionNumber | undefined, suffix = ''): Properties {
    const { ids, people } = this.#options;
    const owner = people.ownerOf(extension);
    return {
      [`extensionId${suffix}`]: extension === undefined ? null : ids.of('extension', extension),
      [`extensionNumber${suffix}`]: extension ?? null,
      [`userId${suffix}`]: owner === undefined ? null : people.idOf(owner),
      [`username${suffix}`]: owner?.name ?? null,
    };
  }

  #segmentProperties({ leg, did }: Segment, suffix = ''): Properties {
    return {
      [`callSegmentId${suffix}`]: this.#options.ids.of('callSegment', leg.id),
      [`callerIdName${suffix}`]: leg.party.name,
      [`callerIdNumber${suffix}`]: leg.party.number,
      [`did${suffix}`]: did ?? null,
      ...this.#extensionProperties(leg.extension, suffix),
    };
  }

  #known(leg: Leg): Segment {
    return this.#options.segments.get(leg.id) ?? segmentOf(leg, undefined);
  }

  /** The room's properties come before the extension's and the user's, as the vendor's samples have them. */
  #tellOne(type: EventType, segment: Segment, more: Properties = {}): void {
    const { callSegmentId, callerIdName, callerIdNumber, did, ...owner } = this.#segmentProperties(segment);
    this.#tell(type, { callSegmentId, callerIdName, callerIdNumber, did, ...more, ...owner } as Properties, [segment.leg.extension]);
  }

  #tellTwo(type: EventType, one: Segment, two: Segment, more: Properties = {}): void {
    const properties = { ...this.#segmentProperties(one, '1'), ...this.#segmentProperties(two, '2'), ...more };
    this.#tell(type, properties, [one.leg.extension, two.leg.extension]);
  }

  /** Of users who are not full nothing is told, unless somebody takes part who is. */
  #tell(type: EventType, properties: Properties, concerned: readonly (ExtensionNumber | undefined)[]): void {
    if (this.#event === undefined) return;
    const { people, coreServerId } = this.#options;
    const owners = concerned.map((extension) => people.ownerOf(extension)).filter((owner): owner is Person => owner !== undefined);
    if (owners.length > 0 && !owners.some((owner) => people.isFull(owner))) return;
    this.#told.push({ type, time: Date.parse(this.#event.time), coreServerId, ...properties });
  }
}

type AgentEvent = { [Type in Extract<NativeType, `agent.${string}`>]: EventOf<Type> }[Extract<NativeType, `agent.${string}`>];

/** An agent is one device in one queue. */
export const agentKey = ({ queue, device }: { readonly queue: string; readonly device: string }): string => `${queue}\0${device}`;

export const roomOfCall = (ids: LiveIds, room: CallId): Properties => ({
  conferenceRoomId: ids.of('conference', room),
  conferenceRoomName: roomName,
});

const inOrder = (one: Segment, two: Segment): number =>
  Date.parse(one.leg.startedAt) - Date.parse(two.leg.startedAt) || one.leg.ordinal - two.leg.ordinal;
