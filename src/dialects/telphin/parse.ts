import type { z } from 'zod';
import type { Identity, Scope } from '../../auth/auth.ts';
import { requireScope } from '../../http/bearer.ts';
import type { ExtensionNumber } from '../../model/ids.ts';
import type { Micros } from '../../model/time.ts';
import { badRequest, notFound } from './errors.ts';
import type { Asked } from './source.ts';

/** The extension of a path: by its id, or as `@me` that of the token's user. Throws 404. */
export const extensionAsked = ({ params, source, grant }: Pick<Asked, 'params' | 'source' | 'grant'>): ExtensionNumber => {
  const { extension: text = '' } = params;
  const extension = text === '@me' ? grant.extension : /^\d{1,15}$/.test(text) ? source.numbers.byId(Number(text)) : undefined;
  if (extension === undefined) throw notFound();
  return extension;
};

/** Throws 403 unless the token may see the extension's calls: of any with `observe` or `control`, of the own with `control-own`. */
export const requireSight = (identity: Identity, extension?: ExtensionNumber): void =>
  requireScope(identity, ['observe', 'control', ...ownScope(identity, extension)]);

/** Throws 403 unless the token may change what is the extension's. */
export const requireControl = (identity: Identity, extension?: ExtensionNumber): void =>
  requireScope(identity, ['control', ...ownScope(identity, extension)]);

const ownScope = ({ extension: own }: Identity, extension: ExtensionNumber | undefined): readonly Scope[] =>
  own !== undefined && own === extension ? ['control-own'] : [];

/** `@me`, or the client's own id: a token is of one client. Throws 404. */
export const checkClient = ({ params, source }: Pick<Asked, 'params' | 'source'>): void => {
  const { client = '@me' } = params;
  if (client !== '@me' && client !== String(source.options.clientId)) throw notFound();
};

export interface Paging {
  readonly page: number;
  readonly perPage: number;
}

/** `page` from 1 on and `per_page`; undefined where neither is asked for. Throws 400. */
export const parsePaging = (query: URLSearchParams): Paging | undefined => {
  if (!query.has('page') && !query.has('per_page')) return undefined;
  return { page: wholeOf(query, 'page', 1, 10_000), perPage: wholeOf(query, 'per_page', 20, 500) };
};

const wholeOf = (query: URLSearchParams, name: string, otherwise: number, most: number): number => {
  const text = query.get(name) ?? '';
  if (text === '') return otherwise;
  const value = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  if (value < 1) throw badRequest(`${name} is a whole number from 1 on.`);
  return Math.min(value, most);
};

/** `2020-06-04 10:33:02`, in GMT. Throws 400. */
export const parseTime = (query: URLSearchParams, name: string): Micros | undefined => {
  const text = query.get(name) ?? '';
  if (text === '') return undefined;
  const ms = Date.parse(/^\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d+)?$/.test(text) ? `${text.replace(' ', 'T')}Z` : text);
  if (Number.isNaN(ms)) throw badRequest(`${name} is a time, as 2020-06-04 10:33:02.`);
  return ms * 1_000;
};

/** Throws 400 that names the field. */
export const parseBody = <Schema extends z.ZodType>(schema: Schema, body: unknown): z.infer<Schema> => {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const field = issue?.path.join('.') ?? '';
  throw badRequest(field === '' ? 'The body is not valid.' : `${field}: ${issue?.message ?? 'not valid'}`, result.error);
};
