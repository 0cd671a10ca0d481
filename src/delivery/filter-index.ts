import type { LoggedEvent } from '../log/event-log.ts';
import { callsOf, extensionsOf, familyOf, matchesFilter } from './filter.ts';
import type { FeedFilter } from './filter.ts';

interface Filtered {
  readonly filter: FeedFilter;
}

/**
 * Members by what they wait for, so that an event is held against those alone that it may concern. Each member lies under the
 * most telling part of its filter: its calls, else its extensions, else its types, else among those that want everything.
 */
export class FilterIndex<Member extends Filtered> {
  readonly #byCall = new Map<string, Set<Member>>();
  readonly #byExtension = new Map<string, Set<Member>>();
  readonly #byType = new Map<string, Set<Member>>();
  readonly #everything = new Set<Member>();

  add(member: Member): void {
    for (const [map, key] of this.#places(member.filter)) {
      const there = map.get(key);
      if (there === undefined) map.set(key, new Set([member]));
      else there.add(member);
    }
    if (wantsEverything(member.filter)) this.#everything.add(member);
  }

  remove(member: Member): void {
    for (const [map, key] of this.#places(member.filter)) {
      const there = map.get(key);
      there?.delete(member);
      if (there?.size === 0) map.delete(key);
    }
    this.#everything.delete(member);
  }

  /** The members whose filter the event satisfies, each once. */
  match(event: LoggedEvent): ReadonlySet<Member> {
    const found = new Set<Member>(this.#everything);
    const consider = (members: ReadonlySet<Member> | undefined): void => {
      for (const member of members ?? []) if (!found.has(member) && matchesFilter(member.filter, event)) found.add(member);
    };
    if (this.#byType.size > 0) {
      consider(this.#byType.get(event.type));
      consider(this.#byType.get(familyOf(event.type)));
    }
    if (this.#byCall.size > 0) for (const call of callsOf(event)) consider(this.#byCall.get(call));
    if (this.#byExtension.size > 0) for (const extension of extensionsOf(event)) consider(this.#byExtension.get(extension));
    return found;
  }

  #places(filter: FeedFilter): readonly (readonly [Map<string, Set<Member>>, string])[] {
    if (filter.calls !== undefined) return filter.calls.map((call) => [this.#byCall, call]);
    if (filter.extensions !== undefined) return filter.extensions.map((extension) => [this.#byExtension, extension]);
    return (filter.types ?? []).map((type) => [this.#byType, type]);
  }
}

const wantsEverything = (filter: FeedFilter): boolean =>
  filter.calls === undefined && filter.extensions === undefined && filter.types === undefined;
