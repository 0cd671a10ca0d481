import type { MenuOptions } from '../../interactive/menu.ts';

/** What can be set for the Telphin API of one tenant. */
export interface TelphinOptions {
  /** The client's own number: of `022`, extension 341 is `022*341`. */
  readonly prefix: string;
  /** Behind an extension's name: `022*341@siptest.ringme.ru`. */
  readonly domain: string;
  readonly clientId: number;
  /** The address of the PBX's node, which ids of calls begin with. */
  readonly node: string;
  /** By extension number, where an id is not `firstExtensionId` and the number. */
  readonly extensionIds: Readonly<Record<string, number>>;
  readonly firstExtensionId: number;
  /** Refuse `park` and `slots` without a slot, as later versions of the vendor's do. */
  readonly slotRequired: boolean;
  /** A call event that could not be delivered for so long is given up. */
  readonly maxAgeSeconds: number;
  /** How often a call event is tried; the vendor's servers try once. */
  readonly attempts: number;
  /** Requests that a client may make in an hour. */
  readonly requestsPerHour: number;
  /** What callers of these numbers meet. */
  readonly interactive: Readonly<Record<string, MenuOptions>>;
}

export const defaultTelphinOptions: TelphinOptions = {
  prefix: '000',
  domain: 'pbx.invalid',
  clientId: 1,
  node: '127.0.0.1',
  extensionIds: {},
  firstExtensionId: 10_000,
  slotRequired: false,
  maxAgeSeconds: 600,
  attempts: 1,
  requestsPerHour: 10_000,
  interactive: {},
};
