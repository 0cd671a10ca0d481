import type { Snapshot } from '../../engine/engine.ts';
import type { Extension } from '../../model/extension.ts';
import type { ExtensionNumber, LegId } from '../../model/ids.ts';
import type { Agent, PlaceNames, Queue } from '../../model/place.ts';
import {
  agentActions,
  conferenceActions,
  extensionActions,
  parkingLotActions,
  queueActions,
  segmentActions,
  statusActions,
  type Asked,
} from './actions.ts';
import { agentKey } from './agents.ts';
import { deviceStateOf } from './device-state.ts';
import { configurationIdOf, type Kind } from './ids.ts';
import type { Person } from './people.ts';
import { roomName } from './properties.ts';
import { segmentOf, type Segment } from './segments.ts';
import { renderStatus } from './status.ts';
import { instance, setOf, type Instance, type ResourceSet } from './tree.ts';

/** Every live resource of a tenant, as it is when it is asked for. */
export const liveResources = (asked: Asked): { readonly coreServers: () => ResourceSet } => new Office(asked);

/** One request's view: all of it is of one moment. */
class Office {
  readonly #asked: Asked;
  readonly #live: Snapshot;
  #segmentsNow: readonly Segment[] | undefined;
  #namesOfUsers: ReadonlyMap<string, string> | undefined;

  constructor(asked: Asked) {
    this.#asked = asked;
    this.#live = asked.source.engine.snapshot();
  }

  coreServers = (): ResourceSet => {
    const { coreServerId: id, options, tenant } = this.#asked.source;
    const { slug } = options;
    const children = {
      users: () => this.#users(this.#asked.source.people.all()),
      extensions: () => this.#extensions(this.#live.extensions),
      queues: () => this.#queues(),
      callSegments: () => this.#segments(this.#allSegments()),
      conferences: () => this.#conferences(),
      conferenceRooms: () => this.#conferences(),
      parkingLots: () => this.#parkingLots(),
    };
    const configurationId = this.#configured('coreServer', tenant);
    const open = (): Instance => instance(id, () => ({ id, slug, name: slug, configurationId }), children);
    return setOf([slug], { idOf: () => id, open, isNamed: (_, name) => name === slug });
  };

  #id(kind: Kind, name: string): string {
    return this.#asked.source.ids.of(kind, name);
  }

  #configured(kind: Kind, name: string): string {
    return configurationIdOf(kind, `${this.#asked.source.tenant}\0${name}`);
  }

  /** The ids that whatever is configured has beside its live one: a lasting one, and that of the permission to see it. */
  #lastingIds(kind: Kind, name: string): { readonly configurationId: string; readonly permissionId: string } {
    return { configurationId: this.#configured(kind, name), permissionId: this.#configured('permission', `${kind}\0${name}`) };
  }

  #users(users: readonly Person[]): ResourceSet {
    return setOf(users, {
      idOf: (user) => this.#asked.source.people.idOf(user),
      open: (user) => this.#user(user),
      isNamed: (user, name) => user.name === name,
    });
  }

  #user(user: Person): Instance {
    const { name: userName } = user;
    const id = this.#asked.source.people.idOf(user);
    const render = (): Rendered => {
      const displayedName = user.displayName ?? this.#nameOfUser(userName) ?? userName;
      const { configurationId, permissionId } = this.#lastingIds('user', userName);
      return { id, configurationId, userName, displayedName, permissionId };
    };
    return instance(id, render, {
      logins: () => this.#logins(user),
      status: () => this.#status(user),
      extensions: () => this.#extensions(this.#live.extensions.filter((extension) => extension.user === userName)),
    });
  }

  /** What the user's first extension that has a name is called. */
  #nameOfUser(user: string): string | undefined {
    this.#namesOfUsers ??= new Map(
      this.#live.extensions.toReversed().flatMap(({ user: owner, name }) => (owner === undefined || name === '' ? [] : [[owner, name]])),
    );
    return this.#namesOfUsers.get(user);
  }

  #logins(user: Person): ResourceSet {
    return setOf(this.#asked.source.engine.user(user.name)?.logins ?? [], {
      idOf: (login) => this.#id('login', login.id),
      open: ({ id: loginId, address, port, since }) => {
        const id = this.#id('login', loginId);
        return instance(id, () => ({ id, ip: address ?? '', port: port ?? 0, timeConnected: Date.parse(since) }));
      },
    });
  }

  #status(user: Person): Instance {
    const id = this.#id('status', user.name);
    const render = (): Rendered => ({
      id,
      configurationId: this.#configured('status', user.name),
      ...renderStatus(this.#asked.source.engine.user(user.name)?.status),
    });
    return instance(id, render, {}, statusActions(this.#asked, user));
  }

  #extensions(extensions: readonly Extension[]): ResourceSet {
    return setOf(extensions, {
      idOf: ({ number }) => this.#id('extension', number),
      open: (extension) => this.#extension(extension),
      isNamed: ({ number }, name) => number === name,
    });
  }

  #extension({ number, name, dnd }: Extension): Instance {
    const id = this.#id('extension', number);
    const owner = this.#asked.source.people.ownerOf(number);
    const children = {
      agents: () => this.#agents(this.#live.queues, number),
      callSegments: () => this.#segments(this.#allSegments().filter(({ leg }) => leg.extension === number)),
      doNotDisturb: () => instance(id, () => ({ enabled: dnd })),
      ...(owner === undefined ? undefined : { user: () => this.#user(owner) }),
    };
    const render = (): Rendered => ({ id, extensionNumber: number, displayName: name, ...this.#lastingIds('extension', number) });
    return instance(id, render, children, extensionActions(this.#asked, number));
  }

  #allSegments(): readonly Segment[] {
    return (this.#segmentsNow ??= this.#live.calls.flatMap((call) =>
      call.legs.filter(({ state }) => state !== 'ended').map((leg) => segmentOf(leg, call)),
    ));
  }

  #segmentsOf(legs: readonly LegId[]): ResourceSet {
    return this.#segments(this.#allSegments().filter(({ leg }) => legs.includes(leg.id)));
  }

  #segments(segments: readonly Segment[]): ResourceSet {
    return setOf(segments, { idOf: ({ leg }) => this.#id('callSegment', leg.id), open: (segment) => this.#segment(segment) });
  }

  #segment({ leg, did }: Segment): Instance {
    const id = this.#id('callSegment', leg.id);
    const { segments, engine } = this.#asked.source;
    const isOurs = leg.extension !== undefined && engine.extension(leg.extension) !== undefined;
    const render = (): Rendered => ({
      id,
      type: isOurs ? 'INTERNAL' : 'EXTERNAL',
      callerId: { id: this.#id('callerId', leg.id), name: leg.party.name, number: leg.party.number },
      did: did ?? null,
      onHold: leg.held,
      recording: leg.recording !== undefined,
      incoming: leg.direction === 'inbound',
    });
    const children = {
      links: () => this.#segmentsOf(segments.linksOf(leg.id)),
      dials: () => this.#segmentsOf(segments.dialsOf(leg.id)),
    };
    return instance(id, render, children, segmentActions(this.#asked, leg));
  }

  #queues(): ResourceSet {
    return setOf(this.#live.queues, {
      idOf: ({ name }) => this.#id('queue', name),
      open: (queue) => this.#queue(queue),
      isNamed: (place, name) => isPlaceNamed(place, name),
    });
  }

  #queue(queue: Queue): Instance {
    const { name, displayName = name } = queue;
    const id = this.#id('queue', name);
    const children = {
      agents: () => this.#agents([queue]),
      callSegments: () => this.#segmentsOf(queue.waiting.map(({ legId }) => legId)),
      statistics: () => this.#queueStatistics(queue),
    };
    const render = (): Rendered => ({ id, displayName, identifier: identifierOf(queue), ...this.#lastingIds('queue', name) });
    return instance(id, render, children, queueActions(this.#asked, name));
  }

  /** How the queue stands now; the vendor's statistics of a day are in no known page. */
  #queueStatistics({ name, agents, waiting }: Queue): Instance {
    const now = Math.round(this.#asked.clock.now() / 1000);
    return instance(this.#id('queue', name), () => ({
      callsWaiting: waiting.length,
      longestWaitTime: Math.max(0, ...waiting.map(({ since }) => now - Date.parse(since))),
      agents: agents.length,
      agentsAvailable: agents.filter(({ state }) => state === 'idle').length,
      agentsPaused: agents.filter(({ state }) => state === 'paused').length,
    }));
  }

  #agents(queues: readonly Queue[], extension?: ExtensionNumber): ResourceSet {
    const all = queues.flatMap((queue) => queue.agents.map((agent) => ({ queue: queue.name, agent })));
    return setOf(extension === undefined ? all : all.filter(({ agent }) => agent.extension === extension), {
      idOf: ({ queue, agent }) => this.#id('agent', agentKey({ queue, device: agent.device })),
      open: ({ queue, agent }) => this.#agent(queue, agent),
    });
  }

  #agent(queue: string, agent: Agent): Instance {
    const { device, name, extension: number, penalty = 0, dynamic = false } = agent;
    const id = this.#id('agent', agentKey({ queue, device }));
    const legs = number === undefined ? [] : this.#allSegments().flatMap(({ leg }) => (leg.extension === number ? [leg] : []));
    const paused = agent.state === 'paused';
    const state = deviceStateOf(agent.state, legs);
    const extension = this.#live.extensions.find((each) => each.number === number);
    const children = {
      statistics: () => instance(id, () => ({ paused, state, penalty })),
      ...(extension === undefined ? undefined : { extension: () => this.#extension(extension) }),
    };
    return instance(id, () => ({ id, paused, state, name, dynamic }), children, agentActions(this.#asked, queue, number));
  }

  /** The rooms, and calls of more than two, which the vendor knows as conferences too. */
  #conferences(): ResourceSet {
    const made = [...this.#asked.source.segments.rooms()].map(([call, legs]): Room => ({
      name: call,
      displayName: roomName,
      isMade: true,
      legs,
    }));
    const rooms = this.#live.conferences.map(({ members, ...room }): Room => ({ ...room, legs: members.map(({ legId }) => legId) }));
    return setOf([...rooms, ...made], {
      idOf: ({ name }) => this.#id('conference', name),
      open: (room) => this.#conference(room),
      isNamed: (place, name) => isPlaceNamed(place, name),
    });
  }

  #conference(room: Room): Instance {
    const { name, displayName = name, isMade = false, legs } = room;
    const id = this.#id('conference', name);
    const identifier = identifierOf(room);
    const render = (): Rendered => {
      const { configurationId, permissionId } = this.#lastingIds('conference', name);
      // Nobody can dial a call.
      const dialString = isMade ? '' : identifier;
      return { id, configurationId, displayName, identifier, dialString, userGenerated: isMade, permissionId };
    };
    return instance(id, render, { callSegments: () => this.#segmentsOf(legs) }, isMade ? {} : conferenceActions(this.#asked, name));
  }

  #parkingLots(): ResourceSet {
    const { tenant, control } = this.#asked.source;
    return setOf([...new Set([...control.slots.all(tenant), ...this.#live.slots].map(({ lot }) => lot))], {
      idOf: (lot) => this.#id('parkingLot', lot),
      open: (lot) => this.#parkingLot(lot),
      isNamed: (lot, name) => lot === name,
    });
  }

  #parkingLot(lot: string): Instance {
    const id = this.#id('parkingLot', lot);
    const parked = this.#live.slots.filter((slot) => slot.lot === lot).map(({ legId }) => legId);
    const render = (): Rendered => ({ id, displayName: lot, identifier: lot, ...this.#lastingIds('parkingLot', lot) });
    return instance(id, render, { callSegments: () => this.#segmentsOf(parked) }, parkingLotActions(this.#asked, lot));
  }
}

type Rendered = Readonly<Record<string, unknown>>;

/** A conference room, or a call that is one. */
interface Room extends PlaceNames {
  readonly name: string;
  readonly legs: readonly LegId[];
  /** A call into which a third was brought. */
  readonly isMade?: boolean;
}

/** The vendor's identifier is the number; where none is known the PBX's own name has to do. */
const identifierOf = ({ name, number }: PlaceNames & { readonly name: string }): string => number ?? name;

const isPlaceNamed = (place: PlaceNames & { readonly name: string }, name: string): boolean =>
  identifierOf(place) === name || place.name === name;
