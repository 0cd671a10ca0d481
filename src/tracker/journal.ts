/**
 * Which rows of the saved state each fact touched, as a chain from the newest fact back: what changed between two states is found
 * by walking it, at the cost of what changed. The chain is cut from time to time so that it holds no memory for ever.
 */
export interface Journal {
  readonly depth: number;
  readonly keys: readonly string[];
  readonly previous?: Journal;
}

const maxDepth = 4096;

export const extendJournal = (journal: Journal, keys: readonly string[]): Journal =>
  journal.depth >= maxDepth ? { depth: 0, keys } : { depth: journal.depth + 1, keys, previous: journal };

/** The keys touched after `before` up to `after`; undefined when the chain was cut between them. */
export const touchedBetween = (before: Journal, after: Journal): ReadonlySet<string> | undefined => {
  const touched = new Set<string>();
  for (let journal: Journal | undefined = after; journal !== undefined; journal = journal.previous) {
    if (journal === before) return touched;
    for (const key of journal.keys) touched.add(key);
  }
  return undefined;
};
