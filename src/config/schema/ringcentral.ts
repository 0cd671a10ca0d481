import { z } from 'zod';

export const ringcentral = z.strictObject({
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
