import type { Call } from '../../../src/model/call.ts';
import type { Event } from '../../../src/model/event.ts';
import type { Extension } from '../../../src/model/extension.ts';
import type { LiveState, PbxState } from '../../../src/model/live-state.ts';
import type { Agent, Conference, Queue, Slot } from '../../../src/model/place.ts';
import type { UserState } from '../../../src/model/user.ts';

/** The answer of `GET /v1/state`. */
export interface Snapshot extends LiveState {
  readonly cursor: string;
  readonly pbxs: readonly PbxState[];
}

/** What is so now, as the board shows it: a snapshot, brought on by every event after its cursor. */
export interface Office {
  readonly cursor: string;
  readonly pbxs: ReadonlyMap<string, PbxState>;
  readonly calls: ReadonlyMap<string, Call>;
  readonly extensions: ReadonlyMap<string, Extension>;
  readonly queues: ReadonlyMap<string, Queue>;
  readonly conferences: ReadonlyMap<string, Conference>;
  /** By lot and slot. */
  readonly slots: ReadonlyMap<string, Slot>;
  readonly users: ReadonlyMap<string, UserState>;
}

export const slotKey = ({ lot, slot }: { readonly lot: string; readonly slot: string }): string => `${lot}/${slot}`;

export const fromSnapshot = (snapshot: Snapshot): Office => ({
  cursor: snapshot.cursor,
  pbxs: new Map(snapshot.pbxs.map((pbx) => [pbx.id, pbx])),
  calls: new Map(snapshot.calls.map((call) => [call.id, call])),
  extensions: new Map(snapshot.extensions.map((extension) => [extension.number, extension])),
  queues: new Map(snapshot.queues.map((queue) => [queue.name, queue])),
  conferences: new Map(snapshot.conferences.map((conference) => [conference.name, conference])),
  slots: new Map(snapshot.slots.map((slot) => [slotKey(slot), slot])),
  users: new Map(snapshot.users.map((user) => [user.name, user])),
});

/** Only a sandbox says so of itself as its version. */
export const isSandbox = ({ version }: Pick<PbxState, 'version'>): boolean => version?.startsWith('sandbox') === true;

const put = <Value>(map: ReadonlyMap<string, Value>, key: string, value: Value | undefined): ReadonlyMap<string, Value> => {
  const next = new Map(map);
  if (value === undefined) next.delete(key);
  else next.set(key, value);
  return next;
};

/** The office after the event. Events that say nothing of what is shown change only the cursor. */
export const fold = (office: Office, event: Event): Office => {
  const seen: Office = { ...withCall(office, event), cursor: event.id };
  switch (event.type) {
    case 'extension.presenceChanged': {
      const { presence, dnd, statusText } = event.data;
      return onExtension(seen, event, ({ statusText: _before, ...extension }) => ({
        ...extension,
        presence,
        dnd,
        since: event.data.presence === event.data.previous ? extension.since : event.time,
        ...(statusText === undefined ? undefined : { statusText }),
      }));
    }
    case 'extension.registered':
      return onExtension(seen, event, (extension) => ({
        ...extension,
        registered: [...extension.registered.filter(({ contact }) => contact !== event.data.contact), event.data],
      }));
    case 'extension.unregistered':
      return onExtension(seen, event, (extension) => ({
        ...extension,
        registered: extension.registered.filter(({ contact }) => contact !== event.data.contact),
      }));
    case 'queue.joined': {
      const { callId, legId } = event;
      if (callId === undefined || legId === undefined) return seen;
      return onQueue(seen, event.data.queue, (queue) => {
        const waiting = queue.waiting.filter((each) => each.legId !== legId);
        return { ...queue, waiting: waiting.toSpliced(event.data.position - 1, 0, { callId, legId, since: event.time }) };
      });
    }
    case 'queue.left':
      return onQueue(seen, event.data.queue, (queue) => ({
        ...queue,
        waiting: queue.waiting.filter(({ legId }) => legId !== event.legId),
      }));
    case 'agent.loggedIn':
    case 'agent.unpaused':
      return onAgent(seen, event.data, { state: 'idle', ...extensionOf(event) });
    case 'agent.paused':
      return onAgent(seen, event.data, {
        state: 'paused',
        ...(event.data.reason === undefined ? undefined : { pausedReason: event.data.reason }),
      });
    case 'agent.stateChanged': {
      const { state, penalty } = event.data;
      return onAgent(seen, event.data, { state, ...(penalty === undefined ? undefined : { penalty }) });
    }
    case 'agent.loggedOut':
      return onQueue(seen, event.data.queue, (queue) => ({
        ...queue,
        agents: queue.agents.filter(({ device }) => device !== event.data.device),
      }));
    case 'conference.joined': {
      const { callId, legId } = event;
      if (callId === undefined || legId === undefined) return seen;
      return onConference(seen, event.data.conference, (conference) => ({
        ...conference,
        members: [...conference.members.filter((member) => member.legId !== legId), { callId, legId, muted: event.leg?.muted ?? false }],
      }));
    }
    case 'conference.left':
      return onConference(seen, event.data.conference, (conference) => ({
        ...conference,
        members: conference.members.filter(({ legId }) => legId !== event.legId),
      }));
    case 'slot.occupied': {
      const { callId, legId, data, time } = event;
      if (callId === undefined || legId === undefined) return seen;
      return { ...seen, slots: put(seen.slots, slotKey(data), { ...data, callId, legId, since: time }) };
    }
    case 'slot.released':
      return { ...seen, slots: put(seen.slots, slotKey(event.data), undefined) };
    case 'user.loggedIn':
      return onUser(seen, event.data.user, event, (user) => ({
        ...user,
        logins: [...user.logins.filter(({ id }) => id !== event.data.login.id), event.data.login],
      }));
    case 'user.loggedOut':
      return onUser(seen, event.data.user, event, (user) => ({
        ...user,
        logins: user.logins.filter(({ id }) => id !== event.data.login.id),
      }));
    case 'user.statusChanged': {
      const { user: name, ...status } = event.data;
      return onUser(seen, name, event, (user) => ({ ...user, status }));
    }
    case 'pbx.degraded':
      return onPbx(seen, event, 'degraded', event.data.reason);
    case 'pbx.disconnected':
      return onPbx(seen, event, 'down', event.data.reason);
    case 'pbx.resynced':
      return onPbx(seen, event, 'live');
    default:
      return seen;
  }
};

const withCall = (office: Office, { call, callId, type }: Event): Office => {
  if (type === 'call.ended' && callId !== undefined) return { ...office, calls: put(office.calls, callId, undefined) };
  if (call === undefined || call.state === 'ended') return office;
  return { ...office, calls: put(office.calls, call.id, call) };
};

const extensionOf = ({ extension }: Event): Pick<Agent, 'extension'> => (extension === undefined ? {} : { extension });

const onExtension = (office: Office, { extension: number }: Event, change: (extension: Extension) => Extension): Office => {
  const extension = number === undefined ? undefined : office.extensions.get(number);
  return extension === undefined ? office : { ...office, extensions: put(office.extensions, extension.number, change(extension)) };
};

const onQueue = (office: Office, name: string, change: (queue: Queue) => Queue): Office => {
  const queue = office.queues.get(name) ?? { name, agents: [], waiting: [] };
  return { ...office, queues: put(office.queues, name, change(queue)) };
};

const onAgent = (
  office: Office,
  { queue: name, device, name: agentName }: { readonly queue: string; readonly device: string; readonly name: string },
  change: Partial<Agent> & Pick<Agent, 'state'>,
): Office =>
  onQueue(office, name, (queue) => {
    const known = queue.agents.find((agent) => agent.device === device);
    const { pausedReason: _before, ...rest } = known ?? { device, name: agentName };
    const agent: Agent = { ...rest, ...change };
    return {
      ...queue,
      agents: known === undefined ? [...queue.agents, agent] : queue.agents.map((each) => (each === known ? agent : each)),
    };
  });

const onConference = (office: Office, name: string, change: (conference: Conference) => Conference): Office => {
  const conference = office.conferences.get(name) ?? { name, members: [] };
  return { ...office, conferences: put(office.conferences, name, change(conference)) };
};

const onUser = (office: Office, name: string, event: Event, change: (user: UserState) => UserState): Office => {
  const user = office.users.get(name) ?? { name, ...extensionOf(event), status: { status: 'available' }, logins: [] };
  return { ...office, users: put(office.users, name, change(user)) };
};

const onPbx = (office: Office, { pbx: id, time }: Event, status: PbxState['status'], reason?: string): Office => {
  const known = office.pbxs.get(id);
  if (known === undefined) return office;
  const { reason: _before, ...rest } = known;
  const since = known.status === status ? known.since : time;
  return { ...office, pbxs: put(office.pbxs, id, { ...rest, status, since, ...(reason === undefined ? undefined : { reason }) }) };
};
