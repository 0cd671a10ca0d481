import type { ExtensionNumber } from './ids.ts';
import type { IsoTime } from './time.ts';

/** One state over all devices and calls of an extension; the first that holds of: offline, ringing, busy, held, parked, idle. */
export const presences = ['idle', 'ringing', 'busy', 'held', 'parked', 'offline'] as const;
export type Presence = (typeof presences)[number];

/** A phone that is registered for an extension. */
export interface RegisteredDevice {
  /** The PBX's name of the device: `PJSIP/101`. */
  readonly device: string;
  /** The contact's address as the PBX shows it: `sip:101@192.0.2.7:5060`. */
  readonly contact: string;
  readonly userAgent?: string;
}

/** An internal number with a name, devices and presence. */
export interface Extension {
  readonly number: ExtensionNumber;
  readonly name: string;
  readonly user?: string;
  readonly devices: readonly string[];
  readonly presence: Presence;
  /** When `presence` last changed. */
  readonly since: IsoTime;
  readonly dnd: boolean;
  /** A status text that the user set: "At lunch". */
  readonly statusText?: string;
  readonly registered: readonly RegisteredDevice[];
}
