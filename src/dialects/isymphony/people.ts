import type { User, Users } from '../../auth/users.ts';
import type { ExtensionNumber, TenantId } from '../../model/ids.ts';
import type { LiveIds } from './ids.ts';
import type { ISymphonyOptions } from './options.ts';

/** The users of a tenant as this dialect knows them: by their live ids. */
export interface People {
  /** Whose extension it is. */
  ownerOf(extension: ExtensionNumber | undefined): User | undefined;
  named(name: string): User | undefined;
  all(): readonly User[];
  idOf(user: User): string;
  /** Whether the user causes events about calls, agents and status. */
  isFull(user: User): boolean;
}

export const createPeople = (tenant: TenantId, users: Users, ids: LiveIds, options: Pick<ISymphonyOptions, 'users'>): People => ({
  ownerOf: (extension) => (extension === undefined ? undefined : users.ofExtension(tenant, extension)),
  named: (name) => users.named(tenant, name),
  all: () => users.list(tenant),
  idOf: (user) => ids.of('user', user.id),
  isFull: ({ name }) => options.users[name]?.full ?? true,
});
