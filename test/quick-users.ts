import { randomBytes } from 'node:crypto';
import { createPasswords } from '../src/auth/passwords.ts';
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
