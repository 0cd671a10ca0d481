import { z } from 'zod';
import { invalidParameter, missingParameter, RingCentralError } from '../errors.ts';
import { dndStatuses, userStatuses } from '../schema.ts';

/** The bodies of call control as clients send them. Members that are not known are ignored, as the vendor ignores them. */

/** Ids and short numbers come as texts and as numbers. */
const id = z.union([z.string().min(1).max(128), z.int().nonnegative()]).transform(String);
const phoneNumber = z.string().trim().min(1).max(64);

export const callOutBody = z.object({
  from: z.object({ deviceId: id.optional(), extensionId: id.optional() }),
  to: z.object({ phoneNumber: phoneNumber.optional(), extensionNumber: id.optional() }),
});

/** Where a call goes next: one of these. */
export const targetBody = z.object({
  phoneNumber: phoneNumber.optional(),
  extensionNumber: id.optional(),
  extensionId: id.optional(),
  /** The extension id whose mailbox it is. */
  voicemail: id.optional(),
  parkOrbit: id.optional(),
});
export type TargetBody = z.infer<typeof targetBody>;

export const deviceBody = z.object({ deviceId: id });

export const bridgeBody = z.object({ telephonySessionId: id, partyId: id });

export const flipBody = z.object({ callFlipId: id });

const partyChange = z.object({ muted: z.boolean().optional(), standAlone: z.boolean().optional() });

/** Clients send the members themselves, the vendor's definition puts them into `party`. */
export const partyBody = z
  .object({ ...partyChange.shape, party: partyChange.optional() })
  .transform(({ party, muted, standAlone }) => party ?? { muted, standAlone });

export const recordingBody = z.object({ active: z.boolean() });

/** An older client calls the device `deviceId` and the agent `extensionNumber`. */
export const superviseBody = z
  .object({
    mode: z.string().max(32),
    supervisorDeviceId: id.optional(),
    deviceId: id.optional(),
    agentExtensionId: id.optional(),
    agentExtensionNumber: id.optional(),
    extensionNumber: id.optional(),
  })
  .transform(({ supervisorDeviceId, deviceId, agentExtensionNumber, extensionNumber, ...rest }) => ({
    ...rest,
    supervisorDeviceId: supervisorDeviceId ?? deviceId,
    agentExtensionNumber: agentExtensionNumber ?? extensionNumber,
  }));

/** The session is `sessionId` to clients and `telephonySessionId` in the vendor's definition. */
export const bringInBody = z
  .object({ partyId: id, telephonySessionId: id.optional(), sessionId: id.optional() })
  .transform(({ partyId, telephonySessionId, sessionId }) => ({ partyId, telephonySessionId: telephonySessionId ?? sessionId }));

export const presenceBody = z.object({
  userStatus: z.exactOptional(z.enum(userStatuses)),
  dndStatus: z.exactOptional(z.enum(dndStatuses)),
  message: z.string().max(128).nullish(),
  allowSeeMyPresence: z.exactOptional(z.boolean()),
  ringOnMonitoredCall: z.exactOptional(z.boolean()),
  pickUpCallsOnHold: z.exactOptional(z.boolean()),
});

/** Reads a body, which may be missing; throws CMN-100, CMN-101 or CMN-104 with the member that is wrong. */
export const parseBody = <Schema extends z.ZodType>(schema: Schema, body: unknown): z.output<Schema> => {
  if (body !== undefined && (typeof body !== 'object' || body === null || Array.isArray(body))) {
    throw new RingCentralError('CMN-104', 'Cannot parse request');
  }
  const given = body ?? {};
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  const path = result.error.issues[0]?.path ?? [];
  const name = path.join('.');
  const value = path.reduce<unknown>(
    (inside, key) => (typeof inside === 'object' && inside !== null ? Reflect.get(inside, key) : undefined),
    given,
  );
  throw value === undefined ? missingParameter(name) : invalidParameter(name);
};
