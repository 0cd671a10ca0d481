import type { Logger } from 'pino';
import type { Sessions } from '../auth/sessions.ts';
import type { Users } from '../auth/users.ts';
import type { TenantEngine } from '../engine/engine.ts';
import type { FactOf } from '../model/fact.ts';
import type { TenantId, UserId } from '../model/ids.ts';
import type { Clock, Timers } from '../model/time.ts';

type Assigned = FactOf<'users.assigned'>['users'];

export const assignedUsers = (users: Users, tenant: TenantId): Assigned =>
  users.list(tenant).map(({ name, extension }) => ({ name, ...(extension === undefined ? undefined : { extension }) }));

/** Tells each tenant's engine who its people are whenever that changes. Returns how to stop. */
export const tellUsers = (users: Users, engines: ReadonlyMap<TenantId, TenantEngine>, clock: Clock): (() => void) =>
  users.onChanged(({ tenant }) =>
    engines.get(tenant)?.tell({ type: 'users.assigned', at: clock.now(), users: assignedUsers(users, tenant) }),
  );

const sweepMs = 60_000;

/** Tells each tenant's engine who begins a session and who ends one, and ends those that have run out. Returns how to stop. */
export const tellSessions = ({ sessions, users, engines, clock, timers, logger }: SessionParts): (() => void) => {
  const nameOf = (tenant: TenantId, user: UserId | undefined): string | undefined =>
    user === undefined ? undefined : users.get(tenant, user)?.name;
  const stopListening = sessions.onChanged(({ what, session, from }) => {
    const engine = engines.get(session.tenant);
    const user = nameOf(session.tenant, session.user);
    // A session with a key is nobody's; one of a user that is gone has ended with it.
    if (engine === undefined || user === undefined) return undefined;
    const login = { at: clock.now(), user, login: session.id };
    return engine.tell(what === 'began' ? { type: 'user.sessionBegan', ...login, ...from } : { type: 'user.sessionEnded', ...login });
  });
  /** What ended while nobody could be told. */
  const settle = async (): Promise<void> => {
    await sessions.sweep();
    for (const engine of engines.values()) {
      for (const { name, logins } of engine.snapshot().users) {
        const gone = logins.filter(({ kind, id }) => kind === 'session' && !sessions.isLive(id));
        for (const { id } of gone) await engine.tell({ type: 'user.sessionEnded', at: clock.now(), user: name, login: id });
      }
    }
  };
  let cancel = (): void => undefined;
  const again = (): void => {
    settle().catch((error: unknown) => logger.warn({ event: 'sessions-not-settled', err: error }));
    cancel = timers.after(sweepMs, again);
  };
  again();
  return () => {
    stopListening();
    cancel();
  };
};

interface SessionParts {
  readonly sessions: Sessions;
  readonly users: Users;
  readonly engines: ReadonlyMap<TenantId, TenantEngine>;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly logger: Logger;
}
