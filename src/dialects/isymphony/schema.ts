import { z } from 'zod';

/** What a property of an event or of a resource may hold. `null` is what is not there. */
export type Value = string | number | boolean | null;

/** Every event, documented and proposed, by the name under which it is compared: `userLogin` is `login`, `userLogout` is `logout`. */
export const eventTypes = [
  'login',
  'logout',
  'userStatus',
  'agentLogin',
  'agentLogout',
  'agentPause',
  'agentUnpause',
  'agentState',
  'dial',
  'dialEnd',
  'linkStart',
  'linkEnd',
  'hold',
  'unhold',
  'park',
  'unpark',
  'recordStart',
  'recordEnd',
  'queueCallJoin',
  'queueCallLeave',
  'confRoomCallJoin',
  'confRoomCallLeave',
  'doNotDisturb',
  'hangup',
] as const;
export type EventType = (typeof eventTypes)[number];

const ofUser = ['userId', 'username'] as const;
const ofExtension = ['extensionId', 'extensionNumber', ...ofUser] as const;
const ofSegment = ['callSegmentId', 'callerIdName', 'callerIdNumber', 'did'] as const;
const segment = [...ofSegment, ...ofExtension] as const;
const twoSegments = ([1, 2] as const).flatMap((side) => segment.map((property) => `${property}${side}` as const));
const login = [...ofUser, 'userLoginId', 'ip', 'port'] as const;
const agent = ['agentId', 'agent', 'state', 'queueId', 'queue', ...ofExtension] as const;
const inQueue = [...ofSegment, 'queueId', 'queue', 'position', ...ofExtension] as const;
const inRoom = [...ofSegment, 'conferenceRoomId', 'conferenceRoomName', ...ofExtension] as const;
const inSlot = [...ofSegment, 'parkingLot', 'space', ...ofExtension] as const;

/** The properties of each event, in the order in which they are sent, after `type`, `time` and `coreServerId`. */
export const eventProperties: Readonly<Record<EventType, readonly string[]>> = {
  login,
  logout: login,
  userStatus: [...ofUser, 'name', 'statusType', 'note', 'returnTime', 'userCreated'],
  agentLogin: agent,
  agentLogout: agent,
  agentPause: [...agent, 'paused', 'reason'],
  agentUnpause: [...agent, 'paused', 'reason'],
  agentState: agent,
  dial: twoSegments,
  dialEnd: [...twoSegments, 'result'],
  linkStart: twoSegments,
  linkEnd: twoSegments,
  hold: segment,
  unhold: segment,
  park: inSlot,
  unpark: inSlot,
  recordStart: segment,
  recordEnd: segment,
  queueCallJoin: inQueue,
  queueCallLeave: inQueue,
  confRoomCallJoin: inRoom,
  confRoomCallLeave: inRoom,
  doNotDisturb: [...ofExtension, 'enabled'],
  hangup: segment,
};

/** An event as it is sent: its own properties after `type`, `time` (milliseconds since 1970) and `coreServerId`. */
export interface WireEvent {
  readonly type: EventType;
  readonly time: number;
  readonly coreServerId: string;
  readonly [property: string]: Value;
}

/** The longer names that the vendor's later pages have. */
export const longNames: Readonly<Partial<Record<EventType, string>>> = { login: 'userLogin', logout: 'userLogout' };

/** Device states, Asterisk's 0 to 8. */
export const deviceStates = ['UNKNOWN', 'NOT_INUSE', 'INUSE', 'BUSY', 'INVALID', 'UNAVAILABLE', 'RINGING', 'RINGINUSE', 'ONHOLD'] as const;
export type DeviceState = (typeof deviceStates)[number];

const filterValue = z.union([z.string(), z.number(), z.boolean()]);

/** One of a connection's filters, as the client wrote it. */
export const propertyFilter = z.object({ property: z.string(), value: filterValue });
export type PropertyFilter = z.infer<typeof propertyFilter>;

export const filterList = z.array(propertyFilter);
