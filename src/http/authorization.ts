import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { OAuthClient, Tokens } from '../auth/tokens.ts';
import type { User, Users } from '../auth/users.ts';
import { GatewayError } from '../model/errors.ts';
import type { TenantId } from '../model/ids.ts';
import { grantOf } from './token-grants.ts';

export interface AuthorizationOptions {
  readonly paths: readonly string[];
  readonly tokens: Tokens;
  readonly users: Users;
  /** Whether the clients of this tenant are served here. */
  readonly serves: (tenant: TenantId) => boolean;
  /** How long a code is good. */
  readonly codeSeconds: number;
  /** The fewest characters of `state`, where the vendor wants it; 0 when absent. */
  readonly leastState?: number;
  /** Who logs in, where that is not the user of that name. */
  readonly logIn?: (client: OAuthClient, login: string, password: string) => Promise<User | undefined>;
  /** Sent back beside the code. */
  readonly alsoSent?: Readonly<Record<string, string>>;
}

/**
 * OAuth 2.0's authorization endpoint (RFC 6749 section 4.1): a page on which a user lets a client act, and from which the
 * client gets a code at an address that it has registered. What it asked wrongly it is told there too (section 4.1.2.1); to any
 * other address nothing is ever sent. The scope must give bodies as texts.
 */
export const authorizationRoutes = (scope: FastifyInstance, options: AuthorizationOptions): void => {
  for (const url of options.paths) {
    scope.route({ method: 'GET', url, handler: (request, reply) => ask(request, reply, options) });
    scope.route({ method: 'POST', url, handler: (request, reply) => decide(request, reply, options) });
  }
};

/** Whom an answer goes to. */
interface Asking {
  readonly client: OAuthClient;
  readonly redirectUri: string;
  readonly state: string | undefined;
}

const ask = (request: FastifyRequest, reply: FastifyReply, options: AuthorizationOptions): FastifyReply => {
  const parameters = parametersOf(request);
  const asking = askingOf(parameters, options);
  const fault = faultOf(parameters, asking, options);
  return fault === undefined ? sendPage(reply, asking.client, false) : sendBack(reply, asking, { error: fault });
};

const decide = async (request: FastifyRequest, reply: FastifyReply, options: AuthorizationOptions): Promise<FastifyReply> => {
  const parameters = parametersOf(request);
  const asking = askingOf(parameters, options);
  const fault = faultOf(parameters, asking, options);
  if (fault !== undefined) return sendBack(reply, asking, { error: fault });
  if (parameters.get('decision') === 'deny') return sendBack(reply, asking, { error: 'access_denied' });
  const { client, redirectUri } = asking;
  const logIn = options.logIn ?? (({ tenant }, login, password) => options.users.byPassword(tenant, login, password));
  const user = await logIn(client, parameters.get('login') ?? '', parameters.get('password') ?? '');
  if (user === undefined) return sendPage(reply.code(403), client, true);
  // Who gave no address here gives none with the code either. RFC 6749 section 4.1.3.
  const bound = parameters.has('redirect_uri') ? { redirectUri } : undefined;
  const codeChallenge = parameters.get('code_challenge');
  const challenge = codeChallenge === null ? undefined : { codeChallenge };
  const code = options.tokens.issueCode({ ...grantOf(client, user), ...bound, ...challenge }, options.codeSeconds);
  return sendBack(reply, asking, { code, ...options.alsoSent });
};

/** Of the address and of the form; the form goes back to the address that the page came from. */
const parametersOf = (request: FastifyRequest): URLSearchParams => {
  const query = request.url.split('?').slice(1).join('?');
  return new URLSearchParams(typeof request.body === 'string' && request.body !== '' ? `${query}&${request.body}` : query);
};

const askingOf = (parameters: URLSearchParams, { tokens, serves }: AuthorizationOptions): Asking => {
  const client = tokens.clientNamed(parameters.get('client_id') ?? '');
  if (client === undefined || !serves(client.tenant)) throw invalid('client_id', 'There is no such application.');
  const { redirectUris = [] } = client;
  const [only, ...others] = redirectUris;
  const redirectUri = parameters.get('redirect_uri') ?? (others.length === 0 ? only : undefined);
  if (redirectUri === undefined || !redirectUris.includes(redirectUri)) {
    throw invalid('redirect_uri', 'The application has not registered this address.');
  }
  return { client, redirectUri, state: parameters.get('state') ?? undefined };
};

const faultOf = (
  parameters: URLSearchParams,
  { client, state = '' }: Asking,
  { leastState = 0 }: AuthorizationOptions,
): string | undefined => {
  if (parameters.get('response_type') !== 'code') return 'unsupported_response_type';
  const challenge = parameters.get('code_challenge');
  // RFC 7636; of its two methods the other protects nothing.
  const isChallenged = /^[\w-]{43}$/.test(challenge ?? '') && parameters.get('code_challenge_method') === 'S256';
  if (challenge === null ? client.isPublic === true : !isChallenged) return 'invalid_request';
  return state.length < leastState ? 'invalid_request' : undefined;
};

const invalid = (field: string, note: string): GatewayError => new GatewayError('invalid-parameter', { field }, { note });

const sendBack = (reply: FastifyReply, { redirectUri, state }: Asking, answer: Readonly<Record<string, string>>): FastifyReply => {
  const address = new URL(redirectUri);
  for (const [name, value] of Object.entries(answer)) address.searchParams.set(name, value);
  if (state !== undefined) address.searchParams.set('state', state);
  return reply.header('Cache-Control', 'no-store').header('Referrer-Policy', 'no-referrer').redirect(address.href, 302);
};

const sendPage = (reply: FastifyReply, client: OAuthClient, isWrong: boolean): FastifyReply =>
  reply
    .header('Content-Type', 'text/html; charset=utf-8')
    .header('Cache-Control', 'no-store')
    // Without form-action: the answer to the form leads to the client's own address.
    .header('Content-Security-Policy', "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'")
    .header('Referrer-Policy', 'no-referrer')
    .send(renderPage(client.id, isWrong));

const renderPage = (client: string, isWrong: boolean): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Sign in</title>
<style>
:root{color-scheme:light dark}
body{font:1rem/1.5 system-ui,sans-serif;max-width:22rem;margin:4rem auto;padding:0 1rem}
label,input{display:block;width:100%;box-sizing:border-box}
input,button{font:inherit;padding:.4rem .8rem;margin:.2rem 0 1rem}
[role=alert]{border-left:4px solid;padding-left:.7rem}
</style>
</head>
<body>
<main>
<h1>Sign in</h1>
<p><b>${escapeHtml(client)}</b> asks to see and control your calls.</p>
${isWrong ? '<p role="alert">The login or the password is wrong.</p>' : ''}
<form method="post">
<label for="login">Login</label>
<input id="login" name="login" autocomplete="username" required autofocus>
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" required>
<button name="decision" value="allow">Allow</button>
<button name="decision" value="deny" formnovalidate>Deny</button>
</form>
</main>
</body>
</html>
`;

const escapeHtml = (text: string): string => text.replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
