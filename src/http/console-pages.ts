import { existsSync } from 'node:fs';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';

/** Only what this server serves itself runs, and nobody shows it within a page of theirs. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');

const headers = {
  'content-security-policy': contentSecurityPolicy,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
} as const;

const notBuilt = 'The console has not been built: npm run build:console\n';

/**
 * The console under `/console/`, out of the folder into which it was built; whoever opens the server's root is sent there. Names of assets
 * carry a hash of what is in them, so that a browser keeps them; the page itself it asks for again.
 */
export const consolePages = async (scope: FastifyInstance, folder: string): Promise<void> => {
  scope.get('/', (_request, reply) => reply.redirect('/console/'));
  scope.get('/console', (_request, reply) => reply.redirect('/console/'));
  if (!existsSync(join(folder, 'index.html'))) {
    scope.get('/console/', (_request, reply) => reply.code(404).type('text/plain').send(notBuilt));
    return;
  }
  await scope.register(fastifyStatic, {
    root: folder,
    prefix: '/console/',
    decorateReply: false,
    setHeaders: (reply, path) => {
      for (const [name, value] of Object.entries(headers)) reply.header(name, value);
      const isNamedByContent = path.startsWith(join(folder, 'assets'));
      reply.header('cache-control', isNamedByContent ? 'public, max-age=31536000, immutable' : 'no-cache');
    },
  });
};
