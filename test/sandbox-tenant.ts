import { randomBytes } from 'node:crypto';
import { pino } from 'pino';
import { onTestFinished } from 'vitest';
import type { Identity, Scope } from '../src/auth/auth.ts';
import { createSingleCluster } from '../src/cluster/single.ts';
import { createControl } from '../src/control/control-room.ts';
import type { Control } from '../src/control/control.ts';
import type { DialRules } from '../src/control/policy.ts';
import { startTenant, type RunningTenant } from '../src/engine/tenant-engine.ts';
import { openSqliteLog } from '../src/log/sqlite-log.ts';
import type { Call, Leg } from '../src/model/call.ts';
import type { Event } from '../src/model/event.ts';
import type { FactOf } from '../src/model/fact.ts';
import { createNewId, extensionNumber, keyIdFrom, pbxId, tenantId, type ExtensionNumber } from '../src/model/ids.ts';
import { createManualClock, createSandboxDriver, type Office, type OfficeClock, type SandboxDriver } from '../src/pbx/sandbox/index.ts';
import { openSqliteStore } from '../src/store/sqlite-store.ts';
import type { Store } from '../src/store/store.ts';
import { temporaryFolder } from './temporary-folder.ts';

export interface SandboxTenant {
  readonly clock: OfficeClock;
  readonly sandbox: SandboxDriver;
  readonly branch?: SandboxDriver;
  readonly engine: RunningTenant;
  readonly control: Control;
  readonly store: Store;
  readonly events: readonly Event[];
  identity(scopes: readonly Scope[], extension?: string): Identity;
  /** Resolves with the first event, past or to come, that fits. */
  event(fits: (event: Event) => boolean): Promise<Event>;
  /** The one live leg of an extension, once there is one that fits. */
  leg(extension: string, fits?: (leg: Leg) => boolean): Promise<Leg>;
  /** A call that has ended. */
  ended(call: Call['id']): Promise<Event>;
  close(): Promise<void>;
}

export interface SandboxTenantOptions {
  /** Its name, and that of its PBX; the demo when absent. */
  readonly tenant?: string;
  readonly rules?: DialRules;
  /** Another PBX of the same tenant, `branch`, with this office. */
  readonly branch?: Office;
  /** Its people at the start. */
  readonly users?: FactOf<'users.assigned'>['users'];
  /** The folder of its PBX's recordings. */
  readonly recordings?: string;
}

/** One tenant with the demo's office, its log and store on disk, its time moved by the test alone. */
export const startSandboxTenant = async (folder = temporaryFolder(), options: SandboxTenantOptions = {}): Promise<SandboxTenant> => {
  const clock = createManualClock(1_800_000_000_000_000);
  const newId = createNewId(randomBytes);
  const logger = pino({ level: 'silent' });
  const log = openSqliteLog({ folder, clock, newId, reserveBytes: 65_536 });
  const store = openSqliteStore({ folder, reserve: log.reserve });
  const sandbox = createSandboxDriver({ pbx: pbxId(options.tenant ?? 'sandbox'), clock });
  const tenant = tenantId(options.tenant ?? 'demo');
  const observer = { lag: () => undefined };
  const cluster = createSingleCluster(log);
  const people = options.users === undefined ? {} : { users: options.users };
  const branch = options.branch === undefined ? undefined : createSandboxDriver({ pbx: pbxId('branch'), clock, office: options.branch });
  const drivers = branch === undefined ? [sandbox] : [sandbox, branch];
  const engine = await startTenant({ tenant, drivers, log, cluster, store, clock, timers: clock, logger, observer, ...people });
  const events: Event[] = [];
  const listeners = new Set<(event: Event) => void>();
  engine.onCommitted((logged) => {
    for (const { event } of logged) {
      events.push(event);
      for (const listener of listeners) listener(event);
    }
  });
  const rules = new Map(options.rules === undefined ? [] : [[tenant, options.rules]]);
  const recordings = new Map(options.recordings === undefined ? [] : [[sandbox.pbx, options.recordings]]);
  const engines = new Map([[tenant, engine]]);
  const control = await createControl({ engines, store, clock, timers: clock, newId, logger, rules, recordings });

  const event = (fits: (event: Event) => boolean): Promise<Event> => {
    const known = events.find(fits);
    if (known !== undefined) return Promise.resolve(known);
    return new Promise((resolve) => {
      const listener = (each: Event): void => {
        if (!fits(each)) return;
        listeners.delete(listener);
        resolve(each);
      };
      listeners.add(listener);
    });
  };
  const leg = async (extension: string, fits: (leg: Leg) => boolean = () => true): Promise<Leg> => {
    const find = (): Leg | undefined => engine.legsOf(extensionNumber(extension)).find((each) => each.state !== 'ended' && fits(each));
    for (;;) {
      const found = find();
      if (found !== undefined) return found;
      const next = events.length;
      await event((each) => events.indexOf(each) >= next);
    }
  };
  let closed = false;
  const close = async (): Promise<void> => {
    if (closed) return;
    closed = true;
    await control.close();
    await engine.close();
    await cluster.close();
    await store.close();
    await log.close();
    clock.close();
  };
  onTestFinished(close);
  for (const { pbx } of drivers) await event((each) => each.type === 'pbx.resynced' && each.pbx === pbx);
  return {
    clock,
    sandbox,
    ...(branch === undefined ? undefined : { branch }),
    engine,
    control,
    store,
    events,
    identity: (scopes, extension) => ({
      tenant,
      key: keyIdFrom('key_test'),
      name: 'test',
      scopes: new Set(scopes),
      ...(extension === undefined ? {} : { extension: extensionNumber(extension) satisfies ExtensionNumber }),
    }),
    event,
    leg,
    ended: (call) => event((each) => each.type === 'call.ended' && each.callId === call),
    close,
  };
};
