import type { TenantConfig } from '../config/schema.ts';
import { defaultLayout, type SlotLayout } from '../control/slots.ts';
import { parseOffice } from '../pbx/sandbox/index.ts';

/** Where the calls of a tenant are parked: as it says itself; else as the office of its sandbox has it; else in slots 1 to 9. */
export const slotLayout = ({ parking, pbxs }: Pick<TenantConfig, 'parking' | 'pbxs'>): SlotLayout => {
  if (parking !== undefined) {
    const { lot, slots, timeoutSeconds } = parking;
    return { slots: slots.map((slot) => ({ lot, slot })), timeoutSeconds };
  }
  for (const pbx of Object.values(pbxs)) {
    if (pbx.kind !== 'sandbox' || pbx.office === undefined) continue;
    const office = parseOffice(pbx.office).parking;
    if (office !== undefined) {
      return { slots: office.slots.map((slot) => ({ lot: office.lot, slot })), timeoutSeconds: office.comebackSeconds };
    }
  }
  return defaultLayout;
};
