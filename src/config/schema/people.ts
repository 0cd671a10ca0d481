/** Who may ask: clients of the vendors' APIs, and people. */
import { z } from 'zod';
import { appScopes } from './words.ts';

export const client = z.strictObject({
  secret: z
    .string()
    .min(8)
    .max(256)
    .optional()
    .describe('Its secret, 8 to 256 characters; without one it can only redeem codes that were asked for with a code challenge (PKCE).'),
  scopes: appScopes.describe('What its tokens may do at most.'),
  redirectUris: z
    .array(z.url({ protocol: /^https?$/ }))
    .max(20)
    .default([])
    .describe('Where its users may be sent back to with a code, character by character.'),
});

export const user = z
  .strictObject({
    password: z.string().min(1).max(256).describe('Its password, 1 to 256 characters.'),
    displayName: z.string().max(128).optional().describe('Its name, as people read it.'),
    extension: z.string().max(32).optional().describe('The extension that is its own.'),
    email: z.string().max(256).optional().describe('Its e-mail address.'),
    scopes: z
      .array(z.enum(['observe', 'control', 'control-own', 'supervise', 'record', 'recordings', 'administer']))
      .min(1)
      .default(['observe', 'control-own'])
      .describe('What it may do.'),
  })
  .refine(({ extension, scopes }) => extension !== undefined || !scopes.includes('control-own'), 'control-own needs an extension');
