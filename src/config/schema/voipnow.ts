import { z } from 'zod';
import { menus } from './menus.ts';
import { appScopes } from './words.ts';

const account = z
  .strictObject({
    password: z.string().min(1).max(256).optional().describe('Its password. OAuth 1.0a works for accounts that have it here.'),
    passwordSha256: z
      .string()
      .regex(/^[0-9a-f]{64}$/, 'SHA-256 in lower-case hex')
      .optional()
      .describe('SHA-256 of the password, lower-case hex, in its place.'),
    scopes: appScopes.describe('What it may do.'),
  })
  .refine(
    ({ password, passwordSha256 }) => (password === undefined) !== (passwordSha256 === undefined),
    'either password or passwordSha256',
  );

const address = z.email('an e-mail address').max(254);

const emailNotice = z.strictObject({
  to: z.array(address).min(1).max(50).describe('Who is written to; each gets an e-mail of their own.'),
  events: z
    .array(z.enum(['missed', 'voicemail', 'hangup']))
    .min(1)
    .describe(
      'Which ends of calls: nobody answered, it reached voicemail, any. Of one call the first of voicemail, missed, hangup that fits is sent.',
    ),
  extensions: z
    .array(z.string().min(1).max(32))
    .min(1)
    .max(1_000)
    .optional()
    .describe('Only of calls in which one of these took part or was rung; of all when absent.'),
});

const email = z.strictObject({
  notices: z.array(emailNotice).max(200).default([]).describe('Who is written to, and of what. Needs `mail`.'),
  templates: z
    .string()
    .optional()
    .describe('Path of a file of templates (YAML) as examples/voipnow-emails.yaml; the defaults when absent.'),
  timeZone: z.string().default('').describe("Zone of the times in e-mails, as in the tz database; empty is the server's own."),
});

const limits = z.strictObject({
  requests: z.int().min(1).max(1_000_000).optional().describe('CallAPI requests of one account within `seconds`; any number when absent.'),
  seconds: z.int().min(1).max(3_600).default(10).describe('The time in which they are counted.'),
  perAddress: z.int().min(1).max(1_000_000).optional().describe('CallAPI requests from one address in a minute; any number when absent.'),
  subnets: z
    .record(z.string(), z.int().min(1).max(1_000_000))
    .default({})
    .describe('The same for all addresses of a network together: `10.1.0.0/16: 600`.'),
});

export const voipnow = z.strictObject({
  enabled: z.boolean().default(true).describe('Serve the VoipNow CallAPI and UnifiedAPI.'),
  prefix: z
    .string()
    .regex(/^[0-9]{1,16}$/, 'digits, at most 16')
    .default('1000')
    .describe("The customer's number that stands before extensions: of 12340, 101 is 12340101 or 12340*101."),
  accounts: z.record(z.string().min(1).max(64), account).default({}).describe('Who may use CallAPI and its web page, by login.'),
  maxAgeSeconds: z.int().min(5).max(86_400).default(600).describe('A call event that could not be delivered for so long is given up.'),
  attempts: z.int().min(1).max(20).default(1).describe("How often a call event is tried; the vendor's servers try once."),
  interactive: menus.default({}).describe('CallAPI Interactive: what callers of these numbers meet, as docs/interactive.md describes it.'),
  conferencePins: z
    .record(z.string(), z.string().min(1).max(64))
    .default({})
    .describe("By a conference's number, the pin that UnifiedAPI's invitations into it must give; a room that is not named asks for none."),
  lowerCaseFlow: z.boolean().default(false).describe('Write CallFlow as in and out, not IN and OUT.'),
  unifiedProfile: z
    .enum(['uapi3', 'uapi5'])
    .default('uapi3')
    .describe("The vendor's generation of which requests are that are published through UnifiedAPI."),
  limits: limits.prefault({}).describe('How often CallAPI may be asked; one request more is answered with status 429.'),
  email: email.prefault({}).describe('CallAPI Email: an e-mail when a call ends.'),
});
