import type { IncomingMessage } from 'node:http';
import ipaddr from 'ipaddr.js';
import { GatewayError } from '../model/errors.ts';

type Network = [ipaddr.IPv4 | ipaddr.IPv6, number];

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
  const networks = trustedProxies.map(parseNetwork);

  const trusts = (address: string): boolean => {
    const parsed = parseAddress(address);
    if (parsed === undefined) return false;
    return networks.some(([network, bits]) => network.kind() === parsed.kind() && parsed.match(network, bits));
  };

  const addressOf = (request: IncomingMessage): string => {
    const nearest = request.socket.remoteAddress ?? '';
    if (networks.length === 0 || !trusts(nearest)) return nearest;
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
    networks.length === 0 &&
    forwardingHeaders.every((name) => request.headers[name] === undefined) &&
    parseAddress(request.socket.remoteAddress ?? '')?.range() === 'loopback';

  return { addressOf, trusts, isLocal };
};

const forwardingHeaders = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip', 'via'] as const;

const parseAddress = (text: string): ipaddr.IPv4 | ipaddr.IPv6 | undefined =>
  // `process` also unwraps an IPv4 address that came in through an IPv6 socket.
  ipaddr.isValid(text) ? ipaddr.process(text) : undefined;

const parseNetwork = (text: string): Network => {
  if (ipaddr.isValidCIDR(text)) return ipaddr.parseCIDR(text);
  const address = parseAddress(text);
  if (address === undefined) {
    throw new GatewayError(
      'config-invalid',
      { field: 'trustedProxies', value: text },
      { note: 'An address or a network is needed: 10.0.0.0/8.' },
    );
  }
  return [address, address.kind() === 'ipv4' ? 32 : 128];
};
