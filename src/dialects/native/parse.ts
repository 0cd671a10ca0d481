import type { IncomingHttpHeaders } from 'node:http';
import { z } from 'zod';
import type { FeedFilter } from '../../delivery/filter.ts';
import type { TenantEngine } from '../../engine/engine.ts';
import { toGatewayError } from '../../http/problem.ts';
import { parseCursor, renderCursor } from '../../model/cursor.ts';
import type { Cursor } from '../../model/cursor.ts';
import { GatewayError } from '../../model/errors.ts';
import { eventTypes } from '../../model/event.ts';
import { subscribeSchema } from './schema/feeds.ts';

/** Reads a value by its schema; throws an error that names the member that is wrong, `slot.lot`, or a parameter. */
export const parseWith = <Schema extends z.ZodType>(schema: Schema, input: unknown): z.output<Schema> => {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  if (issue === undefined) throw new GatewayError('bad-request');
  if (issue.code === 'unrecognized_keys') {
    const field = [...issue.path, issue.keys[0] ?? ''].join('.');
    throw new GatewayError('invalid-parameter', { field }, { note: `There is no such parameter: ${field.slice(0, 100)}` });
  }
  const field = issue.path.join('.');
  if (valueAt(input, issue.path) === undefined) throw new GatewayError('missing-parameter', { field });
  throw new GatewayError('invalid-parameter', { field: field === '' ? 'body' : field }, { note: issue.message });
};

const valueAt = (input: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>((value, key) => (typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined), input);

/** A query as an object. A parameter that is there without a value is not there; one that is repeated is a list. */
export const parseQuery = (query: string): Readonly<Record<string, string | readonly string[]>> => {
  const values = new Map<string, string[]>();
  for (const [name, value] of new URLSearchParams(query)) {
    if (value !== '') values.set(name, [...(values.get(name) ?? []), value]);
  }
  return Object.fromEntries([...values].map(([name, all]) => [name, all.length === 1 ? (all[0] ?? '') : all]));
};

const mostValues = 1000;

/** A list in a query: separated by commas, or the parameter repeated. */
export const listParameter = (description: string): z.ZodType<readonly string[], string | readonly string[]> =>
  z
    .union([z.string(), z.array(z.string()).readonly()])
    .transform((given) =>
      (typeof given === 'string' ? [given] : given)
        .flatMap((text) => text.split(',').map((value) => value.trim()))
        .filter((value) => value !== ''),
    )
    .refine((values) => values.length > 0 && values.length <= mostValues && values.every((value) => value.length <= 200), {
      error: `1 to ${mostValues} values are allowed.`,
    })
    .describe(description);

/** A whole number in a query. */
export const numberParameter = (least: number, most: number, description: string): z.ZodType<number, string> =>
  z
    .string()
    .regex(/^\d{1,9}$/, { error: 'A whole number is needed.' })
    .transform(Number)
    .refine((value) => value >= least && value <= most, { error: `${least} to ${most} is allowed.` })
    .describe(description);

/** The parameters by which every feed is chosen. */
export const feedParameters = {
  after: z.exactOptional(z.string().max(64).describe('A cursor: only what followed it; or `now`, or `oldest`')),
  type: z.exactOptional(listParameter('Event types or families (`call.*`), separated by commas')),
  extension: z.exactOptional(listParameter('Extensions: what concerns them or a call they take part in')),
  call: z.exactOptional(listParameter('Call ids')),
  ticket: z.exactOptional(z.string().max(100).describe('A one-time ticket in place of the key, for browsers')),
};

export const feedQuery = z.strictObject({
  ...feedParameters,
  subscribe: z.exactOptional(z.literal('message').describe('WebSocket alone: send nothing until the client subscribes by a message')),
});

export const pollQuery = z.strictObject({
  ...feedParameters,
  wait: z.exactOptional(numberParameter(0, 60, 'Seconds to wait if nothing has happened yet')),
  limit: z.exactOptional(numberParameter(1, 1000, 'At most so many events')),
});

const families = new Set(eventTypes.map((type) => `${type.slice(0, type.indexOf('.'))}.*`));
const types = new Set<string>(eventTypes);

/** A filter out of what was asked; a type that does not exist is refused, for it would match nothing for ever. */
export const parseFilter = (asked: {
  readonly types?: readonly string[] | undefined;
  readonly extensions?: readonly string[] | undefined;
  readonly calls?: readonly string[] | undefined;
}): FeedFilter => {
  const wanted = asked.types?.filter((type) => type !== '*');
  const unknown = wanted?.find((type) => !types.has(type) && !families.has(type));
  if (unknown !== undefined) throw new GatewayError('invalid-parameter', { field: 'type' }, { note: `There is no event type ${unknown}.` });
  return {
    ...(asked.types === undefined || wanted?.length !== asked.types.length ? {} : { types: asked.types }),
    ...(asked.extensions === undefined ? {} : { extensions: asked.extensions }),
    ...(asked.calls === undefined ? {} : { calls: asked.calls }),
  };
};

/** Where a reader wants to go on: `now` and `oldest` are for the log to say. */
export type Start = Cursor | 'now' | 'oldest';

/** `field`: by what the client said it. */
export const parseStart = (text: string | undefined, otherwise: Start, field = 'after'): Start => {
  if (text === undefined) return otherwise;
  if (text === 'now' || text === 'oldest') return text;
  const cursor = parseCursor(text);
  if (cursor === undefined) throw new GatewayError('invalid-cursor', { field });
  return cursor;
};

/** What one reader asked for. */
export interface Asked {
  readonly start: Start;
  readonly filter: FeedFilter;
}

/** A message of a WebSocket; the error of one that is no subscription. */
export const parseSubscribe = (text: string): Asked | GatewayError => {
  try {
    const { after, types, extensions, calls } = parseWith(subscribeSchema, parseJson(text));
    return { start: parseStart(after, 'now'), filter: parseFilter({ types, extensions, calls }) };
  } catch (thrown) {
    return toGatewayError(thrown);
  }
};

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw new GatewayError('invalid-json', {}, { cause });
  }
};

/**
 * From where something is to be told again: `oldest`, or a cursor of the tenant's log. Throws `invalid-cursor` for what is none, is of
 * another log, or ahead of it.
 */
export const parseReplayFrom = (text: string, engine: TenantEngine): Cursor => {
  if (text === 'oldest') return engine.log.oldest(engine.tenant);
  const cursor = parseCursor(text);
  const head = engine.cursor();
  if (cursor === undefined || cursor.epoch !== head.epoch || cursor.seq > head.seq) {
    throw new GatewayError('invalid-cursor', { cursor: text, head: renderCursor(head) });
  }
  return cursor;
};

/** `Prefer: wait=10`: how many seconds the client would wait for the end of a command; 60 at most. */
export const parsePreferredWait = (headers: IncomingHttpHeaders): number => {
  const header = headers['prefer'];
  const wait = /(?:^|[,;\s])wait=(\d{1,6})(?:$|[,;\s])/.exec(Array.isArray(header) ? header.join(',') : (header ?? ''))?.[1];
  return wait === undefined ? 0 : Math.min(60, Number(wait));
};

/** `If-Cursor`: the client acts on what it saw at that cursor. */
export const parseIfCursor = (headers: IncomingHttpHeaders): Cursor | undefined => {
  const header = headers['if-cursor'];
  if (header === undefined) return undefined;
  const cursor = typeof header === 'string' ? parseCursor(header.trim()) : undefined;
  if (cursor === undefined) throw new GatewayError('invalid-cursor', { field: 'If-Cursor' });
  return cursor;
};

export const parseIdempotencyKey = (headers: IncomingHttpHeaders): string | undefined => {
  const header = headers['idempotency-key'];
  if (header === undefined) return undefined;
  if (typeof header !== 'string' || !/^[\u0021-\u007e]{1,255}$/.test(header)) {
    throw new GatewayError('invalid-parameter', { field: 'Idempotency-Key' }, { note: '1 to 255 visible ASCII characters are allowed.' });
  }
  return header;
};
