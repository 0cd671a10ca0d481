import type { FastifyInstance } from 'fastify';
import type { HttpFront } from '../../http/http-server.ts';
import type { Guard } from './auth.ts';
import { queryOf, sendJson } from './replies.ts';

export interface DiscoveryOptions {
  readonly front: HttpFront;
  readonly guard: Guard;
}

const initialPath = '/.well-known/entry-points/initial';
const externalPath = '/.well-known/entry-points/external';
/** The vendor's own brand, where the client names none. */
const usualBrand = '1210';
const retry = { retryCount: 3, retryInterval: 3 };

/** Where everything is, for clients that ask: before they log in, and after. All of it is here. */
export const discoveryRoutes = (scope: FastifyInstance, { front, guard }: DiscoveryOptions): void => {
  scope.route({
    method: 'GET',
    url: initialPath,
    handler: (request, reply) => {
      const brandId = queryOf(request).get('brandId') ?? usualBrand;
      const { base, host, authorizationUri, tokenUri } = placesOf(front);
      return sendJson(reply, 200, {
        version: '1.0.0',
        ...retry,
        brandId,
        discoveryApi: { defaultExternalUri: `${base}${externalPath}` },
        authApi: { authorizationUri, oidcDiscoveryUri: oidcUri(base), defaultTokenUri: tokenUri },
        coreApi: { baseUri: base },
        rcm: { baseWebUri: base, sdkDomain: host },
        rcv: { baseWebUri: base, baseApiUri: base, pubnubOrigin: host },
      });
    },
  });
  scope.route({
    method: 'GET',
    url: externalPath,
    handler: (request, reply) => {
      const query = queryOf(request);
      guard.byRequest(request.headers.authorization, query);
      const { base, host, authorizationUri, tokenUri } = placesOf(front);
      return sendJson(reply, 200, {
        version: '1.0.0',
        expiresIn: 86_400,
        ...retry,
        retryCycleDelay: 824,
        brandId: query.get('brandId') ?? usualBrand,
        discoveryApi: { initialUri: `${base}${initialPath}`, externalUri: `${base}${externalPath}` },
        authApi: { authorizationUri, oidcDiscoveryUri: oidcUri(base), baseUri: base, tokenUri },
        coreApi: { baseUri: base, pubnubOrigin: host },
        rcv: { baseWebUri: base, baseApiUri: base, pubnubOrigin: host },
        rcm: { baseWebUri: base, sdkDomain: host },
      });
    },
  });
};

interface Places {
  readonly base: string;
  readonly host: string;
  readonly authorizationUri: string;
  readonly tokenUri: string;
}

const placesOf = (front: HttpFront): Places => {
  const base = front.publicUrl();
  return {
    base,
    host: new URL(base).host,
    authorizationUri: `${base}/restapi/oauth/authorize`,
    tokenUri: `${base}/restapi/oauth/token`,
  };
};

const oidcUri = (base: string): string => `${base}/.well-known/openid-configuration`;
