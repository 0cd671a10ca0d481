import { z } from 'zod';
import { http } from './schema/http.ts';
import { mail, webhooks } from './schema/sending.ts';
import { tenant } from './schema/tenant.ts';
import { name } from './schema/words.ts';

/**
 * The configuration: one schema with defaults and descriptions. docs/config.md is generated from it. Texts may name
 * environment variables as `${NAME}`; so secrets need not stand in the file.
 */

const wholeConfig = z.strictObject({
  data: z.string().default('./switchhook-data').describe('Folder of the log and of everything else that survives a restart.'),
  logLevel: z
    .enum(['debug', 'info', 'warn', 'error', 'silent'])
    .default('info')
    .describe('What the server writes of itself, as JSON lines on stderr.'),
  http: http.prefault({}).describe('Where it listens.'),
  webhooks: webhooks.prefault({}).describe('Deliveries to other programs.'),
  mail: mail.optional().describe('The SMTP server through which e-mails leave.'),
  operator: name
    .optional()
    .describe(
      'The tenant whose administrators may make other tenants, and remove those. When absent: the only one below; none if there are several.',
    ),
  tenants: z
    .record(name, tenant)
    .refine((tenants) => Object.keys(tenants).length > 0, 'there must be a tenant')
    .describe('The customers, by name. One is usual.'),
});

export const configSchema = wholeConfig.refine(
  ({ mail: server, tenants }) =>
    server !== undefined || Object.values(tenants).every(({ dialects: { voipnow: own } }) => own.email.notices.length === 0),
  { path: ['mail'], message: 'notices of dialects.voipnow.email need an SMTP server' },
);

export type Config = z.infer<typeof configSchema>;
export type TenantConfig = Config['tenants'][string];
export type PbxConfig = TenantConfig['pbxs'][string];
export type AsteriskPbxConfig = Extract<PbxConfig, { kind: 'asterisk' }>;
export type FreeswitchPbxConfig = Extract<PbxConfig, { kind: 'freeswitch' }>;
