import { longNames, type EventType, type PropertyFilter, type Value, type WireEvent } from './schema.ts';

/**
 * What a connection wants, made of its filter message: every property that is named must be there, with one of the values that
 * are named for it. `any`: whatever value it has.
 */
export interface Filter {
  readonly wanted: ReadonlyMap<string, ReadonlySet<string> | 'any'>;
  /** Whether `username` looks at `username1` and `username2` too. */
  readonly matchNumbered: boolean;
  /** Which types the connection named by their longer names, and so is sent under these. */
  readonly longNamed: ReadonlySet<EventType>;
  /** The same filter has the same key, in whatever order it came. */
  readonly key: string;
}

export interface FilterOptions {
  readonly matchNumbered: boolean;
  /** Whether types go by their shorter names where the connection names neither. */
  readonly legacyEventTypes: boolean;
}

/** The same property: any of its values; different properties: all of them. None at all: everything. */
export const compileFilter = (filters: readonly PropertyFilter[], options: FilterOptions): Filter => {
  const asked = new Map<string, Set<string>>();
  for (const { property, value } of filters) asked.set(property, (asked.get(property) ?? new Set()).add(String(value)));
  const wanted = new Map<string, ReadonlySet<string> | 'any'>();
  for (const [property, values] of asked) {
    if (values.has('*')) wanted.set(property, 'any');
    else wanted.set(property, property === 'type' ? new Set([...values].map(shortName)) : values);
  }
  const longNamed = new Set(longNamedIn(asked.get('type') ?? new Set(), options.legacyEventTypes));
  const sorted = [...wanted].map(([property, values]) => [property, values === 'any' ? '*' : [...values].sort()] as const);
  sorted.sort(([one], [two]) => (one < two ? -1 : 1));
  const { matchNumbered } = options;
  return { wanted, matchNumbered, longNamed, key: JSON.stringify([sorted, [...longNamed]]) };
};

export const matchesFilter = ({ wanted, matchNumbered }: Filter, event: WireEvent): boolean => {
  for (const [property, values] of wanted) {
    const found = textsOf(event, property, matchNumbered);
    if (values === 'any' ? found.length === 0 : !found.some((text) => values.has(text))) return false;
  }
  return true;
};

/** What an event says of a property, as filters compare it; nothing where it says `null`. */
export const textsOf = (event: WireEvent, property: string, matchNumbered: boolean): readonly string[] => {
  const own = textOf(valueOf(event, property));
  if (!matchNumbered) return own === undefined ? [] : [own];
  return [own, textOf(valueOf(event, `${property}1`)), textOf(valueOf(event, `${property}2`))].filter((text) => text !== undefined);
};

/** A filter may name what every object has: `toString` is no property of an event. */
const valueOf = (event: WireEvent, property: string): Value | undefined => (Object.hasOwn(event, property) ? event[property] : undefined);

const textOf = (value: Value | undefined): string | undefined => (value === null || value === undefined ? undefined : String(value));

const shortNames = new Map(Object.entries(longNames).map(([short, long]) => [long, short]));
const shortName = (type: string): string => shortNames.get(type) ?? type;

const longNamedIn = (asked: ReadonlySet<string>, legacy: boolean): readonly EventType[] =>
  (Object.keys(longNames) as EventType[]).filter((short) => {
    const long = longNames[short] ?? short;
    return asked.has(long) || (!legacy && !asked.has(short));
  });
