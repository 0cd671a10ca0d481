import { z } from 'zod';
import { appScopes } from './words.ts';

const account = z.strictObject({
  password: z.string().min(1).max(256).describe('Its password.'),
  scopes: appScopes.describe('What it may do.'),
});

export const isymphony = z.strictObject({
  enabled: z.boolean().default(true).describe('Serve the iSymphony event and live APIs.'),
  accounts: z
    .record(z.string().regex(/^[^:]{1,64}$/, 'no colon, at most 64 characters'), account)
    .default({})
    .describe("Who may use it, by login. With none the vendor's public account is open, as long as `allow` names this machine alone."),
  allow: z.array(z.string()).default(['127.0.0.0/8', '::1/128']).describe('Addresses and networks that may ask.'),
  slug: z
    .string()
    .regex(/^[\w.-]{1,64}$/, 'letters, digits, _, . and -, at most 64')
    .default('default')
    .describe('Name of the core server, as in coreServers/getByName/default.'),
  requireTls: z.boolean().default(false).describe('Send whoever asks over plain http to https. Of any tenant, it holds for all of them.'),
  legacyEventTypes: z
    .boolean()
    .default(true)
    .describe('Emit login and logout; else userLogin and userLogout. A connection that filters on one of the names gets that one.'),
  strictJson: z.boolean().default(false).describe("Refuse filter messages as the vendor's page prints them, which are no JSON."),
  filter: z
    .strictObject({
      matchNumbered: z.boolean().default(false).describe('A filter on username looks at username1 and username2 too, and so for all.'),
    })
    .prefault({})
    .describe('How filters are read.'),
  answeredDialEnd: z.boolean().default(false).describe('Tell dialEnd of dials that were answered, too; else linkStart alone tells it.'),
  users: z
    .record(z.string().max(80), z.strictObject({ full: z.boolean().default(true).describe('Whether calls, agents and status are told.') }))
    .default({})
    .describe('What is different for single users, by name.'),
});
