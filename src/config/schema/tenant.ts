import { z } from 'zod';
import { isymphony } from './isymphony.ts';
import { noojee } from './noojee.ts';
import { pbx } from './pbxs.ts';
import { client, user } from './people.ts';
import { ringcentral } from './ringcentral.ts';
import { telphin } from './telphin.ts';
import { voipnow } from './voipnow.ts';
import { name, positive } from './words.ts';

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

export const tenant = z.strictObject({
  pbxs: z
    .record(name, pbx)
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
