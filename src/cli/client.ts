import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { errorCodes, GatewayError, type ErrorCode } from '../model/errors.ts';

/** The server that the CLI speaks to, and the key it shows. */
export interface Server {
  readonly url: string;
  readonly key: string | undefined;
}

export interface Client {
  get(path: string): Promise<unknown>;
  post(path: string, body: unknown, headers?: Readonly<Record<string, string>>): Promise<unknown>;
  put(path: string, body: unknown): Promise<unknown>;
  patch(path: string, body: unknown): Promise<unknown>;
  delete(path: string): Promise<unknown>;
  /** Writes what is at the path into a file that is not there yet, for its owner alone. */
  save(path: string, file: string): Promise<void>;
  /** Events after `after` (the newest when absent), one JSON text each, until the signal aborts; reconnects where it was. */
  events(query: URLSearchParams, after: string | undefined, signal: AbortSignal): AsyncGenerator<string>;
}

const longPollSeconds = 30;

/** The native API as the CLI uses it. Errors come back as the `GatewayError` that the server named. */
export const createClient = ({ url, key }: Server): Client => {
  const request = async (method: string, path: string, options: RequestOptions = {}): Promise<Response> => {
    const { body, headers, signal } = options;
    const authorization = key === undefined ? undefined : { authorization: `Bearer ${key}` };
    const content = body === undefined ? undefined : { 'content-type': 'application/json' };
    const init = {
      method,
      headers: { ...authorization, ...content, ...headers },
      ...(body === undefined ? undefined : { body: JSON.stringify(body) }),
      ...(signal === undefined ? undefined : { signal }),
    };
    let response: Response;
    try {
      response = await fetch(new URL(path, url), init);
    } catch (error) {
      throw new GatewayError(
        'server-unreachable',
        { url },
        { note: `No server answers at ${url}. Is it running, and is SWITCHHOOK_URL right?`, cause: error },
      );
    }
    if (!response.ok) throw await problemOf(response);
    return response;
  };
  const json = async (response: Response): Promise<unknown> => (response.status === 204 ? undefined : response.json());
  /** Undefined when the signal aborts. */
  const pollPage = async (query: URLSearchParams, after: string, signal: AbortSignal): Promise<EventsPage | undefined> => {
    const parameters = new URLSearchParams(query);
    parameters.set('after', after);
    parameters.set('wait', String(longPollSeconds));
    try {
      return (await json(await request('GET', `/v1/events?${parameters}`, { signal }))) as EventsPage;
    } catch (error) {
      if (signal.aborted) return undefined;
      throw error;
    }
  };
  return {
    get: async (path) => json(await request('GET', path)),
    post: async (path, body, headers) => json(await request('POST', path, { body, ...(headers === undefined ? undefined : { headers }) })),
    put: async (path, body) => json(await request('PUT', path, { body })),
    patch: async (path, body) => json(await request('PATCH', path, { body })),
    delete: async (path) => json(await request('DELETE', path)),
    save: async (path, file) => {
      const { body } = await request('GET', path);
      try {
        await pipeline(body ?? Readable.from([]), createWriteStream(file, { flags: 'wx', mode: 0o600 }));
      } catch (error) {
        throw new GatewayError('invalid-parameter', { file }, { note: `${file} cannot be written, or is there already.`, cause: error });
      }
    },
    async *events(query, after, signal) {
      let cursor = after ?? ((await json(await request('GET', '/v1/state'))) as { cursor: string }).cursor;
      while (!signal.aborted) {
        const page = await pollPage(query, cursor, signal);
        if (page === undefined) return;
        for (const event of page.events) yield JSON.stringify(event);
        cursor = page.next;
      }
    },
  };
};

interface RequestOptions {
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

interface EventsPage {
  readonly events: readonly unknown[];
  readonly next: string;
}

const problemOf = async (response: Response): Promise<GatewayError> => {
  const text = await response.text();
  let problem: { id?: unknown; code?: unknown; detail?: unknown } = {};
  try {
    problem = JSON.parse(text) as typeof problem;
  } catch {
    // Not a problem document: something between us and the server answered; its status is all there is.
  }
  const named = errorCodes.find((code) => code === (problem.id ?? problem.code));
  const code: ErrorCode = named ?? (response.status === 401 ? 'unauthorized' : response.status === 404 ? 'not-found' : 'internal');
  const note = typeof problem.detail === 'string' ? problem.detail : `HTTP ${response.status}`;
  return new GatewayError(code, {}, { note });
};
