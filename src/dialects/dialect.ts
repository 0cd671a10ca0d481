import type { FastifyInstance } from 'fastify';
import type { HttpFront, HttpServer } from '../http/http-server.ts';
import type { TenantId } from '../model/ids.ts';
import type { DialectGuide, Gateway } from './gateway.ts';

/**
 * One vendor's way of asking and telling (or our own). `open` begins whatever it needs (state that must survive a restart,
 * projections of the log), `routes` then puts its addresses on the server, `close` gives everything back.
 */
export interface Dialect {
  /** Its name in the configuration: `noojee`. */
  readonly name: string;
  /** Begins its work; resolves when its routes can answer. */
  open(gateway: Gateway): Promise<void>;
  /**
   * `scope` is a fastify scope of the dialect's own: hooks, body parsers and the error handler that it sets there hold for its
   * own routes alone, so that errors come in the vendor's shape (`toGatewayError` of http/problem.ts reads every thrown thing).
   * `front` takes WebSocket paths and hot routes, and knows the public URL and who a client is.
   */
  routes(scope: FastifyInstance, gateway: Gateway, front: HttpFront): void | Promise<void>;
  /** Called once, at the first of its HTTP requests, which waits for it: begins what nobody needs until somebody asks. */
  wake?(): Promise<unknown>;
  /** What it shows of itself; undefined for a tenant that is not served through it. `url` is where clients reach the server. */
  guide?(tenant: TenantId, url: string): DialectGuide | undefined;
  /** Answers those who wait and ends what it holds. Safe to call twice. */
  close(): Promise<void>;
}

/** Opens a dialect and puts its addresses on the server. */
export const putOnServer = async (dialect: Dialect, gateway: Gateway, server: HttpServer): Promise<void> => {
  await dialect.open(gateway);
  await server.app.register(async (scope) => {
    let awake: Promise<unknown> | undefined;
    if (dialect.wake !== undefined) scope.addHook('onRequest', async () => (awake ??= dialect.wake?.()));
    await dialect.routes(scope, gateway, server);
  });
};
