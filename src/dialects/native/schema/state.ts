/** What lives besides calls: PBXs, extensions, places, users; and all of it together. */
import { z } from 'zod';
import { presences } from '../../../model/extension.ts';
import type { LoginId } from '../../../model/ids.ts';
import { pbxStatuses } from '../../../model/live-state.ts';
import { agentStates } from '../../../model/place.ts';
import { knownUserStatuses, loginKinds } from '../../../model/user.ts';
import { callSchema, slotRefShape } from './calls.ts';
import { callIdSchema, cursorTextSchema, extensionNumberSchema, id, isoTimeSchema, legIdSchema, optional, pbxIdSchema } from './words.ts';

/** What every answer that carries state says of itself. */
export const freshnessShape = {
  pbxStatus: z.enum(pbxStatuses).describe('Of the worst of the PBXs; unless it is live, the state may be stale'),
  asOf: isoTimeSchema.describe('When the state was known to be true: now, or when the PBX was lost'),
};

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

export const registeredDeviceShape = { device: z.string(), contact: z.string(), userAgent: optional(z.string()) };

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

export const userStatusShape = {
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
