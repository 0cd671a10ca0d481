import { UnifiedError, type UnifiedCode } from '../errors.ts';
import type { UnifiedAnswer } from './asked.ts';

/** What a list of one resource can be asked by. */
export interface ListingRules<Member extends string> {
  /** The members of an entry, in their order. */
  readonly members: readonly Member[];
  readonly filterable: readonly Member[];
  /** By which entries are put in order. */
  readonly sortBy: Member;
}

type Entry<Member extends string> = Readonly<Partial<Record<Member, unknown>>>;

const most = 4_999;
const filterOps = ['equals', 'contains', 'startsWith', 'present'] as const;

/**
 * A page of the entries that the query asks for, by `filterBy`, `filterOp` (`equals` when absent), `filterValue`, `sortOrder`,
 * `startIndex`, `count` and `fields`; undefined for an empty one.
 */
export const listEntries = <Member extends string>(
  all: readonly Entry<Member>[],
  query: URLSearchParams,
  rules: ListingRules<Member>,
  self: string,
): UnifiedAnswer => {
  const { count, startIndex, isDescending } = parsePaging(query);
  const fits = parseFilter(query, rules);
  const pick = parseFields(query, rules);
  const found = all.filter(fits).toSorted((one, two) => compare(textOf(one[rules.sortBy]), textOf(two[rules.sortBy])));
  if (isDescending) found.reverse();
  const entry = found.slice(startIndex, startIndex + count).map(pick);
  if (entry.length === 0) return undefined;
  return { startIndex, itemsPerPage: count, totalResults: found.length, entry, links: { self } };
};

/** Leaves the members of an entry that `fields` names; all of them when it names none. */
export const parseFields = <Member extends string>(
  query: URLSearchParams,
  { members }: Pick<ListingRules<Member>, 'members'>,
): ((entry: Entry<Member>) => object) => {
  const wanted = (query.get('fields') ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '' && name !== '@all');
  const unknown = wanted.find((name) => !(members as readonly string[]).includes(name));
  if (unknown !== undefined) throw new UnifiedError(400, 'fields_invalid', `There is no field ${unknown.slice(0, 64)}.`);
  if (wanted.length === 0) return (entry) => entry;
  return (entry) => Object.fromEntries(Object.entries(entry).filter(([name]) => wanted.includes(name)));
};

interface Paging {
  readonly count: number;
  readonly startIndex: number;
  readonly isDescending: boolean;
}

const parsePaging = (query: URLSearchParams): Paging => {
  const sortOrder = query.get('sortOrder') ?? 'ascending';
  if (sortOrder !== 'ascending' && sortOrder !== 'descending') {
    throw new UnifiedError(400, 'sortorder_invalid', 'sortOrder is ascending or descending.');
  }
  return {
    count: wholeOf(query.get('count'), 20, 1, 'count_invalid'),
    startIndex: wholeOf(query.get('startIndex'), 0, 0, 'startindex_invalid'),
    isDescending: sortOrder === 'descending',
  };
};

const wholeOf = (text: string | null, otherwise: number, least: number, code: UnifiedCode): number => {
  if (text === null || text === '') return otherwise;
  const value = /^\d{1,4}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= least && value <= most)) throw new UnifiedError(400, code, `It is a whole number from ${least} to ${most}.`);
  return value;
};

const parseFilter = <Member extends string>(
  query: URLSearchParams,
  { filterable }: ListingRules<Member>,
): ((entry: Entry<Member>) => boolean) => {
  const name = query.get('filterBy') ?? '';
  if (name === '') return () => true;
  const by = filterable.find((each) => each === name);
  if (by === undefined) throw new UnifiedError(400, 'filterby_invalid', `filterBy is one of ${filterable.join(', ')}.`);
  const given = query.get('filterOp') ?? '';
  const op = given === '' ? 'equals' : filterOps.find((each) => each.toLowerCase() === given.toLowerCase());
  if (op === undefined) throw new UnifiedError(400, 'filterop_invalid', `filterOp is one of ${filterOps.join(', ')}.`);
  const value = query.get('filterValue');
  if (value === null && op !== 'present') throw new UnifiedError(400, 'filtervalue_invalid', 'filterValue is missing.');
  return (entry) => fitsFilter(textOf(entry[by]), op, value ?? '');
};

const fitsFilter = (text: string, op: (typeof filterOps)[number], value: string): boolean => {
  switch (op) {
    case 'equals':
      return text === value;
    case 'contains':
      return text.includes(value);
    case 'startsWith':
      return text.startsWith(value);
    case 'present':
      return text !== '';
    default:
      return op satisfies never;
  }
};

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

const compare = (one: string, two: string): number => (one < two ? -1 : one > two ? 1 : 0);
