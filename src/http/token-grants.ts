import type { Brake } from '../auth/brake.ts';
import type { Grant, IssuedTokens, OAuthClient, Tokens } from '../auth/tokens.ts';
import type { User, Users } from '../auth/users.ts';
import type { TenantId } from '../model/ids.ts';
import { parseBasic } from './basic.ts';

export const grantTypes = ['client_credentials', 'password', 'authorization_code', 'refresh_token'] as const;
export type GrantType = (typeof grantTypes)[number];

export interface TokenGrantsOptions {
  readonly tokens: Tokens;
  readonly users: Users;
  /** Against guessing the passwords of users. */
  readonly brake: Brake;
  /** Whether the clients of this tenant are served here. */
  readonly serves: (tenant: TenantId) => boolean;
  /** Those that the vendor knows. */
  readonly grants: readonly GrantType[];
  readonly accessSeconds: number;
  readonly refreshSeconds: number;
  /** Whether a client that acts for itself gets a refresh token, too. */
  readonly refreshesClients: boolean;
}

export interface TokenRequest {
  readonly authorization: string | undefined;
  /** Its form, whatever form that has. */
  readonly parameters: { get(name: string): string | null | undefined };
  readonly signal: AbortSignal;
}

/** Tokens, or RFC 6749's word for why there are none (section 5.2) with its status. */
export type TokenAnswer = { readonly issued: IssuedTokens } | { readonly status: 400 | 401; readonly error: string };

/**
 * What the token endpoint of a vendor answers that took RFC 6749 over as it is: sections 4.1, 4.3, 4.4 and 6. Throws
 * `too-many-requests` when too many passwords are being tried.
 */
export const grantTokens = async (request: TokenRequest, options: TokenGrantsOptions): Promise<TokenAnswer> => {
  const { tokens, serves, grants, accessSeconds, refreshSeconds, refreshesClients } = options;
  const { parameters } = request;
  const text = (name: string): string => parameters.get(name) ?? '';
  const client = clientOf(request, tokens);
  if (client === undefined || !serves(client.tenant)) return { status: 401, error: 'invalid_client' };
  if (text('grant_type') === '') return { status: 400, error: 'invalid_request' };
  const lifetimes = { accessSeconds, refreshSeconds };
  const type = grants.find((each) => each === text('grant_type'));
  switch (type) {
    case undefined:
      return { status: 400, error: 'unsupported_grant_type' };
    case 'client_credentials': {
      if (client.isPublic === true) return { status: 400, error: 'unauthorized_client' };
      const grant = { client: client.id, tenant: client.tenant, scopes: client.scopes };
      return { issued: tokens.issue(grant, refreshesClients ? lifetimes : { accessSeconds }) };
    }
    case 'password': {
      if (client.isPublic === true) return { status: 400, error: 'unauthorized_client' };
      const user = await logInBy(options, request.signal)(client, text('username'), text('password'));
      return issuedOr(user === undefined ? undefined : tokens.issue(grantOf(client, user), lifetimes));
    }
    case 'authorization_code': {
      const redirectUri = parameters.get('redirect_uri') ?? undefined;
      const verifier = parameters.get('code_verifier') ?? undefined;
      return issuedOr(tokens.redeemCode(text('code'), client.id, redirectUri, lifetimes, verifier)?.tokens);
    }
    case 'refresh_token':
      return issuedOr(tokens.refresh(text('refresh_token'), client.id, lifetimes)?.tokens);
    default:
      return type satisfies never;
  }
};

const issuedOr = (issued: IssuedTokens | undefined): TokenAnswer =>
  issued === undefined ? { status: 400, error: 'invalid_grant' } : { issued };

/** By HTTP Basic, else by the form; one that has no secret by its id alone: what it may be given is bound otherwise. */
const clientOf = ({ authorization, parameters }: TokenRequest, tokens: Tokens): OAuthClient | undefined => {
  const { name, password } = parseBasic(authorization) ?? {
    name: parameters.get('client_id') ?? '',
    password: parameters.get('client_secret') ?? '',
  };
  const named = password === '' ? tokens.clientNamed(name) : undefined;
  return named?.isPublic === true ? named : tokens.client(name, password);
};

/** Looks a user's password up, more slowly the more wrong ones came before it. */
export const logInBy =
  ({ users, brake }: Pick<TokenGrantsOptions, 'users' | 'brake'>, signal: AbortSignal) =>
  async ({ tenant }: OAuthClient, name: string, password: string): Promise<User | undefined> => {
    const who = `${tenant} ${name}`;
    await brake.before(who, signal);
    const user = await users.byPassword(tenant, name, password);
    if (user === undefined) brake.failed(who);
    else brake.succeeded(who);
    return user;
  };

/** What the user may do; the client's own scopes bound it whenever a token is used. */
export const grantOf = (client: OAuthClient, { name, extension, scopes }: User): Grant => ({
  client: client.id,
  tenant: client.tenant,
  user: name,
  scopes,
  ...(extension === undefined ? undefined : { extension }),
});
