import { dialStatusOf, type DialStatus } from '../../delivery/dial-status.ts';
import type { TenantEngine } from '../../engine/engine.ts';
import type { Call, Leg } from '../../model/call.ts';
import type { Event, EventOf } from '../../model/event.ts';
import type { ExtensionNumber, LegId } from '../../model/ids.ts';
import type { LiveState } from '../../model/live-state.ts';
import { agentKey, Agents, type AgentEvent } from './agents.ts';
import type { LiveIds } from './ids.ts';
import type { People, Person } from './people.ts';
import { PropertySets, type Properties } from './properties.ts';
import type { EventType, WireEvent } from './schema.ts';
import { segmentOf, type Meeting, type Segment, type Segments } from './segments.ts';
import { renderStatus } from './status.ts';
import { WaitingLines } from './waiting-lines.ts';

export interface ProjectionOptions {
  readonly engine: Pick<TenantEngine, 'legsOf' | 'queue' | 'snapshot'>;
  readonly people: People;
  readonly ids: LiveIds;
  readonly segments: Segments;
  readonly coreServerId: string;
  /** Tell `dialEnd` of dials that were answered, too. */
  readonly answeredDialEnd: boolean;
}

/**
 * A tenant's events in the vendor's words. Nothing of it has to survive a restart: the vendor has no cursor, its ids do not
 * survive either, and what is live is read from the engine at the start.
 */
export class EventProjection {
  readonly #options: ProjectionOptions;
  readonly #sets: PropertySets;
  readonly #agents: Agents;
  readonly #lines = new WaitingLines();
  readonly #dnd = new Map<ExtensionNumber, boolean>();
  #time = 0;
  #listens = true;
  #told: WireEvent[] = [];

  constructor(options: ProjectionOptions) {
    this.#options = options;
    this.#sets = new PropertySets(options);
    this.#agents = new Agents(options.engine);
    const live = options.engine.snapshot();
    options.segments.restore(live);
    this.#lines.restore(live);
    this.#find(live);
  }

  /** What the vendor tells of the event; of many it tells nothing. While nobody `listens` it is only kept in mind. */
  take(event: Event, listens = true): readonly WireEvent[] {
    this.#time = Date.parse(event.time);
    this.#listens = listens;
    this.#told = [];
    this.#take(event);
    return this.#told;
  }

  #take(event: Event): void {
    const { segments } = this.#options;
    switch (event.type) {
      case 'leg.started':
        return this.#ofLeg(event, (leg, call) => this.#tellDial(segments.beginDial(call, leg), leg));
      case 'leg.ringing':
        return this.#ofLeg(event, (leg, call) => this.#tellDial(segments.tellDial(call, leg), leg));
      case 'leg.connected':
        return this.#ofLeg(event, (leg, call) => this.#connected(leg, call));
      case 'leg.ended':
        return this.#ended(event);
      case 'legs.linked':
        return this.#ofLeg(event, (leg, call) => this.#meet(segments.link(leg.id, this.#seePeer(event, call), call.id)));
      case 'legs.unlinked':
        return this.#ofLeg(event, (leg, call) => this.#meet(segments.unlink(leg.id, this.#seePeer(event, call))));
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
        return this.#ofSegment('confRoomCallJoin', event, this.#sets.ofRoom(event.data.conference));
      case 'conference.left':
        return this.#ofSegment('confRoomCallLeave', event, this.#sets.ofRoom(event.data.conference));
      case 'agent.loggedIn':
        this.#agents.logIn(event);
        return this.#ofAgent('agentLogin', event);
      case 'agent.loggedOut':
        return this.#loggedOut(event);
      case 'agent.paused':
        return this.#ofAgent('agentPause', event, { paused: true, reason: event.data.reason ?? '' });
      case 'agent.unpaused':
        return this.#ofAgent('agentUnpause', event, { paused: false, reason: '' });
      case 'agent.stateChanged':
        return this.#agents.change(event) ? this.#ofAgent('agentState', event) : undefined;
      case 'extension.presenceChanged':
        return this.#presence(event);
      case 'user.loggedIn':
      case 'user.loggedOut':
        return this.#login(event);
      case 'user.statusChanged':
        return this.#status(event);
      case 'pbx.resynced':
        this.#sets.forgetNames();
        return this.#find(this.#options.engine.snapshot());
      default:
        return this.#ofLeg(event, () => undefined);
    }
  }

  /** Whatever a leg's event is, what is known of the leg is as new as the event. */
  #ofLeg(event: Event, tell: (leg: Leg, call: Call) => void): void {
    const { leg, call } = event;
    if (leg === undefined || call === undefined) return;
    this.#options.segments.see(leg, call);
    tell(leg, call);
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

  #ended({ leg, call, data }: EventOf<'leg.ended'>): void {
    if (leg === undefined || call === undefined) return;
    const { segments } = this.#options;
    this.#tellDial(segments.tellDial(call, leg), leg);
    const caller = segments.endDial(leg.id);
    if (caller !== undefined) this.#dialEnd(caller, leg, dialStatusOf(leg, data));
    const own = { ...this.#known(leg), leg };
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
          if (segment !== undefined) this.#tellOne(type, segment, this.#sets.ofCallOfMany(meeting.room));
          break;
        }
        default:
          meeting satisfies never;
      }
    }
  }

  #joinedQueue(event: EventOf<'queue.joined'>): void {
    const { queue, position } = event.data;
    if (event.legId !== undefined) this.#lines.join(queue, event.legId);
    this.#ofSegment('queueCallJoin', event, { ...this.#sets.ofQueue(queue), position });
  }

  #leftQueue(event: EventOf<'queue.left'>): void {
    const { queue } = event.data;
    const position = event.legId === undefined ? 1 : this.#lines.leave(queue, event.legId);
    this.#ofSegment('queueCallLeave', event, { ...this.#sets.ofQueue(queue), position });
  }

  #loggedOut(event: EventOf<'agent.loggedOut'>): void {
    this.#ofAgent('agentLogout', event);
    const key = agentKey(event.data);
    this.#agents.forget(key);
    this.#options.ids.end('agent', key);
  }

  #presence({ extension, data: { dnd } }: EventOf<'extension.presenceChanged'>): void {
    if (extension === undefined) return;
    const before = this.#dnd.get(extension) ?? false;
    this.#dnd.set(extension, dnd);
    if (before !== dnd) this.#tell('doNotDisturb', { ...this.#sets.ofExtension(extension), enabled: dnd }, [extension]);
  }

  #login({ type, data: { user, login } }: EventOf<'user.loggedIn'> | EventOf<'user.loggedOut'>): void {
    const { ids } = this.#options;
    const { address: ip = '', port = 0 } = login;
    const properties = { ...this.#sets.ofUser(user), userLoginId: ids.of('login', login.id), ip, port };
    this.#tell(type === 'user.loggedIn' ? 'login' : 'logout', properties);
  }

  #status({ data }: EventOf<'user.statusChanged'>): void {
    const { people } = this.#options;
    const user = people.named(data.user);
    if (user !== undefined && !people.isFull(user)) return;
    const { type: statusType, name, note, returnTime, userCreated } = renderStatus(data);
    this.#tell('userStatus', { ...this.#sets.ofUser(data.user), name, statusType, note, returnTime, userCreated });
  }

  /** Who is found for the first time was as it is all along: that is no news later. */
  #find(live: LiveState): void {
    for (const { number, dnd } of live.extensions) if (!this.#dnd.has(number)) this.#dnd.set(number, dnd);
    this.#agents.find(live);
  }

  #ofSegment(type: EventType, event: Event, place?: Properties): void {
    this.#ofLeg(event, (leg) => this.#tellOne(type, this.#known(leg), place));
  }

  #ofAgent(type: EventType, event: AgentEvent, more: Properties = {}): void {
    const { extension, data } = event;
    const state = this.#agents.tellState(event);
    if (!this.#listens) return;
    const properties = {
      agentId: this.#options.ids.of('agent', agentKey(data)),
      agent: data.name,
      state,
      ...this.#sets.ofQueue(data.queue),
      ...this.#sets.ofExtension(extension),
      ...more,
    };
    this.#tell(type, properties, [extension]);
  }

  #known(leg: Leg): Segment {
    return this.#options.segments.get(leg.id) ?? segmentOf(leg, undefined);
  }

  #tellOne(type: EventType, segment: Segment, place?: Properties): void {
    if (this.#listens) this.#tell(type, this.#sets.ofSegment(segment, '', place), [segment.leg.extension]);
  }

  #tellTwo(type: EventType, one: Segment, two: Segment, more: Properties = {}): void {
    if (!this.#listens) return;
    const properties = { ...this.#sets.ofSegment(one, '1'), ...this.#sets.ofSegment(two, '2'), ...more };
    this.#tell(type, properties, [one.leg.extension, two.leg.extension]);
  }

  /** Of users who are not full nothing is told, unless somebody takes part who is. */
  #tell(type: EventType, properties: Properties, concerned: readonly (ExtensionNumber | undefined)[] = []): void {
    const { people, coreServerId } = this.#options;
    const owners = concerned.map((extension) => people.ownerOf(extension)).filter((owner): owner is Person => owner !== undefined);
    if (owners.length > 0 && !owners.some((owner) => people.isFull(owner))) return;
    this.#told.push({ type, time: this.#time, coreServerId, ...properties });
  }
}

const inOrder = (one: Segment, two: Segment): number =>
  Date.parse(one.leg.startedAt) - Date.parse(two.leg.startedAt) || one.leg.ordinal - two.leg.ordinal;
