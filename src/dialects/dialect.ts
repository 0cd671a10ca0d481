import type { FastifyInstance } from 'fastify';
import type { Gateway } from './gateway.ts';

/**
 * One vendor's way of asking and telling (or our own). `routes` puts its addresses on the server; whatever else it needs
 * (state that must survive a restart, projections of the log) it opens in `open` and gives back in `close`.
 */
export interface Dialect {
  /** Its name in the configuration: `noojee`. */
  readonly name: string;
  /** Begins its work; resolves when its routes can answer. */
  open(gateway: Gateway): Promise<void>;
  routes(server: FastifyInstance, gateway: Gateway): void;
  close(): Promise<void>;
}
