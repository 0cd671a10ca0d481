/** The phone systems. */
import { z } from 'zod';
import { port } from './words.ts';

const extensionOverride = z.strictObject({
  name: z.string().max(128).optional().describe('Display name, in place of what the PBX tells.'),
  user: z.string().max(128).optional().describe('The user who owns the extension.'),
});

const place = z.strictObject({
  displayName: z.string().max(128).optional().describe('What it is called.'),
  number: z.string().max(32).optional().describe('The number that reaches it.'),
});

const asterisk = z.strictObject({
  kind: z.literal('asterisk').describe('An Asterisk 16 or newer, over its manager interface (AMI).'),
  host: z.string().default('127.0.0.1').describe('Address of the manager interface.'),
  port: port.default(5038).describe('Port of the manager interface.'),
  tls: z.boolean().default(false).describe('Speak TLS to it.'),
  username: z.string().describe('The account in manager.conf.'),
  secret: z.string().describe('Its secret.'),
  dialContext: z.string().default('internal').describe('Dialplan context in which what users dial is looked up.'),
  technology: z.string().default('PJSIP').describe('Channel technology of the phones.'),
  extensionPattern: z
    .string()
    .default('^[0-9]{2,6}$')
    .describe('Endpoints whose name matches are extensions when no hint says so; others are trunks. A regular expression.'),
  answer: z
    .enum(['notify-then-pickup', 'notify', 'pickup'])
    .default('notify-then-pickup')
    .describe('How a ringing phone is answered: asked by SIP NOTIFY (Event: talk), or by a second call to it that picks the first up.'),
  hold: z
    .enum(['notify', 'notify-then-redirect', 'redirect'])
    .default('notify')
    .describe(
      'How a call is put on hold: the phone is asked by SIP NOTIFY (Event: hold), or the PBX takes both parties out of the dialplan and joins them again.',
    ),
  voicemailContext: z.string().default('default').describe('Context of the mailboxes in voicemail.conf.'),
  interactive: z
    .strictObject({
      host: z.string().default('127.0.0.1').describe('Address to listen on for calls that the dialplan hands over by FastAGI.'),
      port: port.default(4573).describe('Port to listen on.'),
      speech: z
        .string()
        .regex(/^[A-Za-z][A-Za-z0-9]{0,31}$/, "an application's name")
        .optional()
        .describe('Dialplan application that reads a text aloud, as Festival.'),
    })
    .optional()
    .describe('Interactive calls, as docs/interactive.md describes them; without it none are taken.'),
  recordings: z
    .string()
    .optional()
    .describe(
      "Folder in which this machine sees Asterisk's recordings (its /var/spool/asterisk/monitor); without it none can be downloaded.",
    ),
  extensions: z.record(z.string(), extensionOverride).default({}).describe('What is known better than the PBX tells, by extension.'),
  queues: z.record(z.string(), place).default({}).describe('What queues are called and dialled by, by their names in queues.conf.'),
  conferences: z
    .record(z.string(), place)
    .default({})
    .describe('The same of ConfBridge rooms; those that stand here are listed also when nobody is in them.'),
});

const freeswitch = z.strictObject({
  kind: z.literal('freeswitch').describe('A FreeSWITCH 1.10 or newer, over its event socket.'),
  host: z.string().default('127.0.0.1').describe('Address of the event socket.'),
  port: port.default(8021).describe('Port of the event socket.'),
  password: z.string().describe('Its password, as in event_socket.conf.xml.'),
  domain: z.string().max(253).default('').describe("Domain of the tenant's users; empty is FreeSWITCH's own default domain."),
  sharesPbx: z
    .boolean()
    .default(false)
    .describe('The FreeSWITCH has other tenants: only what belongs to `domain`, or comes into `dialContext` from outside, is seen.'),
  dialContext: z.string().default('default').describe('Dialplan context in which what users dial is looked up.'),
  extensionPattern: z
    .string()
    .default('^[0-9]{2,6}$')
    .describe('Users whose name matches are extensions; others are trunks. A regular expression.'),
  trunkProfiles: z
    .array(z.string())
    .default(['external'])
    .describe('SIP profiles on which only trunks are reached, whatever a number there looks like.'),
  parkingLot: z
    .string()
    .regex(/^[\w@.{}-]{1,128}$/, 'letters, digits, _, @, . and -')
    .default('park@{domain}')
    .describe("The tenant's lot of mod_valet_parking; `{domain}` stands for the domain."),
  answer: z
    .enum(['notify-then-pickup', 'notify', 'pickup'])
    .default('notify-then-pickup')
    .describe('How a ringing phone is answered: asked by SIP NOTIFY (Event: talk), or by a second call to it that picks the first up.'),
  conferenceProfile: z.string().default('default').describe('Profile of mod_conference for rooms that are opened by a command.'),
  voicemailProfile: z.string().default('default').describe('Profile of mod_voicemail of the mailboxes.'),
  recordings: z
    .string()
    .optional()
    .describe("Folder in which this machine sees FreeSWITCH's recordings (its recordings_dir); without it none can be downloaded."),
  extensions: z.record(z.string(), extensionOverride).default({}).describe('What is known better than the PBX tells, by extension.'),
});

const sandbox = z.strictObject({
  kind: z.literal('sandbox').describe('The office in memory: obeys every command, deterministic by seed.'),
  seed: z.int().default(1).describe('Seed of its traffic.'),
  traffic: z.boolean().default(false).describe('Make light traffic of its own.'),
  office: z.record(z.string(), z.json()).optional().describe("An office of your own, as docs/sandbox.md describes it; else the demo's."),
});

export const pbx = z.discriminatedUnion('kind', [asterisk, freeswitch, sandbox]);
