import type { Asked } from '../endpoint.ts';
import { invalidParameter } from '../errors.ts';

const defaultPerPage = 100;
const mostPerPage = 1_000;

/** What every list of the vendor looks like. */
export interface ListBody<Record> {
  readonly uri: string;
  readonly records: readonly Record[];
  readonly paging: {
    readonly page: number;
    readonly totalPages: number;
    readonly perPage: number;
    readonly totalElements: number;
    readonly pageStart?: number;
    readonly pageEnd?: number;
  };
  readonly navigation: {
    readonly firstPage: { readonly uri: string };
    readonly lastPage: { readonly uri: string };
    readonly nextPage?: { readonly uri: string };
    readonly previousPage?: { readonly uri: string };
  };
}

/** The page that was asked for of a list at `path`; only its own records are rendered. Throws CMN-101 for a page that cannot be. */
export const renderPage = <Item, Record>(
  { base, query }: Asked,
  path: string,
  items: readonly Item[],
  render: (item: Item) => Record,
): ListBody<Record> => {
  const page = wholeNumber(query, 'page', 1, Number.MAX_SAFE_INTEGER);
  const perPage = Math.min(wholeNumber(query, 'perPage', defaultPerPage, Number.MAX_SAFE_INTEGER), mostPerPage);
  const totalPages = Math.max(1, Math.ceil(items.length / perPage));
  const start = (page - 1) * perPage;
  const records = items.slice(start, start + perPage).map((item) => render(item));
  const rest = othersOf(query);
  const at = (wanted: number): { readonly uri: string } => ({ uri: `${base}${path}?page=${wanted}&perPage=${perPage}${rest}` });
  return {
    uri: at(page).uri,
    records,
    paging: {
      page,
      totalPages,
      perPage,
      totalElements: items.length,
      // Indexes of the first and last record; an empty page has none.
      ...(records.length === 0 ? undefined : { pageStart: start, pageEnd: start + records.length - 1 }),
    },
    navigation: {
      firstPage: at(1),
      lastPage: at(totalPages),
      ...(page < totalPages ? { nextPage: at(page + 1) } : undefined),
      ...(page > 1 ? { previousPage: at(page - 1) } : undefined),
    },
  };
};

/** What else was asked, so that every page answers the same question. A token is not for passing on. */
const othersOf = (query: URLSearchParams): string => {
  const others = [...query].filter(([name]) => !['page', 'perPage', 'access_token'].includes(name));
  return others.length === 0 ? '' : `&${new URLSearchParams(others).toString()}`;
};

const wholeNumber = (query: URLSearchParams, name: string, usual: number, most: number): number => {
  const given = query.get(name);
  if (given === null || given === '') return usual;
  const value = /^\d{1,10}$/.test(given) ? Number(given) : 0;
  if (value < 1 || value > most) throw invalidParameter(name);
  return value;
};
