import type { Identity } from '../../auth/auth.ts';
import type { Tokens } from '../../auth/tokens.ts';
import type { Users } from '../../auth/users.ts';
import type { ExtensionNumber, TenantId } from '../../model/ids.ts';
import { anotherExtension, applicationLacks, noResource, RingCentralError } from './errors.ts';
import type { Asked, Asker } from './endpoint.ts';
import type { TenantSource } from './source.ts';

export interface GuardOptions {
  readonly tokens: Tokens;
  readonly users: Users;
  readonly sourceOf: (tenant: TenantId) => TenantSource | undefined;
}

/** Tells who asks, by an access token. Clients take any 401 as the sign to refresh. */
export class Guard {
  readonly #options: GuardOptions;

  constructor(options: GuardOptions) {
    this.#options = options;
  }

  /** By the header, `Bearer T`, or by `access_token` of the query where there is no header. */
  byRequest(authorization: string | undefined, query: URLSearchParams): Asker {
    return this.byToken(tokenOf(authorization, query));
  }

  byToken(token: string): Asker {
    const { tokens, users, sourceOf } = this.#options;
    const found = tokens.identify(token);
    if (found === undefined) throw new RingCentralError('OAU-213', 'Token not found');
    const { identity, grant, expiresAt } = found;
    const source = sourceOf(grant.tenant);
    const { extension } = grant;
    if (source === undefined || extension === undefined) throw new RingCentralError('CMN-405', 'Login to extension required.');
    // Who was removed since has no more tokens.
    if (grant.user !== undefined && users.named(grant.tenant, grant.user) === undefined) {
      throw new RingCentralError('OAU-136', 'Extension not found');
    }
    const { client, user } = grant;
    return { source, identity, client, extension, expiresAt, ...(user === undefined ? undefined : { user }) };
  }
}

export const tokenOf = (authorization: string | undefined, query: URLSearchParams): string => {
  const token = authorization === undefined ? query.get('access_token') : bearerOf(authorization);
  if (token === null) throw new RingCentralError('CMN-405', 'Login to extension required.');
  return token;
};

const bearerOf = (authorization: string): string => {
  const token = /^Bearer +([\w.~+/=-]{1,512}) *$/i.exec(authorization)?.[1];
  if (token === undefined) throw new RingCentralError('OAU-123', 'Invalid Authorization header');
  return token;
};

/** Whether it may act for the whole account: `control` of any leg is what an administrator has. */
export const isAdmin = (identity: Identity): boolean => identity.scopes.has('control') || identity.scopes.has('administer');

/** The vendor's permissions, by the scopes of ours that each of them stands for. */
const permissions = {
  ReadAccounts: ['observe', 'control', 'control-own'],
  ReadPresence: ['observe', 'control', 'control-own'],
  EditPresence: ['control', 'control-own'],
  CallControl: ['control', 'control-own'],
  SubscriptionWebhook: ['observe', 'control', 'control-own'],
  WebSocketsSubscription: ['observe', 'control', 'control-own'],
  CallMonitoring: ['supervise'],
  CallRecording: ['record'],
} as const;
export type Permission = keyof typeof permissions;

export const hasPermission = ({ scopes }: Identity, permission: Permission): boolean =>
  scopes.has('administer') || permissions[permission].some((scope) => scopes.has(scope));

/** What a token's `scope` says. */
export const permissionsOf = (identity: Pick<Identity, 'scopes'>): string =>
  Object.keys(permissions)
    .filter((name) => hasPermission(identity as Identity, name as Permission))
    .join(' ');

/** Throws CMN-401. */
export const requirePermission = ({ identity }: Pick<Asker, 'identity'>, permission: Permission): void => {
  if (!hasPermission(identity, permission)) throw applicationLacks(permission);
};

/** Throws CMN-102 unless the path's account is the asker's own: `~` or its id. */
export const requireAccount = ({ asker, parameters }: Asked): void => {
  const { accountId = '~' } = parameters;
  if (accountId !== '~' && accountId !== String(asker.source.ids.account)) throw noResource('accountId');
};

/** The extension of the path: `~`, or its id. Throws CMN-102 if there is none such in the account. */
export const extensionAsked = (asked: Asked): ExtensionNumber => {
  requireAccount(asked);
  const { asker, parameters } = asked;
  const { extensionId = '~' } = parameters;
  const extension = extensionId === '~' ? asker.extension : asker.source.ids.extensionOf(extensionId);
  if (extension === undefined) throw noResource('extensionId');
  return extension;
};

/** Throws CMN-404 unless the extension is the asker's own or the asker an administrator. */
export const requireOwn = ({ identity, extension }: Asker, wanted: ExtensionNumber | undefined): void => {
  if (wanted !== extension && !isAdmin(identity)) throw anotherExtension();
};
