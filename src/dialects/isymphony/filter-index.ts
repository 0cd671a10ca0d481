import { matchesFilter, textsOf, type Filter } from './filter.ts';
import type { WireEvent } from './schema.ts';

interface Filtered {
  readonly filter: Filter;
}

/**
 * Members by what they wait for, so that an event is held against those alone that it may concern. Each lies under the most
 * telling property of its filter, by every value that it takes there; a filter that names no value lies under a property that
 * it wants to be there, and one that names nothing among those that want everything.
 */
export class FilterIndex<Member extends Filtered> {
  readonly #byValue = new Map<string, Map<string, Set<Member>>>();
  readonly #byProperty = new Map<string, Set<Member>>();
  readonly #everything = new Set<Member>();

  add(member: Member): void {
    const place = placeOf(member.filter);
    if (place === undefined) this.#everything.add(member);
    else if (place.values === 'any') include(this.#byProperty, place.property, member);
    else {
      const values = this.#byValue.get(place.property) ?? new Map<string, Set<Member>>();
      this.#byValue.set(place.property, values);
      for (const value of place.values) include(values, value, member);
    }
  }

  remove(member: Member): void {
    const place = placeOf(member.filter);
    if (place === undefined) this.#everything.delete(member);
    else if (place.values === 'any') exclude(this.#byProperty, place.property, member);
    else {
      const values = this.#byValue.get(place.property);
      for (const value of place.values) if (values !== undefined) exclude(values, value, member);
      if (values?.size === 0) this.#byValue.delete(place.property);
    }
  }

  /** The members whose filter the event satisfies, each once. */
  match(event: WireEvent): ReadonlySet<Member> {
    const found = new Set<Member>(this.#everything);
    const consider = (members: ReadonlySet<Member> | undefined): void => {
      for (const member of members ?? []) if (!found.has(member) && matchesFilter(member.filter, event)) found.add(member);
    };
    // Members that look at numbered properties lie under the same name as the others: all three are looked up for all.
    for (const [property, values] of this.#byValue) for (const text of textsOf(event, property, true)) consider(values.get(text));
    for (const [property, members] of this.#byProperty) if (textsOf(event, property, true).length > 0) consider(members);
    return found;
  }
}

interface Place {
  readonly property: string;
  readonly values: ReadonlySet<string> | 'any';
}

const placeOf = ({ wanted }: Filter): Place | undefined => {
  let best: Place | undefined;
  let least = Infinity;
  for (const [property, values] of wanted) {
    const commonness = commonnessOf(property, values);
    if (commonness >= least) continue;
    best = { property, values };
    least = commonness;
  }
  return best;
};

/** Of how many events it is true, roughly: a name is of few, a type of many, the core server is of all. */
const commonnessOf = (property: string, values: Place['values']): number => {
  if (values === 'any') return 1e9;
  if (property === 'coreServerId') return 1e8 + values.size;
  if (property === 'type') return 1e6 + values.size;
  return (ofFewValues.has(property) ? 1e3 : 1) * values.size;
};

const ofFewValues: ReadonlySet<string> = new Set(['state', 'statusType', 'userCreated', 'paused', 'enabled', 'result', 'queue', 'queueId']);

const include = <Member>(sets: Map<string, Set<Member>>, key: string, member: Member): void => {
  const there = sets.get(key);
  if (there === undefined) sets.set(key, new Set([member]));
  else there.add(member);
};

const exclude = <Member>(sets: Map<string, Set<Member>>, key: string, member: Member): void => {
  const there = sets.get(key);
  there?.delete(member);
  if (there?.size === 0) sets.delete(key);
};
