import type { AsteriskPbxConfig, TenantConfig } from '../config/schema.ts';
import { pbxId, type PbxId } from '../model/ids.ts';
import { createAsteriskDriver } from '../pbx/asterisk/index.ts';
import type { Driver } from '../pbx/driver.ts';
import { createSandboxDriver, parseOffice, Traffic, type OfficeClock, type SandboxDriver } from '../pbx/sandbox/index.ts';
import type { Surroundings } from './surroundings.ts';

export const asteriskDriver = (pbx: PbxId, config: AsteriskPbxConfig, { clock, timers, newId, logger }: Surroundings): Driver =>
  createAsteriskDriver({ ...config, pbx }, { clock, timers, newId, random: Math.random, log: logger.child({ pbx }) });

/** The driver of a PBX of the configuration; `opened` is told of a sandbox and of what must be closed besides the driver. */
export const createDriver = (
  name: string,
  pbx: TenantConfig['pbxs'][string],
  surroundings: Surroundings & { readonly clock: OfficeClock },
  opened: { sandbox(pbx: PbxId, driver: SandboxDriver): void; closer(close: () => void): void },
): Driver => {
  const id = pbxId(name);
  if (pbx.kind === 'asterisk') return asteriskDriver(id, pbx, surroundings);
  const { clock } = surroundings;
  const office = pbx.office === undefined ? {} : { office: parseOffice(pbx.office) };
  const sandbox = createSandboxDriver({ pbx: id, clock, seed: pbx.seed, ...office });
  opened.sandbox(id, sandbox);
  if (pbx.traffic) {
    const traffic = new Traffic({ office: sandbox.office, phones: sandbox.phones, clock, seed: pbx.seed });
    traffic.start();
    opened.closer(() => traffic.close());
  }
  return sandbox;
};
