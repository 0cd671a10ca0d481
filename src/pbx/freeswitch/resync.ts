/** The lists that a FreeSWITCH gave, as the one fact that says what lives in it now. */
import type {
  AgentSnapshot,
  BridgeMembership,
  ChannelSnapshot,
  ChannelState,
  Endpoint,
  ExtensionSnapshot,
  FactOf,
  Parking,
} from '../../model/fact.ts';
import { channelId, commandIdFrom, extensionNumber, type ChannelId } from '../../model/ids.ts';
import type { Micros } from '../../model/time.ts';
import type { FreeswitchConfig } from './config.ts';
import { pairedAs, shownName, type Directory } from './directory.ts';
import { dialMark, parkerMark, type PbxLists } from './pbx-lists.ts';
import type { Dump, Row } from './schema.ts';
import { applications, supervisionMode } from './translate/applications.ts';
import { bridgeOf } from './translate/memory.ts';
import { agentStateOf } from './translate/places.ts';

export type ResyncFact = FactOf<'resync'>;

export interface ResyncContext {
  readonly directory: Directory;
  readonly config: FreeswitchConfig;
  /** The domain of the configuration, or FreeSWITCH's own. */
  readonly domain: string;
  /** When this FreeSWITCH started, as it was found out first: equal for as long as it runs. */
  readonly startedAt: Micros | undefined;
}

export const resyncFactOf = (lists: PbxLists, context: ResyncContext, at: Micros): ResyncFact => ({
  type: 'resync',
  at,
  ...(context.startedAt === undefined ? {} : { startedAt: context.startedAt }),
  ...(lists.version === undefined ? {} : { version: lists.version }),
  channels: channelsOf(lists, context, at),
  extensions: extensionsOf(lists, context),
  queues: queuesOf(lists, context),
});

type Listed = PbxLists['channels'] extends ReadonlyMap<ChannelId, infer One> ? One : never;

/** What is known of a channel: by itself first, by its line in the list otherwise. */
interface Known {
  readonly id: ChannelId;
  readonly row: Row;
  header(name: string): string;
  variable(name: string): string;
}

const knownOf = (id: ChannelId, { row, dump }: Listed): Known => {
  const header = (name: string): string => textOf(dump, name);
  return { id, row, header, variable: (name) => header(`variable_${name}`) };
};

const textOf = (dump: Dump | undefined, name: string): string => {
  const value = dump?.[name] ?? '';
  return typeof value === 'string' ? value : (value[0] ?? '');
};

const channelsOf = (lists: PbxLists, context: ResyncContext, at: Micros): readonly ChannelSnapshot[] => {
  const known = new Map([...lists.channels].map(([id, listed]) => [id, knownOf(id, listed)]));
  const places = placesOf(lists, known, context);
  const ours = new Set([...known.values()].filter((one) => isOurs(one, context)).map(({ id }) => id));
  // Who talks with one of ours, or was called by one, belongs to the same call.
  for (const one of known.values()) if (ours.has(ancestorOf(one, known))) ours.add(one.id);
  return [...known.values()].filter(({ id }) => ours.has(id)).map((one) => channelOf(one, known, places, context, at));
};

const isOurs = (one: Known, { directory }: ResyncContext): boolean => directory.isOurs(one.variable('domain_name'), contextOf(one));

const contextOf = ({ header, row }: Known): string => header('Caller-Context') || (row['context'] ?? '');

interface Places {
  readonly bridges: ReadonlyMap<ChannelId, BridgeMembership>;
  readonly slots: ReadonlyMap<ChannelId, { readonly lot: string; readonly slot: string }>;
  readonly waiting: ReadonlyMap<ChannelId, NonNullable<ChannelSnapshot['queue']>>;
  readonly conferences: ReadonlyMap<ChannelId, { readonly name: string; readonly muted: boolean }>;
}

const placesOf = (lists: PbxLists, known: ReadonlyMap<ChannelId, Known>, { directory }: ResyncContext): Places => ({
  bridges: bridgesOf(lists.calls, known, directory),
  slots: new Map(lists.slots.map(({ lot, slot, channel }) => [channelId(channel), { lot, slot }])),
  waiting: waitingOf(lists.members),
  conferences: new Map(
    lists.conferences.flatMap((room) =>
      room.members.flatMap(({ uuid, flags }) =>
        uuid === undefined ? [] : [[channelId(uuid), { name: room.conference_name, muted: flags?.can_speak === false }] as const],
      ),
    ),
  ),
});

/** Two are a pair once both have answered: before that it is early media. */
const bridgesOf = (calls: readonly Row[], known: ReadonlyMap<ChannelId, Known>, directory: Directory): Places['bridges'] => {
  const bridges = new Map<ChannelId, BridgeMembership>();
  for (const call of calls) {
    const pair = [call['uuid'] ?? '', call['b_uuid'] ?? ''].map((id) => known.get(channelId(id)));
    const [one, two] = pair;
    if (one === undefined || two === undefined) continue;
    if (pair.some((each) => each !== undefined && stateOf(each) !== 'up' && endpointOf(each, directory).kind !== 'local')) continue;
    const membership = bridgeOf(one.id, two.id);
    // One that is in two pairs, as who consults somebody by `att_xfer`, hears the latter party.
    for (const [id, { bridge }] of bridges) if (bridge.split('+').some((each) => each === one.id || each === two.id)) bridges.delete(id);
    bridges.set(one.id, membership);
    bridges.set(two.id, membership);
  }
  return bridges;
};

const waitingOf = (members: readonly Row[]): Places['waiting'] => {
  const waiting = new Map<ChannelId, NonNullable<ChannelSnapshot['queue']>>();
  const positions = new Map<string, number>();
  for (const { queue: name = '', session_uuid: session = '', state = '', joined_epoch: joined = '' } of members) {
    if (state !== 'Waiting' && state !== 'Trying') continue;
    const position = (positions.get(name) ?? 0) + 1;
    positions.set(name, position);
    waiting.set(channelId(session), { name, position, since: Number(joined) * 1_000_000 });
  }
  return waiting;
};

const channelOf = (
  one: Known,
  all: ReadonlyMap<ChannelId, Known>,
  places: Places,
  { directory }: ResyncContext,
  at: Micros,
): ChannelSnapshot => {
  const { id, row, header, variable } = one;
  const calls = isCalling(one);
  const endpoint = endpointOf(one, directory);
  const called = header('Caller-Callee-ID-Number') || (row['callee_num'] ?? '');
  const calledNumber = endpoint.kind === 'extension' ? endpoint.extension : called;
  const [callerNumber, callerName] = [row['cid_num'] ?? '', row['cid_name'] ?? ''];
  const dialled = row['initial_dest'] || (row['dest'] ?? '');
  const context = contextOf(one);
  const application = applications.get(row['application'] ?? '');
  const bridge = places.bridges.get(id);
  const parking = parkingOf(one, places, directory, at);
  const queue = places.waiting.get(id);
  const conference = places.conferences.get(id);
  const mark = variable(dialMark);
  return {
    channel: id,
    endpoint,
    number: calls ? callerNumber : calledNumber,
    name: shownName(calls ? callerName : header('Caller-Callee-ID-Name') || (row['callee_name'] ?? '')),
    peerNumber: calls ? called : callerNumber,
    peerName: shownName(calls ? (row['callee_name'] ?? '') : callerName),
    ...(calls && dialled !== '' ? { dialled } : {}),
    ...(context === '' ? {} : { context }),
    family: ancestorOf(one, all),
    state: stateOf(one),
    createdAt: startOf(one, all, at),
    ...(application === undefined ? {} : { application }),
    ...(bridge === undefined ? {} : { bridge }),
    held: (header('Channel-Call-State') || row['callstate']) === 'HELD',
    ...(parking === undefined ? {} : { parking }),
    ...(queue === undefined ? {} : { queue }),
    ...(conference === undefined ? {} : { conference: conference.name, muted: conference.muted }),
    ...(application === 'supervision' ? { supervising: supervisionOf(one, all) } : {}),
    ...(mark === '' ? {} : { clickToDial: commandIdFrom(mark) }),
  };
};

/** FreeSWITCH's time moves in steps of 20 ms: who is called is later than who calls. */
const startOf = (one: Known, all: ReadonlyMap<ChannelId, Known>, at: Micros): Micros => {
  const ancestor = all.get(ancestorOf(one, all));
  const own = createdAtOf(one, at);
  return ancestor === undefined || ancestor.id === one.id ? own : Math.max(own, createdAtOf(ancestor, at) + 1);
};

const createdAtOf = ({ header, row }: Known, at: Micros): Micros =>
  Number(header('Caller-Channel-Created-Time')) || Number(row['created_epoch'] ?? 0) * 1_000_000 || at;

const isCalling = ({ header, row }: Known): boolean => (header('Call-Direction') || row['direction']) === 'inbound';

const endpointOf = ({ id, header, row, variable }: Known, directory: Directory): Endpoint =>
  pairedAs(directory.endpointOf(header('Channel-Name') || (row['name'] ?? '')), id, variable('other_loopback_leg_uuid') || undefined);

/** An answered channel that is sent back to the dialplan shows as ringing in the list; whether it has answered it says itself. */
const stateOf = (one: Known): ChannelState => {
  const callState = one.header('Channel-Call-State') || (one.row['callstate'] ?? '');
  const answer = one.header('Answer-State');
  if (answer === 'answered' || (answer === '' && (callState === 'ACTIVE' || callState === 'HELD'))) return 'up';
  if (isCalling(one)) return 'dialling';
  return callState === 'RINGING' || callState === 'EARLY' || answer === 'early' ? 'ringing' : 'down';
};

/** The channel from which one descends: the first of its call that still lives. */
const ancestorOf = (one: Known, all: ReadonlyMap<ChannelId, Known>): ChannelId => {
  let ancestor = one;
  // The chain is short; the bound is against channels that name each other.
  for (let hops = 0; hops < 8; hops += 1) {
    const parent = all.get(channelId(parentOf(ancestor)));
    if (parent === undefined || parent.id === ancestor.id) break;
    ancestor = parent;
  }
  return ancestor.id;
};

const parentOf = (one: Known): string => {
  const { header, row, variable } = one;
  if (variable('loopback_leg') === 'B') return variable('other_loopback_leg_uuid');
  if (isCalling(one)) return '';
  if (header('Other-Type') === 'originator') return header('Other-Leg-Unique-ID');
  return variable('cc_member_session_uuid') || (row['call_uuid'] ?? '');
};

const parkingOf = ({ id, header, variable }: Known, { slots }: Places, directory: Directory, at: Micros): Parking | undefined => {
  const place = slots.get(id);
  if (place === undefined) return undefined;
  const parkerDevice = variable(parkerMark);
  const parker = directory.extensionOf(parkerDevice);
  const timeoutSeconds = Number(variable('valet_parking_timeout'));
  return {
    ...place,
    ...(parkerDevice === '' ? {} : { parkerDevice }),
    ...(parker === undefined ? {} : { parker }),
    // It was sent to the dialplan anew on its way to the slot.
    since: Number(header('Caller-Profile-Created-Time')) || at,
    ...(timeoutSeconds > 0 ? { timeoutSeconds } : {}),
  };
};

const supervisionOf = ({ row, variable }: Known, all: ReadonlyMap<ChannelId, Known>): NonNullable<ChannelSnapshot['supervising']> => {
  const target = channelId(row['application_data'] ?? '');
  return { mode: supervisionMode(row['application'] ?? '', variable), ...(all.has(target) ? { target } : {}) };
};

const extensionsOf = (lists: PbxLists, { directory, config, domain }: ResyncContext): readonly ExtensionSnapshot[] => {
  const names = new Map<string, string>();
  for (const user of lists.users) {
    const number = user['userid'] ?? '';
    if ((user['domain'] ?? '') === domain && directory.extensionOf(`user/${number}`) !== undefined) {
      names.set(number, user['effective_caller_id_name'] ?? '');
    }
  }
  for (const number of Object.keys(config.extensions)) if (!names.has(number)) names.set(number, '');
  return [...names].map(([number, name]) => {
    const device = `user/${number}`;
    const statusText = lists.statusTexts.get(number) ?? '';
    const registered = lists.registrations
      ?.filter((one) => one['reg_user'] === number && one['realm'] === domain)
      .map((one) => ({ device, contact: (one['url'] ?? '').replace(/^sofia\/[^/]*\//, '') }));
    return {
      extension: extensionNumber(number),
      name: config.extensions[number]?.name ?? (name === number ? '' : name),
      devices: [device],
      ...(registered === undefined ? {} : { registered }),
      dnd: lists.doNotDisturb.has(number),
      ...(statusText === '' ? {} : { statusText }),
    };
  });
};

/** What a resync finds that is no fact, and that the events which follow are to be understood by. */
export interface Found {
  readonly agents: readonly ListedAgent[];
  /** Joined before both have answered: early media. */
  readonly pairs: readonly (readonly [ChannelId, ChannelId])[];
  readonly channels: ReadonlyMap<ChannelId, { readonly transferSource: string; readonly dials: string }>;
}

export const foundIn = (lists: PbxLists, directory: Directory): Found => ({
  agents: agentsOf(lists, directory),
  pairs: lists.calls.map(({ uuid = '', b_uuid: other = '' }) => [channelId(uuid), channelId(other)]),
  channels: new Map(
    [...lists.channels].map(([id, { row, dump }]) => [
      id,
      {
        transferSource: textOf(dump, 'Caller-Transfer-Source'),
        dials: applications.get(row['application'] ?? '') === 'dial' ? (row['application_data'] ?? '') : '',
      },
    ]),
  ),
});

/** An agent of mod_callcenter, and the queues that it serves. */
export interface ListedAgent {
  /** `1002@default`. */
  readonly name: string;
  /** Each with the level of its tier there. */
  readonly queues: ReadonlyMap<string, number>;
  readonly snapshot: AgentSnapshot;
  readonly status: string;
  readonly state: string;
}

const agentsOf = (lists: PbxLists, directory: Directory): readonly ListedAgent[] =>
  lists.agents.map((row) => {
    const { name = '', contact = '', status = '', state = '' } = row;
    const user = /user\/([^@,|\]]+)/.exec(contact)?.[1] ?? name.split('@', 1)[0] ?? '';
    const device = `user/${user}`;
    const extension = directory.extensionOf(device);
    return {
      name,
      queues: new Map(lists.tiers.filter(({ agent }) => agent === name).map(({ queue = '', level = '' }) => [queue, Number(level) || 0])),
      snapshot: { device, name, ...(extension === undefined ? {} : { extension }), state: agentStateOf(status, state) },
      status,
      state,
    };
  });

/** `support@default`: a queue of another domain is another tenant's. */
const queuesOf = (lists: PbxLists, { directory, config, domain }: ResyncContext): ResyncFact['queues'] => {
  const agents = agentsOf(lists, directory);
  const names = [...new Set(lists.tiers.map(({ queue = '' }) => queue))];
  return names
    .filter((name) => !config.sharesPbx || name.endsWith(`@${domain}`))
    .map((name) => ({ name, agents: agents.flatMap(({ queues, snapshot }) => agentIn(name, queues, snapshot)) }));
};

const agentIn = (queue: string, queues: ListedAgent['queues'], snapshot: AgentSnapshot): readonly AgentSnapshot[] => {
  const penalty = queues.get(queue);
  return penalty === undefined ? [] : [{ ...snapshot, penalty }];
};
