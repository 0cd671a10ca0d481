/** Who may ask. */
import { z } from 'zod';
import { scopes } from '../../../auth/auth.ts';
import { askedExtension } from './commands.ts';
import { extensionNumberSchema, keyIdSchema, optional, tenantIdSchema } from './words.ts';

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

export const newKeySchema = z.strictObject({
  name: z.string().min(1).max(100),
  scopes: z.array(z.enum(scopes)).min(1),
  extension: optional(askedExtension.describe('The extension that a `control-own` key may command')),
  readable: optional(z.boolean().describe('Keep the secret readable, encrypted: for APIs whose clients send a hash of it')),
});

export const newTicketSchema = z.strictObject({ seconds: optional(z.int().min(1).max(300)) });
