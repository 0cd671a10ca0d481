import type { z } from 'zod';
import type { Identity, Scope } from '../../auth/auth.ts';
import { requireScope } from '../../http/bearer.ts';
import { GatewayError } from '../../model/errors.ts';
import type { ExtensionNumber } from '../../model/ids.ts';
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

export const parseJson = (text: string): unknown => {
  if (text.trim() === '') return {};
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw new GatewayError('invalid-json', {}, { cause });
  }
};

/** Throws 400 that names the field. */
export const parseBody = <Schema extends z.ZodType>(schema: Schema, body: unknown): z.infer<Schema> => {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const field = issue?.path.join('.') ?? '';
  throw badRequest(field === '' ? 'The body is not valid.' : `${field}: ${issue?.message ?? 'not valid'}`, result.error);
};
