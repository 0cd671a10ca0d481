import type { FastifyInstance, FastifyRequest } from 'fastify';
import { GatewayError } from '../../model/errors.ts';
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
  // PHP's curl sends a list of parameters so.
  scope.addContentTypeParser('multipart/form-data', { parseAs: 'buffer', bodyLimit: maxBody }, (request: FastifyRequest, body: Buffer) =>
    urlEncoded(request.headers['content-type'] ?? '', body),
  );
  for (const routes of [callApiRoutes, unifiedRoutes, oauthRoutes, pageRoutes]) await scope.register(async (part) => routes(part, options));
};

/** The fields of a multipart form as any other form has them; files are none. Throws `bad-request`. */
const urlEncoded = async (contentType: string, body: Buffer): Promise<string> => {
  try {
    const form = await new Response(body, { headers: { 'content-type': contentType } }).formData();
    const fields = new URLSearchParams();
    for (const [name, value] of form) if (typeof value === 'string') fields.append(name, value);
    return fields.toString();
  } catch (error) {
    throw new GatewayError('bad-request', {}, { note: 'The form cannot be read.', cause: error });
  }
};
