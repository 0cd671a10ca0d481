import type { IncomingHttpHeaders } from 'node:http';
import type { z } from 'zod';
import type { Identity, Scope } from '../../auth/auth.ts';
import type { TenantEngine } from '../../engine/engine.ts';
import type { Gateway } from '../gateway.ts';

/** What of an endpoint is told to clients: the OpenAPI document is made of it. */
export interface EndpointDescription {
  /** The operation's name in generated clients: `listCalls`. */
  readonly id: string;
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** With parameters as `{call}`. */
  readonly path: string;
  readonly tag: string;
  readonly summary: string;
  /** Any of them is enough. */
  readonly scopes: readonly Scope[];
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  readonly body?: z.ZodType;
  /** Headers that the endpoint heeds. */
  readonly headers?: readonly HeaderName[];
  readonly answers: Readonly<Record<number, { readonly description: string; readonly schema?: z.ZodType; readonly contentType?: string }>>;
}

export const headerDescriptions = {
  'Idempotency-Key': 'The same key with the same request gives the same command for 24 hours.',
  'If-Cursor': 'Refuse with `call-moved-on` if the call has changed since this cursor.',
  Prefer: '`wait=10`: answer when the command has ended, or after so many seconds (60 at most).',
  'Last-Event-ID': 'The cursor to resume from; comes before `after`.',
} as const;

export type HeaderName = keyof typeof headerDescriptions;

/** Who asks what of whom. */
export interface Context {
  readonly gateway: Gateway;
  readonly identity: Identity;
  readonly engine: TenantEngine;
  readonly headers: IncomingHttpHeaders;
  /** Aborts when the client has gone, or the server stops: nothing is waited for any longer. */
  readonly signal: AbortSignal;
}

export interface Answer {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What was asked, checked by the schemas of the endpoint. */
export interface Input {
  readonly params: unknown;
  readonly query: unknown;
  readonly body: unknown;
}

export interface Endpoint extends EndpointDescription {
  handle(input: Input, context: Context): Answer | Promise<Answer>;
}

type Parsed<Schema> = Schema extends z.ZodType ? z.output<Schema> : undefined;

/** An endpoint whose handler gets its input in the types of its schemas. */
export const defineEndpoint = <
  Params extends z.ZodObject | undefined = undefined,
  Query extends z.ZodObject | undefined = undefined,
  Body extends z.ZodType | undefined = undefined,
>(
  endpoint: Omit<EndpointDescription, 'params' | 'query' | 'body'> & {
    readonly params?: Params;
    readonly query?: Query;
    readonly body?: Body;
    handle(
      input: { readonly params: Parsed<Params>; readonly query: Parsed<Query>; readonly body: Parsed<Body> },
      context: Context,
    ): Answer | Promise<Answer>;
  },
): Endpoint => endpoint as unknown as Endpoint;
