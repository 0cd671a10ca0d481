import { z } from 'zod';
import { scopes } from '../../auth/auth.ts';
import { auditResults, commandStates } from '../../control/control.ts';
import { attemptOutcomes, failureKinds } from '../../delivery/webhooks/webhook-engine.ts';
import {
  callDirections,
  callStates,
  dispositions,
  endedByValues,
  legDirections,
  legStates,
  recordingStates,
  supervisionModes,
} from '../../model/call.ts';
import { hangupCauseNames } from '../../model/cause.ts';
import { commandNames } from '../../model/command.ts';
import { errorCodes } from '../../model/errors.ts';
import type { EventData, EventType } from '../../model/event.ts';
import { eventTypes } from '../../model/event.ts';
import { presences } from '../../model/extension.ts';
import type {
  CallId,
  ChannelId,
  CommandId,
  ExtensionNumber,
  KeyId,
  LegId,
  LoginId,
  PbxId,
  RecordingId,
  TenantId,
  UserId,
} from '../../model/ids.ts';
import { pbxStatuses } from '../../model/live-state.ts';
import { agentStates } from '../../model/place.ts';
import { knownUserStatuses, loginKinds } from '../../model/user.ts';

/*
 * Everything that the native API says. The schemas check what comes in, are the source of the OpenAPI and AsyncAPI documents,
 * and are held equal to the types of the model by test/dialects/native/schema.types.test.ts.
 */

/** An id: a text on the wire, a branded one in the model. */
const id = <Id extends string>(description: string): z.ZodType<Id> =>
  z.string().min(1).max(200).describe(description) as unknown as z.ZodType<Id>;

export const tenantIdSchema = id<TenantId>('A tenant');
export const pbxIdSchema = id<PbxId>('A PBX, by its name in the configuration');
export const callIdSchema = id<CallId>('A call; the id of a call that it absorbed works as well');
export const legIdSchema = id<LegId>('A leg');
export const commandIdSchema = id<CommandId>('A command');
export const keyIdSchema = id<KeyId>('A key; never its secret');
export const userIdSchema = id<UserId>('A user');
export const recordingIdSchema = id<RecordingId>('A recording');
export const extensionNumberSchema = id<ExtensionNumber>('An extension, as it is dialled');
const channelIdSchema = id<ChannelId>("The PBX's own id of the channel");

export const isoTimeSchema = z.iso.datetime({ precision: 3 }).describe('ISO 8601 in UTC with milliseconds');
export const cursorTextSchema = z.string().min(1).max(64).describe('A place in the log; opaque');

const count = z.int().nonnegative();
const optional = z.exactOptional;

export const hangupCauseSchema = z
  .object({ code: z.int().describe('Q.850'), name: z.enum(hangupCauseNames) })
  .readonly()
  .meta({ id: 'HangupCause' });

export const partySchema = z
  .object({ number: z.string(), name: z.string(), extension: optional(extensionNumberSchema) })
  .readonly()
  .meta({ id: 'Party', description: 'Unknown texts are empty.' });

const slotRefShape = { lot: z.string(), slot: z.string() };
export const slotRefSchema = z.object(slotRefShape).readonly().meta({ id: 'SlotRef' });

export const legSchema = z
  .object({
    id: legIdSchema,
    callId: callIdSchema,
    ordinal: z.int().positive(),
    extension: optional(extensionNumberSchema),
    user: optional(z.string()),
    device: z.string(),
    trunk: optional(z.string()),
    direction: z.enum(legDirections),
    party: partySchema,
    peer: partySchema,
    state: z.enum(legStates),
    held: z.boolean(),
    muted: z.boolean(),
    recording: optional(z.object({ id: recordingIdSchema, state: z.enum(recordingStates) }).readonly()),
    supervising: optional(z.object({ mode: z.enum(supervisionModes), legId: optional(legIdSchema) }).readonly()),
    queue: optional(z.string()),
    slot: optional(slotRefSchema),
    conference: optional(z.string()),
    voicemail: optional(z.boolean()),
    startedAt: isoTimeSchema,
    ringingAt: optional(isoTimeSchema),
    connectedAt: optional(isoTimeSchema),
    endedAt: optional(isoTimeSchema),
    cause: optional(hangupCauseSchema),
    endedBy: optional(z.enum(endedByValues)),
    channel: channelIdSchema,
    sip: optional(
      z
        .object({
          callId: z.string(),
          localTag: optional(z.string()),
          remoteTag: optional(z.string()),
          localUri: optional(z.string()),
          remoteUri: optional(z.string()),
        })
        .readonly(),
    ),
  })
  .readonly()
  .meta({ id: 'Leg', description: "One party's participation in a call: one device, trunk or application." });

export const callSchema = z
  .object({
    id: callIdSchema,
    aliases: z.array(callIdSchema).readonly(),
    state: z.enum(callStates),
    direction: z.enum(callDirections),
    from: partySchema,
    to: partySchema,
    dialled: optional(z.string()),
    did: optional(z.string()),
    queue: optional(z.string()),
    slot: optional(slotRefSchema),
    conference: optional(z.string()),
    clickToDial: z.boolean(),
    reachedVoicemail: z.boolean(),
    startedAt: isoTimeSchema,
    answeredAt: optional(isoTimeSchema),
    endedAt: optional(isoTimeSchema),
    disposition: optional(z.enum(dispositions)),
    cause: optional(hangupCauseSchema),
    legs: z.array(legSchema).readonly().describe('Every live leg, and of those that ended the newest 32'),
  })
  .readonly()
  .meta({ id: 'Call', description: "Everything from the first leg's start to the last leg's end." });

const registeredDeviceShape = { device: z.string(), contact: z.string(), userAgent: optional(z.string()) };

export const extensionSchema = z
  .object({
    number: extensionNumberSchema,
    name: z.string(),
    user: optional(z.string()),
    devices: z.array(z.string()).readonly(),
    presence: z.enum(presences),
    since: isoTimeSchema,
    dnd: z.boolean(),
    statusText: optional(z.string()),
    registered: z.array(z.object(registeredDeviceShape).readonly()).readonly(),
  })
  .readonly()
  .meta({ id: 'Extension' });

const placeNamesShape = {
  displayName: optional(z.string()),
  number: optional(z.string().describe('By which it is dialled')),
};

export const agentSchema = z
  .object({
    device: z.string(),
    name: z.string(),
    extension: optional(extensionNumberSchema),
    state: z.enum(agentStates),
    pausedReason: optional(z.string()),
    penalty: optional(z.int().describe('Agents of a lower one are rung first')),
    dynamic: optional(z.boolean().describe('It logged in, and can log out')),
  })
  .readonly()
  .meta({ id: 'Agent' });

export const queueSchema = z
  .object({
    name: z.string(),
    ...placeNamesShape,
    strategy: optional(z.string().describe("How it chooses whom to ring, in the PBX's own word")),
    agents: z.array(agentSchema).readonly(),
    waiting: z.array(z.object({ callId: callIdSchema, legId: legIdSchema, since: isoTimeSchema }).readonly()).readonly(),
  })
  .readonly()
  .meta({ id: 'Queue' });

export const conferenceSchema = z
  .object({
    name: z.string(),
    ...placeNamesShape,
    members: z.array(z.object({ callId: callIdSchema, legId: legIdSchema, muted: z.boolean() }).readonly()).readonly(),
  })
  .readonly()
  .meta({ id: 'Conference' });

export const slotSchema = z
  .object({
    ...slotRefShape,
    callId: callIdSchema,
    legId: legIdSchema,
    parkedBy: optional(extensionNumberSchema),
    since: isoTimeSchema,
    until: optional(isoTimeSchema),
  })
  .readonly()
  .meta({ id: 'Slot', description: 'A numbered place with a parked call in it.' });

export const pbxStateSchema = z
  .object({
    id: pbxIdSchema,
    status: z.enum(pbxStatuses),
    since: isoTimeSchema,
    reason: optional(z.string()),
    startedAt: optional(isoTimeSchema),
    version: optional(z.string()),
  })
  .readonly()
  .meta({ id: 'Pbx', description: 'How far the state of one PBX can be trusted, and since when.' });

/** What every answer that carries state says of itself. */
export const freshnessShape = {
  pbxStatus: z.enum(pbxStatuses).describe('Of the worst of the PBXs; unless it is live, the state may be stale'),
  asOf: isoTimeSchema.describe('When the state was known to be true: now, or when the PBX was lost'),
};

export const loginSchema = z
  .object({
    id: id<LoginId>('A login'),
    kind: z.enum(loginKinds).describe("`phone`: registered for the user's extension; `session`: logged in to the console"),
    device: optional(z.string()),
    address: optional(z.string().describe('Where it comes from, where that is known')),
    port: optional(z.int()),
    since: isoTimeSchema,
  })
  .readonly()
  .meta({ id: 'Login' });

const userStatusShape = {
  status: z.string().describe(`${knownUserStatuses.join(', ')}, or another word`),
  label: optional(z.string().describe('What is shown')),
  note: optional(z.string()),
  returnAt: optional(isoTimeSchema.describe('When the user means to be back')),
};
export const userStatusSchema = z.object(userStatusShape).readonly().meta({ id: 'UserStatus' });

export const userStateSchema = z
  .object({
    name: z.string(),
    extension: optional(extensionNumberSchema),
    status: userStatusSchema,
    logins: z.array(loginSchema).readonly(),
  })
  .readonly()
  .meta({ id: 'UserState' });

export const snapshotSchema = z
  .object({
    cursor: cursorTextSchema.describe('Where the state is true: the events after it follow without a gap'),
    ...freshnessShape,
    pbxs: z.array(pbxStateSchema).readonly(),
    calls: z.array(callSchema).readonly(),
    extensions: z.array(extensionSchema).readonly(),
    queues: z.array(queueSchema).readonly(),
    conferences: z.array(conferenceSchema).readonly(),
    slots: z.array(slotSchema).readonly(),
    users: z.array(userStateSchema).readonly(),
  })
  .readonly()
  .meta({ id: 'State' });

const recordingData = z.object({ recordingId: recordingIdSchema, file: optional(z.string()) }).readonly();
const agentShape = { queue: z.string(), device: z.string(), name: z.string() };
const agentData = z.object(agentShape).readonly();
const commandShape = { commandId: commandIdSchema, command: z.enum(commandNames) };
const nothing = z.object({}).readonly();
const peerData = z.object({ peer: legIdSchema }).readonly();
const loginData = z.object({ user: z.string(), login: loginSchema }).readonly();
const supervisionData = z.object({ mode: z.enum(supervisionModes), target: optional(legIdSchema) }).readonly();
const unparkReason = z.enum(['retrieved', 'timed-out', 'gave-up']);
const registrationData = z.object(registeredDeviceShape).readonly();

/** What an event of each type carries in `data`. */
export const eventDataSchemas = {
  'call.started': nothing,
  'call.ended': z
    .object({
      disposition: z.enum(dispositions),
      cause: hangupCauseSchema,
      ringMs: count,
      talkMs: count,
      totalMs: count,
      answeredBy: optional(legIdSchema),
      endedBy: optional(legIdSchema),
      mergedInto: optional(callIdSchema),
    })
    .readonly(),
  'call.merged': z.object({ into: callIdSchema }).readonly(),
  'call.transferred': z
    .object({
      kind: z.enum(['blind', 'attended', 'park', 'voicemail']),
      by: z.object({ legId: optional(legIdSchema), extension: optional(extensionNumberSchema) }).readonly(),
      to: partySchema,
      succeeded: z.boolean(),
    })
    .readonly(),
  'leg.started': nothing,
  'leg.ringing': nothing,
  'leg.connected': nothing,
  'leg.held': nothing,
  'leg.resumed': nothing,
  'leg.muted': nothing,
  'leg.unmuted': nothing,
  'leg.queued': z.object({ queue: z.string(), position: z.int() }).readonly(),
  'leg.parked': slotRefSchema,
  'leg.unparked': z.object({ ...slotRefShape, reason: unparkReason }).readonly(),
  'leg.ended': z.object({ cause: hangupCauseSchema, endedBy: z.enum(endedByValues) }).readonly(),
  'leg.moved': z.object({ from: callIdSchema, to: callIdSchema }).readonly(),
  'legs.linked': peerData,
  'legs.unlinked': peerData,
  'recording.started': recordingData,
  'recording.paused': recordingData,
  'recording.resumed': recordingData,
  'recording.stopped': recordingData,
  'dtmf.received': z.object({ digit: z.string(), durationMs: optional(count) }).readonly(),
  'supervision.started': supervisionData,
  'supervision.modeChanged': supervisionData,
  'supervision.stopped': z.object({ target: optional(legIdSchema) }).readonly(),
  'queue.joined': z.object({ queue: z.string(), position: z.int() }).readonly(),
  'queue.left': z.object({ queue: z.string(), reason: z.enum(['answered', 'abandoned', 'left']), waitedMs: count }).readonly(),
  'agent.loggedIn': agentData,
  'agent.loggedOut': agentData,
  'agent.paused': z.object({ ...agentShape, reason: optional(z.string()) }).readonly(),
  'agent.unpaused': agentData,
  'agent.stateChanged': z.object({ ...agentShape, state: z.enum(agentStates), penalty: optional(z.int()) }).readonly(),
  'conference.joined': z.object({ conference: z.string() }).readonly(),
  'conference.left': z.object({ conference: z.string() }).readonly(),
  'extension.presenceChanged': z
    .object({ presence: z.enum(presences), previous: z.enum(presences), dnd: z.boolean(), statusText: optional(z.string()) })
    .readonly(),
  'extension.registered': registrationData,
  'extension.unregistered': registrationData,
  'user.loggedIn': loginData,
  'user.loggedOut': loginData,
  'user.statusChanged': z.object({ user: z.string(), ...userStatusShape }).readonly(),
  'slot.occupied': z.object({ ...slotRefShape, parkedBy: optional(extensionNumberSchema), until: optional(isoTimeSchema) }).readonly(),
  'slot.released': z.object({ ...slotRefShape, reason: unparkReason }).readonly(),
  'log.gap': z.object({ from: z.int(), to: z.int(), reader: optional(z.string()) }).readonly(),
  'pbx.connected': z.object({ version: optional(z.string()), startedAt: optional(isoTimeSchema) }).readonly(),
  'pbx.degraded': z.object({ reason: z.string() }).readonly(),
  'pbx.disconnected': z.object({ reason: z.string() }).readonly(),
  'pbx.resynced': z
    .object({
      restarted: z.boolean(),
      corrections: z
        .array(
          z
            .object({
              what: z.enum(['call-ended', 'call-found', 'leg-ended', 'leg-found', 'leg-changed']),
              callId: callIdSchema,
              legId: optional(legIdSchema),
            })
            .readonly(),
        )
        .readonly(),
    })
    .readonly(),
  'command.accepted': z.object(commandShape).readonly(),
  'command.done': z.object({ ...commandShape, tookMs: count }).readonly(),
  'command.failed': z.object({ ...commandShape, error: z.enum(errorCodes), detail: z.string() }).readonly(),
  'command.unknown': z.object({ ...commandShape, detail: z.string() }).readonly(),
} satisfies { readonly [Type in EventType]: z.ZodType<EventData[Type]> };

/** One event type's envelope, under the name of the type: `CallStarted`. */
const eventSchemaOf = <Type extends EventType>(type: Type) =>
  z
    .object({
      epoch: z.string(),
      seq: z.int().positive(),
      id: cursorTextSchema,
      time: isoTimeSchema.describe('When it happened. Times may step back: `seq` gives the order'),
      tenant: tenantIdSchema,
      pbx: pbxIdSchema,
      type: z.literal(type),
      reconciled: z.boolean().describe('Learnt by comparing with the PBX after a break'),
      callId: optional(callIdSchema),
      legId: optional(legIdSchema),
      extension: optional(extensionNumberSchema),
      call: optional(callSchema.describe('The call after the event')),
      leg: optional(legSchema.describe('The leg after the event')),
      data: eventDataSchemas[type],
    })
    .readonly()
    .meta({ id: type.replace(/(?:^|\.)(\w)/g, (_, letter: string) => letter.toUpperCase()) });

type EventSchemas = { readonly [Type in EventType]: ReturnType<typeof eventSchemaOf<Type>> };

export const eventSchemas = Object.fromEntries(eventTypes.map((type) => [type, eventSchemaOf(type)])) as unknown as EventSchemas;

export const eventSchema = z
  .union(Object.values(eventSchemas) as [EventSchemas[EventType], ...EventSchemas[EventType][]])
  .meta({ id: 'Event', description: 'Types may be added; none changes its meaning.' });

export const eventsPageSchema = z
  .object({
    events: z.array(eventSchema).readonly(),
    next: cursorTextSchema.describe('Go on from here'),
    pbxStatus: freshnessShape.pbxStatus,
  })
  .readonly()
  .meta({ id: 'EventsPage' });

export const commandRecordSchema = z
  .object({
    id: commandIdSchema,
    tenant: tenantIdSchema,
    name: z.enum(commandNames),
    state: z.enum(commandStates),
    callId: optional(callIdSchema),
    legId: optional(legIdSchema),
    error: optional(z.enum(errorCodes)),
    detail: optional(z.string()),
    acceptedAt: isoTimeSchema,
    finishedAt: optional(isoTimeSchema),
    key: keyIdSchema,
  })
  .readonly()
  .meta({ id: 'Command' });

export const auditEntrySchema = z
  .object({
    id: commandIdSchema,
    time: isoTimeSchema,
    key: keyIdSchema,
    keyName: z.string(),
    command: z.enum(commandNames),
    request: z.record(z.string(), z.unknown()).readonly().describe('What was asked for; of digits only how many'),
    callId: optional(callIdSchema),
    legId: optional(legIdSchema),
    extension: optional(extensionNumberSchema),
    result: z.enum(auditResults),
    error: optional(z.enum(errorCodes)),
    detail: optional(z.string()),
    finishedAt: optional(isoTimeSchema),
  })
  .readonly()
  .meta({ id: 'AuditEntry', description: 'Who asked for what, and what came of it; `refused` never reached the PBX.' });

export const recordingSchema = z
  .object({
    id: recordingIdSchema,
    legId: optional(legIdSchema),
    startedAt: isoTimeSchema,
    stoppedAt: optional(isoTimeSchema),
    file: optional(z.string().describe('What the PBX calls it, where it has said')),
  })
  .readonly()
  .meta({ id: 'Recording' });

const keyShape = {
  id: keyIdSchema,
  tenant: tenantIdSchema,
  name: z.string(),
  scopes: z.array(z.enum(scopes)).readonly(),
  extension: optional(extensionNumberSchema),
  createdAt: z.string(),
  lastUsedAt: optional(z.string()),
  revokedAt: optional(z.string()),
};
export const keyInfoSchema = z.object(keyShape).readonly().meta({ id: 'Key' });
export const createdKeySchema = z
  .object({ ...keyShape, secret: z.string().describe('Shown this once') })
  .readonly()
  .meta({ id: 'CreatedKey' });

export const findingSchema = z
  .object({ check: z.string(), ok: z.boolean(), detail: z.string(), mend: optional(z.string()) })
  .readonly()
  .meta({ id: 'Finding', description: 'One line of a diagnosis; `mend` says what to do.' });

export const deliverySchema = z
  .object({
    endpoint: z.string().describe("A webhook's id, or whatever names the endpoint of a vendor's API"),
    id: z.string().describe("The message's id: `webhook-id`"),
    seq: z.int().describe("The event's; 0 for a test or handshake"),
    attempt: z.int().positive(),
    at: isoTimeSchema,
    latencyMs: z.number(),
    outcome: z.enum(attemptOutcomes),
    status: optional(z.int().describe("HTTP's status, or SMTP's reply code")),
    failure: optional(z.object({ kind: z.enum(failureKinds), detail: z.string() }).readonly()),
  })
  .readonly()
  .meta({ id: 'Delivery', description: 'One attempt to deliver what was made of an event.' });

export const whyEntrySchema = z
  .union([
    z.object({ kind: z.literal('pbx'), at: isoTimeSchema, text: z.string() }).readonly(),
    z.object({ kind: z.literal('fact'), at: isoTimeSchema, fact: z.looseObject({ type: z.string() }).readonly() }).readonly(),
    z.object({ kind: z.literal('event'), at: isoTimeSchema, event: eventSchema }).readonly(),
    z.object({ kind: z.literal('delivery'), at: isoTimeSchema, delivery: deliverySchema }).readonly(),
  ])
  .meta({ id: 'WhyEntry', description: 'One step of how an event came to be, and of what became of it.' });

export const problemSchema = z
  .looseObject({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    id: z.enum(errorCodes).describe('Stable'),
    retry: z.boolean().describe('Whether the same request can succeed later'),
    field: optional(z.string().describe('The parameter or member that was wrong')),
  })
  .meta({ id: 'Problem', description: 'RFC 9457 problem details.' });

/** Frames of the WebSocket that are not events: their types begin with `feed.`, which no event's does. */
export const feedReadySchema = z
  .object({ type: z.literal('feed.ready'), cursor: cursorTextSchema })
  .readonly()
  .meta({ id: 'FeedReady', description: 'The subscription holds; the events after `cursor` follow.' });

export const feedHeartbeatSchema = z
  .object({ type: z.literal('feed.heartbeat'), cursor: cursorTextSchema })
  .readonly()
  .meta({ id: 'FeedHeartbeat', description: 'Everything that matches up to `cursor` has been sent.' });

export const feedProblemSchema = z
  .object({ type: z.literal('feed.problem'), problem: problemSchema })
  .readonly()
  .meta({ id: 'FeedProblem', description: 'The subscription was refused; the connection closes.' });

/** What a client asks for. Values are of any length that a number or id can have, and no more. */
const asked = (description: string): z.ZodString => z.string().min(1).max(200).describe(description);
const dialString = (description: string): z.ZodString => z.string().min(1).max(100).describe(description);

export const subscribeSchema = z
  .strictObject({
    type: z.literal('subscribe'),
    after: optional(cursorTextSchema.describe('A cursor, `now` or `oldest`; `now` when absent')),
    types: optional(z.array(asked('An event type, or a family: `call.*`')).max(100)),
    extensions: optional(z.array(asked('An extension')).max(1000)),
    calls: optional(z.array(asked('A call')).max(1000)),
  })
  .meta({ id: 'Subscribe', description: 'Replaces the subscription of the connection.' });

export const askedExtension = dialString('An extension, as it is dialled') as unknown as z.ZodType<ExtensionNumber>;

const askedSlot = z.strictObject(slotRefShape);
const ringSeconds = z.int().min(1).max(600);

const penalty = z.int().min(0).max(1000).describe('Agents of a lower one are rung first');

/** The body of each command; members of the path (`leg`) are added by the route. */
export const commandBodies = {
  dial: z.strictObject({
    extension: askedExtension.describe('Whose phone rings first'),
    number: dialString('Whom to call'),
    callerId: optional(z.strictObject({ number: z.string().max(100), name: z.string().max(100) })),
    autoAnswer: optional(z.strictObject({ header: optional(z.string().max(200).describe('A SIP header line for the handset')) })),
    timeoutSeconds: optional(ringSeconds),
    record: optional(z.boolean()),
  }),
  answer: z.strictObject({ header: optional(z.string().max(200).describe('A SIP header line that makes the handset answer')) }),
  reject: z.strictObject({}),
  hangup: z.strictObject({}),
  hold: z.strictObject({}),
  resume: z.strictObject({}),
  mute: z.strictObject({}),
  unmute: z.strictObject({}),
  dtmf: z.strictObject({ digits: z.string().min(1).max(64) }),
  transfer: z.strictObject({ to: dialString('Where the peer goes') }),
  divert: z.strictObject({ to: dialString('Where the caller goes') }),
  voicemail: z.strictObject({ mailbox: askedExtension }),
  pickup: z.strictObject({ extension: askedExtension.describe('Who takes the call') }),
  bridge: z.strictObject({ other: legIdSchema }),
  startTransfer: z.strictObject({ to: dialString('Whom to consult'), timeoutSeconds: optional(ringSeconds) }),
  completeTransfer: z.strictObject({ consult: optional(legIdSchema.describe("The extension's other leg, if it has several")) }),
  cancelTransfer: z.strictObject({ consult: optional(legIdSchema.describe("The extension's other leg, if it has several")) }),
  join: z.strictObject({ extension: askedExtension.describe('Who becomes the third party') }),
  conference: z.strictObject({ conference: dialString('A conference room, as it is dialled') }),
  invite: z.strictObject({ extension: askedExtension.describe('Who is rung and put into the room') }),
  kick: z.strictObject({}),
  supervise: z.strictObject({ extension: askedExtension.describe('Who listens'), mode: z.enum(supervisionModes) }),
  superviseMode: z.strictObject({ mode: z.enum(supervisionModes) }),
  park: z.strictObject({
    slot: optional(askedSlot.describe('The first that is free when absent')),
    timeoutSeconds: optional(z.int().min(1).max(3600).describe('After which the call goes back to who parked it')),
  }),
  retrieve: z.strictObject({ extension: askedExtension.describe('Whose phone rings') }),
  bridgeSlot: z.strictObject({ slot: optional(askedSlot.describe('Of the call that has waited longest when absent')) }),
  record: z.strictObject({}),
  pauseRecording: z.strictObject({}),
  resumeRecording: z.strictObject({}),
  stopRecording: z.strictObject({}),
  agentLogin: z.strictObject({ penalty: optional(penalty) }),
  agentLogout: z.strictObject({}),
  agentPause: z.strictObject({ reason: optional(z.string().min(1).max(100)) }),
  agentUnpause: z.strictObject({}),
  agentPenalty: z.strictObject({ penalty }),
  setDnd: z.strictObject({ dnd: z.boolean() }),
  setStatus: z.strictObject({ text: z.string().max(100).describe('Empty to remove it') }),
} satisfies { readonly [Name in (typeof commandNames)[number]]: z.ZodType };

export const newKeySchema = z.strictObject({
  name: z.string().min(1).max(100),
  scopes: z.array(z.enum(scopes)).min(1),
  extension: optional(askedExtension.describe('The extension that a `control-own` key may command')),
  readable: optional(z.boolean().describe('Keep the secret readable, encrypted: for APIs whose clients send a hash of it')),
});

export const newTicketSchema = z.strictObject({ seconds: optional(z.int().min(1).max(300)) });
