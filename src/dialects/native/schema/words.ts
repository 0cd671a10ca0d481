import { z } from 'zod';
import { errorCodes } from '../../../model/errors.ts';
import type {
  CallId,
  ChannelId,
  CommandId,
  ExtensionNumber,
  KeyId,
  LegId,
  PbxId,
  RecordingId,
  TenantId,
  UserId,
} from '../../../model/ids.ts';

/*
 * Everything that the native API says. The schemas check what comes in, are the source of the OpenAPI and AsyncAPI documents,
 * and are held equal to the types of the model by test/dialects/native/schema.types.test.ts.
 */

/** An id: a text on the wire, a branded one in the model. */
export const id = <Id extends string>(description: string): z.ZodType<Id> =>
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
export const channelIdSchema = id<ChannelId>("The PBX's own id of the channel");

export const isoTimeSchema = z.iso.datetime({ precision: 3 }).describe('ISO 8601 in UTC with milliseconds');
export const cursorTextSchema = z.string().min(1).max(64).describe('A place in the log; opaque');

export const count = z.int().nonnegative();
export const optional = z.exactOptional;

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
