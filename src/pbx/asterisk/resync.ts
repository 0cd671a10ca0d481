/** The lists that an Asterisk gave, as the one fact that says what lives in it now. */
import type { AgentSnapshot, BridgeKind, BridgeMembership, ChannelSnapshot, ExtensionSnapshot, FactOf, Parking } from '../../model/fact.ts';
import type { ChannelId, ExtensionNumber } from '../../model/ids.ts';
import { bridgeId, channelId, commandIdFrom, extensionNumber } from '../../model/ids.ts';
import type { PlaceNames } from '../../model/place.ts';
import type { Micros } from '../../model/time.ts';
import type { AmiMessage } from './ami-parser.ts';
import type { AsteriskConfig, ConfiguredPlace } from './config.ts';
import type { Directory } from './directory.ts';
import { dialMark, type PbxLists } from './pbx-lists.ts';
import { applications, dialable, supervisionMode } from './translate/applications.ts';
import { bridgeKind } from './translate/bridges.ts';
import { channelStates } from './translate/channels.ts';
import { unescapeText } from './translate/phones.ts';
import { agentStateOf, queueMembershipOf } from './translate/places.ts';

export type ResyncFact = FactOf<'resync'>;

/** What the translation keeps over resyncs: names are asked for once. */
export interface ResyncContext {
  readonly directory: Directory;
  readonly config: AsteriskConfig;
  /** Caller ids of endpoints, as they were configured when they were asked for. */
  readonly callerIds: Map<string, string>;
}

export const resyncFactOf = (lists: PbxLists, context: ResyncContext, at: Micros): ResyncFact => {
  for (const hint of lists.hints) context.directory.learnHint(text(hint, 'Exten'), text(hint, 'Hint'));
  for (const [endpoint, callerId] of lists.callerIds) context.callerIds.set(endpoint, callerId);
  const startedAt = startOf(lists);
  return {
    type: 'resync',
    at,
    ...(startedAt === undefined ? {} : { startedAt }),
    ...(lists.version === undefined ? {} : { version: lists.version }),
    channels: channelsOf(lists, context, at),
    extensions: extensionsOf(lists, context),
    queues: queuesOf(lists, context),
    conferences: conferencesOf(context),
  };
};

/** Headers whose value is nothing, in Asterisk's many ways of saying so. */
const text = (message: AmiMessage, header: string): string => {
  const value = message.get(header) ?? '';
  return value === '<unknown>' || value === '<none>' || value === '(null)' ? '' : value;
};

const count = (message: AmiMessage, header: string): number => {
  const value = Number(text(message, header));
  return Number.isFinite(value) ? value : 0;
};

/** When the PBX began to run: its wall clock's text and that clock's offset; equal for as long as it runs. */
export const startOf = ({ coreStatus, startOffset }: Pick<PbxLists, 'coreStatus' | 'startOffset'>): Micros | undefined => {
  const zone = /^([+-]\d\d)(\d\d)$/.exec(startOffset);
  const date = coreStatus?.get('CoreStartupDate');
  const time = coreStatus?.get('CoreStartupTime');
  const start = Date.parse(`${date}T${time}${zone === null ? 'Z' : `${zone[1]}:${zone[2]}`}`);
  return Number.isNaN(start) ? undefined : start * 1000;
};

const channelsOf = (lists: PbxLists, context: ResyncContext, at: Micros): readonly ChannelSnapshot[] => {
  const items = new Map<ChannelId, AmiMessage>();
  // The later list wins: it is nearer to the events that follow. A channel is gone only if it is in neither.
  for (const item of [...lists.channels, ...lists.laterChannels]) items.set(channelId(text(item, 'Uniqueid')), item);
  const places = placesOf(lists, items, context, at);
  return [...items].map(([channel, item]) => channelOf(channel, item, places, context, at));
};

/** Where channels are, by the lists of the places. */
interface Places {
  readonly bridges: ReadonlyMap<string, BridgeKind>;
  readonly holders: ReadonlySet<ChannelId>;
  readonly parkings: ReadonlyMap<ChannelId, Parking>;
  readonly waiting: ReadonlyMap<ChannelId, { readonly name: string; readonly position: number; readonly since: Micros }>;
  readonly conferences: ReadonlyMap<ChannelId, { readonly name: string; readonly muted: boolean }>;
  readonly channelsByName: ReadonlyMap<string, ChannelId>;
}

const placesOf = (lists: PbxLists, items: ReadonlyMap<ChannelId, AmiMessage>, { directory }: ResyncContext, at: Micros): Places => ({
  bridges: new Map(lists.bridges.map((bridge) => [text(bridge, 'BridgeUniqueid'), bridgeKind({ text: (header) => text(bridge, header) })])),
  holders: holdersOf(items),
  parkings: new Map(lists.parkedCalls.map((item) => [channelId(text(item, 'ParkeeUniqueid')), parkingOf(item, directory, at)])),
  waiting: new Map(
    lists.queues
      .filter(({ event }) => event === 'QueueEntry')
      .map((item) => [
        channelId(text(item, 'Uniqueid')),
        { name: text(item, 'Queue'), position: count(item, 'Position'), since: at - count(item, 'Wait') * 1_000_000 },
      ]),
  ),
  conferences: new Map(
    lists.conferenceMembers.map((item) => [
      channelId(text(item, 'Uniqueid')),
      { name: text(item, 'Conference'), muted: text(item, 'Muted') === 'Yes' },
    ]),
  ),
  channelsByName: new Map([...items].map(([channel, item]) => [text(item, 'Channel'), channel])),
});

/** Asterisk marks the one that is put on hold; the holder is the other in a bridge of two. */
const holdersOf = (items: ReadonlyMap<ChannelId, AmiMessage>): ReadonlySet<ChannelId> => {
  const bridges = new Map<string, ChannelId[]>();
  for (const [channel, item] of items) {
    const bridge = bridgeOf(item);
    if (bridge !== '') bridges.set(bridge, [...(bridges.get(bridge) ?? []), channel]);
  }
  const holders = new Set<ChannelId>();
  for (const members of bridges.values()) {
    const [one, two, ...others] = members;
    if (one === undefined || two === undefined || others.length > 0) continue;
    if (variable(items.get(one), 'CHANNEL(onhold)') === '1') holders.add(two);
    if (variable(items.get(two), 'CHANNEL(onhold)') === '1') holders.add(one);
  }
  return holders;
};

const bridgeOf = (item: AmiMessage): string => text(item, 'BridgeID');

const variable = (item: AmiMessage | undefined, name: string): string =>
  item
    ?.getAll('Variable')
    .find((entry) => entry.startsWith(`${name}=`))
    ?.slice(name.length + 1) ?? '';

const parkingOf = (item: AmiMessage, directory: Directory, at: Micros): Parking => {
  const parkerDevice = text(item, 'ParkerDialString');
  const parker = directory.extensionOf(parkerDevice);
  const [left, waited] = [count(item, 'ParkingTimeout'), count(item, 'ParkingDuration')];
  return {
    lot: text(item, 'Parkinglot'),
    slot: text(item, 'ParkingSpace'),
    ...(parkerDevice === '' ? {} : { parkerDevice }),
    ...(parker === undefined ? {} : { parker }),
    since: at - waited * 1_000_000,
    // Of one that is parked already, Asterisk tells what is left; 0 where there is no end to it.
    timeoutSeconds: left === 0 ? 0 : left + waited,
  };
};

const channelOf = (channel: ChannelId, item: AmiMessage, places: Places, { directory }: ResyncContext, at: Micros): ChannelSnapshot => {
  const name = text(item, 'Channel');
  const dialled = text(item, 'DNID');
  const context = text(item, 'Context');
  const application = applications.get(text(item, 'Application'));
  const bridge = membershipOf(item, places);
  const parking = places.parkings.get(channel);
  const queue = places.waiting.get(channel);
  const conference = places.conferences.get(channel);
  const mark = variable(item, dialMark);
  return {
    channel,
    endpoint: directory.endpointOf(name),
    number: text(item, 'CallerIDNum'),
    name: text(item, 'CallerIDName'),
    peerNumber: text(item, 'ConnectedLineNum'),
    peerName: text(item, 'ConnectedLineName'),
    ...(dialable.test(dialled) ? { dialled } : {}),
    ...(context === '' ? {} : { context }),
    family: channelId(text(item, 'Linkedid') || channel),
    state: channelStates[text(item, 'ChannelState')] ?? 'down',
    createdAt: createdAtOf(channel, item, at),
    ...(application === undefined ? {} : { application }),
    ...(bridge === undefined ? {} : { bridge }),
    held: places.holders.has(channel),
    ...(parking === undefined ? {} : { parking }),
    ...(queue === undefined ? {} : { queue }),
    ...(conference === undefined ? {} : { conference: conference.name, muted: conference.muted }),
    ...(application === 'supervision' ? { supervising: supervisionOf(text(item, 'Data'), places) } : {}),
    ...(mark === '' ? {} : { clickToDial: commandIdFrom(mark) }),
  };
};

const membershipOf = (item: AmiMessage, { bridges }: Places): BridgeMembership | undefined => {
  const bridge = bridgeOf(item);
  return bridge === '' ? undefined : { bridge: bridgeId(bridge), kind: bridges.get(bridge) ?? 'mixing' };
};

/** `PJSIP/102-000000d5,qwE`: whom ChanSpy listens to, and how. */
const supervisionOf = (data: string, { channelsByName }: Places): NonNullable<ChannelSnapshot['supervising']> => {
  const target = channelsByName.get(data.split(',', 1)[0] ?? '');
  return { mode: supervisionMode(data), ...(target === undefined ? {} : { target }) };
};

/** Asterisk's own ids begin with the second of their making; of a channel that got its id from elsewhere only the age is known. */
const createdAtOf = (channel: ChannelId, item: AmiMessage, at: Micros): Micros => {
  const seconds = /(?:^|-)(\d{9,10})\.\d+$/.exec(channel)?.[1];
  return seconds === undefined ? at - count(item, 'Seconds') * 1_000_000 : Number(seconds) * 1_000_000;
};

const extensionsOf = (lists: PbxLists, context: ResyncContext): readonly ExtensionSnapshot[] => {
  const { directory, config } = context;
  const devices = new Map<ExtensionNumber, Set<string>>();
  const add = (extension: ExtensionNumber, device: string): void => {
    devices.set(extension, (devices.get(extension) ?? new Set()).add(device));
  };
  for (const hint of lists.hints) {
    const extension = text(hint, 'Exten');
    for (const device of directory.learnHint(extension, text(hint, 'Hint')).devices) add(extensionNumber(extension), device);
  }
  for (const endpoint of lists.endpoints) {
    const device = `PJSIP/${text(endpoint, 'ObjectName')}`;
    const extension = directory.extensionOf(device);
    if (extension !== undefined) add(extension, device);
  }
  for (const extension of Object.keys(config.extensions)) {
    if (!devices.has(extensionNumber(extension))) add(extensionNumber(extension), `${config.technology}/${extension}`);
  }
  const registered = registrationsOf(lists);
  const doNotDisturb = doNotDisturbOf(lists);
  const statusTexts = new Map(
    lists.presenceStates.map((item) => [
      /^CustomPresence:(.+)$/.exec(text(item, 'Presentity'))?.[1] ?? '',
      unescapeText(text(item, 'Message')),
    ]),
  );
  return [...devices].map(([extension, names]) => {
    const statusText = statusTexts.get(extension) ?? '';
    const contacts = [...names].flatMap((device) => registered?.get(device) ?? []);
    return {
      extension,
      name: nameOf(extension, names, context),
      devices: [...names],
      ...(registered === undefined || ![...names].some((device) => device.startsWith('PJSIP/')) ? {} : { registered: contacts }),
      dnd: doNotDisturb.has(extension),
      ...(statusText === '' ? {} : { statusText }),
    };
  });
};

const nameOf = (extension: ExtensionNumber, devices: ReadonlySet<string>, { config, callerIds }: ResyncContext): string => {
  const override = config.extensions[extension]?.name;
  if (override !== undefined) return override;
  for (const device of devices) {
    const callerId = callerIds.get(device.slice(device.indexOf('/') + 1)) ?? '';
    const name = /^\s*"?([^"<]*?)"?\s*(?:<[^>]*>)?\s*$/.exec(callerId)?.[1] ?? '';
    if (name !== '' && name !== extension) return name;
  }
  return '';
};

type Registration = NonNullable<ExtensionSnapshot['registered']>[number];

/** PJSIP's contacts by device; undefined where the account may not see them. */
const registrationsOf = ({ contacts }: PbxLists): ReadonlyMap<string, readonly Registration[]> | undefined => {
  if (contacts === undefined) return undefined;
  const byDevice = new Map<string, Registration[]>();
  for (const item of contacts) {
    const status = text(item, 'Status');
    if (status === 'Unreachable' || status === 'Unavailable' || status === 'Removed') continue;
    // Asterisk names the contact's endpoint only while it is known; its own name begins with that of the address of record.
    const device = `PJSIP/${text(item, 'Endpoint') || (text(item, 'ObjectName').split(';', 1)[0] ?? '')}`;
    const userAgent = text(item, 'UserAgent');
    const registration = { device, contact: text(item, 'Uri'), ...(userAgent === '' ? {} : { userAgent }) };
    byDevice.set(device, [...(byDevice.get(device) ?? []), registration]);
  }
  return byDevice;
};

/** Do-not-disturb is what the owner's dialplan makes of it: a custom presence of `dnd`, or FreePBX's custom device state. */
const doNotDisturbOf = ({ presenceStates, deviceStates }: PbxLists): ReadonlySet<string> =>
  new Set([
    ...presenceStates
      .filter((item) => text(item, 'Status') === 'dnd')
      .map((item) => text(item, 'Presentity').replace(/^CustomPresence:/, '')),
    ...deviceStates
      .filter((item) => text(item, 'Device').startsWith('Custom:DND') && text(item, 'State') !== 'NOT_INUSE')
      .map((item) => text(item, 'Device').slice('Custom:DND'.length)),
  ]);

const queuesOf = ({ queues }: PbxLists, { directory, config }: ResyncContext): ResyncFact['queues'] =>
  queues
    .filter(({ event }) => event === 'QueueParams')
    .map((params) => {
      const name = text(params, 'Queue');
      const members = queues.filter((item) => item.event === 'QueueMember' && text(item, 'Queue') === name);
      const strategy = text(params, 'Strategy');
      const agents = members.map((item) => agentOf(item, directory));
      return { name, ...namesOf(config.queues?.[name]), ...(strategy === '' ? {} : { strategy }), agents };
    });

/** Asterisk lists only rooms with somebody in them: that a room is there at all is for the configuration to say. */
const conferencesOf = ({ config }: ResyncContext): NonNullable<ResyncFact['conferences']> =>
  Object.entries(config.conferences ?? {}).map(([name, place]) => ({ name, ...namesOf(place) }));

const namesOf = ({ displayName, number }: ConfiguredPlace = {}): PlaceNames => ({
  ...(displayName === undefined ? {} : { displayName }),
  ...(number === undefined ? {} : { number }),
});

const agentOf = (item: AmiMessage, directory: Directory): AgentSnapshot => {
  const device = text(item, 'Location');
  const extension = directory.extensionOf(device);
  const isPaused = text(item, 'Paused') === '1';
  const reason = text(item, 'PausedReason');
  return {
    device,
    name: text(item, 'Name'),
    ...(extension === undefined ? {} : { extension }),
    state: agentStateOf(text(item, 'Status'), isPaused),
    ...(isPaused && reason !== '' ? { pausedReason: reason } : {}),
    ...queueMembershipOf((header) => text(item, header)),
  };
};
