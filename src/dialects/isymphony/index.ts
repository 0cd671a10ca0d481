import type { FastifyInstance } from 'fastify';
import type { SocketReaderLimits } from '../../delivery/socket-reader.ts';
import type { HttpFront } from '../../http/http-server.ts';
import type { TenantId } from '../../model/ids.ts';
import type { Dialect } from '../dialect.ts';
import type { DialectGuide, Gateway } from '../gateway.ts';
import { Guard } from './auth.ts';
import { Connections } from './connections.ts';
import { defaultISymphonyOptions, publicAccount, type ISymphonyOptions } from './options.ts';
import { eventPath, iSymphonyRoutes } from './routes.ts';
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

  guide(tenant: TenantId, url: string): DialectGuide | undefined {
    const source = this.#sources.get(tenant);
    const extension = source?.engine.snapshot().extensions[0]?.number;
    if (source === undefined || extension === undefined) return undefined;
    const [login] = Object.keys(source.options.accounts);
    const account = `${login ?? publicAccount.login}:PASSWORD`;
    const server = `${url}/communication_manager/rest/live/coreServers/getByName/${source.options.slug}`;
    return {
      name: this.name,
      title: 'iSymphony event and live APIs',
      samples: [
        { title: 'What happens, over a WebSocket', text: `${url.replace(/^http/, 'ws').replace('://', `://${account}@`)}${eventPath}` },
        { title: 'What is live', text: `curl -u ${account} "${server}/extensions/getByName/${extension}/callSegments"` },
        {
          title: 'Click to dial',
          text: `curl -u ${account} "${server}/extensions/getByName/${extension}/originate" -d '{"destination": "NUMBER"}'`,
        },
      ],
      pages: [],
    };
  }

  routes(scope: FastifyInstance, gateway: Gateway, front: HttpFront): void {
    const { clock, timers, delivery, log: logger } = gateway;
    const { clients, metrics } = front;
    const guard = new Guard({ tenants: this.#tenants, clients, clock, timers, publicUrl: (host) => front.publicUrl(host) });
    if (guard.hasPublicAccount) {
      logger.info({ event: 'isymphony.public-account' }, "the vendor's public account is open to programs on this machine");
    }
    const connections = new Connections({ wheel: delivery.wheel, metrics, logger, limits: this.#limits });
    this.#connections = connections;
    iSymphonyRoutes(scope, { front, guard, connections, clock, sourceOf: (tenant) => this.#sources.get(tenant) });
  }

  async close(): Promise<void> {
    this.#connections?.close();
    for (const { feed } of this.#sources.values()) feed.close();
  }
}
