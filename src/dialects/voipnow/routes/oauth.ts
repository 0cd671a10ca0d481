import type { FastifyInstance, FastifyReply } from 'fastify';
import { createBrake } from '../../../auth/brake.ts';
import type { IssuedTokens } from '../../../auth/tokens.ts';
import { authorizationRoutes } from '../../../http/authorization.ts';
import { grantTokens, logInBy } from '../../../http/token-grants.ts';
import type { TenantId } from '../../../model/ids.ts';
import type { Parameters } from '../parse.ts';
import { parametersOf, sendJson, type RoutesOptions } from './request.ts';

/** The older documentation says two hours, the newer one. */
const accessSeconds = 3_600;
const refreshSeconds = 30 * 24 * 3_600;
const codeSeconds = 600;
const grants = ['client_credentials', 'authorization_code', 'refresh_token'] as const;
/** The vendor wants a state that cannot be guessed. */
const leastState = 16;

/** RFC 6749 sections 4.1, 4.4 and 6; errors in its own shape, section 5.2. */
export const oauthRoutes = (scope: FastifyInstance, { gateway, sourceOf: find }: RoutesOptions): void => {
  const { tokens, users, stopping } = gateway;
  const serves = (tenant: TenantId): boolean => find(tenant) !== undefined;
  const brake = createBrake(gateway);
  const options = { tokens, users, brake, serves, grants, accessSeconds, refreshSeconds, refreshesClients: false };
  const logIn = logInBy(options, stopping);
  authorizationRoutes(scope, { paths: ['/oauth/authorize.php'], tokens, users, serves, codeSeconds, leastState, logIn });
  scope.route({
    method: 'POST',
    url: '/oauth/token.php',
    handler: async (request, reply) => {
      const parameters = parametersOf(request);
      const { authorization } = request.headers;
      const answer = await grantTokens({ authorization, parameters, signal: stopping }, options);
      if ('error' in answer) return sendJson(reply.code(answer.status), { error: answer.error });
      return sendTokens(reply, answer.issued, parameters);
    },
  });
};

const sendTokens = (reply: FastifyReply, { accessToken, expiresIn, refreshToken }: IssuedTokens, parameters: Parameters): FastifyReply => {
  const state = parameters.get('state');
  return sendJson(reply, {
    access_token: accessToken,
    expires_in: expiresIn,
    token_type: 'Bearer',
    ...(refreshToken === undefined ? undefined : { refresh_token: refreshToken }),
    ...(state === undefined ? undefined : { state }),
  });
};
