import type { Logger } from 'pino';
import type { Auth } from '../auth/auth.ts';
import type { Sessions } from '../auth/sessions.ts';
import type { Tokens } from '../auth/tokens.ts';
import type { Users } from '../auth/users.ts';
import type { Control } from '../control/control.ts';
import type { Secrets } from '../auth/secrets.ts';
import type { Delivery } from '../delivery/delivery.ts';
import type { Interactive } from '../interactive/interactive.ts';
import type { WebhookEngine } from '../delivery/webhooks/webhook-engine.ts';
import type { TenantEngine } from '../engine/engine.ts';
import type { NewId, TenantId } from '../model/ids.ts';
import type { Clock, Timers } from '../model/time.ts';
import type { Store } from '../store/store.ts';
import type { Tenancy } from '../auth/tenancy.ts';

/** What a dialect shows of itself to a tenant's people: requests that work as they stand, and its pages. */
export interface DialectGuide {
  readonly name: string;
  readonly title: string;
  /** Lines for a terminal. A key that they need is in `$SWITCHHOOK_KEY`; other secrets are in capitals, to be put in. */
  readonly samples: readonly { readonly title: string; readonly text: string }[];
  /** Paths on this server that a browser opens. */
  readonly pages: readonly { readonly title: string; readonly path: string }[];
}

/** What every dialect is given: the running tenants, who may ask, what may be done, and where time and ids come from. */
export interface Gateway {
  readonly tenants: readonly TenantId[];
  engine(tenant: TenantId): TenantEngine | undefined;
  readonly auth: Auth;
  /** OAuth 2.0 tokens: one store for the dialects whose vendors use it. */
  readonly tokens: Tokens;
  readonly users: Users;
  /** Browsers that have logged in. */
  readonly sessions: Sessions;
  readonly control: Control;
  /** The live events of each tenant, for readers of any transport. */
  readonly delivery: Delivery;
  /** Delivers to endpoints, each dialect's own. */
  readonly webhooks: WebhookEngine;
  /** Callers led by programs outside; a dialect says which numbers, and how its vendor asks. */
  readonly interactive: Interactive;
  readonly secrets: Secrets;
  readonly store: Store;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly newId: NewId;
  readonly log: Logger;
  /** Absent where tenants are those of the configuration alone. */
  readonly tenancy?: Tenancy;
  /** What a tenant is served through besides the native API. */
  dialects(tenant: TenantId): readonly DialectGuide[];
  /** Aborts when the process begins to stop: whoever waits answers now. */
  readonly stopping: AbortSignal;
}
