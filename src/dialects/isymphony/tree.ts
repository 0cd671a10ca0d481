import { GatewayError } from '../../model/errors.ts';

/** Does what an action asks for; resolves when it is done. `body` is what was posted, unread. */
export type Action = (body: string) => Promise<void>;

/** One resource. */
export interface Instance {
  readonly kind: 'instance';
  readonly id: string;
  render(): Readonly<Record<string, unknown>>;
  /** What is below it, by the name of its path. */
  readonly children: Readonly<Record<string, () => Resource>>;
  readonly actions: Readonly<Record<string, Action>>;
}

/** Several of a kind: `coreServers/{id}` and, where they have names, `coreServers/getByName/{name}`. */
export interface ResourceSet {
  readonly kind: 'set';
  items(): readonly Instance[];
  withId(id: string): Instance | undefined;
  named?(name: string): Instance | undefined;
}

/** A set of things of which only those are opened that are asked for. */
export const setOf = <Thing>(
  things: readonly Thing[],
  { idOf, open, isNamed }: { idOf(thing: Thing): string; open(thing: Thing): Instance; isNamed?(thing: Thing, name: string): boolean },
): ResourceSet => {
  const opened = (fits: (thing: Thing) => boolean): Instance | undefined => {
    const thing = things.find(fits);
    return thing === undefined ? undefined : open(thing);
  };
  return {
    kind: 'set',
    items: () => things.map(open),
    withId: (id) => opened((thing) => idOf(thing) === id),
    ...(isNamed === undefined ? undefined : { named: (name) => opened((thing) => isNamed(thing, name)) }),
  };
};

export const instance = (
  id: string,
  render: Instance['render'],
  children: Instance['children'] = {},
  actions: Instance['actions'] = {},
): Instance => ({ kind: 'instance', id, render, children, actions });

export type Resource = Instance | ResourceSet;

/** What a path leads to. */
export type Target = { readonly kind: 'resource'; readonly resource: Resource } | { readonly kind: 'action'; readonly perform: Action };

/** The older form asks for a core server by its slug. */
const byName = /^getBy(Name|Slug)$/;

/** Follows a path, its parts undecoded; throws `not-found` where it leads nowhere. */
export const follow = (resource: Resource, path: readonly string[]): Target => {
  const [part, ...rest] = path;
  if (part === undefined) return { kind: 'resource', resource };
  if (resource.kind === 'set') {
    const [name, ...beyond] = rest;
    if (!byName.test(part) || resource.named === undefined || name === undefined)
      return follow(found(resource.withId(part.toLowerCase()), part), rest);
    return follow(found(resource.named(decode(name)), name), beyond);
  }
  const child = below(resource.children, part);
  if (child !== undefined) return follow(child(), rest);
  const perform = rest.length === 0 && Object.hasOwn(resource.actions, part) ? resource.actions[part] : undefined;
  return { kind: 'action', perform: found(perform, part) };
};

/** The vendor's pages write `/user/` for `/users/`, `/agent/` for `/agents/`: either finds the other. */
const below = (children: Instance['children'], part: string): (() => Resource) | undefined => {
  const name = [part, `${part}s`, part.replace(/s$/, '')].find((each) => Object.hasOwn(children, each));
  return name === undefined ? undefined : children[name];
};

const decode = (part: string): string => {
  try {
    return decodeURIComponent(part);
  } catch (cause) {
    throw new GatewayError('not-found', { path: part }, { cause });
  }
};

const found = <Value>(value: Value | undefined, part: string): Value => {
  if (value === undefined) throw new GatewayError('not-found', { path: part });
  return value;
};
