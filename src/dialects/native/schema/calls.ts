/** Calls, their legs and recordings. */
import { z } from 'zod';
import {
  callDirections,
  callStates,
  dispositions,
  endedByValues,
  legDirections,
  legStates,
  recordingStates,
  supervisionModes,
} from '../../../model/call.ts';
import { hangupCauseNames } from '../../../model/cause.ts';
import { callIdSchema, channelIdSchema, extensionNumberSchema, isoTimeSchema, legIdSchema, optional, recordingIdSchema } from './words.ts';

export const hangupCauseSchema = z
  .object({ code: z.int().describe('Q.850'), name: z.enum(hangupCauseNames) })
  .readonly()
  .meta({ id: 'HangupCause' });

export const partySchema = z
  .object({ number: z.string(), name: z.string(), extension: optional(extensionNumberSchema) })
  .readonly()
  .meta({ id: 'Party', description: 'Unknown texts are empty.' });

export const slotRefShape = { lot: z.string(), slot: z.string() };
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
