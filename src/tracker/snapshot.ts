import type { Call, Leg } from '../model/call.ts';
import type { Extension } from '../model/extension.ts';
import type { CallId, ChannelId, ExtensionNumber, LegId } from '../model/ids.ts';
import type { LiveState, PbxState } from '../model/live-state.ts';
import type { Conference, Queue, Slot } from '../model/place.ts';
import { isoTime } from '../model/time.ts';
import type { UserState } from '../model/user.ts';
import { callView } from './call-view.ts';
import type { TrackedConference, TrackedExtension, TrackedQueue, TrackedUser, TrackerState } from './state.ts';
import { noStatus, phoneLogin } from './users.ts';
import { registeredView } from './presence.ts';

/** What is so now, as the rest of the gateway sees it. */

/** All of it: live calls in the order in which they began, extensions by number, queues, conferences and slots by name. */
export const liveState = (state: TrackerState): LiveState => ({
  calls: state.calls
    .valueSeq()
    .filter(({ isAnnounced }) => isAnnounced)
    .sortBy(({ order }) => order)
    .map((call) => callView(call, state.channels))
    .toArray(),
  extensions: state.extensions
    .valueSeq()
    .sortBy(({ number }) => number)
    .map((extension) => extensionView(state, extension))
    .toArray(),
  queues: state.queues
    .valueSeq()
    .sortBy(({ name }) => name)
    .map((queue) => queueView(state, queue))
    .toArray(),
  conferences: state.conferences
    .valueSeq()
    .sortBy(({ name }) => name)
    .map((room) => conferenceView(state, room))
    .toArray(),
  slots: slotsOf(state),
  users: state.users
    .valueSeq()
    .sortBy(({ name }) => name)
    .map((user) => userView(state, user))
    .toArray(),
});

export const userOf = (state: TrackerState, name: string): UserState | undefined => {
  const user = state.users.get(name);
  return user === undefined ? undefined : userView(state, user);
};

/** Every occupied slot, by lot and slot. */
export const slotsOf = (state: TrackerState): readonly Slot[] =>
  state.slots
    .entrySeq()
    .sortBy(([key]) => key)
    .flatMap(([, id]) => slotView(state, id))
    .toArray();

/** A live call by its id or an alias of it. */
export const callOf = (state: TrackerState, id: CallId): Call | undefined => {
  const call = state.calls.get(state.aliases.get(id) ?? id);
  return call?.isAnnounced === true ? callView(call, state.channels) : undefined;
};

/** A live leg. */
export const legOf = (state: TrackerState, id: LegId): Leg | undefined => {
  const channel = state.legs.get(id);
  return channel === undefined ? undefined : legByChannel(state, channel);
};

export const legByChannel = (state: TrackerState, channel: ChannelId): Leg | undefined => state.channels.get(channel)?.leg;

/** The live legs of an extension, oldest first. */
export const legsOf = (state: TrackerState, extension: ExtensionNumber): readonly Leg[] =>
  (state.extensions.get(extension)?.channels ?? []).flatMap((id) => legByChannel(state, id) ?? []);

export const extensionOf = (state: TrackerState, number: ExtensionNumber): Extension | undefined => {
  const extension = state.extensions.get(number);
  return extension === undefined ? undefined : extensionView(state, extension);
};

export const queueOf = (state: TrackerState, name: string): Queue | undefined => {
  const queue = state.queues.get(name);
  return queue === undefined ? undefined : queueView(state, queue);
};

export const conferenceOf = (state: TrackerState, name: string): Conference | undefined => {
  const room = state.conferences.get(name);
  return room === undefined ? undefined : conferenceView(state, room);
};

export const pbxState = ({ pbx, link }: TrackerState): PbxState => ({
  id: pbx,
  status: link.status,
  since: isoTime(link.since),
  ...(link.reason === undefined ? undefined : { reason: link.reason }),
  ...(link.startedAt === 0 ? undefined : { startedAt: isoTime(link.startedAt) }),
  ...(link.version === undefined ? undefined : { version: link.version }),
});

const extensionView = (state: TrackerState, extension: TrackedExtension): Extension => {
  const { number, name, devices, presence, since, dnd, statusText, registered } = extension;
  const user = state.owners.get(number);
  return {
    number,
    name,
    ...(user === undefined ? undefined : { user }),
    devices,
    presence,
    since: isoTime(since),
    dnd,
    ...(statusText === undefined ? undefined : { statusText }),
    registered: registered.map(registeredView),
  };
};

const userView = (state: TrackerState, { name, extension, status, sessions }: TrackedUser): UserState => {
  const isOwner = extension !== undefined && state.owners.get(extension) === name;
  const phones = isOwner ? (state.extensions.get(extension)?.registered ?? []) : [];
  return {
    name,
    ...(extension === undefined ? undefined : { extension }),
    status: status ?? noStatus,
    logins: [...phones.map(phoneLogin), ...sessions].toSorted((one, two) => (one.since < two.since ? -1 : 1)),
  };
};

const queueView = (state: TrackerState, { waiting, isKnown: _isKnown, ...queue }: TrackedQueue): Queue => ({
  ...queue,
  waiting: waiting.flatMap((id) => waiterView(state, id)),
});

const conferenceView = (state: TrackerState, { members, isKnown: _isKnown, ...room }: TrackedConference): Conference => ({
  ...room,
  members: members.flatMap((id) => memberView(state, id)),
});

const waiterView = (state: TrackerState, id: ChannelId): Queue['waiting'] => {
  const channel = state.channels.get(id);
  if (channel?.leg === undefined || channel.waiting === undefined) return [];
  return [{ callId: channel.call, legId: channel.leg.id, since: isoTime(channel.waiting.since) }];
};

const memberView = (state: TrackerState, id: ChannelId): Conference['members'] => {
  const channel = state.channels.get(id);
  return channel?.leg === undefined ? [] : [{ callId: channel.call, legId: channel.leg.id, muted: channel.leg.muted }];
};

const slotView = (state: TrackerState, id: ChannelId): readonly Slot[] => {
  const channel = state.channels.get(id);
  if (channel?.leg === undefined || channel.parked === undefined) return [];
  const { lot, slot, parkedBy, since, until } = channel.parked;
  return [
    {
      lot,
      slot,
      callId: channel.call,
      legId: channel.leg.id,
      ...(parkedBy === undefined ? undefined : { parkedBy }),
      since: isoTime(since),
      ...(until === undefined ? undefined : { until: isoTime(until) }),
    },
  ];
};
