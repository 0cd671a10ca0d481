import { z } from 'zod';
import { menus } from './menus.ts';

export const telphin = z.strictObject({
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
