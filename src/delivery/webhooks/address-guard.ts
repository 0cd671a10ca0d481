import { lookup as systemLookup } from 'node:dns/promises';
import type { LookupAddress } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { callbackify } from 'node:util';
import ipaddr from 'ipaddr.js';
import { createNetworks, parseAddress, type Networks } from '../../http/networks.ts';
import { GatewayError } from '../../model/errors.ts';

/** What a name means now; `node:dns` in production. */
export type Resolve = (hostname: string) => Promise<readonly LookupAddress[]>;

export interface AddressGuardOptions {
  /** Networks that may be delivered to although they are not public: `10.1.0.0/16`. */
  readonly allow: readonly string[];
  readonly resolve?: Resolve;
}

/** Thrown where a connection is not made because of where it would lead. */
export class RefusedAddressError extends Error {
  override readonly name = 'RefusedAddressError';
  constructor(hostname: string, address: string) {
    super(hostname === address ? `${address} is not a public address` : `${hostname} is ${address}, which is not a public address`);
  }
}

/**
 * Keeps deliveries out of networks that are not public: whoever may name a URL could otherwise make the gateway ask what only
 * the gateway can reach. Addresses are judged after resolution, and the connection goes to the very address that was judged,
 * so that a name that changes its meaning in between gains nothing.
 */
export interface AddressGuard {
  /** Throws `invalid-parameter` for what is no http URL, `address-refused` for what leads where nothing may go; a name that cannot be resolved now passes. */
  check(url: string): Promise<void>;
  /** Resolves a name for a connection to those of its addresses that may be connected to. */
  readonly lookup: LookupFunction;
  /** Throws for an address that stands in the URL itself: such a one is never looked up. */
  checkLiteral(hostname: string): void;
}

/** Throws `config-invalid` for a network that cannot be read. */
export const createAddressGuard = (options: AddressGuardOptions): AddressGuard => {
  const networks = createNetworks(options.allow, 'webhooks.allow');
  const resolve: Resolve = options.resolve ?? ((hostname) => systemLookup(hostname, { all: true, verbatim: true }));
  const allows = (address: string): boolean => mayReach(address, networks);

  const checkLiteral = (hostname: string): void => {
    const address = unbracketed(hostname);
    if (ipaddr.isValid(address) && !allows(address)) throw new RefusedAddressError(address, address);
  };
  const allowedOf = async (hostname: string): Promise<LookupAddress[]> => {
    const found = await resolve(hostname);
    const allowed = found.filter(({ address }) => allows(address));
    const [first] = found;
    if (allowed.length === 0 && first !== undefined) throw new RefusedAddressError(hostname, first.address);
    return allowed;
  };

  const lookUp = callbackify(allowedOf);

  return {
    checkLiteral,
    lookup: (hostname, { all }, callback) => {
      lookUp(hostname, (error, addresses) => {
        const [first] = addresses ?? [];
        if (error !== null || first === undefined) callback(error ?? nowhere(hostname), '');
        else if (all === true) callback(null, addresses);
        else callback(null, first.address, first.family);
      });
    },
    check: async (url) => {
      const { hostname } = parseHttpUrl(url);
      try {
        checkLiteral(hostname);
        if (!ipaddr.isValid(unbracketed(hostname))) await allowedOf(hostname);
      } catch (error) {
        if (error instanceof RefusedAddressError) {
          throw new GatewayError('address-refused', { host: hostname }, { note: `${error.message}.`, cause: error });
        }
        // The name may get an address later; until then the deliveries fail and say so.
      }
    },
  };
};

const nowhere = (hostname: string): NodeJS.ErrnoException => Object.assign(new Error(`${hostname} has no address`), { code: 'ENOTFOUND' });

/** A URL as the endpoint wrote it. `target` is everything after the authority, byte for byte. */
export interface HttpUrl {
  readonly origin: string;
  readonly hostname: string;
  readonly target: string;
  /** `Basic ...`, if the URL names a user. */
  readonly authorization?: string;
}

/** Throws `invalid-parameter` for what is not http or https. */
export const parseHttpUrl = (url: string): HttpUrl => {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  const target = /^https?:\/\/[^/?#\\]+([^#]*)/i.exec(url)?.[1];
  // What Node's parser forgives (backslashes, tabs) is not sent byte for byte; nobody writes it in earnest.
  if (parsed === undefined || target === undefined || parsed.hostname === '' || !/^https?:$/.test(parsed.protocol) || /[\s\\]/.test(url)) {
    throw new GatewayError('invalid-parameter', { field: 'url' }, { note: 'It must be an http or https URL.' });
  }
  const { origin, hostname, username, password } = parsed;
  return {
    origin,
    hostname,
    target: target.startsWith('/') ? target : `/${target}`,
    ...(username === '' && password === ''
      ? undefined
      : { authorization: `Basic ${Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString('base64')}` }),
  };
};

type Address = ipaddr.IPv4 | ipaddr.IPv6;

const mayReach = (text: string, networks: Networks): boolean => {
  // A mapped address is the IPv4 address: the kernel connects to that one.
  const address = parseAddress(withoutZone(text));
  return address !== undefined && (networks.contain(withoutZone(text)) || isPublic(address));
};

/** The block from which public IPv6 addresses are given; anything outside of it (`::7f00:1` among it) is nobody's on the Internet. */
const globalUnicast: readonly [ipaddr.IPv6, number] = [ipaddr.IPv6.parse('2000::'), 3];
/** Of all 64-bit interface ids, those of ISATAP hold an IPv4 address that a tunnel on this machine would deliver to. RFC 5214. */
const isIsatap = (address: ipaddr.IPv6): boolean => address.parts[5] === 0x5efe && (address.parts[4] === 0 || address.parts[4] === 0x200);

/** Whether it is an ordinary address of the Internet, and not one behind which another hides (NAT64, 6to4, Teredo). */
const isPublic = (address: Address): boolean => {
  if (address.range() !== 'unicast') return false;
  return address.kind() === 'ipv4' || (address.match(globalUnicast[0], globalUnicast[1]) && !isIsatap(address as ipaddr.IPv6));
};

const unbracketed = (hostname: string): string => (hostname.startsWith('[') ? hostname.slice(1, -1) : hostname);
const withoutZone = (address: string): string => address.split('%', 1)[0] ?? address;
