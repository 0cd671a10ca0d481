import type { FastifyInstance } from 'fastify';
import type { Metrics } from './metrics.ts';

/** Whether requests can be served well now; `reason` says why not. */
export interface Readiness {
  readonly ready: boolean;
  readonly reason?: string;
  /** What each part says of itself: `{ log: 'live', pbx: 'down' }`. */
  readonly parts?: Readonly<Record<string, string>>;
}

/** `/healthz`: the process lives. `/readyz`: it can serve. `/metrics`: what it measured. None asks for a key. */
export const healthRoutes = async (
  app: FastifyInstance,
  options: { readonly metrics: Metrics; readonly readiness: () => Readiness },
): Promise<void> => {
  app.get('/healthz', async () => ({ status: 'ok' }));
  app.get('/readyz', async (_request, reply) => {
    const readiness = options.readiness();
    reply.code(readiness.ready ? 200 : 503);
    return readiness;
  });
  app.get('/metrics', async (_request, reply) => {
    reply.header('Content-Type', options.metrics.registry.contentType);
    return options.metrics.registry.metrics();
  });
};
