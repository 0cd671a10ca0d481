import type { FastifyInstance } from 'fastify';
import { openProjection } from '../../delivery/projection.ts';
import type { HttpFront } from '../../http/http-server.ts';
import type { TenantId } from '../../model/ids.ts';
import type { Dialect } from '../dialect.ts';
import type { DialectGuide, Gateway } from '../gateway.ts';
import { Guard } from './auth.ts';
import { defaultNoojeeOptions, type NoojeeOptions } from './options.ts';
import { pause } from './pause.ts';
import { createNoojeeProjector } from './project.ts';
import { RecordingBook } from './recordings.ts';
import { renderEntry } from './render.ts';
import { noojeeRoutes, type TenantSource } from './routes.ts';
import type { Entry } from './schema.ts';
import { createServerTime } from './server-time.ts';

export type { NoojeeOptions } from './options.ts';

/** The Noojee CallManagementAPI, for the tenants that have options for it; what an option leaves out is its default. */
export const createNoojeeDialect = (tenants: ReadonlyMap<TenantId, Partial<NoojeeOptions>>): Dialect => new Noojee(tenants);

class Noojee implements Dialect {
  readonly name = 'noojee';
  readonly #tenants: ReadonlyMap<TenantId, Partial<NoojeeOptions>>;
  readonly #sources = new Map<TenantId, TenantSource>();
  #guard: Guard | undefined;

  constructor(tenants: ReadonlyMap<TenantId, Partial<NoojeeOptions>>) {
    this.#tenants = tenants;
  }

  async open(gateway: Gateway): Promise<void> {
    const { auth, clock, timers } = gateway;
    this.#guard = new Guard({ auth, clock, pause: (ms, signal) => pause(timers, ms, signal) });
    for (const [tenant, options] of this.#tenants) {
      const source = await openSource(gateway, tenant, { ...defaultNoojeeOptions, ...options });
      if (source !== undefined) this.#sources.set(tenant, source);
    }
  }

  wake(): Promise<unknown> {
    return Promise.all([...this.#sources.values()].map(({ projection }) => projection.wake()));
  }

  guide(tenant: TenantId, url: string): DialectGuide | undefined {
    const extension = this.#sources.get(tenant)?.engine.snapshot().extensions[0]?.number;
    if (extension === undefined) return undefined;
    const api = `${url}/servicemanager/rest/CallManagementAPI`;
    return {
      name: this.name,
      title: 'Noojee CallManagementAPI',
      samples: [
        {
          title: 'What happens at an extension',
          text: `curl "${api}/subscribe?apiKey=$SWITCHHOOK_KEY&exten=${extension}&lastSequenceNumber=0&timeOut=30"`,
        },
        { title: 'Click to dial', text: `curl -X POST "${api}/dial?apiKey=$SWITCHHOOK_KEY&extenOrUniqueId=${extension}&number=NUMBER"` },
      ],
      pages: [],
    };
  }

  routes(scope: FastifyInstance, gateway: Gateway, front: HttpFront): void {
    if (this.#guard === undefined) throw new TypeError('A dialect is opened before its routes are added.');
    noojeeRoutes(scope, { gateway, front, guard: this.#guard, sourceOf: (tenant) => this.#sources.get(tenant) });
  }

  async close(): Promise<void> {
    this.#guard?.close();
    await Promise.all([...this.#sources.values()].map(({ projection }) => projection.close()));
  }
}

const openSource = async (gateway: Gateway, tenant: TenantId, options: NoojeeOptions): Promise<TenantSource | undefined> => {
  const engine = gateway.engine(tenant);
  if (engine === undefined) return undefined;
  const { store, clock, timers, control, users, log: logger } = gateway;
  const serverTime = createServerTime(options.timeZone);
  const render = (entry: Entry): string => renderEntry(entry, { serverTime, extended: options.extended });
  const projection = await openProjection({
    engine,
    projector: createNoojeeProjector({ render, endedWindowSeconds: options.endedWindowSeconds }),
    store,
    clock,
    logger,
    onDemand: true,
  });
  const recordings = new RecordingBook({ engine, control, store, users, clock, serverTime });
  return { engine, projection, control, recordings, clock, timers, options, render, status: () => engine.status() };
};
