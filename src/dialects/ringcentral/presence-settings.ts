import type { TenantId, ExtensionNumber } from '../../model/ids.ts';
import { Saved } from '../../store/saved.ts';
import type { Store } from '../../store/store.ts';
import type { DndStatus, UserStatus } from './schema.ts';

/** What a user has set of the own presence. */
export interface PresenceSettings {
  readonly userStatus: UserStatus;
  readonly dndStatus: DndStatus;
  readonly allowSeeMyPresence: boolean;
  readonly ringOnMonitoredCall: boolean;
  readonly pickUpCallsOnHold: boolean;
}

const usual: PresenceSettings = {
  userStatus: 'Available',
  dndStatus: 'TakeAllCalls',
  allowSeeMyPresence: true,
  ringOnMonitoredCall: false,
  pickUpCallsOnHold: false,
};

const stateName = 'ringcentral:presence';

export interface PresenceBookOptions {
  readonly store: Store;
  readonly tenant: TenantId;
  /** What the extension's user says of itself, in the gateway's word; undefined where it has no user. */
  readonly saidBy: (extension: ExtensionNumber) => string | undefined;
}

/**
 * Presence settings of a tenant's extensions, kept over restarts. The user's status is the gateway's own, which other APIs show
 * and set as well, for everybody who is a user.
 */
export class PresenceBook {
  readonly #options: PresenceBookOptions;
  /** By extension. */
  readonly #settings: Saved<Readonly<Record<string, Partial<PresenceSettings>>>>;

  constructor(options: PresenceBookOptions) {
    this.#options = options;
    this.#settings = new Saved<Readonly<Record<string, Partial<PresenceSettings>>>>(options.store, options.tenant, stateName, {});
  }

  get(extension: ExtensionNumber): PresenceSettings {
    const said = this.#options.saidBy(extension);
    return {
      ...usual,
      ...this.#settings.value[extension],
      ...(said === undefined ? undefined : { userStatus: userStatuses.get(said) ?? 'Available' }),
    };
  }

  change(extension: ExtensionNumber, change: Partial<PresenceSettings>): void {
    const settings = this.#settings.value;
    this.#settings.put({ ...settings, [extension]: { ...settings[extension], ...change } });
  }
}

/** How the gateway's words for what a user says of itself are shown; any other is Available. */
const userStatuses: ReadonlyMap<string, UserStatus> = new Map([
  ['busy', 'Busy'],
  ['away', 'Busy'],
  ['extended-away', 'Busy'],
  ['dnd', 'Busy'],
  ['unavailable', 'Offline'],
]);

/** What is said when a user sets it here. */
export const wordOf = (status: UserStatus): string => {
  switch (status) {
    case 'Available':
      return 'available';
    case 'Busy':
      return 'busy';
    case 'Offline':
      return 'unavailable';
    default:
      return status satisfies never;
  }
};

/** The PBX knows whether calls come through; which of the finer wishes it is, only the setting tells. */
export const dndStatusOf = ({ dndStatus }: PresenceSettings, dnd: boolean): DndStatus => {
  if (dnd) return 'DoNotAcceptAnyCalls';
  return dndStatus === 'DoNotAcceptAnyCalls' ? 'TakeAllCalls' : dndStatus;
};
