/** What the server says when it refuses: problem+json of the native API. */
export class Problem extends Error {
  readonly status: number;
  /** The stable id: `wrong-state`. */
  readonly code: string;
  readonly detail: string;
  readonly body: Readonly<Record<string, unknown>>;

  constructor(status: number, body: Readonly<Record<string, unknown>>) {
    const text = (member: string): string => (typeof body[member] === 'string' ? body[member] : '');
    super(text('detail') || text('title') || `The server answered ${status}.`);
    this.status = status;
    this.code = text('type').replace('urn:switchhook:error:', '');
    this.detail = this.message;
    this.body = body;
  }
}

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** Asks the native API with the session's cookie. Throws a `Problem` for what the server refuses, and when it cannot be reached. */
export const ask = async <Answer>(
  method: Method,
  path: string,
  body?: unknown,
  signal?: AbortSignal,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> => {
  const response = await reach(path, {
    method,
    credentials: 'same-origin',
    headers: body === undefined ? headers : { ...headers, 'content-type': 'application/json' },
    ...(body === undefined ? undefined : { body: JSON.stringify(body) }),
    ...(signal === undefined ? undefined : { signal }),
  });
  const text = await response.text();
  const answer = text === '' ? {} : (JSON.parse(text) as Answer);
  if (!response.ok) throw new Problem(response.status, answer as Readonly<Record<string, unknown>>);
  return answer as Answer;
};

/** A text that is not JSON: metrics, a capture. */
export const askText = async (path: string, signal?: AbortSignal): Promise<string> => {
  const response = await reach(path, { credentials: 'same-origin', ...(signal === undefined ? undefined : { signal }) });
  if (!response.ok) throw new Problem(response.status, {});
  return response.text();
};

const reach = async (path: string, init: RequestInit): Promise<Response> => {
  try {
    return await fetch(path, init);
  } catch (error) {
    if (init.signal?.aborted === true) throw error;
    throw new Problem(0, { title: 'The gateway cannot be reached.' });
  }
};

/** A query string of what is there; `?` included. */
export const query = (members: Readonly<Record<string, string | number | undefined>>): string => {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(members)) if (value !== undefined && value !== '') search.set(name, String(value));
  const text = search.toString();
  return text === '' ? '' : `?${text}`;
};
