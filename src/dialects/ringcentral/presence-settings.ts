import type { TenantId, ExtensionNumber } from '../../model/ids.ts';
import type { Store } from '../../store/store.ts';
import type { DndStatus, UserStatus } from './schema.ts';

/** What a user has set of the own presence and a PBX knows nothing of. */
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

/** Presence settings of a tenant's extensions, kept over restarts. Only what differs from the usual is kept. */
export class PresenceBook {
  readonly #store: Store;
  readonly #tenant: TenantId;
  readonly #settings: Map<string, Partial<PresenceSettings>>;

  constructor(store: Store, tenant: TenantId) {
    this.#store = store;
    this.#tenant = tenant;
    const saved = store.state.get(tenant, stateName);
    this.#settings = new Map(saved === undefined ? [] : Object.entries(JSON.parse(saved) as Record<string, Partial<PresenceSettings>>));
  }

  get(extension: ExtensionNumber): PresenceSettings {
    const own = this.#settings.get(extension);
    return own === undefined ? usual : { ...usual, ...own };
  }

  change(extension: ExtensionNumber, change: Partial<PresenceSettings>): void {
    this.#settings.set(extension, { ...this.#settings.get(extension), ...change });
    this.#store.state.put(this.#tenant, stateName, JSON.stringify(Object.fromEntries(this.#settings)));
  }
}

/** The PBX knows whether calls come through; which of the finer wishes it is, only the setting tells. */
export const dndStatusOf = ({ dndStatus }: PresenceSettings, dnd: boolean): DndStatus => {
  if (dnd) return 'DoNotAcceptAnyCalls';
  return dndStatus === 'DoNotAcceptAnyCalls' ? 'TakeAllCalls' : dndStatus;
};
