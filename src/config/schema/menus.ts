/** What callers of a number meet who are led by a program outside. */
import { z } from 'zod';

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

export const menus = z.record(z.string().regex(/^[0-9]{1,16}$/, 'digits, at most 16'), menu);
