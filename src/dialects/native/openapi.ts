import type { z } from 'zod';
import { errors } from '../../model/errors.ts';
import { Components } from './documents.ts';
import { sessionCookie } from '../../http/session-cookies.ts';
import { headerDescriptions } from './endpoint.ts';
import type { EndpointDescription } from './endpoint.ts';
import { problemSchema } from './schema/words.ts';

/** The OpenAPI 3.1 document of the endpoints: their own schemas, nothing written twice. */
export const renderOpenApi = (
  endpoints: readonly EndpointDescription[],
  server: { readonly url: string; readonly version: string },
): unknown => {
  const components = new Components();
  const problem = {
    description: 'What went wrong',
    content: { 'application/problem+json': { schema: components.schema(problemSchema, 'output') } },
  };
  const paths: Record<string, Record<string, unknown>> = {};
  for (const endpoint of endpoints) {
    const operations = (paths[endpoint.path] ??= {});
    operations[endpoint.method.toLowerCase()] = {
      operationId: endpoint.id,
      summary: endpoint.summary,
      tags: [endpoint.tag],
      ...(endpoint.scopes.length === 0
        ? { security: [] }
        : {
            description: `Needs the scope ${endpoint.scopes.map((scope) => `\`${scope}\``).join(' or ')}.`,
            security: [{ key: [] }, { session: [] }],
          }),
      parameters: [
        ...parametersOf(components, endpoint.params, 'path'),
        ...parametersOf(components, endpoint.query, 'query'),
        ...(endpoint.headers ?? []).map((name) => ({
          name,
          in: 'header',
          description: headerDescriptions[name],
          schema: { type: 'string' },
        })),
      ],
      ...(endpoint.body === undefined
        ? {}
        : {
            requestBody: {
              required: !endpoint.body.safeParse({}).success,
              content: { 'application/json': { schema: components.schema(endpoint.body, 'input') } },
            },
          }),
      responses: {
        ...Object.fromEntries(
          Object.entries(endpoint.answers).map(([status, { description, schema, contentType }]) => [
            status,
            {
              description,
              ...(schema === undefined
                ? {}
                : { content: { [contentType ?? 'application/json']: { schema: components.schema(schema, 'output') } } }),
            },
          ]),
        ),
        default: problem,
      },
    };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Switchhook',
      version: server.version,
      description: 'Call events and call control of your phone system. Errors are RFC 9457 problem details; `id` is stable.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: server.url }],
    paths,
    components: {
      schemas: components.schemas,
      securitySchemes: {
        key: { type: 'http', scheme: 'bearer', description: 'An API key' },
        session: { type: 'apiKey', in: 'cookie', name: sessionCookie, description: 'What POST /v1/login gives a browser' },
      },
    },
    'x-errors': errors,
  };
};

const parametersOf = (components: Components, schema: z.ZodObject | undefined, where: 'path' | 'query'): readonly unknown[] =>
  Object.entries(schema?.shape ?? {}).map(([name, member]) => {
    const type = member as z.ZodType;
    return { name, in: where, required: where === 'path' || !type.safeParse(undefined).success, schema: components.schema(type, 'input') };
  });
