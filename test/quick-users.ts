import { randomBytes } from 'node:crypto';
import { createPasswords } from '../src/auth/passwords.ts';
import type { Auth } from '../src/auth/auth.ts';
import { createSessions, type Sessions } from '../src/auth/sessions.ts';
import { createUsers, type ConfiguredUser, type Users } from '../src/auth/users.ts';
import { createNewId } from '../src/model/ids.ts';
import type { Clock } from '../src/model/time.ts';
import type { Store } from '../src/store/store.ts';

/** Users whose passwords cost next to nothing to try. */
export const quickUsers = (store: Store, clock: Clock, configured: readonly ConfiguredUser[] = []): Users =>
  createUsers({
    store,
    clock,
    newId: createNewId(randomBytes),
    passwords: createPasswords({ randomBytes, cost: { n: 16, r: 1, p: 1 } }),
    configured,
  });

/** Users and sessions, as a gateway has them. */
export const quickPeople = (
  { store, clock, auth }: { readonly store: Store; readonly clock: Clock; readonly auth: Auth },
  configured: readonly ConfiguredUser[] = [],
): { readonly users: Users; readonly sessions: Sessions } => {
  const users = quickUsers(store, clock, configured);
  return { users, sessions: createSessions({ store, clock, newId: createNewId(randomBytes), users, auth }) };
};
