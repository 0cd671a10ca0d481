import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Auth, Identity, Scope } from '../auth/auth.ts';
import { GatewayError } from '../model/errors.ts';
import type { SessionCookies } from './session-cookies.ts';

/** Who asks, by `Authorization: Bearer`, by the cookie of a session, or by a one-time ticket where the address takes one. */
export interface Bearer {
  /** Throws `unauthorized`. `ticket`: the value of `?ticket=`, of a browser's stream or WebSocket. */
  identify(request: IncomingMessage, ticket?: string): Identity;
  close(): void;
}

interface Remembered {
  readonly header: string;
  readonly identity: Identity;
  readonly generation: number;
}

type KnownSocket = Socket & Record<symbol, Remembered | undefined>;

/**
 * Who asked on a connection before, with the same header, is not looked up again: clients that poll ask thousands of times.
 * A connection is only ever held against what it sent itself, so that nothing can be learnt from how long that takes.
 */
export const createBearer = (auth: Auth, cookies?: SessionCookies): Bearer => {
  // Kept at the connection itself: a map of thousands of them is slower to ask, and every collection of garbage has to go through it.
  const remembered = Symbol('who asked last');
  let generation = 0;
  const stop = auth.onRevoked(() => {
    generation += 1;
  });
  return {
    identify: (request, ticket) => {
      const header = authorizationOf(request);
      if (header === undefined) {
        const identity = ticket === undefined ? cookies?.identify(request) : auth.redeemTicket(ticket);
        if (identity === undefined || cookies?.hasEnded(identity) === true)
          throw new GatewayError('unauthorized', {}, { note: 'Send Authorization: Bearer KEY.' });
        return identity;
      }
      const socket = request.socket as KnownSocket;
      const known = socket[remembered];
      if (known?.header === header && known.generation === generation) return known.identity;
      const secret = /^Bearer +(\S{1,512}) *$/i.exec(header)?.[1];
      const identity = secret === undefined ? undefined : auth.bySecret(secret);
      if (identity === undefined) throw new GatewayError('unauthorized');
      socket[remembered] = { header, identity, generation };
      return identity;
    },
    close: stop,
  };
};

/** Out of the headers as they came: `headers` would make an object of all of them first. */
const authorizationOf = ({ rawHeaders }: IncomingMessage): string | undefined => {
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at];
    if (name?.length === authorization.length && name.toLowerCase() === authorization) return rawHeaders[at + 1];
  }
  return undefined;
};

const authorization = 'authorization';

/** Throws `forbidden` unless the key has one of the scopes; `administer` holds all of them. */
export const requireScope = (identity: Identity, anyOf: readonly Scope[]): void => {
  if (identity.scopes.has('administer') || anyOf.some((scope) => identity.scopes.has(scope))) return;
  throw new GatewayError('forbidden', { needs: anyOf.join(' or ') }, { note: `The key needs the scope ${anyOf.join(' or ')}.` });
};
