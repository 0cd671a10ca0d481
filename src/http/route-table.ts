interface Route {
  readonly pattern: string;
  readonly segments: readonly string[];
  readonly methods: Set<string>;
}

/** The addresses that have been registered, so that a wrong method is told from a wrong address. */
export class RouteTable {
  readonly #routes = new Map<string, Route>();

  add(method: string | readonly string[], pattern: string): void {
    const route = this.#routes.get(pattern) ?? { pattern, segments: pattern.split('/'), methods: new Set<string>() };
    for (const each of typeof method === 'string' ? [method] : method) route.methods.add(each);
    this.#routes.set(pattern, route);
  }

  /** The methods that the address takes; none if there is nothing at it. */
  methodsAt(path: string): readonly string[] {
    const segments = path.split('/');
    const methods = new Set<string>();
    for (const route of this.#routes.values()) {
      if (matches(route.segments, segments)) for (const method of route.methods) methods.add(method);
    }
    return [...methods].sort();
  }

  /** Every route as `GET /v1/state`, sorted: what the parity tests read. */
  list(): readonly string[] {
    return [...this.#routes.values()].flatMap((route) => [...route.methods].map((method) => `${method} ${route.pattern}`)).sort();
  }
}

const matches = (pattern: readonly string[], path: readonly string[]): boolean => {
  for (const [index, segment] of pattern.entries()) {
    if (segment === '*') return true;
    const actual = path[index];
    if (actual === undefined) return false;
    if (segment.startsWith(':') ? actual === '' : segment !== actual) return false;
  }
  return pattern.length === path.length;
};
