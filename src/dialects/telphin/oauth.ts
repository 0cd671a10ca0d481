import type { FastifyInstance, FastifyRequest } from 'fastify';
import { createBrake } from '../../auth/brake.ts';
import { authorizationRoutes } from '../../http/authorization.ts';
import { grantTokens, grantTypes, logInBy } from '../../http/token-grants.ts';
import type { TenantId } from '../../model/ids.ts';
import type { Gateway } from '../gateway.ts';

export interface OAuthOptions {
  readonly gateway: Gateway;
  /** Whether the tenant is served by this dialect. */
  readonly serves: (tenant: TenantId) => boolean;
}

const accessSeconds = 3_600;
const refreshSeconds = 30 * 24 * 3_600;
const codeSeconds = 600;

/** RFC 6749's two endpoints, with every grant type that it has. */
export const oauthRoutes = (scope: FastifyInstance, { gateway, serves }: OAuthOptions): void => {
  const { tokens, users, stopping } = gateway;
  const brake = createBrake(gateway);
  const options = { tokens, users, brake, serves, grants: grantTypes, accessSeconds, refreshSeconds, refreshesClients: true };
  for (const url of ['/oauth/token', '/oauth/token/']) {
    scope.route({
      method: 'POST',
      url,
      handler: async (request, reply) => {
        const { authorization } = request.headers;
        const answer = await grantTokens({ authorization, parameters: parametersOf(request), signal: stopping }, options);
        void reply.header('Cache-Control', 'no-store');
        if ('error' in answer) return reply.code(answer.status).send({ error: answer.error });
        const { accessToken, expiresIn, refreshToken } = answer.issued;
        return reply.send({
          access_token: accessToken,
          token_type: 'Bearer',
          expires_in: expiresIn,
          scope: 'all',
          ...(refreshToken === undefined ? undefined : { refresh_token: refreshToken }),
        });
      },
    });
  }
  authorizationRoutes(scope, {
    paths: ['/oauth/authorize', '/oauth/authorize/'],
    tokens,
    users,
    serves,
    codeSeconds,
    logIn: logInBy(options, stopping),
  });
};

/** Of the form and of the query together: one public client writes the latter. JSON is taken, too. */
const parametersOf = (request: FastifyRequest): URLSearchParams => {
  const question = request.url.indexOf('?');
  const query = question === -1 ? '' : request.url.slice(question + 1);
  const body = typeof request.body === 'string' ? request.body : '';
  if (!body.trimStart().startsWith('{')) return new URLSearchParams(`${body}&${query}`);
  try {
    const fields = Object.entries(JSON.parse(body) as Readonly<Record<string, unknown>>);
    return new URLSearchParams(fields.map(([name, value]): [string, string] => [name, typeof value === 'string' ? value : '']));
  } catch {
    // No JSON, and no form either: it says nothing.
    return new URLSearchParams(query);
  }
};
