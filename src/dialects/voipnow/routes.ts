import type { FastifyInstance } from 'fastify';
import { callApiRoutes } from './routes/callapi.ts';
import { oauthRoutes } from './routes/oauth.ts';
import { pageRoutes } from './routes/page.ts';
import type { RoutesOptions } from './routes/request.ts';
import { unifiedRoutes } from './routes/unified.ts';

const maxBody = 64 * 1024;

export const voipNowRoutes = async (scope: FastifyInstance, options: RoutesOptions): Promise<void> => {
  // What a body is, the address says: clients of all parts send forms under other names, and JSON under none.
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser('*', { parseAs: 'string', bodyLimit: maxBody }, (_request, body, done) => done(null, body));
  for (const routes of [callApiRoutes, unifiedRoutes, oauthRoutes, pageRoutes]) await scope.register(async (part) => routes(part, options));
};
