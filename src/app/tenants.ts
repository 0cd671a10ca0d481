import type { Auth } from '../auth/auth.ts';
import type { KnownTenant, NewTenant, Tenancy } from '../auth/tenancy.ts';
import type { Users } from '../auth/users.ts';
import type { Cluster } from '../cluster/cluster.ts';
import type { TenantConfig } from '../config/schema.ts';
import type { DialRules } from '../control/policy.ts';
import type { SlotLayout } from '../control/slots.ts';
import { type RunningTenant, startTenant } from '../engine/tenant-engine.ts';
import type { Metrics } from '../http/metrics.ts';
import type { EventLog } from '../log/event-log.ts';
import { tenantId, type PbxId, type TenantId } from '../model/ids.ts';
import type { OfficeClock, SandboxDriver } from '../pbx/sandbox/index.ts';
import type { Store } from '../store/store.ts';
import { createDriver } from './drivers.ts';
import { slotLayout } from './parking.ts';
import { peopleOf, type Owners } from './people.ts';
import type { Surroundings } from './surroundings.ts';
import type { TenantBook } from './tenant-book.ts';

export interface TenantsOptions {
  readonly surroundings: Surroundings & { readonly clock: OfficeClock };
  /** By name. One that is made meanwhile is added here, for all who look at the configuration again. */
  readonly configs: Record<string, TenantConfig>;
  /** Whose administrators may make tenants; nobody's when absent. */
  readonly operator: string | undefined;
  readonly book: TenantBook;
  readonly auth: Auth;
  readonly users: Users;
  readonly owners: Owners;
  readonly log: EventLog;
  readonly cluster: Cluster;
  readonly store: Store;
  readonly metrics: Metrics;
}

/** Adds no more than this to an event's way, and takes most of the cost of a busy hour away. */
const commitRestMs = 3;

/** The tenants that run: those of the configuration, and those that are made and removed meanwhile. */
export class Tenants implements Tenancy {
  readonly engines = new Map<TenantId, RunningTenant>();
  readonly sandboxes = new Map<PbxId, SandboxDriver>();
  /** What each may dial, and where it parks. */
  readonly rules = new Map<TenantId, DialRules>();
  readonly slots = new Map<TenantId, SlotLayout>();
  /** Rejects when a tenant can no longer run. */
  readonly failed: Promise<never>;
  readonly #fail: (reason: unknown) => void;
  readonly #options: TenantsOptions;
  /** How the traffic of each one's sandboxes is stopped; of one that does not run yet, too. */
  readonly #traffic = new Map<TenantId, (() => void)[]>();
  readonly #listeners = new Set<(engine: RunningTenant) => void>();

  constructor(options: TenantsOptions) {
    this.#options = options;
    const failed = Promise.withResolvers<never>();
    this.failed = failed.promise;
    this.#fail = failed.reject;
    // Whoever runs the gateway awaits it; until then a failure must not count as unhandled.
    this.failed.catch(() => undefined);
  }

  /** Runs those of the configuration, one after the other. */
  async begin(): Promise<void> {
    for (const [name, config] of Object.entries(this.#options.configs)) await this.#run(tenantId(name), config);
  }

  /** Told of each tenant that is made from now on, as soon as it runs. */
  onMade(listener: (engine: RunningTenant) => void): void {
    this.#listeners.add(listener);
  }

  isOperator(tenant: TenantId): boolean {
    return tenant === this.#options.operator;
  }

  list(): readonly KnownTenant[] {
    return [...this.engines.keys()].map((id) => {
      const madeAt = this.#options.book.madeAt(id);
      return { id, ...(madeAt === undefined ? undefined : { madeAt }) };
    });
  }

  async create({ id, pbx }: NewTenant): Promise<{ readonly secret: string }> {
    const { auth, book, configs } = this.#options;
    const config = book.add(id, pbx);
    configs[id] = config;
    const engine = await this.#run(id, config);
    for (const listener of this.#listeners) listener(engine);
    return auth.create({ tenant: id, name: 'first administrator', scopes: ['administer', 'observe'] });
  }

  async remove(id: TenantId): Promise<void> {
    const { auth, book, configs, users } = this.#options;
    book.remove(id);
    for (const { id: key } of auth.list(id)) auth.revoke(id, key);
    for (const { id: user } of users.list(id)) await users.remove(id, user);
    await this.#end(id);
    delete configs[id];
    this.rules.delete(id);
    this.slots.delete(id);
  }

  /** Ends all of them, the newest first. */
  async close(): Promise<void> {
    for (const id of [...this.#traffic.keys()].reverse()) await this.#end(id);
  }

  async #run(id: TenantId, config: TenantConfig): Promise<RunningTenant> {
    const { surroundings, users, owners, log, cluster, store, metrics } = this.#options;
    const { clock, timers, logger } = surroundings;
    const traffic: (() => void)[] = [];
    this.#traffic.set(id, traffic);
    const opened = {
      sandbox: (pbx: PbxId, driver: SandboxDriver) => void this.sandboxes.set(pbx, driver),
      closer: (close: () => void) => void traffic.push(close),
    };
    const engine = await startTenant({
      tenant: id,
      drivers: Object.entries(config.pbxs).map(([pbx, pbxConfig]) =>
        createDriver(pbx, { pbx: pbxConfig, tenant: config }, surroundings, opened),
      ),
      log,
      cluster,
      store,
      clock,
      timers,
      logger,
      observer: { lag: (pbx, seconds) => metrics.pbxLag.observe({ pbx }, seconds) },
      commitRestMs,
      users: peopleOf(id, users, owners),
    });
    this.engines.set(id, engine);
    this.rules.set(id, config.policy);
    this.slots.set(id, slotLayout(config));
    engine.failed.catch(this.#fail);
    showStatus(engine, metrics);
    engine.onCommitted((events) => {
      if (events.some(({ type }) => type.startsWith('pbx.'))) showStatus(engine, metrics);
    });
    return engine;
  }

  async #end(id: TenantId): Promise<void> {
    for (const close of this.#traffic.get(id) ?? []) close();
    this.#traffic.delete(id);
    await this.engines.get(id)?.close();
    this.engines.delete(id);
  }
}

const statusValues = { live: 1, degraded: 0.5, down: 0 } as const;

const showStatus = (engine: RunningTenant, metrics: Metrics): void => {
  for (const { id, status } of engine.snapshot().pbxs) metrics.pbxStatus.set({ pbx: id }, statusValues[status]);
};
