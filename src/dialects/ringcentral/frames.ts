import { z } from 'zod';

/** The vendor's WebSocket speaks in text frames, each a JSON array of what it is about and, where there is one, a body. */

const metaOf = z.object({
  type: z.string().max(64),
  messageId: z.string().max(256).optional(),
  method: z.string().max(16).optional(),
  path: z.string().max(8_192).optional(),
  query: z.record(z.string(), z.unknown()).nullish(),
});

export type Meta = z.infer<typeof metaOf>;

export interface Frame {
  readonly meta: Meta;
  readonly body: unknown;
}

/** Undefined for what is no frame. A body that is `null` is none. */
export const parseFrame = (text: string): Frame | undefined => {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    // Whatever it was, it was no frame; the client is told so.
    return undefined;
  }
  if (!Array.isArray(parsed)) return undefined;
  const meta = metaOf.safeParse(parsed[0]);
  return meta.success ? { meta: meta.data, body: (parsed[1] as unknown) ?? undefined } : undefined;
};

/** Of the path, and of the member beside it: a list stands for a parameter that occurs as often. */
export const queryOf = ({ path = '', query }: Meta): URLSearchParams => {
  const question = path.indexOf('?');
  const parameters = new URLSearchParams(question === -1 ? '' : path.slice(question + 1));
  for (const [name, value] of Object.entries(query ?? {})) {
    for (const each of Array.isArray(value) ? (value as readonly unknown[]) : [value]) {
      if (typeof each === 'string' || typeof each === 'number' || typeof each === 'boolean') parameters.append(name, String(each));
    }
  }
  return parameters;
};

/** Where a client goes on after it was away, and a number that only rises: clients keep what comes with a greater one. */
export interface Recovery {
  readonly token: string;
  readonly sequence: number;
}

export interface ReplyMeta {
  readonly type: 'ClientRequest' | 'Error';
  readonly messageId: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
}

export const renderReply = (meta: ReplyMeta, body: unknown): string => JSON.stringify(body === undefined ? [meta] : [meta, body]);

export const renderDetails = (messageId: string, recovery: Recovery, details: object): string =>
  JSON.stringify([{ type: 'ConnectionDetails', messageId, status: 200, wsc: recovery, headers: { RCRequestId: messageId } }, details]);

/** `text` is the envelope, made already. */
export const renderNotification = (uuid: string, { token, sequence }: Recovery, text: string): string =>
  `[{"type":"ServerNotification","messageId":"${uuid}","status":200,"wsc":{"token":"${token}","sequence":${sequence}},"headers":{"RCRequestId":"${uuid}"}},${text}]`;
