import type { Endpoint } from './endpoint.ts';

export interface FoundEndpoint {
  readonly endpoint: Endpoint;
  readonly parameters: Readonly<Record<string, string>>;
}

/** Finds an operation by its address, as the router does for HTTP: for requests that come by a WebSocket. */
export class EndpointTable {
  readonly #bySize = new Map<string, { readonly endpoint: Endpoint; readonly segments: readonly string[] }[]>();

  constructor(endpoints: readonly Endpoint[]) {
    for (const endpoint of endpoints) {
      const segments = segmentsOf(endpoint.path);
      const key = `${endpoint.method} ${segments.length}`;
      const alike = this.#bySize.get(key) ?? [];
      alike.push({ endpoint, segments });
      this.#bySize.set(key, alike);
    }
    // A word goes before a parameter in its place: the more words, the earlier.
    for (const alike of this.#bySize.values()) alike.sort((one, two) => wordsIn(two.segments) - wordsIn(one.segments));
  }

  /** Undefined for an address that nothing is at, or that cannot be decoded. */
  find(method: string, path: string): FoundEndpoint | undefined {
    const given = segmentsOf(path);
    for (const { endpoint, segments } of this.#bySize.get(`${method} ${given.length}`) ?? []) {
      const parameters = match(segments, given);
      if (parameters !== undefined) return { endpoint, parameters };
    }
    return undefined;
  }
}

/** A slash at the end says nothing. */
const segmentsOf = (path: string): readonly string[] => path.replace(/\/$/, '').split('/');

const isParameter = (segment: string): boolean => segment.startsWith(':');
const wordsIn = (segments: readonly string[]): number => segments.filter((segment) => !isParameter(segment)).length;

const match = (segments: readonly string[], given: readonly string[]): Readonly<Record<string, string>> | undefined => {
  const parameters: Record<string, string> = {};
  for (const [place, segment] of segments.entries()) {
    const text = given[place] ?? '';
    if (!isParameter(segment)) {
      if (segment !== text) return undefined;
      continue;
    }
    const value = decoded(text);
    if (value === undefined || value === '') return undefined;
    parameters[segment.slice(1)] = value;
  }
  return parameters;
};

const decoded = (text: string): string | undefined => {
  try {
    return decodeURIComponent(text);
  } catch {
    // Badly escaped: nothing is at such an address.
    return undefined;
  }
};
