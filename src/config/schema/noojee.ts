import { z } from 'zod';

export const noojee = z.strictObject({
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
