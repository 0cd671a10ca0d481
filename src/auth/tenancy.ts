import type { TenantId } from '../model/ids.ts';
import type { Micros } from '../model/time.ts';

/** The one PBX of a tenant that is made: what differs from the configuration's defaults. */
export type NewPbx =
  | { readonly kind: 'sandbox'; readonly traffic?: boolean }
  | {
      readonly kind: 'asterisk';
      readonly host: string;
      readonly port?: number;
      readonly tls?: boolean;
      readonly username: string;
      readonly secret: string;
      readonly dialContext?: string;
    }
  | {
      readonly kind: 'freeswitch';
      readonly host: string;
      readonly port?: number;
      readonly password: string;
      readonly dialContext?: string;
    };

export interface NewTenant {
  /** Also what its PBX is called; never given again, not even when the tenant is gone. */
  readonly id: TenantId;
  readonly pbx: NewPbx;
}

export interface KnownTenant {
  readonly id: TenantId;
  /** Absent for one of the configuration. */
  readonly madeAt?: Micros;
}

/** The tenants of the gateway, and those that are made while it runs. */
export interface Tenancy {
  /** Whether administrators of this tenant see all tenants, make others and remove them. */
  isOperator(tenant: TenantId): boolean;
  list(): readonly KnownTenant[];
  /**
   * Keeps the tenant and begins to run it: the native API at once, the vendors' APIs from the next start on. Answers with the secret
   * of its first administrator key, shown this once. Throws `tenant-exists`, `invalid-parameter`, `too-many-requests`.
   */
  create(asked: NewTenant): Promise<{ readonly secret: string }>;
  /**
   * Ends the link to its PBX, its keys and its users, for ever; what was logged stays on the disk. Throws `not-found`, and
   * `kept-in-configuration` for one of the configuration.
   */
  remove(id: TenantId): Promise<void>;
}
