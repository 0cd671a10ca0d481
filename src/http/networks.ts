import ipaddr from 'ipaddr.js';
import { GatewayError } from '../model/errors.ts';

type Network = [ipaddr.IPv4 | ipaddr.IPv6, number];

/** Addresses and networks out of a configuration. */
export interface Networks {
  readonly isEmpty: boolean;
  /** Whether they hold nothing but this machine's own addresses. */
  readonly isLoopbackOnly: boolean;
  contain(address: string): boolean;
}

/** `texts`: `192.0.2.7`, `10.0.0.0/8`. Throws `config-invalid` with the name of the field for anything else. */
export const createNetworks = (texts: readonly string[], field: string): Networks => {
  const networks = texts.map((text) => parseNetwork(text, field));
  return {
    isEmpty: networks.length === 0,
    isLoopbackOnly: networks.every(([network, bits]) => network.range() === 'loopback' && bits >= (network.kind() === 'ipv4' ? 8 : 128)),
    contain: (address) => {
      const parsed = parseAddress(address);
      if (parsed === undefined) return false;
      return networks.some(([network, bits]) => network.kind() === parsed.kind() && parsed.match(network, bits));
    },
  };
};

export const parseAddress = (text: string): ipaddr.IPv4 | ipaddr.IPv6 | undefined =>
  // `process` also unwraps an IPv4 address that came in through an IPv6 socket.
  ipaddr.isValid(text) ? ipaddr.process(text) : undefined;

const parseNetwork = (text: string, field: string): Network => {
  if (ipaddr.isValidCIDR(text)) return ipaddr.parseCIDR(text);
  const address = parseAddress(text);
  if (address === undefined) {
    throw new GatewayError('config-invalid', { field, value: text }, { note: 'An address or a network is needed: 10.0.0.0/8.' });
  }
  return [address, address.kind() === 'ipv4' ? 32 : 128];
};
