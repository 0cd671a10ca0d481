/** What an Asterisk tells of itself when asked: everything that a resync is made of, read over one session. */
import { GatewayError } from '../../model/errors.ts';
import type { AmiAction, AmiSession, RequestOptions } from './ami-client.ts';
import type { AmiMessage } from './ami-parser.ts';

/** The variable that marks every channel of a click-to-dial of ours with the command's id; the channels it leads to inherit it. */
export const dialMark = 'SWITCHHOOK_DIAL';

export interface PbxLists {
  /** `CoreStatus`: when Asterisk started, by its own wall clock. Undefined where the account may not ask. */
  readonly coreStatus: AmiMessage | undefined;
  /** That clock's offset from UTC at the start: `+0200`. */
  readonly startOffset: string;
  readonly version: string | undefined;
  readonly channels: readonly AmiMessage[];
  /** Channels again, as they were after all else was read: those that began meanwhile, or had not made it into the first list. */
  readonly laterChannels: readonly AmiMessage[];
  readonly bridges: readonly AmiMessage[];
  readonly parkedCalls: readonly AmiMessage[];
  readonly parkingLots: readonly AmiMessage[];
  readonly queues: readonly AmiMessage[];
  readonly conferenceMembers: readonly AmiMessage[];
  readonly hints: readonly AmiMessage[];
  readonly deviceStates: readonly AmiMessage[];
  readonly presenceStates: readonly AmiMessage[];
  readonly endpoints: readonly AmiMessage[];
  /** Undefined where the account may not see them, so that nobody is taken for unregistered. */
  readonly contacts: readonly AmiMessage[] | undefined;
  /** Caller ids that endpoints are configured with (`"User 101" <101>`), by endpoint. */
  readonly callerIds: ReadonlyMap<string, string>;
}

export interface ReadOptions {
  readonly signal: AbortSignal;
  /** Whether the caller id of an endpoint is worth asking for; `isHinted` if a hint names it. */
  readonly wantsCallerId: (endpoint: string, isHinted: boolean) => boolean;
  /** Called with each action that the PBX refused; what it would have told counts as empty. */
  readonly onRefused: (action: string, error: GatewayError) => void;
}

/** Asking endpoint by endpoint is cheap, but not free; beyond these, names come from the configuration. */
const maxCallerIds = 2_000;

/**
 * Reads all lists, pipelined. Asterisk works one action after the other and lets no event come between the items of a list. A list
 * that is refused (a missing permission, a module that is not loaded) is empty; without the channels there is no resync: it throws.
 */
export const readPbxLists = async (session: AmiSession, options: ReadOptions): Promise<PbxLists> => {
  const { signal, onRefused } = options;
  const request: RequestOptions = { signal };
  const unlessRefused = async <Result>(action: AmiAction, asked: Promise<Result>): Promise<Result | undefined> => {
    try {
      return await asked;
    } catch (error) {
      if (!isRefusal(error)) throw error;
      onRefused(action.Action, error);
      return undefined;
    }
  };
  const optional = (action: AmiAction): Promise<readonly AmiMessage[] | undefined> => unlessRefused(action, session.list(action, request));
  const answer = (action: AmiAction): Promise<AmiMessage | undefined> => unlessRefused(action, session.request(action, request));
  const empty = async (action: AmiAction): Promise<readonly AmiMessage[]> => (await optional(action)) ?? [];
  const channelList = { Action: 'Status', Variables: `${dialMark},CHANNEL(onhold)` };

  const [
    coreStatus,
    settings,
    channels,
    bridges,
    parkedCalls,
    parkingLots,
    queues,
    rooms,
    hints,
    deviceStates,
    presenceStates,
    endpoints,
    contacts,
  ] = await Promise.all([
    answer({ Action: 'CoreStatus' }),
    answer({ Action: 'CoreSettings' }),
    session.list(channelList, request),
    empty({ Action: 'BridgeList' }),
    empty({ Action: 'ParkedCalls' }),
    empty({ Action: 'Parkinglots' }),
    empty({ Action: 'QueueStatus' }),
    empty({ Action: 'ConfbridgeListRooms' }),
    empty({ Action: 'ExtensionStateList' }),
    empty({ Action: 'DeviceStateList' }),
    empty({ Action: 'PresenceStateList' }),
    empty({ Action: 'PJSIPShowEndpoints' }),
    optional({ Action: 'PJSIPShowContacts' }),
  ]);
  const members = rooms.map((room) => empty({ Action: 'ConfbridgeList', Conference: room.get('Conference') ?? '' }));
  const [conferenceMembers, callerIds, startOffset, laterChannels] = await Promise.all([
    Promise.all(members),
    readCallerIds(session, { endpoints, hints }, options),
    readStartOffset(session, coreStatus, request),
    session.list(channelList, request),
  ]);
  return {
    coreStatus,
    startOffset,
    version: settings?.get('AsteriskVersion'),
    channels,
    laterChannels,
    bridges,
    parkedCalls,
    parkingLots,
    queues,
    conferenceMembers: conferenceMembers.flat(),
    hints,
    deviceStates,
    presenceStates,
    endpoints,
    contacts,
    callerIds,
  };
};

/** Errors of the link; all others are what the PBX said to the action. */
const linkErrors: ReadonlySet<string> = new Set(['pbx-down', 'timed-out', 'too-large', 'too-many-requests']);

const isRefusal = (error: unknown): error is GatewayError => error instanceof GatewayError && !linkErrors.has(error.code);

const readCallerIds = async (
  session: AmiSession,
  { endpoints, hints }: Pick<PbxLists, 'endpoints' | 'hints'>,
  { wantsCallerId, signal }: ReadOptions,
): Promise<ReadonlyMap<string, string>> => {
  const hinted = new Set(hints.flatMap((hint) => (hint.get('Hint') ?? '').split('&')));
  const names = endpoints
    .map((endpoint) => endpoint.get('ObjectName') ?? '')
    .filter((name) => name !== '' && wantsCallerId(name, hinted.has(`PJSIP/${name}`)));
  const callerIds = new Map<string, string>();
  for (const name of names.slice(0, maxCallerIds)) {
    try {
      const details = await session.list({ Action: 'PJSIPShowEndpoint', Endpoint: name }, { signal });
      const callerId = details.find((detail) => detail.event === 'EndpointDetail')?.get('Callerid');
      callerIds.set(name, callerId ?? '');
    } catch (error) {
      // Gone since the list was read, or not to be seen by this account; its name then comes from elsewhere.
      if (!isRefusal(error)) throw error;
    }
  }
  return callerIds;
};

/** `CoreStatus` shows the start in the PBX's own zone without naming it; the dialplan's STRFTIME tells that zone's offset. */
const readStartOffset = async (session: AmiSession, coreStatus: AmiMessage | undefined, request: RequestOptions): Promise<string> => {
  const start = Date.parse(`${coreStatus?.get('CoreStartupDate')}T${coreStatus?.get('CoreStartupTime')}Z`);
  if (Number.isNaN(start)) return '+0000';
  try {
    return (await session.request({ Action: 'Getvar', Variable: `STRFTIME(${start / 1000},,%z)` }, request)).get('Value') ?? '+0000';
  } catch (error) {
    // Without the func_strftime module the start is read as UTC: always alike, which is what telling restarts needs.
    if (isRefusal(error)) return '+0000';
    throw error;
  }
};
