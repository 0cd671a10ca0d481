import type { Call, Disposition, EndedBy, Leg, Party, SlotRef, SupervisionMode } from './call.ts';
import type { HangupCause } from './cause.ts';
import type { CommandName } from './command.ts';
import type { ErrorCode } from './errors.ts';
import type { Presence, RegisteredDevice } from './extension.ts';
import type { CallId, CommandId, ExtensionNumber, LegId, PbxId, RecordingId, TenantId } from './ids.ts';
import type { AgentState } from './place.ts';
import type { IsoTime, Micros } from './time.ts';
import type { Login, UserStatus } from './user.ts';

type Empty = Readonly<Record<string, never>>;

interface RecordingData {
  readonly recordingId: RecordingId;
  /** Where the PBX keeps the file, as the PBX names it. */
  readonly file?: string;
}

interface AgentData {
  readonly queue: string;
  readonly device: string;
  readonly name: string;
}

interface CommandData {
  readonly commandId: CommandId;
  readonly command: CommandName;
}

/** What an event of each type carries in `data`. The keys are the native event types; a type is added, never changed. */
export interface EventData {
  'call.started': Empty;
  'call.ended': {
    readonly disposition: Disposition;
    readonly cause: HangupCause;
    /** From start to answer (or end), from answer to end, and from start to end; whole milliseconds. */
    readonly ringMs: number;
    readonly talkMs: number;
    readonly totalMs: number;
    readonly answeredBy?: LegId;
    readonly endedBy?: LegId;
    readonly mergedInto?: CallId;
  };
  'call.merged': { readonly into: CallId };
  'call.transferred': {
    readonly kind: 'blind' | 'attended' | 'park' | 'voicemail';
    readonly by: { readonly legId?: LegId; readonly extension?: ExtensionNumber };
    readonly to: Party;
    readonly succeeded: boolean;
  };
  'leg.started': Empty;
  'leg.ringing': Empty;
  'leg.connected': Empty;
  'leg.held': Empty;
  'leg.resumed': Empty;
  'leg.muted': Empty;
  'leg.unmuted': Empty;
  'leg.queued': { readonly queue: string; readonly position: number };
  'leg.parked': SlotRef;
  'leg.unparked': SlotRef & { readonly reason: 'retrieved' | 'timed-out' | 'gave-up' };
  'leg.ended': { readonly cause: HangupCause; readonly endedBy: EndedBy };
  'leg.moved': { readonly from: CallId; readonly to: CallId };
  /** `legId` of the event is the earlier leg, `peer` the later. */
  'legs.linked': { readonly peer: LegId };
  'legs.unlinked': { readonly peer: LegId };
  'recording.started': RecordingData;
  'recording.paused': RecordingData;
  'recording.resumed': RecordingData;
  'recording.stopped': RecordingData;
  'dtmf.received': { readonly digit: string; readonly durationMs?: number };
  'supervision.started': { readonly mode: SupervisionMode; readonly target?: LegId };
  'supervision.modeChanged': { readonly mode: SupervisionMode; readonly target?: LegId };
  'supervision.stopped': { readonly target?: LegId };
  'queue.joined': { readonly queue: string; readonly position: number };
  'queue.left': { readonly queue: string; readonly reason: 'answered' | 'abandoned' | 'left'; readonly waitedMs: number };
  'agent.loggedIn': AgentData;
  'agent.loggedOut': AgentData;
  'agent.paused': AgentData & { readonly reason?: string };
  'agent.unpaused': AgentData;
  /** `penalty` where that is what changed. */
  'agent.stateChanged': AgentData & { readonly state: AgentState; readonly penalty?: number };
  'conference.joined': { readonly conference: string };
  'conference.left': { readonly conference: string };
  'extension.presenceChanged': {
    readonly presence: Presence;
    readonly previous: Presence;
    readonly dnd: boolean;
    readonly statusText?: string;
  };
  'extension.registered': RegisteredDevice;
  'extension.unregistered': RegisteredDevice;
  /** One login of possibly several: a phone of the user's extension, or a session. */
  'user.loggedIn': { readonly user: string; readonly login: Login };
  'user.loggedOut': { readonly user: string; readonly login: Login };
  'user.statusChanged': { readonly user: string } & UserStatus;
  'slot.occupied': SlotRef & { readonly parkedBy?: ExtensionNumber; readonly until?: IsoTime };
  'slot.released': SlotRef & { readonly reason: 'retrieved' | 'timed-out' | 'gave-up' };
  /** The events from `from` to `to` (both `seq`, inclusive) are lost for the reader named. */
  'log.gap': { readonly from: number; readonly to: number; readonly reader?: string };
  'pbx.connected': { readonly version?: string; readonly startedAt?: IsoTime };
  'pbx.degraded': { readonly reason: string };
  'pbx.disconnected': { readonly reason: string };
  /** `restarted`: the PBX itself began anew. The corrections follow as events of their own, marked `reconciled`. */
  'pbx.resynced': {
    readonly restarted: boolean;
    readonly corrections: readonly {
      readonly what: 'call-ended' | 'call-found' | 'leg-ended' | 'leg-found' | 'leg-changed';
      readonly callId: CallId;
      readonly legId?: LegId;
    }[];
  };
  'command.accepted': CommandData;
  'command.done': CommandData & { readonly tookMs: number };
  'command.failed': CommandData & { readonly error: ErrorCode; readonly detail: string };
  'command.unknown': CommandData & { readonly detail: string };
}

export type EventType = keyof EventData;

/** What an event is about; each member only where it applies. `call` and `leg` are whole snapshots after the event. */
export interface EventSubject {
  readonly callId?: CallId;
  readonly legId?: LegId;
  readonly extension?: ExtensionNumber;
  readonly call?: Call;
  readonly leg?: Leg;
}

/** An event before the log gives it its place. */
export type NewEventOf<Type extends EventType> = {
  readonly type: Type;
  readonly at: Micros;
  readonly pbx: PbxId;
  /** Learnt by comparing with the PBX after a break, not seen as it happened. */
  readonly reconciled: boolean;
  readonly data: EventData[Type];
} & EventSubject;

export type NewEvent = { [Type in EventType]: NewEventOf<Type> }[EventType];

/** The envelope of every native event, in the order in which it is written. */
export type EventOf<Type extends EventType> = {
  readonly epoch: string;
  readonly seq: number;
  /** Stable and unique within the tenant: the cursor just after this event, as text. */
  readonly id: string;
  readonly time: IsoTime;
  readonly tenant: TenantId;
  readonly pbx: PbxId;
  readonly type: Type;
  readonly reconciled: boolean;
  readonly data: EventData[Type];
} & EventSubject;

/** What happened to a call, leg or extension, with its place in the tenant's log. */
export type Event = { [Type in EventType]: EventOf<Type> }[EventType];

/** Every event type, in the order of the documentation. */
export const eventTypes = [
  'call.started',
  'call.ended',
  'call.merged',
  'call.transferred',
  'leg.started',
  'leg.ringing',
  'leg.connected',
  'leg.held',
  'leg.resumed',
  'leg.muted',
  'leg.unmuted',
  'leg.queued',
  'leg.parked',
  'leg.unparked',
  'leg.ended',
  'leg.moved',
  'legs.linked',
  'legs.unlinked',
  'recording.started',
  'recording.paused',
  'recording.resumed',
  'recording.stopped',
  'dtmf.received',
  'supervision.started',
  'supervision.modeChanged',
  'supervision.stopped',
  'queue.joined',
  'queue.left',
  'agent.loggedIn',
  'agent.loggedOut',
  'agent.paused',
  'agent.unpaused',
  'agent.stateChanged',
  'conference.joined',
  'conference.left',
  'extension.presenceChanged',
  'extension.registered',
  'extension.unregistered',
  'user.loggedIn',
  'user.loggedOut',
  'user.statusChanged',
  'slot.occupied',
  'slot.released',
  'log.gap',
  'pbx.connected',
  'pbx.degraded',
  'pbx.disconnected',
  'pbx.resynced',
  'command.accepted',
  'command.done',
  'command.failed',
  'command.unknown',
] as const satisfies readonly EventType[];

/** Puts an event into the envelope. `id` and `time` are made here, so that log and replay agree. */
export const envelop = (event: NewEvent, tenant: TenantId, epoch: string, seq: number, time: IsoTime): Event => {
  const { type, pbx, reconciled, callId, legId, extension, call, leg, data } = event;
  // Members are written in the documented order; absent ones stay absent.
  return {
    epoch,
    seq,
    id: `${epoch}-${seq}`,
    time,
    tenant,
    pbx,
    type,
    reconciled,
    ...(callId === undefined ? undefined : { callId }),
    ...(legId === undefined ? undefined : { legId }),
    ...(extension === undefined ? undefined : { extension }),
    ...(call === undefined ? undefined : { call }),
    ...(leg === undefined ? undefined : { leg }),
    data,
  } as Event;
};
