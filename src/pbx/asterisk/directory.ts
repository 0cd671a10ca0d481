import type { Endpoint } from '../../model/fact.ts';
import { extensionNumber, type ExtensionNumber } from '../../model/ids.ts';

/** Who is behind a channel or device: what hints have told so far, then the pattern of names that are extensions, else a trunk. */
export interface Directory {
  /**
   * Takes a hint in (`102`, `PJSIP/102&Custom:DND102`). Gives the phones that it names, none for a hint on something else (a parking
   * space, a conference), and whether the extension is new.
   */
  learnHint(extension: string, hint: string): { readonly devices: readonly string[]; readonly isNew: boolean };
  /** The endpoint of a channel by its name: `PJSIP/102-0000001a`, `Local/103@internal-00000003;1`. */
  endpointOf(channelName: string): Endpoint;
  /** The extension of a device (`PJSIP/102`) or of a queue member (`Local/102@agents/n`). */
  extensionOf(device: string): ExtensionNumber | undefined;
}

/** Technologies whose channels are nobody: Asterisk makes them to announce, record, listen, move channels about, send texts. */
const internalTechnologies: ReadonlySet<string> = new Set([
  'Announcer', 'AsyncGoto', 'AudioSocket', 'Bridge', 'CBAnn', 'CBRec', 'ConfBridgeRecorder', 'Message', 'MulticastRTP', 'Null', 'Parked',
  'Recorder', 'Snoop', 'Surrogate', 'Transfered', 'UnicastRTP', 'WebSocket',
]); // prettier-ignore

/** DAHDI names a line by its number in the hardware, which is no extension. */
const numberedTechnologies: ReadonlySet<string> = new Set(['DAHDI', 'Dahdi', 'Zap']);

export const createDirectory = (options: { readonly extensionPattern?: RegExp } = {}): Directory => {
  const pattern = options.extensionPattern ?? /^[0-9]{2,6}$/;
  const extensionsByDevice = new Map<string, ExtensionNumber>();
  const hinted = new Set<string>();

  const extensionOf = (device: string): ExtensionNumber | undefined => {
    const known = extensionsByDevice.get(device);
    if (known !== undefined) return known;
    const slash = device.indexOf('/');
    if (numberedTechnologies.has(device.slice(0, slash))) return undefined;
    const name = device.slice(slash + 1);
    const member = device.startsWith('Local/') ? name.slice(0, endOf(name, '@')) : name;
    return pattern.test(member) ? extensionNumber(member) : undefined;
  };

  return {
    extensionOf,
    learnHint(extension, hint) {
      const devices = hint
        .slice(0, endOf(hint, ','))
        .split('&')
        .filter((part) => part.includes('/') && !part.includes(':') && !part.startsWith('Local/'));
      const isNew = devices.length > 0 && !hinted.has(extension);
      if (isNew) hinted.add(extension);
      for (const device of devices) if (!extensionsByDevice.has(device)) extensionsByDevice.set(device, extensionNumber(extension));
      return { devices, isNew };
    },
    endpointOf(channelName) {
      const technology = channelName.slice(0, endOf(channelName, '/'));
      const dash = channelName.lastIndexOf('-');
      const device = dash === -1 ? channelName : channelName.slice(0, dash);
      if (technology === 'Local') {
        const semicolon = channelName.lastIndexOf(';');
        return { kind: 'local', pair: channelName.slice(0, semicolon), half: channelName.endsWith(';2') ? 2 : 1, device };
      }
      if (internalTechnologies.has(technology)) return { kind: 'internal', device };
      const extension = extensionOf(device);
      if (extension !== undefined) return { kind: 'extension', extension, device };
      return { kind: 'trunk', trunk: device.slice(technology.length + 1), device };
    },
  };
};

const endOf = (text: string, stop: string): number => {
  const index = text.indexOf(stop);
  return index === -1 ? text.length : index;
};
