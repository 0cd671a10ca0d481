import type { Identity } from '../../auth/auth.ts';
import type { Grant } from '../../auth/tokens.ts';
import type { Logger } from 'pino';
import type { Control } from '../../control/control.ts';
import type { PlacedCalls } from '../../control/placing/placed-calls.ts';
import type { Projection } from '../../delivery/projection.ts';
import type { TenantEngine } from '../../engine/engine.ts';
import type { TenantId } from '../../model/ids.ts';
import type { Store } from '../../store/store.ts';
import type { ParkedIds } from './parked-ids.ts';
import type { TelphinState } from './project.ts';
import type { Writing } from './render.ts';
import type { Happening } from './schema.ts';
import type { Subscriptions } from './subscriptions.ts';

/** What the requests of a tenant are answered from. */
export interface TenantSource extends Writing {
  readonly tenant: TenantId;
  readonly engine: TenantEngine;
  readonly control: Control;
  readonly store: Store;
  readonly projection: Projection<TelphinState, Happening>;
  readonly subscriptions: Subscriptions;
  readonly parkedIds: ParkedIds;
  readonly placed: PlacedCalls;
  readonly logger: Logger;
}

/** A request of a token's owner. */
export interface Asked {
  readonly identity: Identity;
  readonly grant: Grant;
  readonly source: TenantSource;
  /** Of the path. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** Read as JSON; an empty one is an empty object. */
  readonly body: unknown;
  /** Aborts when the client leaves. */
  readonly signal: AbortSignal;
}

/** What is answered; without a body nothing but the status is sent. */
export interface Answer {
  readonly status: number;
  readonly body?: object;
}
