/**
 * Which rows of the saved state each fact touched, as a chain from the newest fact back: what changed between two states is found
 * by walking it, at the cost of what changed. So that the chain holds no memory for ever, links far back are taken out of it in
 * place; nothing else in a state is ever changed.
 */
export interface Journal {
  readonly depth: number;
  readonly keys: readonly string[];
  /** Where the chain may be cut next. */
  readonly anchor: Journal | undefined;
  previous: Journal | undefined;
}

/** At least as many facts back the changes can be told. */
const reach = 4096;

export const emptyJournal = (): Journal => ({ depth: 0, keys: [], anchor: undefined, previous: undefined });

export const extendJournal = (journal: Journal, keys: readonly string[]): Journal => {
  const { anchor = journal } = journal;
  const depth = journal.depth + 1;
  if (depth - anchor.depth < reach) return { depth, keys, anchor, previous: journal };
  anchor.previous = undefined;
  return { depth, keys, anchor: journal, previous: journal };
};

/** The keys touched after `before` up to `after`; undefined when the chain was cut between them. */
export const touchedBetween = (before: Journal, after: Journal): ReadonlySet<string> | undefined => {
  const touched = new Set<string>();
  for (let journal: Journal | undefined = after; journal !== undefined; journal = journal.previous) {
    if (journal === before) return touched;
    for (const key of journal.keys) touched.add(key);
  }
  return undefined;
};
