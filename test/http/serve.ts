import { pino } from 'pino';
import { onTestFinished } from 'vitest';
import { createHttpServer } from '../../src/http/http-server.ts';
import type { HttpServer, HttpServerOptions } from '../../src/http/http-server.ts';
import { createMetrics } from '../../src/http/metrics.ts';

/** A server on a free port of loopback, made but not listening; closed when the test is over. */
export const prepare = async (options: Partial<HttpServerOptions> = {}): Promise<HttpServer> => {
  let requests = 0;
  const server = await createHttpServer({
    host: '127.0.0.1',
    port: 0,
    logger: pino({ level: 'silent' }),
    metrics: createMetrics(),
    newRequestId: () => `req-${(requests += 1)}`,
    readiness: () => ({ ready: true }),
    ...options,
  });
  onTestFinished(() => server.close());
  return server;
};

export const portOf = (server: HttpServer, index = 0): number => server.addresses[index]?.port ?? 0;
