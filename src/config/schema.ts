import { z } from 'zod';

/**
 * The configuration: one schema with defaults and descriptions. docs/config.md is generated from it. Texts may name
 * environment variables as `${NAME}`; so secrets need not stand in the file.
 */

const name = z.string().regex(/^[a-z0-9][a-z0-9-]{0,31}$/, 'small letters, digits and dashes, at most 32');
const port = z.int().min(0).max(65_535);
const positive = z.number().positive();

const tls = z.strictObject({
  certificate: z.string().describe('Path of the certificate chain, PEM. Read again when it changes.'),
  key: z.string().describe('Path of the private key, PEM.'),
  plainToo: z.boolean().default(false).describe('Serve http on the same port as well; the first byte of a connection tells which it is.'),
});

const http = z.strictObject({
  host: z.string().default('127.0.0.1').describe('Address to listen on. 0.0.0.0 is every IPv4 address of the machine.'),
  port: port.default(8080).describe('Port to listen on; 0 takes a free one.'),
  extraPorts: z
    .array(port)
    .max(16)
    .default([])
    .describe("Ports on which everything is served as well: 58080 and 55050, which iSymphony's clients have built in."),
  publicUrl: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('The URL under which clients reach this server, when it is not host and port.'),
  trustedProxies: z
    .array(z.string())
    .default([])
    .describe('Addresses or CIDR ranges of proxies whose X-Forwarded-For is believed. With any, no client counts as loopback.'),
  tls: tls.optional().describe('Serve https.'),
  bodyLimit: z.int().min(1024).default(1_048_576).describe('Largest request body, in bytes.'),
  maxConnections: z.int().min(1).default(20_000).describe('Connections beyond this many are refused.'),
});

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

const noojee = z.strictObject({
  enabled: z.boolean().default(true).describe('Serve the Noojee CallManagementAPI.'),
  timeZone: z.string().default('').describe("Zone of callStartTime, as in the tz database; empty is the server's own."),
  endedWindowSeconds: z.int().min(0).max(3600).default(60).describe('Legs that ended within so long are part of a first poll.'),
  extended: z.boolean().default(false).describe('Send the members that newer servers have, too.'),
  keepAliveMs: z
    .int()
    .min(0)
    .max(60_000)
    .default(0)
    .describe('Send a space every so often while a poll waits, for clients with short read time-outs; 0 is off.'),
  maxPolls: z.int().min(1).max(10_000).default(200).describe('Polls that one key may have waiting at once.'),
});

const dialledNumber = z.string().regex(/^\+?[0-9*#]{1,32}$/, 'a number that can be dialled');
const askedUrl = z.string().regex(/^https?:\/\/\S{1,2000}$/, 'an http or https URL; it may hold variables, as $Code');

const menuAction = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('ask'), url: askedUrl, method: z.enum(['GET', 'POST']).default('GET') }),
  z.strictObject({ kind: z.literal('play'), sound: z.string().regex(/^\w[\w./-]{0,199}$/, "a name among the PBX's sounds") }),
  z.strictObject({ kind: z.literal('transfer'), to: dialledNumber }),
  z.strictObject({ kind: z.literal('hangup') }),
]);

const menu = z
  .strictObject({
    url: askedUrl
      .optional()
      .describe('The program that is asked what to do with a caller; short for `contexts.main.start` with one `ask`.'),
    method: z.enum(['GET', 'POST']).default('GET').describe('How it is asked.'),
    otherwise: dialledNumber
      .optional()
      .describe("Where a caller goes for whom nothing is left to do; without it, on in the PBX's dialplan, which usually hangs up."),
    choiceSeconds: z.number().min(1).max(60).default(5).describe('How long a caller has for choosing an option.'),
    contexts: z
      .record(
        z.string().min(1).max(64),
        z.record(z.string().regex(/^([0-9*#]|start|timeout|invalid)$/, 'a key, start, timeout or invalid'), z.array(menuAction).max(20)),
      )
      .default({})
      .describe(
        'What Jump leads to: by context and option a list of actions, `kind` ask (`url`, `method`), play (`sound`), transfer (`to`) or hangup.',
      ),
  })
  .refine(({ url, contexts }) => url !== undefined || contexts['main']?.['start'] !== undefined, 'either url or contexts.main.start');

const menus = z.record(z.string().regex(/^[0-9]{1,16}$/, 'digits, at most 16'), menu);

const voipnowAccount = z
  .strictObject({
    password: z.string().min(1).max(256).optional().describe('Its password. OAuth 1.0a works for accounts that have it here.'),
    passwordSha256: z
      .string()
      .regex(/^[0-9a-f]{64}$/, 'SHA-256 in lower-case hex')
      .optional()
      .describe('SHA-256 of the password, lower-case hex, in its place.'),
    scopes: z
      .array(z.enum(['observe', 'control', 'supervise', 'record']))
      .min(1)
      .default(['observe', 'control'])
      .describe('What it may do.'),
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

const voipnowLimits = z.strictObject({
  requests: z.int().min(1).max(1_000_000).optional().describe('CallAPI requests of one account within `seconds`; any number when absent.'),
  seconds: z.int().min(1).max(3_600).default(10).describe('The time in which they are counted.'),
  perAddress: z.int().min(1).max(1_000_000).optional().describe('CallAPI requests from one address in a minute; any number when absent.'),
  subnets: z
    .record(z.string(), z.int().min(1).max(1_000_000))
    .default({})
    .describe('The same for all addresses of a network together: `10.1.0.0/16: 600`.'),
});

const voipnow = z.strictObject({
  enabled: z.boolean().default(true).describe('Serve the VoipNow CallAPI and UnifiedAPI.'),
  prefix: z
    .string()
    .regex(/^[0-9]{1,16}$/, 'digits, at most 16')
    .default('1000')
    .describe("The customer's number that stands before extensions: of 12340, 101 is 12340101 or 12340*101."),
  accounts: z.record(z.string().min(1).max(64), voipnowAccount).default({}).describe('Who may use CallAPI and its web page, by login.'),
  maxAgeSeconds: z.int().min(5).max(86_400).default(600).describe('A call event that could not be delivered for so long is given up.'),
  attempts: z.int().min(1).max(20).default(1).describe("How often a call event is tried; the vendor's servers try once."),
  interactive: menus.default({}).describe('CallAPI Interactive: what callers of these numbers meet, as docs/interactive.md describes it.'),
  lowerCaseFlow: z.boolean().default(false).describe('Write CallFlow as in and out, not IN and OUT.'),
  unifiedProfile: z
    .enum(['uapi3', 'uapi5'])
    .default('uapi3')
    .describe("The vendor's generation of which requests are that are published through UnifiedAPI."),
  limits: voipnowLimits.prefault({}).describe('How often CallAPI may be asked; one request more is answered with status 429.'),
  email: email.prefault({}).describe('CallAPI Email: an e-mail when a call ends.'),
});

const ringcentral = z.strictObject({
  enabled: z.boolean().default(true).describe('Serve the RingCentral API.'),
  accountId: z
    .int()
    .min(100_000)
    .max(9_000_000_000_000)
    .optional()
    .describe("The account's id, of which those of extensions are made; made of the tenant's name when it is not set."),
  extensionIds: z
    .record(z.string().min(1).max(32), z.int().min(1).max(Number.MAX_SAFE_INTEGER))
    .default({})
    .describe("Ids of extensions, by extension; any other's is the account's without its last five digits, and the extension."),
  mainNumber: z
    .string()
    .regex(/^\+[1-9][0-9]{5,14}$|^$/, 'E.164')
    .default('')
    .describe("The account's main number, E.164; with `*` and an extension it is a login."),
  directNumbers: z
    .record(z.string().regex(/^\+[1-9][0-9]{5,14}$/, 'E.164'), z.string().min(1).max(32))
    .default({})
    .describe('Public numbers, E.164, and the extension that each of them reaches; each is a login, too.'),
  assertions: z
    .record(z.string().min(8).max(4096), z.string().min(1).max(32))
    .default({})
    .describe('Texts with which apps log in by the jwt-bearer grant, and the extension of the user for whom each stands.'),
  sip: z
    .strictObject({
      transport: z.enum(['WSS', 'TLS', 'TCP', 'UDP']).default('WSS').describe('How phones reach the proxy.'),
      domain: z.string().min(1).max(253).describe("The PBX's SIP domain."),
      outboundProxy: z.string().min(1).max(260).describe('Host and port at which phones register.'),
      accounts: z
        .record(
          z.string().min(1).max(32),
          z.strictObject({
            username: z.string().min(1).max(128).optional().describe("Of the phone; the extension's number when it is not set."),
            authorizationId: z.string().min(1).max(128).optional().describe('With which it authenticates; the same when it is not set.'),
            password: z.string().min(1).max(256).describe('Its password at the PBX.'),
          }),
        )
        .describe("By extension: what its user's softphone is told."),
    })
    .optional()
    .describe('How softphones register at the PBX: what `sip-provision` answers. They are told nothing when it is not set.'),
  telephony: z
    .strictObject({
      foreignParties: z.boolean().default(false).describe('Tell of parties outside the account, trunks, which the vendor leaves out.'),
      flipNumbers: z
        .record(z.string().min(1).max(32), z.record(z.string().regex(/^[0-9]$/, 'a digit'), z.string().min(1).max(32)))
        .default({})
        .describe('Where a call flip leads, by extension and digit; without one the extension itself is rung again.'),
      conferenceRooms: z
        .array(z.string().min(1).max(32))
        .max(100)
        .default([])
        .describe('Rooms of the PBX in which conferences are held; without any a room is made up for each.'),
    })
    .prefault({})
    .describe('Telephony sessions.'),
  subscriptions: z
    .strictObject({
      most: z.int().min(1).max(10_000).default(100).describe('Subscriptions that one user may have with one client at once.'),
      webhookSeconds: z
        .int()
        .min(60)
        .max(630_720_000)
        .default(315_360_000)
        .describe('How long a WebHook subscription lives that does not say.'),
      recoverySeconds: z
        .int()
        .min(10)
        .max(86_400)
        .default(3_600)
        .describe('How long a WebSocket may be away and still be given all it has missed.'),
      memoryEvents: z
        .int()
        .min(8)
        .max(10_000_000)
        .default(50_000)
        .describe('Of how many events the notifications are kept in memory; older ones are made anew out of the log.'),
      pushWrapper: z.boolean().default(false).describe('Put events of PubNub into the wrapper of a mobile push.'),
      httpsOnly: z.boolean().default(false).describe('Refuse WebHook addresses that are not https.'),
      blacklistAfterSeconds: z.int().min(1).max(86_400).default(600).describe('A WebHook that fails for so long is Blacklisted.'),
      probeSeconds: z.int().min(1).max(86_400).default(900).describe('How often the address of a Blacklisted WebHook is looked at.'),
    })
    .prefault({})
    .describe('Subscriptions.'),
});

const isymphonyAccount = z.strictObject({
  password: z.string().min(1).max(256).describe('Its password.'),
  scopes: z
    .array(z.enum(['observe', 'control', 'supervise', 'record']))
    .min(1)
    .default(['observe', 'control'])
    .describe('What it may do.'),
});

const isymphony = z.strictObject({
  enabled: z.boolean().default(true).describe('Serve the iSymphony event and live APIs.'),
  accounts: z
    .record(z.string().regex(/^[^:]{1,64}$/, 'no colon, at most 64 characters'), isymphonyAccount)
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

const telphin = z.strictObject({
  enabled: z.boolean().default(true).describe('Serve the Telphin (Ringme) API.'),
  prefix: z
    .string()
    .regex(/^[0-9]{1,16}$/, 'digits, at most 16')
    .default('000')
    .describe("The client's number that stands before extensions: of 022, 341 is `022*341`."),
  domain: z
    .string()
    .regex(/^[A-Za-z0-9.-]{1,253}$/, 'a domain name')
    .default('pbx.invalid')
    .describe('The domain behind them: `022*341@siptest.ringme.ru`.'),
  clientId: z.int().min(1).default(1).describe("The client's id in paths; @me is the same."),
  node: z.ipv4().default('127.0.0.1').describe("The address of the PBX's node, which ids of calls begin with, as a number."),
  extensionIds: z
    .record(z.string().max(64), z.int().min(1))
    .default({})
    .describe('Ids of extensions, by extension; any other is firstExtensionId and its number.'),
  firstExtensionId: z.int().min(0).max(1_000_000_000).default(10_000).describe('Added to the number of an extension to make its id.'),
  slotRequired: z.boolean().default(false).describe('Refuse to park, and to list slots, without a slot.'),
  maxAgeSeconds: z.int().min(5).max(86_400).default(600).describe('A call event that could not be delivered for so long is given up.'),
  attempts: z.int().min(1).max(20).default(1).describe("How often a call event is tried; the vendor's servers try once."),
  requestsPerHour: z.int().min(1).max(100_000_000).default(10_000).describe('Requests that one OAuth client may make in an hour.'),
  interactive: menus.default({}).describe('Call Interactive: what callers of these numbers meet, as docs/interactive.md describes it.'),
});

const dialects = z.strictObject({
  noojee: noojee.prefault({}).describe('The Noojee CallManagementAPI.'),
  ringcentral: ringcentral.prefault({}).describe('The RingCentral API.'),
  telphin: telphin.prefault({}).describe('The Telphin (Ringme) API.'),
  voipnow: voipnow.prefault({}).describe('The VoipNow CallAPI and UnifiedAPI.'),
  isymphony: isymphony.prefault({}).describe('The iSymphony event and live APIs.'),
});

const prefix = z.string().regex(/^[0-9+*#]{1,32}$/, 'digits, +, * and #, at most 32');

const policy = z.strictObject({
  allow: z
    .array(prefix)
    .max(1000)
    .default([])
    .describe('If any are given, a number that is no extension must begin with one of these to be dialled.'),
  forbid: z
    .array(prefix)
    .max(1000)
    .default([])
    .describe('Numbers that begin with one of these are not dialled. Where both lists fit, the longer prefix decides.'),
  emergency: z.array(prefix).max(100).default(['112', '911']).describe('Whole numbers to which none of these rules applies.'),
  callerIds: z.array(prefix).max(1000).default([]).describe("Numbers that a dial may show as the caller's; any when empty."),
  dialsPerMinute: z.int().min(1).max(100_000).optional().describe('How often a minute one key may have a number dialled.'),
  liveDials: z.int().min(1).max(100_000).optional().describe('How many calls that one key has dialled may live at once.'),
});

const parking = z.strictObject({
  lot: z
    .string()
    .regex(/^[\w-]{1,40}$/, 'letters, digits, _ and -, at most 40')
    .default('valet')
    .describe("The lot's name. On Asterisk a lot of that name in res_parking.conf, else the first spaces of its lot `default`."),
  slots: z
    .array(z.string().regex(/^[0-9A-Za-z]{1,10}$/, 'letters and digits, at most 10'))
    .min(1)
    .max(1000)
    .refine((slots) => new Set(slots).size === slots.length, 'no slot twice')
    .default(['1', '2', '3', '4', '5', '6', '7', '8', '9'])
    .describe('Its slots, in the order in which they are taken.'),
  timeoutSeconds: z.int().min(1).max(3600).default(180).describe('After which a call goes back to who parked it.'),
});

const client = z.strictObject({
  secret: z
    .string()
    .min(8)
    .max(256)
    .optional()
    .describe('Its secret, 8 to 256 characters; without one it can only redeem codes that were asked for with a code challenge (PKCE).'),
  scopes: z
    .array(z.enum(['observe', 'control', 'supervise', 'record']))
    .min(1)
    .default(['observe', 'control'])
    .describe('What its tokens may do at most.'),
  redirectUris: z
    .array(z.url({ protocol: /^https?$/ }))
    .max(20)
    .default([])
    .describe('Where its users may be sent back to with a code, character by character.'),
});

const user = z
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

const tenant = z.strictObject({
  pbxs: z
    .record(name, z.discriminatedUnion('kind', [asterisk, freeswitch, sandbox]))
    .refine((pbxs) => Object.keys(pbxs).length > 0, 'a tenant needs a PBX')
    .describe('The phone systems, by name.'),
  dialects: dialects.prefault({}).describe("The vendors' APIs."),
  clients: z
    .record(z.string().regex(/^[\w.-]{1,64}$/, 'letters, digits, _, . and -, at most 64'), client)
    .default({})
    .describe("OAuth 2.0 clients of the vendors' APIs, by client id. No two tenants have one of the same id."),
  users: z
    .record(z.string().min(1).max(80), user)
    .default({})
    .describe('People who may log in, by the name with which they do. More can be made over the API.'),
  policy: policy.prefault({}).describe('What keys may have the PBX dial.'),
  parking: parking
    .optional()
    .describe("Where commands park calls. When absent: in slots 1 to 9 of the lot `valet`, or in those of the sandbox's office."),
  keepDays: positive.default(30).describe('Events older than this are deleted.'),
  keepGigabytes: positive.default(4).describe('Of events that take more room than this together, the oldest are deleted.'),
  keepAuditDays: positive.default(90).describe('How long it is kept who commanded what.'),
  keepTraceDays: positive.default(3).describe("How long the PBX's own words are kept for `why`."),
  keepTraceMegabytes: positive.default(256).describe("How much room the PBX's own words may take."),
});

const webhooks = z.strictObject({
  allow: z
    .array(z.string())
    .default([])
    .describe('Networks that may be delivered to although they are not public, as 10.1.0.0/16: a CRM in the LAN.'),
  keepDays: positive
    .default(7)
    .describe('What a paused endpoint has not been sent is kept so long, even if `keepDays` of the tenant is less.'),
});

const mail = z
  .strictObject({
    host: z.string().min(1).describe('The SMTP server.'),
    port: port.default(587).describe('Its port.'),
    security: z
      .enum(['starttls', 'tls', 'none'])
      .default('starttls')
      .describe(
        'starttls: it must change to TLS; tls: TLS from the first byte, usually port 465; none: plain text, for a server on this machine.',
      ),
    user: z.string().optional().describe('Account at the server, if it wants one.'),
    password: z.string().optional().describe('Its password.'),
    from: z.string().min(3).max(320).describe('Whom e-mails are from: an address, or `Switchhook <pbx@example.com>`.'),
  })
  .refine(({ user, password }) => (user === undefined) === (password === undefined), 'user and password go together');

const wholeConfig = z.strictObject({
  data: z.string().default('./switchhook-data').describe('Folder of the log and of everything else that survives a restart.'),
  logLevel: z
    .enum(['debug', 'info', 'warn', 'error', 'silent'])
    .default('info')
    .describe('What the server writes of itself, as JSON lines on stderr.'),
  http: http.prefault({}).describe('Where it listens.'),
  webhooks: webhooks.prefault({}).describe('Deliveries to other programs.'),
  mail: mail.optional().describe('The SMTP server through which e-mails leave.'),
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
