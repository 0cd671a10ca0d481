import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { IssuedTokens } from '../../../auth/tokens.ts';
import { authorizationRoutes } from '../../../http/authorization.ts';
import type { TenantId } from '../../../model/ids.ts';
import type { Parameters } from '../parse.ts';
import { parametersOf, sendJson, type RoutesOptions } from './request.ts';

/** The older documentation says two hours, the newer one. */
const accessSeconds = 3_600;
const refreshSeconds = 30 * 24 * 3_600;
const codeSeconds = 600;
/** The vendor wants a state that cannot be guessed. */
const leastState = 16;

/** RFC 6749 sections 4.1, 4.4 and 6; errors in its own shape, section 5.2. */
export const oauthRoutes = (scope: FastifyInstance, { gateway, sourceOf: find }: RoutesOptions): void => {
  const { tokens, users } = gateway;
  const serves = (tenant: TenantId): boolean => find(tenant) !== undefined;
  authorizationRoutes(scope, { paths: ['/oauth/authorize.php'], tokens, users, serves, codeSeconds, leastState });
  scope.route({
    method: 'POST',
    url: '/oauth/token.php',
    handler: (request, reply) => {
      const parameters = parametersOf(request);
      const [id, secret] = clientOf(request, parameters);
      const client = tokens.client(id, secret);
      if (client === undefined || !serves(client.tenant)) return refuseToken(reply, 401, 'invalid_client');
      const lifetimes = { accessSeconds, refreshSeconds };
      switch (parameters.get('grant_type')) {
        case 'client_credentials':
          return sendTokens(
            reply,
            tokens.issue({ client: client.id, tenant: client.tenant, scopes: client.scopes }, { accessSeconds }),
            parameters,
          );
        case 'authorization_code': {
          const issued = tokens.redeemCode(parameters.get('code') ?? '', client.id, parameters.get('redirect_uri'), lifetimes);
          return issued === undefined ? refuseToken(reply, 400, 'invalid_grant') : sendTokens(reply, issued.tokens, parameters);
        }
        case 'refresh_token': {
          const issued = tokens.refresh(parameters.get('refresh_token') ?? '', client.id, lifetimes);
          return issued === undefined ? refuseToken(reply, 400, 'invalid_grant') : sendTokens(reply, issued.tokens, parameters);
        }
        case undefined:
          return refuseToken(reply, 400, 'invalid_request');
        default:
          return refuseToken(reply, 400, 'unsupported_grant_type');
      }
    },
  });
};

const clientOf = (request: FastifyRequest, parameters: Parameters): readonly [string, string] => {
  const encoded = /^Basic ([A-Za-z0-9+/=]{1,1024})$/i.exec(request.headers.authorization ?? '')?.[1];
  if (encoded === undefined) return [parameters.get('client_id') ?? '', parameters.get('client_secret') ?? ''];
  const [id = '', ...secret] = Buffer.from(encoded, 'base64').toString('utf8').split(':');
  return [id, secret.join(':')];
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

const refuseToken = (reply: FastifyReply, status: number, error: string): FastifyReply => sendJson(reply.code(status), { error });
