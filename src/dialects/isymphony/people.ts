import type { Users } from '../../auth/users.ts';
import type { TenantEngine } from '../../engine/engine.ts';
import type { ExtensionNumber } from '../../model/ids.ts';
import type { LiveIds } from './ids.ts';
import type { ISymphonyOptions } from './options.ts';

/** Somebody who owns an extension, or may log in, or both. */
export interface Person {
  /** Unique in the tenant. */
  readonly name: string;
  readonly displayName?: string;
}

/** The users of a tenant as this dialect knows them: by their live ids. */
export interface People {
  /** Whose extension it is. */
  ownerOf(extension: ExtensionNumber | undefined): Person | undefined;
  named(name: string): Person | undefined;
  all(): readonly Person[];
  idOf(person: Person): string;
  /** Whether the user causes events about calls, agents and status. */
  isFull(person: Person): boolean;
}

export interface PeopleOptions {
  readonly engine: TenantEngine;
  readonly users: Users;
  readonly ids: LiveIds;
  readonly options: Pick<ISymphonyOptions, 'users'>;
}

export const createPeople = ({ engine, users, ids, options }: PeopleOptions): People => {
  const personOf = (name: string): Person => {
    const displayName = users.named(engine.tenant, name)?.displayName;
    return { name, ...(displayName === undefined ? undefined : { displayName }) };
  };
  return {
    ownerOf: (extension) => {
      const name = extension === undefined ? undefined : engine.extension(extension)?.user;
      return name === undefined ? undefined : personOf(name);
    },
    named: (name) => (engine.user(name) === undefined ? undefined : personOf(name)),
    all: () => engine.snapshot().users.map(({ name }) => personOf(name)),
    idOf: ({ name }) => ids.of('user', name),
    isFull: ({ name }) => options.users[name]?.full ?? true,
  };
};
