/** The shapes of what FreeSWITCH answers to questions. */
import { z } from 'zod';

/** A row of `show ... as json`, by column. Columns without a value are `''`. */
const row = z.record(z.string(), z.string());
export type Row = z.infer<typeof row>;

/** With nothing to show there is no `rows` at all. */
const table = z.object({ rows: z.array(row).default([]) });

/** A channel's own headers and variables; one that has several values is a list. */
const dump = z.record(z.string(), z.union([z.string(), z.array(z.string())]));
export type Dump = z.infer<typeof dump>;

const conferences = z.array(
  z.object({
    conference_name: z.string(),
    members: z.array(
      z.object({
        id: z.number().optional(),
        uuid: z.string().optional(),
        flags: z.object({ can_speak: z.boolean().optional() }).optional(),
      }),
    ),
  }),
);
export type Conferences = z.infer<typeof conferences>;

const parsed = <Value>(schema: z.ZodType<Value>, text: string, otherwise: Value): Value => {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    // "No active conferences." and the like: a sentence in place of an empty list.
    return otherwise;
  }
  const result = schema.safeParse(json);
  return result.success ? result.data : otherwise;
};

export const parseTable = (text: string): readonly Row[] => parsed(table, text, { rows: [] }).rows;
export const parseConferences = (text: string): Conferences => parsed(conferences, text, []);
export const parseDump = (text: string): Dump | undefined => parsed<Dump | undefined>(dump.optional(), text, undefined);

/** The tables of `list_users` and `callcenter_config`: a line of names, then lines of values, then `+OK`. */
export const parsePiped = (text: string): readonly Row[] => {
  const [head = '', ...lines] = text.split('\n').map((line) => line.trim());
  const names = head.split('|');
  return lines
    .filter((line) => line.includes('|'))
    .map((line) => {
      const values = line.split('|');
      return Object.fromEntries(names.map((name, index) => [name, values[index] ?? '']));
    });
};

/** A slot with a channel in it, as `valet_info` has it. */
export interface ListedSlot {
  readonly lot: string;
  readonly slot: string;
  readonly channel: string;
}

/** `<lot name="park@pbx"><extension uuid="...">6</extension></lot>`; FreeSWITCH writes it line by line, and escapes nothing. */
export const parseLots = (text: string): readonly ListedSlot[] => {
  const slots: ListedSlot[] = [];
  let lot = '';
  for (const line of text.split('\n')) {
    lot = /<lot name="([^"]*)">/.exec(line)?.[1] ?? lot;
    const [, channel, slot] = /<extension uuid="([^"]*)">([^<]*)<\/extension>/.exec(line) ?? [];
    if (channel !== undefined && slot !== undefined) slots.push({ lot, slot, channel });
  }
  return slots;
};

/** `UP 0 years, 0 days, 0 hours, 9 minutes, 20 seconds, 354 milliseconds, 998 microseconds`: how long it runs, in microseconds. */
export const parseUptime = (status: string): number | undefined => {
  const units = [365 * 86_400, 86_400, 3_600, 60, 1, 1e-3, 1e-6];
  const line = /^UP (.*)$/m.exec(status)?.[1];
  const counts = line?.match(/\d+/g)?.map(Number);
  if (counts?.length !== units.length) return undefined;
  return Math.round(counts.reduce((sum, count, index) => sum + count * (units[index] ?? 0) * 1e6, 0));
};
