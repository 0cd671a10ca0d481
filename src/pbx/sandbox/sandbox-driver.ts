import { everyCommand } from '../../model/command.ts';
import type { PbxId } from '../../model/ids.ts';
import type { Driver } from '../driver.ts';
import { obey } from './commands.ts';
import { Link } from './link.ts';
import type { OfficeClock } from './office-clock.ts';
import { demoOffice } from './office.ts';
import { createPhones, type Phones } from './phones.ts';
import { SandboxPbx } from './sandbox-pbx.ts';
import type { Office } from './schema.ts';

export interface SandboxOptions {
  readonly pbx: PbxId;
  /** The office's time. Whoever made it closes it, after the driver. */
  readonly clock: OfficeClock;
  /** The demo's office when absent. */
  readonly office?: Office;
  /** The same seed and the same deeds give the same calls. */
  readonly seed?: number;
}

/** What goes wrong with real PBXs, to be had when it is wanted. */
export interface Faults {
  /** The link is lost: what happens from now on is not told, commands fail with `pbx-down`. */
  disconnect(reason?: string): void;
  /** The link is back: `pbx.connected` and a full `resync` come first. */
  reconnect(): void;
  /** The PBX is killed and starts again: the link is lost and comes back, all calls are gone without a word. */
  restart(): void;
}

/** A PBX in memory: an office that obeys every command and whose phones can be played. */
export interface SandboxDriver extends Driver {
  readonly office: Office;
  readonly clock: OfficeClock;
  readonly phones: Phones;
  readonly faults: Faults;
}

export const createSandboxDriver = ({ pbx: id, clock, office = demoOffice, seed = 1 }: SandboxOptions): SandboxDriver => {
  const link: Link = new Link({
    greet: () => pbx.greet(),
    farewell: (reason) => ({ fact: { type: 'pbx.disconnected', at: clock.now(), reason } }),
  });
  const pbx: SandboxPbx = new SandboxPbx({ office, seed, clock, say: (said) => link.say(said) });

  return {
    pbx: id,
    supports: { commands: everyCommand, stampsTime: true, tellsRegistrations: true },
    office,
    clock,
    phones: createPhones(pbx),
    faults: {
      disconnect: (reason = 'the link was cut') => link.cut(reason),
      reconnect: () => link.restore(),
      restart: () => {
        link.cut('the PBX was killed');
        pbx.restart();
        link.restore();
      },
    },
    interactive: { take: async (handler) => pbx.handOver(handler) },
    facts: (signal) => link.read(signal),
    execute: async (command, signal) => {
      signal.throwIfAborted();
      if (!link.isUp) return { outcome: 'failed', code: 'pbx-down', detail: 'The link to the PBX is down.' };
      return obey(pbx, command);
    },
    diagnose: async () => [{ check: 'sandbox', ok: true, detail: `An office in memory with ${office.extensions.length} extensions.` }],
    close: async () => {
      link.close();
      pbx.restart();
    },
  };
};
