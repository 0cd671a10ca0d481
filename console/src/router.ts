import { signal } from '@preact/signals';

/** Where the console is: `#/calls/call_x?number=1` is the path `['calls', 'call_x']` with its query. */
export interface Route {
  readonly path: readonly string[];
  readonly query: URLSearchParams;
}

const read = (): Route => {
  const [path = '', search = ''] = location.hash.replace(/^#\/?/, '').split('?');
  return { path: path.split('/').filter(Boolean).map(decodeURIComponent), query: new URLSearchParams(search) };
};

export const route = signal<Route>(read());

addEventListener('hashchange', () => {
  route.value = read();
});

export const href = (path: readonly string[], search: Readonly<Record<string, string | undefined>> = {}): string => {
  const query = new URLSearchParams(Object.entries(search).filter((pair): pair is [string, string] => (pair[1] ?? '') !== '')).toString();
  return `#/${path.map(encodeURIComponent).join('/')}${query === '' ? '' : `?${query}`}`;
};

export const go = (path: readonly string[], search: Readonly<Record<string, string | undefined>> = {}): void => {
  location.hash = href(path, search);
};
