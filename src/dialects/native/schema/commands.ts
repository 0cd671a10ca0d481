/** What is asked of a PBX, and what became of it. */
import { z } from 'zod';
import { auditResults, commandStates } from '../../../control/control.ts';
import { supervisionModes } from '../../../model/call.ts';
import { commandNames, recordingFormats } from '../../../model/command.ts';
import { errorCodes } from '../../../model/errors.ts';
import type { ExtensionNumber } from '../../../model/ids.ts';
import { slotRefShape } from './calls.ts';
import {
  callIdSchema,
  commandIdSchema,
  extensionNumberSchema,
  isoTimeSchema,
  keyIdSchema,
  legIdSchema,
  optional,
  tenantIdSchema,
} from './words.ts';

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

/** What a client asks for. Values are of any length that a number or id can have, and no more. */
const dialString = (description: string): z.ZodString => z.string().min(1).max(100).describe(description);

export const askedExtension = dialString('An extension, as it is dialled') as unknown as z.ZodType<ExtensionNumber>;

const askedSlot = z.strictObject(slotRefShape);
const ringSeconds = z.int().min(1).max(600);

const penalty = z.int().min(0).max(1000).describe('Agents of a lower one are rung first');

/** The body of each command; members of the path (`leg`) are added by the route. */
export const commandBodies = {
  dial: z.strictObject({
    extension: askedExtension.describe('Whose phone rings first'),
    number: dialString('Whom to call'),
    also: optional(z.array(dialString('A number')).max(19).describe('Rung together with the number; who answers first gets the call')),
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
  supervise: z.strictObject({
    extension: askedExtension.describe('Who listens'),
    mode: z.enum(supervisionModes),
    isPrivate: optional(z.boolean().describe('Of `whisper`: to be heard and hear nothing, where the PBX can')),
  }),
  superviseMode: z.strictObject({ mode: z.enum(supervisionModes) }),
  park: z.strictObject({
    slot: optional(askedSlot.describe('The first that is free when absent')),
    timeoutSeconds: optional(z.int().min(1).max(3600).describe('After which the call goes back to who parked it')),
  }),
  retrieve: z.strictObject({ extension: askedExtension.describe('Whose phone rings') }),
  bridgeSlot: z.strictObject({ slot: optional(askedSlot.describe('Of the call that has waited longest when absent')) }),
  record: z.strictObject({ format: optional(z.enum(recordingFormats).describe('`wav49` is small: GSM in a WAV, where the PBX can')) }),
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
