/** What an event says. */
import { z } from 'zod';
import { dispositions, endedByValues, supervisionModes } from '../../../model/call.ts';
import { commandNames } from '../../../model/command.ts';
import { errorCodes } from '../../../model/errors.ts';
import type { EventData, EventType } from '../../../model/event.ts';
import { eventTypes } from '../../../model/event.ts';
import { presences } from '../../../model/extension.ts';
import { agentStates } from '../../../model/place.ts';
import { callSchema, hangupCauseSchema, legSchema, partySchema, slotRefSchema, slotRefShape } from './calls.ts';
import { freshnessShape, loginSchema, registeredDeviceShape, userStatusShape } from './state.ts';
import {
  callIdSchema,
  commandIdSchema,
  count,
  cursorTextSchema,
  extensionNumberSchema,
  isoTimeSchema,
  legIdSchema,
  optional,
  pbxIdSchema,
  recordingIdSchema,
  tenantIdSchema,
} from './words.ts';

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
