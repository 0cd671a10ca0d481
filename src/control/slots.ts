import type { SlotRef } from '../model/call.ts';
import type { TenantId } from '../model/ids.ts';
import type { Slot } from '../model/place.ts';

/** The slots in which the calls of a tenant may be parked by command, in their order, and how long one waits in them. */
export interface SlotLayout {
  readonly slots: readonly SlotRef[];
  /** After so many seconds a call goes back to who parked it, unless the command says otherwise. */
  readonly timeoutSeconds: number;
}

export const defaultLot = 'valet';

/** Slots 1 to 9 of one lot, and three minutes. */
export const defaultLayout: SlotLayout = {
  slots: ['1', '2', '3', '4', '5', '6', '7', '8', '9'].map((slot) => ({ lot: defaultLot, slot })),
  timeoutSeconds: 180,
};

/** Where calls of a tenant are parked, and where there is room. Everything is empty for a tenant that is unknown. */
export interface Slots {
  /** Every slot of the tenant's, in order. */
  all(tenant: TenantId): readonly SlotRef[];
  /** Of those, the ones with no call in them and none on its way. */
  free(tenant: TenantId): readonly SlotRef[];
  /** Every parked call, the longest waiting first: also those that phones have parked in a lot of their own. */
  occupied(tenant: TenantId): readonly Slot[];
  in(tenant: TenantId, slot: SlotRef): Slot | undefined;
}
