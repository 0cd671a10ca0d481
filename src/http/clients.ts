import type { IncomingMessage } from 'node:http';
import { createNetworks, parseAddress } from './networks.ts';

/** Who is at the other end of a request, with the proxies before us seen through. */
export interface Clients {
  /** The client's address: the nearest one that is not a trusted proxy's. */
  addressOf(request: IncomingMessage): string;
  /** Whether a proxy at this address may say for whom it asks. */
  trusts(address: string): boolean;
  /**
   * Whether the client is on this very machine. Behind a proxy nobody is: with trusted proxies configured, or with a header
   * that only proxies send, a loopback address tells of the proxy, not of the client.
   */
  isLocal(request: IncomingMessage): boolean;
}

/** `trustedProxies`: addresses and networks, `10.0.0.0/8`. Throws `config-invalid` for anything else. */
export const createClients = (trustedProxies: readonly string[]): Clients => {
  const networks = createNetworks(trustedProxies, 'trustedProxies');
  const trusts = (address: string): boolean => networks.contain(address);

  const addressOf = (request: IncomingMessage): string => {
    const nearest = request.socket.remoteAddress ?? '';
    if (networks.isEmpty || !trusts(nearest)) return nearest;
    const header = request.headers['x-forwarded-for'];
    const hops = (Array.isArray(header) ? header.join(',') : (header ?? ''))
      .split(',')
      .map((hop) => hop.trim())
      .filter((hop) => hop !== '');
    // Read from the end: what stands before the first address that is not a proxy's, anybody could have written.
    let address = nearest;
    for (const hop of hops.reverse()) {
      address = hop;
      if (!trusts(hop)) break;
    }
    return address;
  };

  const isLocal = (request: IncomingMessage): boolean =>
    networks.isEmpty &&
    forwardingHeaders.every((name) => request.headers[name] === undefined) &&
    parseAddress(request.socket.remoteAddress ?? '')?.range() === 'loopback';

  return { addressOf, trusts, isLocal };
};

const forwardingHeaders = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip', 'via'] as const;
