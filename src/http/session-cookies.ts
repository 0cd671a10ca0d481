import type { IncomingMessage } from 'node:http';
import type { Identity } from '../auth/auth.ts';
import type { Session, Sessions } from '../auth/sessions.ts';
import { GatewayError } from '../model/errors.ts';

export const sessionCookie = 'switchhook_session';

/** Sessions as browsers carry them. */
export interface SessionCookies {
  /** Undefined without a session. Throws `forbidden` where another site's page asks. */
  identify(request: IncomingMessage): Identity | undefined;
  /** The session of a request, by its cookie alone. */
  sessionOf(request: IncomingMessage): { readonly identity: Identity; readonly session: Session } | undefined;
  /** Throws `forbidden` where another site's page asks. */
  requireOwnPage(request: IncomingMessage): void;
  hasEnded(identity: Identity): boolean;
  /** The headers' values that give a browser its session, and take it away. */
  give(secret: string, session: Session): string;
  take(): string;
}

/** `publicUrl`: under which pages of ours are; with https the cookie travels by nothing else. */
export const createSessionCookies = (sessions: Sessions, publicUrl: () => string): SessionCookies => {
  const attributes = (): string => `Path=/; HttpOnly; SameSite=Strict${publicUrl().startsWith('https:') ? '; Secure' : ''}`;

  const requireOwnPage = (request: IncomingMessage): void => {
    if (!isOwnPage(request, publicUrl())) {
      throw new GatewayError('forbidden', { origin: request.headers.origin ?? '' }, { note: 'It is a page of another site that asks.' });
    }
  };

  const sessionOf: SessionCookies['sessionOf'] = (request) => {
    const secret = secretOf(request);
    return secret === undefined ? undefined : sessions.identify(secret);
  };

  return {
    identify: (request) => {
      const found = sessionOf(request);
      if (found === undefined) return undefined;
      requireOwnPage(request);
      return found.identity;
    },
    sessionOf,
    requireOwnPage,
    hasEnded: ({ session }) => session !== undefined && !sessions.isLive(session),
    give: (secret, { beganAt, expiresAt }) =>
      `${sessionCookie}=${secret}; Max-Age=${Math.floor((expiresAt - beganAt) / 1_000_000)}; ${attributes()}`,
    take: () => `${sessionCookie}=; Max-Age=0; ${attributes()}`,
  };
};

const secretOf = ({ headers }: IncomingMessage): string | undefined =>
  /(?:^|;\s*)switchhook_session=(sws_[a-z0-9]{32})(?:;|$)/.exec(headers.cookie ?? '')?.[1];

/**
 * The cookie is not sent with what other sites' pages ask (SameSite=Strict); this holds where a browser does not know that, and
 * between sites that share a domain. Browsers say who asks; whatever is no browser says nothing, and has no session by accident.
 */
const isOwnPage = ({ headers }: IncomingMessage, publicUrl: string): boolean => {
  const site = headers['sec-fetch-site'];
  if (site !== undefined) return site === 'same-origin' || site === 'none';
  if (headers.origin === undefined) return true;
  const host = URL.parse(headers.origin)?.host;
  return host !== undefined && (host === headers.host || host === URL.parse(publicUrl)?.host);
};
