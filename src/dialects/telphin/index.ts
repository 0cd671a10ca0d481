import type { FastifyInstance } from 'fastify';
import { CallDigits } from '../../control/placing/call-digits.ts';
import { CallLimits } from '../../control/placing/call-limits.ts';
import { PlacedCalls } from '../../control/placing/placed-calls.ts';
import { openProjection, type Projection } from '../../delivery/projection.ts';
import type { CallId, ExtensionNumber, TenantId } from '../../model/ids.ts';
import type { Dialect } from '../dialect.ts';
import type { DialectGuide, Gateway } from '../gateway.ts';
import { apiUuidOf } from './ids.ts';
import { serveMenus } from './interactive.ts';
import { createNumbers } from './numbers.ts';
import { defaultTelphinOptions, type TelphinOptions } from './options.ts';
import { ParkedIds } from './parked-ids.ts';
import { createTelphinProjector, type TelphinState } from './project.ts';
import { Publisher } from './publish.ts';
import { telphinRoutes } from './routes.ts';
import { createQueues, type Queues } from './queues.ts';
import type { Happening } from './schema.ts';
import type { TenantSource } from './source.ts';
import { Subscriptions } from './subscriptions.ts';

export type { TelphinOptions } from './options.ts';

/** Telphin's API 1.0, for the tenants that have options for it; what an option leaves out is its default. */
export const createTelphinDialect = (tenants: ReadonlyMap<TenantId, Partial<TelphinOptions>>): Dialect => new Telphin(tenants);

interface OpenTenant {
  readonly source: TenantSource;
  readonly publisher: Publisher;
  readonly projection: Projection<TelphinState, Happening>;
  readonly limits: CallLimits;
  readonly digits: CallDigits;
  readonly queues: Queues;
  readonly stopListening: () => void;
}

class Telphin implements Dialect {
  readonly name = 'telphin';
  readonly #tenants: ReadonlyMap<TenantId, Partial<TelphinOptions>>;
  readonly #open = new Map<TenantId, OpenTenant>();

  constructor(tenants: ReadonlyMap<TenantId, Partial<TelphinOptions>>) {
    this.#tenants = tenants;
  }

  async open(gateway: Gateway): Promise<void> {
    for (const [tenant, options] of this.#tenants) {
      const open = await openTenant(gateway, tenant, { ...defaultTelphinOptions, ...options });
      if (open !== undefined) this.#open.set(tenant, open);
    }
  }

  wake(): Promise<unknown> {
    return Promise.all([...this.#open.values()].map(({ projection }) => projection.wake()));
  }

  guide(tenant: TenantId, url: string): DialectGuide | undefined {
    const source = this.#open.get(tenant)?.source;
    const extension = source?.engine.snapshot().extensions[0]?.number;
    if (source === undefined || extension === undefined) return undefined;
    const own = `${url}/api/ver1.0/extension/${source.numbers.idOf(extension)}`;
    const bearer = '-H "Authorization: Bearer TOKEN"';
    const subscription = '{"url": "https://crm.example/hook", "event_type": "answer", "method": "GET"}';
    return {
      name: this.name,
      title: 'Telphin (Ringme) API',
      samples: [
        {
          title: 'A token for an hour',
          text: `curl ${url}/oauth/token -d grant_type=client_credentials -d client_id=CLIENT -d client_secret=SECRET`,
        },
        { title: 'Be told of answered calls', text: `curl ${bearer} -d '${subscription}' ${own}/event/` },
        {
          title: 'Ring a phone, then a number',
          text: `curl ${bearer} -d '{"src_num": ["${extension}"], "dst_num": "NUMBER"}' ${own}/callback/`,
        },
        { title: 'Park a call', text: `curl -X PUT ${bearer} -d '{"action": "park", "slot": "6"}' ${own}/valet_park/CALL_API_ID` },
      ],
      pages: [],
    };
  }

  async routes(scope: FastifyInstance, gateway: Gateway): Promise<void> {
    await telphinRoutes(scope, { gateway, sourceOf: (tenant) => this.#open.get(tenant)?.source });
  }

  async close(): Promise<void> {
    await Promise.all(
      [...this.#open.values()].map(async ({ publisher, projection, limits, digits, queues, stopListening }) => {
        stopListening();
        limits.close();
        digits.close();
        queues.close();
        await publisher.close();
        await projection.close();
      }),
    );
  }
}

const openTenant = async (gateway: Gateway, tenant: TenantId, options: TelphinOptions): Promise<OpenTenant | undefined> => {
  const engine = gateway.engine(tenant);
  if (engine === undefined) return undefined;
  const { store, clock, timers, control, webhooks, interactive, log: logger } = gateway;
  const queues = createQueues(engine);
  const numbers = createNumbers(engine, queues, options);
  const projection = await openProjection({
    engine,
    projector: createTelphinProjector(new Set(Object.keys(options.interactive))),
    store,
    clock,
    logger,
    onDemand: true,
  });
  const placed = new PlacedCalls({ tenant, store, name: 'telphin:placed', idOf: apiUuidOf });
  const knownAs = (call: CallId): CallId => placed.knownAs(call);
  const behalfOf = (call: CallId): ExtensionNumber | undefined => placed.get(call)?.behalf;
  const writing = { numbers, options, knownAs, behalfOf };
  const publisher = new Publisher({ ...writing, tenant, engine: webhooks, projection, epoch: () => engine.cursor().epoch });
  const subscriptions = new Subscriptions({
    tenant,
    store,
    checkUrl: (url) => webhooks.check(url),
    head: () => engine.cursor().seq,
    onChange: (extension) => (extension === undefined ? publishAll() : publish(extension)),
  });
  const publish = (extension: ExtensionNumber): void =>
    publisher.publish(extension, [...subscriptions.list(extension), ...subscriptions.list(undefined)]);
  const publishAll = (): void => {
    const named = subscriptions.all().flatMap(({ extension }) => (extension === undefined ? [] : [extension]));
    for (const extension of new Set([...named, ...numbers.all()])) publish(extension);
  };
  publishAll();
  // Which extensions a PBX has is said when it is connected.
  const stopListening = engine.onCommitted((events) => {
    if (events.some(({ type }) => type.startsWith('pbx.')) && subscriptions.list(undefined).length > 0) publishAll();
  });
  serveMenus(interactive, tenant, writing);
  const parkedIds = new ParkedIds(store, tenant, (call) => placed.idOf(call));
  const source = { ...writing, tenant, engine, control, store, projection, subscriptions, parkedIds, placed, logger };
  const limits = new CallLimits({ engine, control, placed, clock, timers, logger });
  const digits = new CallDigits({ engine, control, placed, logger });
  return { source, publisher, projection, queues, limits, digits, stopListening };
};
