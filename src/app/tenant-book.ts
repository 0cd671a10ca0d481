import { z } from 'zod';
import type { Secrets } from '../auth/secrets.ts';
import { configSchema, type Config, type TenantConfig } from '../config/schema.ts';
import type { NewPbx } from '../auth/tenancy.ts';
import { GatewayError } from '../model/errors.ts';
import { tenantId, type TenantId } from '../model/ids.ts';
import type { Clock, Micros } from '../model/time.ts';
import { Saved } from '../store/saved.ts';
import type { Store } from '../store/store.ts';

/** Under which the book lies in the store: no tenant can be called so. */
const owner = tenantId('(gateway)');
const stateName = 'tenants';
const mostTenants = 1_000;

/** A tenant as it lies in the store: what the configuration would say of it, sealed, for it holds the PBX's secret. */
interface Row {
  readonly id: TenantId;
  readonly madeAt: Micros;
  readonly sealed: string;
}

interface Book {
  readonly tenants: readonly Row[];
  /** Ids that are never given again: what was logged under them is nobody else's. */
  readonly removed: readonly TenantId[];
}

export interface TenantBookOptions {
  readonly store: Pick<Store, 'state'>;
  readonly secrets: Secrets;
  readonly clock: Clock;
  readonly config: Config;
}

/** The tenants that were made while the gateway ran, kept for its next start. */
export class TenantBook {
  readonly #options: TenantBookOptions;
  readonly #book: Saved<Book>;

  constructor(options: TenantBookOptions) {
    this.#options = options;
    this.#book = new Saved<Book>(options.store, owner, stateName, { tenants: [], removed: [] });
  }

  /** When it was made; undefined for one of the configuration. */
  madeAt(id: TenantId): Micros | undefined {
    return this.#book.value.tenants.find((row) => row.id === id)?.madeAt;
  }

  /** What the configuration would say of them. One that the configuration has come to name is the configuration's. */
  configs(): Readonly<Record<string, TenantConfig>> {
    const { config, secrets } = this.#options;
    const rows = this.#book.value.tenants.filter(({ id }) => config.tenants[id] === undefined);
    return Object.fromEntries(rows.map(({ id, sealed }) => [id, this.#parse(id, JSON.parse(secrets.open(sealed, id)) as NewPbx)]));
  }

  /** Throws `tenant-exists`, `invalid-parameter`, `too-many-requests`. */
  add(id: TenantId, pbx: NewPbx): TenantConfig {
    const { clock, secrets, config } = this.#options;
    const { tenants, removed } = this.#book.value;
    const parsed = this.#parse(id, pbx);
    const pbxs = Object.values(config.tenants).flatMap((tenant) => Object.keys(tenant.pbxs));
    const isTaken = config.tenants[id] !== undefined || tenants.some((row) => row.id === id) || removed.includes(id) || pbxs.includes(id);
    if (isTaken) throw new GatewayError('tenant-exists', { tenant: id });
    if (tenants.length >= mostTenants)
      throw new GatewayError('too-many-requests', { limit: mostTenants }, { note: 'There are too many tenants.' });
    this.#book.put({ tenants: [...tenants, { id, madeAt: clock.now(), sealed: secrets.seal(JSON.stringify(pbx), id) }], removed });
    return parsed;
  }

  /** Throws `kept-in-configuration`, `not-found`. */
  remove(id: TenantId): void {
    const { tenants, removed } = this.#book.value;
    if (this.#options.config.tenants[id] !== undefined) throw new GatewayError('kept-in-configuration', { tenant: id });
    if (!tenants.some((row) => row.id === id)) throw new GatewayError('not-found', { tenant: id });
    this.#book.put({ tenants: tenants.filter((row) => row.id !== id), removed: [...removed, id] });
  }

  #parse(id: TenantId, pbx: NewPbx): TenantConfig {
    const result = configSchema.safeParse({ tenants: { [id]: { pbxs: { [id]: pbx } } } });
    const tenant = result.data?.tenants[id];
    if (tenant !== undefined) return tenant;
    throw new GatewayError('invalid-parameter', { tenant: id }, { note: z.prettifyError(result.error ?? new z.ZodError([])) });
  }
}
