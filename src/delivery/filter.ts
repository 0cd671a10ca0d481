import type { LoggedEvent } from '../log/event-log.ts';

/**
 * Which events a reader wants: those that satisfy every member that is present, each by any of its values. `types` are event
 * types or families, `call.*`. `extensions` means whatever concerns them: their own events, and those of every call they
 * take part in. `calls` are call ids; one that was absorbed means the call that absorbed it.
 */
export interface FeedFilter {
  readonly types?: readonly string[];
  readonly extensions?: readonly string[];
  readonly calls?: readonly string[];
}

export const everything: FeedFilter = {};

export const matchesFilter = (filter: FeedFilter, event: LoggedEvent): boolean => {
  const { types, extensions, calls } = filter;
  // Cheapest first: the type is at hand, the others may have to read the event.
  if (types !== undefined && !types.includes(event.type) && !types.includes(familyOf(event.type))) return false;
  if (calls !== undefined && !callsOf(event).some((call) => calls.includes(call))) return false;
  if (extensions !== undefined && !extensionsOf(event).some((extension) => extensions.includes(extension))) return false;
  return true;
};

/** The same filter has the same key, in whatever order its values came. */
export const filterKey = (filter: FeedFilter): string =>
  JSON.stringify(
    [filter.types, filter.extensions, filter.calls].map((values) => (values === undefined ? null : [...new Set(values)].sort())),
  );

/** `call.*` of `call.started`. */
export const familyOf = (type: string): string => `${type.slice(0, type.indexOf('.'))}.*`;

/** Every extension that the event concerns. */
export const extensionsOf = (logged: LoggedEvent): readonly string[] => {
  const { call, leg } = logged.event;
  const own = logged.extension;
  if (call === undefined && leg === undefined) return own === undefined ? [] : [own];
  const found = new Set<string>();
  for (const extension of [own, leg?.extension, call?.from.extension, call?.to.extension]) {
    if (extension !== undefined) found.add(extension);
  }
  for (const { extension } of call?.legs ?? []) if (extension !== undefined) found.add(extension);
  return [...found];
};

/** Every id of every call that the event concerns. */
export const callsOf = (logged: LoggedEvent): readonly string[] => {
  if (logged.callId === undefined) return [];
  const { event } = logged;
  const others = event.type === 'leg.moved' ? [event.data.from, event.data.to] : event.type === 'call.merged' ? [event.data.into] : [];
  return [logged.callId, ...(event.call?.aliases ?? []), ...others];
};
