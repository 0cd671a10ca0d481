import type { Logger } from 'pino';
import type { Sessions } from '../auth/sessions.ts';
import type { Users } from '../auth/users.ts';
import type { Config } from '../config/schema.ts';
import type { TenantEngine } from '../engine/engine.ts';
import type { FactOf } from '../model/fact.ts';
import { extensionNumber, tenantId, type TenantId, type UserId } from '../model/ids.ts';
import type { Clock, Timers } from '../model/time.ts';

type Assigned = FactOf<'users.assigned'>['users'];

/** Who owns which extension by the configuration of the PBXs: people who need not be able to log in. */
export type Owners = ReadonlyMap<TenantId, Assigned>;

/** The people of a tenant: its users, and the owners of extensions who are none of them. */
export const peopleOf = (tenant: TenantId, users: Users, owners: Owners): Assigned => {
  const listed = users.list(tenant).map(({ name, extension }) => ({ name, ...(extension === undefined ? undefined : { extension }) }));
  const others = (owners.get(tenant) ?? []).filter(({ name }) => users.named(tenant, name) === undefined);
  return [...listed, ...others];
};

interface PeopleParts {
  readonly users: Users;
  readonly owners: Owners;
  readonly engines: ReadonlyMap<TenantId, TenantEngine>;
  readonly clock: Clock;
}

/** Tells each tenant's engine who its people are whenever that changes. Returns how to stop. */
export const tellUsers = ({ users, owners, engines, clock }: PeopleParts): (() => void) =>
  users.onChanged(({ tenant }) =>
    engines.get(tenant)?.tell({ type: 'users.assigned', at: clock.now(), users: peopleOf(tenant, users, owners) }),
  );

/** What the configuration says of who owns which extension. */
export const ownersOf = ({ tenants }: Config): Owners =>
  new Map(
    Object.entries(tenants).map(([tenant, { pbxs }]) => [
      tenantId(tenant),
      Object.values(pbxs)
        .flatMap((pbx) => (pbx.kind === 'sandbox' ? [] : Object.entries(pbx.extensions)))
        .flatMap(([number, { user }]) => (user === undefined ? [] : [{ name: user, extension: extensionNumber(number) }])),
    ]),
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

interface SessionParts extends Omit<PeopleParts, 'owners'> {
  readonly sessions: Sessions;
  readonly timers: Timers;
  readonly logger: Logger;
}
