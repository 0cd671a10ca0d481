import type { OAuthClient } from '../../auth/tokens.ts';
import type { User, Users } from '../../auth/users.ts';
import { extensionNumber, type ExtensionNumber } from '../../model/ids.ts';
import type { RingCentralOptions } from './options.ts';
import type { TenantSource } from './source.ts';

/** Somebody who has shown who it is. */
export interface Login {
  readonly user: User;
  readonly extension: ExtensionNumber;
}

/** By a text that was given to an app in place of a password; undefined for an unknown one. */
export const loginByAssertion = (users: Users, { tenant, options, engine }: TenantSource, assertion: string): Login | undefined => {
  const number = Object.hasOwn(options.assertions, assertion) ? options.assertions[assertion] : undefined;
  const extension = number === undefined ? undefined : engine.extension(extensionNumber(number))?.number;
  const user = extension === undefined ? undefined : users.ofExtension(tenant, extension);
  return user === undefined || extension === undefined ? undefined : { user, extension };
};

/**
 * By name and password. The name is that of the user, an extension, a public number that reaches one, or the main number with
 * `*` and an extension; `extension`, where it is given, goes before what the name says.
 */
export const loginByPassword = async (
  users: Users,
  { tenant, options, engine }: TenantSource,
  { username, extension = '', password }: { readonly username: string; readonly extension?: string; readonly password: string },
): Promise<Login | undefined> => {
  const named = users.named(tenant, username);
  const wanted = extension === '' && named !== undefined ? undefined : extensionMeant(options, username, extension);
  const known = wanted === undefined ? named : users.ofExtension(tenant, wanted);
  // A name that nobody has is tried all the same: it takes as long to be refused as a wrong password.
  const user = await users.byPassword(tenant, known?.name ?? username, password);
  const own = user?.extension === undefined ? undefined : engine.extension(user.extension)?.number;
  return user === undefined || own === undefined ? undefined : { user, extension: own };
};

const extensionMeant = (options: RingCentralOptions, username: string, extension: string): ExtensionNumber => {
  const [number = '', suffix = ''] = username.split('*');
  const short = extension === '' ? suffix : extension;
  if (short !== '') return extensionNumber(short);
  return extensionNumber(options.directNumbers[`+${number.replaceAll(/\D/g, '')}`] ?? number);
};

/** What the user may do, as far as the client may: one that may control may let a user control what is the user's own. */
export const scopesOf = ({ scopes }: User, client: OAuthClient): readonly User['scopes'][number][] =>
  scopes.flatMap((scope) => {
    if (client.scopes.includes(scope)) return [scope];
    return scope === 'control-own' && client.scopes.includes('control') ? [scope] : [];
  });
