import type { Endpoint } from '../../model/fact.ts';
import { extensionNumber, type ExtensionNumber } from '../../model/ids.ts';

/** Who is behind a channel: by the name of its user, an extension if it looks like one, else a trunk. */
export interface Directory {
  /** The endpoint of a channel by its name: `sofia/internal/1001@pbx.local`, `sofia/internal/1002@192.0.2.7:5060`, `loopback/1002-a`. */
  endpointOf(channelName: string): Endpoint;
  /** The extension of a device (`user/1002`). */
  extensionOf(device: string): ExtensionNumber | undefined;
  /** Whether somebody of this domain, or a channel that came into this context, is the tenant's. */
  isOurs(domain: string, context: string): boolean;
}

export interface DirectoryOptions {
  /** Users that are extensions. Default: two to six digits. */
  readonly extensionPattern?: RegExp;
  /** SIP profiles on which only trunks are reached, whatever a number there looks like. Default: `external`. */
  readonly trunkProfiles?: readonly string[];
  /** The tenant's own part of a FreeSWITCH of several. Default: all is the tenant's. */
  readonly home?: { readonly domain: string; readonly context: string };
}

/** Endpoints that are nobody: FreeSWITCH rings them to learn of a pickup, or to have a channel without a phone. */
const internalEndpoints: ReadonlySet<string> = new Set(['error', 'null', 'pickup']);

export const createDirectory = (options: DirectoryOptions = {}): Directory => {
  const { extensionPattern = /^[0-9]{2,6}$/, trunkProfiles = ['external'], home } = options;

  const extensionOf = (device: string): ExtensionNumber | undefined => {
    const user = device.startsWith('user/') ? device.slice('user/'.length) : '';
    return extensionPattern.test(user) ? extensionNumber(user) : undefined;
  };

  return {
    extensionOf,
    isOurs: (domain, context) => home === undefined || (domain === '' ? context === home.context : domain === home.domain),
    endpointOf(channelName) {
      const [technology = '', profile = '', address = ''] = channelName.split('/');
      if (technology === 'loopback') {
        const half = channelName.endsWith('-b') ? 2 : 1;
        return { kind: 'local', pair: channelName.replace(/-[ab]$/, ''), half, device: channelName };
      }
      if (internalEndpoints.has(technology)) return { kind: 'internal', device: channelName };
      const [user = ''] = address.split('@');
      const device = `user/${user}`;
      const extension = trunkProfiles.includes(profile) ? undefined : extensionOf(device);
      if (extension !== undefined) return { kind: 'extension', extension, device };
      return { kind: 'trunk', trunk: profile, device: `${technology}/${profile}` };
    },
  };
};

/** Many loopback pairs may bear one name, `loopback/1002`: a pair is known by its first half. */
export const pairedAs = (endpoint: Endpoint, channel: string, other: string | undefined): Endpoint => {
  if (endpoint.kind !== 'local') return endpoint;
  const first = endpoint.half === 1 ? channel : other;
  return first === undefined ? endpoint : { ...endpoint, pair: `${endpoint.pair} ${first}` };
};

/** As the phone shows it: FreeSWITCH leaves SIP's backslashes in it, and has words of its own for a phone that it calls. */
export const shownName = (name: string): string => (name === 'Outbound Call' ? '' : name.replace(/\\(["\\])/g, '$1'));
