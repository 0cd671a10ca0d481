import type { z } from 'zod';
import { GatewayError } from '../../model/errors.ts';
import { filterList, type PropertyFilter } from './schema.ts';

/** A message from a client: the filters that it wants from now on, or what is wrong with it. */
export type ClientMessage =
  | { readonly kind: 'filter'; readonly filters: readonly PropertyFilter[] }
  | { readonly kind: 'bad-filter'; readonly error: string }
  | { readonly kind: 'unknown'; readonly error: string };

export const parseMessage = (text: string, strict: boolean): ClientMessage => {
  const message = parseJson(text) ?? (strict ? undefined : parseJson(repair(text)));
  if (message === undefined) return { kind: 'bad-filter', error: 'Invalid JSON' };
  const { value } = message;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return { kind: 'unknown', error: 'Message is not an object' };
  if (!('type' in value)) return { kind: 'unknown', error: 'Missing message type' };
  if (value.type !== 'filter') return { kind: 'unknown', error: `Unknown message type: ${shown(value.type)}` };
  if (!('filters' in value)) return { kind: 'bad-filter', error: 'Missing filters' };
  if (!Array.isArray(value.filters)) return { kind: 'bad-filter', error: 'filters is not an array' };
  const filters = filterList.safeParse(value.filters);
  if (filters.success) return { kind: 'filter', filters: filters.data };
  const [at] = filters.error.issues[0]?.path ?? [];
  return { kind: 'bad-filter', error: `Invalid filter at ${String(at)}: a property and a value are needed` };
};

/** The body of an action, read as the schema says; an empty one is `{}`. Throws `invalid-json`, `missing-parameter`, `invalid-parameter`. */
export const parseBody = <Schema extends z.ZodType>(text: string, schema: Schema): z.infer<Schema> => {
  const body = text.trim() === '' ? { value: {} } : parseJson(text);
  if (body === undefined) throw new GatewayError('invalid-json');
  const parsed = schema.safeParse(body.value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const path = issue?.path ?? [];
  const field = path.join('.');
  if (path.length > 0 && valueAt(body.value, path) === undefined) throw new GatewayError('missing-parameter', { field }, { note: field });
  throw new GatewayError('invalid-parameter', { field }, { note: `${field === '' ? 'body' : field}: ${issue?.message ?? ''}` });
};

const valueAt = (body: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce((value, key) => (typeof value === 'object' && value !== null ? (Reflect.get(value, key) as unknown) : undefined), body);

/** In an object, so that `null` and `undefined` mean different things. */
const parseJson = (text: string): { readonly value: unknown } | undefined => {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    // What is no JSON has no value; whoever asked says so to the client.
    return undefined;
  }
};

const string = String.raw`"(?:[^"\\]|\\.)*"`;
const printedFilter = new RegExp(String.raw`("property"\s*:\s*${string})\s*:\s*("value"\s*:\s*${string})`, 'g');

/** The vendor's page prints its filters as `{"property" : "type" : "value" : "dial"}`: a colon where a comma belongs. */
const repair = (text: string): string => text.replace(printedFilter, '$1, $2');

const longestShown = 64;
const shown = (type: unknown): string => (typeof type === 'string' ? type : (JSON.stringify(type) ?? '')).slice(0, longestShown);
