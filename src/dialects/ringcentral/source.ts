import type { Users } from '../../auth/users.ts';
import type { Control } from '../../control/control.ts';
import type { TenantEngine } from '../../engine/engine.ts';
import type { CallId, NewId, TenantId } from '../../model/ids.ts';
import type { Clock, Timers } from '../../model/time.ts';
import type { Store } from '../../store/store.ts';
import type { Projection } from '../../delivery/projection.ts';
import type { ConferenceBook } from './conference-book.ts';
import type { Ids } from './ids.ts';
import type { RingCentralOptions } from './options.ts';
import type { Renderer } from './render.ts';
import type { Notice, RingCentralState, Session } from './schema.ts';
import type { PresenceBook } from './presence-settings.ts';
import type { Subscriptions } from './subscriptions.ts';
import type { WebHookTransport } from './webhooks.ts';

/** What the requests of one tenant, the vendor's account, are answered from. */
export interface TenantSource {
  readonly tenant: TenantId;
  readonly engine: TenantEngine;
  readonly control: Control;
  readonly users: Users;
  readonly store: Store;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly newId: NewId;
  readonly options: RingCentralOptions;
  readonly ids: Ids;
  readonly presence: PresenceBook;
  readonly conferences: ConferenceBook;
  /** What has happened, in the vendor's words, and what is so by now. */
  readonly notices: Projection<RingCentralState, Notice>;
  readonly renderer: Renderer;
  readonly sessions: Sessions;
  readonly subscriptions: Subscriptions;
  readonly webhooks: WebHookTransport;
  /** Resolves when all that is in the log now is folded into `notices` and `sessions`, or when `signal` aborts. */
  settled(signal: AbortSignal): Promise<void>;
}

/** Sessions as the last event left them. */
export interface Sessions {
  /** By the call's id or an alias of it; one that has just ended too. */
  ofCall(call: CallId): Session | undefined;
  /** Those that live. */
  all(): readonly Session[];
}

export const sessionsOf = (notices: Projection<RingCentralState, Notice>, engine: Pick<TenantEngine, 'call'>): Sessions => ({
  ofCall: (call) => {
    const { sessions, ended } = notices.view().state;
    const id = engine.call(call)?.id ?? call;
    return sessions.get(id) ?? ended.findLast((session) => session.call === id);
  },
  all: () => [...notices.view().state.sessions.values()],
});

export const settledBy =
  (notices: Projection<RingCentralState, Notice>, engine: Pick<TenantEngine, 'cursor'>) =>
  async (signal: AbortSignal): Promise<void> => {
    const { seq } = engine.cursor();
    while (notices.view().head < seq && !signal.aborted) await notices.changed(signal);
  };
