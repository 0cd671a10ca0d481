import type { FastifyInstance } from 'fastify';
import type { SocketReaderLimits } from '../../delivery/socket-reader.ts';
import type { HttpFront } from '../../http/http-server.ts';
import type { TenantId } from '../../model/ids.ts';
import type { Dialect } from '../dialect.ts';
import type { Gateway } from '../gateway.ts';
import { Guard } from './auth.ts';
import { Connections } from './connections.ts';
import { defaultISymphonyOptions, type ISymphonyOptions } from './options.ts';
import { iSymphonyRoutes } from './routes.ts';
import { openSource, type TenantSource } from './source.ts';

export type { ISymphonyOptions } from './options.ts';

/** iSymphony's event and live APIs, for the tenants that have options for them; what an option leaves out is its default. */
export const createISymphonyDialect = (
  tenants: ReadonlyMap<TenantId, Partial<ISymphonyOptions>>,
  limits: Partial<SocketReaderLimits> = {},
): Dialect => new ISymphony(tenants, limits);

class ISymphony implements Dialect {
  readonly name = 'isymphony';
  readonly #tenants: ReadonlyMap<TenantId, ISymphonyOptions>;
  readonly #limits: Partial<SocketReaderLimits>;
  readonly #sources = new Map<TenantId, TenantSource>();
  #connections: Connections | undefined;

  constructor(tenants: ReadonlyMap<TenantId, Partial<ISymphonyOptions>>, limits: Partial<SocketReaderLimits>) {
    this.#tenants = new Map([...tenants].map(([tenant, options]) => [tenant, { ...defaultISymphonyOptions, ...options }]));
    this.#limits = limits;
  }

  async open(gateway: Gateway): Promise<void> {
    for (const [tenant, options] of this.#tenants) {
      const engine = gateway.engine(tenant);
      if (engine !== undefined) this.#sources.set(tenant, openSource(gateway, engine, options));
    }
  }

  routes(scope: FastifyInstance, gateway: Gateway, front: HttpFront): void {
    const { clock, timers, delivery, log: logger } = gateway;
    const { clients, metrics } = front;
    const guard = new Guard({ tenants: this.#tenants, clients, clock, timers, publicUrl: () => front.publicUrl() });
    const connections = new Connections({ wheel: delivery.wheel, metrics, logger, limits: this.#limits });
    this.#connections = connections;
    iSymphonyRoutes(scope, { front, guard, connections, clock, sourceOf: (tenant) => this.#sources.get(tenant) });
  }

  async close(): Promise<void> {
    this.#connections?.close();
    for (const { feed } of this.#sources.values()) feed.close();
  }
}
