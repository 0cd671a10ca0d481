import type { AsteriskPbxConfig, FreeswitchPbxConfig, PbxConfig, TenantConfig } from '../config/schema.ts';
import { defaultLot, type SlotLayout } from '../control/slots.ts';
import { pbxId, type PbxId } from '../model/ids.ts';
import { createAsteriskDriver } from '../pbx/asterisk/index.ts';
import type { Driver } from '../pbx/driver.ts';
import { createFreeswitchDriver } from '../pbx/freeswitch/index.ts';
import {
  createSandboxDriver,
  demoOffice,
  parseOffice,
  Traffic,
  type Office,
  type OfficeClock,
  type SandboxDriver,
} from '../pbx/sandbox/index.ts';
import { slotLayout } from './parking.ts';
import type { Surroundings } from './surroundings.ts';

export const asteriskDriver = (
  pbx: PbxId,
  config: AsteriskPbxConfig,
  { slots }: SlotLayout,
  { clock, timers, newId, logger }: Surroundings,
): Driver =>
  createAsteriskDriver(
    { ...config, pbx, slots: { lot: slots[0]?.lot ?? defaultLot, slots: slots.map(({ slot }) => slot) } },
    { clock, timers, newId, random: Math.random, log: logger.child({ pbx }) },
  );

export const freeswitchDriver = (
  pbx: PbxId,
  config: FreeswitchPbxConfig,
  { slots }: SlotLayout,
  { clock, timers, newId, logger }: Surroundings,
): Driver =>
  createFreeswitchDriver(
    { ...config, pbx, ownLot: slots[0]?.lot ?? defaultLot },
    { clock, timers, newId, random: Math.random, log: logger.child({ pbx }) },
  );

/** The driver of a PBX of the configuration; `opened` is told of a sandbox and of what must be closed besides the driver. */
export const createDriver = (
  name: string,
  { pbx, tenant }: { readonly pbx: PbxConfig; readonly tenant: Pick<TenantConfig, 'parking' | 'pbxs'> },
  surroundings: Surroundings & { readonly clock: OfficeClock },
  opened: { sandbox(pbx: PbxId, driver: SandboxDriver): void; closer(close: () => void): void },
): Driver => {
  const id = pbxId(name);
  if (pbx.kind === 'asterisk') return asteriskDriver(id, pbx, slotLayout(tenant), surroundings);
  if (pbx.kind === 'freeswitch') return freeswitchDriver(id, pbx, slotLayout(tenant), surroundings);
  const { clock } = surroundings;
  const office = parkingAs(tenant, pbx.office === undefined ? demoOffice : parseOffice(pbx.office));
  const sandbox = createSandboxDriver({ pbx: id, clock, seed: pbx.seed, office });
  opened.sandbox(id, sandbox);
  if (pbx.traffic) {
    const traffic = new Traffic({ office: sandbox.office, phones: sandbox.phones, clock, seed: pbx.seed });
    traffic.start();
    opened.closer(() => traffic.close());
  }
  return sandbox;
};

/** A sandbox has the slots that the tenant says it has. */
const parkingAs = ({ parking }: Pick<TenantConfig, 'parking'>, office: Office): Office =>
  parking === undefined || office.parking === undefined
    ? office
    : { ...office, parking: { ...office.parking, lot: parking.lot, slots: parking.slots, comebackSeconds: parking.timeoutSeconds } };
