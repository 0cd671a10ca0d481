import { Map } from 'immutable';
import { loginIdOf, type BridgeId, type CallId, type ChannelId, type ExtensionNumber, type PbxId } from '../model/ids.ts';
import { touchedBetween } from './journal.ts';
import { ownersOf } from './users.ts';
import {
  createTrackerState,
  slotKey,
  type Channel,
  type CommandedDial,
  type PbxLink,
  type TrackedCall,
  type TrackedConference,
  type TrackedExtension,
  type TrackedQueue,
  type TrackedUser,
  type TrackerState,
} from './state.ts';

/**
 * The tracker's state as small rows, so that what a fact changed is written with its events and a process that starts again goes
 * on where the last one was. Keys are unique within a PBX. What follows from other rows (bridges, slots, aliases) is not written.
 */

/** The rows that differ between two states, `after` being `before` or a successor of it; a value of undefined deletes the row. */
export const saveChanges = (
  before: TrackerState,
  after: TrackerState,
): readonly { readonly key: string; readonly value: string | undefined }[] => {
  if (before === after) return [];
  const keys = touchedBetween(before.journal, after.journal) ?? new Set([...keysOf(before), ...keysOf(after)]);
  const changes: { readonly key: string; readonly value: string | undefined }[] = [];
  for (const key of keys) {
    const was = rowOf(before, key);
    const is = rowOf(after, key);
    if (was !== is) changes.push({ key, value: is === undefined ? undefined : JSON.stringify(is) });
  }
  return changes;
};

export const restoreState = (pbx: PbxId, rows: ReadonlyMap<string, string>): TrackerState => {
  const empty = createTrackerState(pbx);
  let { channels, calls, extensions, queues, conferences, users, commanded, link } = empty;
  for (const [key, value] of rows) {
    const { kind, name } = split(key);
    // Written by `saveChanges`, and nowhere else: its shape is known.
    const row: unknown = JSON.parse(value);
    if (kind === 'pbx') link = row as PbxLink;
    else if (kind === 'channel') channels = channels.set(name as ChannelId, row as Channel);
    else if (kind === 'call') calls = calls.set(name as CallId, row as TrackedCall);
    else if (kind === 'extension') extensions = extensions.set(name as ExtensionNumber, extensionOf(pbx, row as TrackedExtension));
    else if (kind === 'queue') queues = queues.set(name, row as TrackedQueue);
    else if (kind === 'conference')
      conferences = conferences.set(name, conferenceOf(name, row as TrackedConference | readonly ChannelId[]));
    else if (kind === 'user') users = users.set(name, row as TrackedUser);
    else if (kind === 'commanded') commanded = commanded.set(name as ChannelId, row as CommandedDial);
  }
  const owners = ownersOf([...users.values()]);
  return { ...empty, link, channels, calls, extensions, queues, conferences, users, owners, commanded, ...derive(channels, calls) };
};

/** Of a row that was written before registrations were dated, each began when the extension's presence last changed. */
const extensionOf = (pbx: PbxId, row: TrackedExtension): TrackedExtension => {
  if (row.registered.every(({ since }) => since !== undefined)) return row;
  const dated = ({ device, contact, ...rest }: TrackedExtension['registered'][number]): TrackedExtension['registered'][number] => ({
    ...rest,
    device,
    contact,
    since: row.since,
    login: loginIdOf(pbx, device, contact, row.since),
  });
  return { ...row, registered: row.registered.map(dated) };
};

/** A row used to be the members alone. */
const conferenceOf = (name: string, row: TrackedConference | readonly ChannelId[]): TrackedConference =>
  'members' in row ? row : { name, isKnown: false, members: row };

type Derived = Pick<TrackerState, 'aliases' | 'families' | 'bridges' | 'legs' | 'slots' | 'lastOrder'>;

const derive = (channels: TrackerState['channels'], calls: TrackerState['calls']): Derived => {
  let aliases: TrackerState['aliases'] = Map();
  let families: TrackerState['families'] = Map();
  let bridges: Map<BridgeId, readonly ChannelId[]> = Map();
  let legs: TrackerState['legs'] = Map();
  let slots: TrackerState['slots'] = Map();
  let lastOrder = 0;
  const inOrder = calls.valueSeq().sortBy(({ order }) => order);
  for (const call of inOrder) {
    lastOrder = call.order;
    for (const alias of call.aliases) aliases = aliases.set(alias, call.id);
    for (const family of call.families) families = families.set(family, call.id);
    for (const id of call.channels) {
      const channel = channels.get(id);
      if (channel?.leg !== undefined) legs = legs.set(channel.leg.id, id);
      if (channel?.parked !== undefined) slots = slots.set(slotKey(channel.parked), id);
      const bridge = channel?.bridge?.bridge;
      if (bridge !== undefined) bridges = bridges.set(bridge, [...(bridges.get(bridge) ?? []), id]);
    }
  }
  return { aliases, families, bridges, legs, slots, lastOrder };
};

const split = (key: string): { readonly kind: string; readonly name: string } => {
  const slash = key.indexOf('/');
  return slash === -1 ? { kind: key, name: '' } : { kind: key.slice(0, slash), name: key.slice(slash + 1) };
};

const rowOf = (state: TrackerState, key: string): object | undefined => {
  const { kind, name } = split(key);
  switch (kind) {
    case 'pbx':
      return state.link;
    case 'channel':
      return state.channels.get(name as ChannelId);
    case 'call':
      return state.calls.get(name as CallId);
    case 'extension':
      return state.extensions.get(name as ExtensionNumber);
    case 'queue':
      return state.queues.get(name);
    case 'conference':
      return state.conferences.get(name);
    case 'user':
      return state.users.get(name);
    case 'commanded':
      return state.commanded.get(name as ChannelId);
    default:
      return undefined;
  }
};

const keysOf = (state: TrackerState): readonly string[] => [
  'pbx',
  ...state.channels.keySeq().map((id) => `channel/${id}`),
  ...state.calls.keySeq().map((id) => `call/${id}`),
  ...state.extensions.keySeq().map((number) => `extension/${number}`),
  ...state.queues.keySeq().map((name) => `queue/${name}`),
  ...state.conferences.keySeq().map((name) => `conference/${name}`),
  ...state.users.keySeq().map((name) => `user/${name}`),
  ...state.commanded.keySeq().map((id) => `commanded/${id}`),
];
