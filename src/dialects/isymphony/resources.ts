import type { Snapshot } from '../../engine/engine.ts';
import type { Call, Leg } from '../../model/call.ts';
import type { Extension } from '../../model/extension.ts';
import type { ExtensionNumber, LegId } from '../../model/ids.ts';
import type { Agent, Conference, Queue } from '../../model/place.ts';
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
import type { Instance, Resource, ResourceSet } from './tree.ts';

/** Every live resource of a tenant, as it is when it is asked for. */
export const liveResources = (asked: Asked): { readonly coreServers: () => ResourceSet } => new Office(asked);

/** The same core server as the configuration has it: under the id that lasts. */
export const configuredResources = ({ tenant, options: { slug } }: Asked['source']): { readonly coreServers: () => ResourceSet } => {
  const id = configurationIdOf('coreServer', `${tenant}\0${tenant}`);
  const server = instance(id, () => ({ id, slug, name: slug }));
  return { coreServers: () => ({ kind: 'set', items: () => [server], named: (name) => (name === slug ? server : undefined) }) };
};

/** One request's view: all of it is of one moment. */
class Office {
  readonly #asked: Asked;
  readonly #live: Snapshot;
  #legs: readonly Segment[] | undefined;

  constructor(asked: Asked) {
    this.#asked = asked;
    this.#live = asked.source.engine.snapshot();
  }

  coreServers = (): ResourceSet => {
    const { coreServerId, options, tenant } = this.#asked.source;
    const { slug } = options;
    const server = instance(
      coreServerId,
      () => ({ id: coreServerId, slug, name: slug, configurationId: this.#configured('coreServer', tenant) }),
      {
        users: () => this.#users(this.#people.all()),
        extensions: () => this.#extensions(this.#live.extensions),
        queues: () => this.#queues(),
        callSegments: () => this.#segments(this.#allSegments()),
        conferences: () => this.#conferences(),
        conferenceRooms: () => this.#conferences(),
        parkingLots: () => this.#parkingLots(),
      },
    );
    return { kind: 'set', items: () => [server], named: (name) => (name === slug ? server : undefined) };
  };

  get #people(): Asked['source']['people'] {
    return this.#asked.source.people;
  }

  #id(kind: Kind, name: string): string {
    return this.#asked.source.ids.of(kind, name);
  }

  #configured(kind: Kind, name: string): string {
    return configurationIdOf(kind, `${this.#asked.source.tenant}\0${name}`);
  }

  /** The ids that whatever is configured has: a live one, a lasting one, and that of the permission to see it. */
  #idsOf(kind: Kind, name: string): { readonly id: string; readonly configurationId: string; readonly permissionId: string } {
    return {
      id: this.#id(kind, name),
      configurationId: this.#configured(kind, name),
      permissionId: this.#configured('permission', `${kind}\0${name}`),
    };
  }

  #users(users: readonly Person[]): ResourceSet {
    return {
      kind: 'set',
      items: () => users.map((user) => this.#user(user)),
      named: (name) => {
        const user = users.find((each) => each.name === name);
        return user === undefined ? undefined : this.#user(user);
      },
    };
  }

  #user(user: Person): Instance {
    const { id: _id, ...ids } = this.#idsOf('user', user.name);
    const id = this.#people.idOf(user);
    const extensions = this.#live.extensions.filter(({ number }) => this.#people.ownerOf(number)?.name === user.name);
    const displayedName = user.displayName ?? extensions.find(({ name }) => name !== '')?.name ?? user.name;
    const render = (): Readonly<Record<string, unknown>> => ({
      id,
      configurationId: ids.configurationId,
      userName: user.name,
      displayedName,
      permissionId: ids.permissionId,
    });
    return instance(id, render, {
      logins: () => this.#logins(user),
      status: () => this.#status(user),
      extensions: () => this.#extensions(extensions),
    });
  }

  #logins(user: Person): ResourceSet {
    const logins = this.#asked.source.engine.user(user.name)?.logins ?? [];
    const items = logins.map((login) => {
      const id = this.#id('login', login.id);
      return instance(id, () => ({ id, ip: login.address ?? '', port: login.port ?? 0, timeConnected: Date.parse(login.since) }));
    });
    return { kind: 'set', items: () => items };
  }

  #status(user: Person): Instance {
    const id = this.#id('status', user.name);
    const state = this.#asked.source.engine.user(user.name)?.status;
    const render = (): Readonly<Record<string, unknown>> => ({
      id,
      configurationId: this.#configured('status', user.name),
      ...renderStatus(state),
    });
    return instance(id, render, {}, statusActions(this.#asked, user));
  }

  #extensions(extensions: readonly Extension[]): ResourceSet {
    return {
      kind: 'set',
      items: () => extensions.map((extension) => this.#extension(extension)),
      named: (name) => {
        const extension = extensions.find(({ number }) => number === name);
        return extension === undefined ? undefined : this.#extension(extension);
      },
    };
  }

  #extension(extension: Extension): Instance {
    const { number, name, dnd } = extension;
    const { id, configurationId, permissionId } = this.#idsOf('extension', number);
    const owner = this.#people.ownerOf(number);
    const render = (): Readonly<Record<string, unknown>> => ({
      id,
      extensionNumber: number,
      displayName: name,
      configurationId,
      permissionId,
    });
    const children = {
      agents: () => this.#agents(this.#live.queues, number),
      callSegments: () => this.#segments(this.#allSegments().filter(({ leg }) => leg.extension === number)),
      doNotDisturb: () => instance(id, () => ({ enabled: dnd })),
      ...(owner === undefined ? undefined : { user: () => this.#user(owner) }),
    };
    return instance(id, render, children, extensionActions(this.#asked, number));
  }

  #allSegments(): readonly Segment[] {
    return (this.#legs ??= this.#live.calls.flatMap((call: Call) =>
      call.legs.filter(({ state }) => state !== 'ended').map((leg) => segmentOf(leg, call)),
    ));
  }

  #segmentsOf(legs: readonly LegId[]): ResourceSet {
    return this.#segments(this.#allSegments().filter(({ leg }) => legs.includes(leg.id)));
  }

  #segments(segments: readonly Segment[]): ResourceSet {
    return { kind: 'set', items: () => segments.map((segment) => this.#segment(segment)) };
  }

  #segment({ leg, did }: Segment): Instance {
    const id = this.#id('callSegment', leg.id);
    const { segments } = this.#asked.source;
    const render = (): Readonly<Record<string, unknown>> => ({
      id,
      type: leg.extension === undefined || !this.#isConfigured(leg.extension) ? 'EXTERNAL' : 'INTERNAL',
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

  #isConfigured(extension: ExtensionNumber): boolean {
    return this.#live.extensions.some(({ number }) => number === extension);
  }

  #queues(): ResourceSet {
    const { queues } = this.#live;
    return {
      kind: 'set',
      items: () => queues.map((queue) => this.#queue(queue)),
      named: (name) => {
        const queue = queues.find((each) => identifierOf(each) === name) ?? queues.find((each) => each.name === name);
        return queue === undefined ? undefined : this.#queue(queue);
      },
    };
  }

  #queue(queue: Queue): Instance {
    const { name } = queue;
    const { id, configurationId, permissionId } = this.#idsOf('queue', name);
    const render = (): Readonly<Record<string, unknown>> => ({
      id,
      displayName: queue.displayName ?? name,
      identifier: identifierOf(queue),
      configurationId,
      permissionId,
    });
    const waiting = queue.waiting.map(({ legId }) => legId);
    const children = {
      agents: () => this.#agents([queue]),
      callSegments: () => this.#segmentsOf(waiting),
      statistics: () => this.#queueStatistics(queue),
    };
    return instance(id, render, children, queueActions(this.#asked, name));
  }

  /** How the queue stands now; the vendor's statistics of a day are in no known page. */
  #queueStatistics({ name, agents, waiting }: Queue): Instance {
    const { clock } = this.#asked;
    const waited = waiting.map(({ since }) => Math.max(0, Math.round(clock.now() / 1000) - Date.parse(since)));
    return instance(this.#id('queue', name), () => ({
      callsWaiting: waiting.length,
      longestWaitTime: Math.max(0, ...waited),
      agents: agents.length,
      agentsAvailable: agents.filter(({ state }) => state === 'idle').length,
      agentsPaused: agents.filter(({ state }) => state === 'paused').length,
    }));
  }

  #agents(queues: readonly Queue[], extension?: ExtensionNumber): ResourceSet {
    const agents = queues.flatMap((queue) => queue.agents.map((agent) => ({ queue: queue.name, agent })));
    const own = agents.filter(({ agent }) => extension === undefined || agent.extension === extension);
    return { kind: 'set', items: () => own.map(({ queue, agent }) => this.#agent(queue, agent)) };
  }

  #agent(queue: string, agent: Agent): Instance {
    const id = this.#id('agent', agentKey({ queue, device: agent.device }));
    const legs: readonly Leg[] = this.#allSegments().flatMap(({ leg }) => (leg.extension === agent.extension ? [leg] : []));
    const paused = agent.state === 'paused';
    const state = deviceStateOf(agent.state, agent.extension === undefined ? [] : legs);
    const extension = this.#live.extensions.find(({ number }) => number === agent.extension);
    const children: Record<string, () => Resource> = {
      statistics: () => instance(id, () => ({ paused, state, penalty: agent.penalty ?? 0 })),
    };
    if (extension !== undefined) children['extension'] = () => this.#extension(extension);
    const render = (): Readonly<Record<string, unknown>> => ({ id, paused, state, name: agent.name, dynamic: agent.dynamic ?? false });
    return instance(id, render, children, agentActions(this.#asked, queue, agent.extension));
  }

  #conferences(): ResourceSet {
    const rooms = this.#live.conferences.map((room) => ({ room, item: this.#conference(room) }));
    return {
      kind: 'set',
      items: () => [...rooms.map(({ item }) => item), ...this.#callsOfMany()],
      named: (name) => (rooms.find(({ room }) => identifierOf(room) === name) ?? rooms.find(({ room }) => room.name === name))?.item,
    };
  }

  #conference(conference: Conference): Instance {
    const { name, members } = conference;
    const { id, configurationId, permissionId } = this.#idsOf('conference', name);
    const identifier = identifierOf(conference);
    const displayName = conference.displayName ?? name;
    const fixed = { displayName, identifier, dialString: identifier, userGenerated: false };
    const children = { callSegments: () => this.#segmentsOf(members.map(({ legId }) => legId)) };
    return instance(id, () => ({ id, configurationId, ...fixed, permissionId }), children, conferenceActions(this.#asked, name));
  }

  /** Calls of more than two, which the vendor knows as conferences. Nobody can dial them. */
  #callsOfMany(): readonly Instance[] {
    return [...this.#asked.source.segments.rooms()].map(([call, legs]) => {
      const { id, configurationId, permissionId } = this.#idsOf('conference', call);
      const fixed = { displayName: roomName, identifier: call, dialString: '', userGenerated: true };
      const children = { callSegments: () => this.#segmentsOf(legs) };
      return instance(id, () => ({ id, configurationId, ...fixed, permissionId }), children);
    });
  }

  #parkingLots(): ResourceSet {
    const { tenant, control } = this.#asked.source;
    const lots = [...new Set([...control.slots.all(tenant), ...this.#live.slots].map(({ lot }) => lot))];
    const items = lots.map((lot) => ({ lot, item: this.#parkingLot(lot) }));
    return {
      kind: 'set',
      items: () => items.map(({ item }) => item),
      named: (name) => items.find(({ lot }) => lot === name)?.item,
    };
  }

  #parkingLot(lot: string): Instance {
    const { id, configurationId, permissionId } = this.#idsOf('parkingLot', lot);
    const parked = this.#live.slots.filter((slot) => slot.lot === lot).map(({ legId }) => legId);
    const render = (): Readonly<Record<string, unknown>> => ({ id, configurationId, displayName: lot, identifier: lot, permissionId });
    return instance(id, render, { callSegments: () => this.#segmentsOf(parked) }, parkingLotActions(this.#asked, lot));
  }
}

const identifierOf = ({ name, number }: { readonly name: string; readonly number?: string }): string => number ?? name;

const instance = (
  id: string,
  render: Instance['render'],
  children: Instance['children'] = {},
  actions: Instance['actions'] = {},
): Instance => ({ kind: 'instance', id, render, children, actions });
