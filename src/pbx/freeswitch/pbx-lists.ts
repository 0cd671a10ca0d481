/** What a FreeSWITCH tells of itself when asked: everything that a resync is made of, read over one session. */
import { GatewayError } from '../../model/errors.ts';
import type { ChannelId } from '../../model/ids.ts';
import { channelId } from '../../model/ids.ts';
import type { EslSession, RequestOptions } from './esl-client.ts';
import { parseConferences, parseDump, parseLots, parsePiped, parseTable, parseUptime } from './schema.ts';
import type { Conferences, Dump, ListedSlot, Row } from './schema.ts';

/** Channel variables of our own: a click-to-dial's command, the device that parked a channel, and the file that it is recorded into. */
export const dialMark = 'switchhook_dial';
export const parkerMark = 'switchhook_parker';
export const recordingMark = 'switchhook_recording';
export const holdMark = 'switchhook_held';

/** Realms of FreeSWITCH's own key-value store in which do-not-disturb and status texts are kept, for dialplans to read. */
export const dndRealm = 'switchhook_dnd';
export const statusRealm = 'switchhook_status';

export interface PbxLists {
  /** Changes with each start of FreeSWITCH. */
  readonly coreUuid: string;
  readonly version: string | undefined;
  /** For how long it runs, in microseconds. */
  readonly uptime: number | undefined;
  /** FreeSWITCH's default domain. */
  readonly defaultDomain: string;
  /** Where it puts recordings. */
  readonly recordingsFolder: string;
  /** Of each channel that lives: its line in the list, and all that it is. */
  readonly channels: ReadonlyMap<ChannelId, { readonly row: Row; readonly dump: Dump | undefined }>;
  /** Pairs, by `uuid` and `b_uuid`. */
  readonly calls: readonly Row[];
  /** Undefined where mod_sofia does not tell, so that nobody is taken for unregistered. */
  readonly registrations: readonly Row[] | undefined;
  readonly users: readonly Row[];
  readonly slots: readonly ListedSlot[];
  readonly conferences: Conferences;
  readonly agents: readonly Row[];
  readonly tiers: readonly Row[];
  readonly members: readonly Row[];
  /** By user. */
  readonly doNotDisturb: ReadonlySet<string>;
  readonly statusTexts: ReadonlyMap<string, string>;
}

export interface ReadOptions {
  readonly signal: AbortSignal;
  /** Called with each question that the PBX refused; what it would have told counts as empty. */
  readonly onRefused: (question: string, error: GatewayError) => void;
}

/** Asking channel by channel is cheap, but not free; beyond these, what the list says has to do. */
const maxDumps = 5_000;
const maxTexts = 2_000;

/** Errors of the link; all others are what the PBX said to the question. */
const linkErrors: ReadonlySet<string> = new Set(['pbx-down', 'timed-out', 'too-large', 'too-many-requests']);

/**
 * Reads all lists, pipelined. FreeSWITCH keeps them in a database that lags behind by moments: a channel counts as alive when it answers
 * for itself. A list that is refused (a module that is not loaded) is empty; without the channels there is no resync: it throws.
 */
export const readPbxLists = async (session: EslSession, { signal, onRefused }: ReadOptions): Promise<PbxLists> => {
  const options: RequestOptions = { signal };
  const ask = (question: string): Promise<string> => session.api(question, options);
  const optional = async (question: string): Promise<string | undefined> => {
    try {
      return await ask(question);
    } catch (error) {
      if (!(error instanceof GatewayError) || linkErrors.has(error.code)) throw error;
      onRefused(question, error);
      return undefined;
    }
  };
  const text = async (question: string): Promise<string> => (await optional(question)) ?? '';

  const [coreUuid, status, version, defaultDomain, recordingsFolder, rows, registrations, users, lots, rooms, agents, tiers] =
    await Promise.all([
      text('global_getvar core_uuid'),
      text('status'),
      text('version'),
      text('global_getvar domain'),
      text('global_getvar recordings_dir'),
      ask('show channels as json'),
      optional('show registrations as json'),
      text('list_users'),
      text('valet_info'),
      text('conference json_list'),
      text('callcenter_config agent list'),
      text('callcenter_config tier list'),
    ]);
  const parsedTiers = parsePiped(tiers);
  const queues = [...new Set(parsedTiers.map(({ queue = '' }) => queue))].filter((queue) => isPlain(queue));
  const [channels, members, doNotDisturb, statusTexts] = await Promise.all([
    readChannels(session, parseTable(rows), options),
    someAtOnce(queues, (queue) => text(`callcenter_config queue list members ${queue}`)),
    readRealm(text, dndRealm),
    readRealm(text, statusRealm),
  ]);
  // Last, so that two who have found each other meanwhile are a pair.
  const calls = parseTable(await ask('show calls as json'));
  return {
    coreUuid: coreUuid.trim(),
    version: /Version (\S+)/.exec(version)?.[1],
    uptime: parseUptime(status),
    defaultDomain: defaultDomain.trim(),
    recordingsFolder: recordingsFolder.trim(),
    channels,
    calls,
    registrations: registrations === undefined ? undefined : parseTable(registrations),
    users: parsePiped(users),
    slots: parseLots(lots),
    conferences: parseConferences(rooms),
    agents: parsePiped(agents),
    tiers: parsedTiers,
    members: members.flatMap((list) => parsePiped(list)),
    doNotDisturb: new Set([...doNotDisturb].filter(([, value]) => value === 'true').map(([user]) => user)),
    statusTexts: new Map([...statusTexts].map(([user, value]) => [user, decoded(value)])),
  };
};

/** What may stand in a question: nothing that would end it. */
const isPlain = (name: string): boolean => /^[\w@.+-]{1,128}$/.test(name);

const readChannels = async (session: EslSession, rows: readonly Row[], options: RequestOptions): Promise<PbxLists['channels']> => {
  const listed = rows.filter(({ uuid = '' }) => isPlain(uuid));
  const found = await someAtOnce(listed, async (row, index) => {
    const id = channelId(row['uuid'] ?? '');
    const isAsked = index < maxDumps;
    const dump = isAsked ? await dumpOf(session, id, options) : undefined;
    return { id, row, dump, isThere: !isAsked || dump !== undefined };
  });
  return new Map(found.filter(({ isThere }) => isThere).map(({ id, row, dump }) => [id, { row, dump }]));
};

/** Questions that are under way at once: enough to keep FreeSWITCH busy, and few of those that may wait for an answer. */
const width = 64;

/** What `ask` makes of each item, in the order of the items. */
const someAtOnce = async <Item, Result>(
  items: readonly Item[],
  ask: (item: Item, index: number) => Promise<Result>,
): Promise<readonly Result[]> => {
  const results: Result[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let index = next++; index < items.length; index = next++) {
      const item = items[index];
      if (item !== undefined) results[index] = await ask(item, index);
    }
  };
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, worker));
  return results;
};

/** Undefined of a channel that has ended, which the list may not have heard of yet. */
const dumpOf = async (session: EslSession, id: ChannelId, options: RequestOptions): Promise<Dump | undefined> => {
  try {
    return parseDump(await session.api(`uuid_dump ${id} json`, options));
  } catch (error) {
    if (error instanceof GatewayError && !linkErrors.has(error.code)) return undefined;
    throw error;
  }
};

/** All of a realm of FreeSWITCH's key-value store. */
const readRealm = async (text: (question: string) => Promise<string>, realm: string): Promise<ReadonlyMap<string, string>> => {
  const listed = await text(`db list/${realm}`);
  const keys = listed
    .trim()
    .split(',')
    .filter((key) => isPlain(key))
    .slice(0, maxTexts);
  const values = await someAtOnce(keys, async (key) => [key, (await text(`db select/${realm}/${key}`)).trim()] as const);
  return new Map(values.filter(([, value]) => value !== ''));
};

/** As `encodeURIComponent` wrote it; a text that somebody else wrote stands for itself. */
const decoded = (value: string): string => {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
};
