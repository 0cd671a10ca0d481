import type { FastifyInstance } from 'fastify';
import { openProjection } from '../../delivery/projection.ts';
import type { HttpFront } from '../../http/http-server.ts';
import type { ExtensionNumber, TenantId } from '../../model/ids.ts';
import type { Dialect } from '../dialect.ts';
import type { DialectGuide, Gateway } from '../gateway.ts';
import { Guard } from './auth.ts';
import { ConferenceBook } from './conference-book.ts';
import { renderSubscription } from './endpoints/subscriptions.ts';
import { accountIdOf, createIds } from './ids.ts';
import { defaultRingCentralOptions, type RingCentralOptions } from './options.ts';
import { PresenceBook } from './presence-settings.ts';
import { createRingCentralProjector } from './project.ts';
import { pubNubRoutes } from './pubnub.ts';
import { Renderer } from './render.ts';
import { ringCentralRoutes } from './routes.ts';
import { Sockets } from './sockets.ts';
import { sessionsOf, settledBy, type TenantSource } from './source.ts';
import { Subscriptions } from './subscriptions.ts';
import { WebHookTransport } from './webhooks.ts';

export type { RingCentralOptions } from './options.ts';

/** RingCentral's REST API with its subscriptions, for the tenants that have options for it; what an option leaves out is its default. */
export const createRingCentralDialect = (tenants: ReadonlyMap<TenantId, Partial<RingCentralOptions>>): Dialect => new RingCentral(tenants);

class RingCentral implements Dialect {
  readonly name = 'ringcentral';
  readonly #tenants: ReadonlyMap<TenantId, Partial<RingCentralOptions>>;
  readonly #sources = new Map<TenantId, TenantSource>();

  #sockets: Sockets | undefined;

  constructor(tenants: ReadonlyMap<TenantId, Partial<RingCentralOptions>>) {
    this.#tenants = tenants;
  }

  async open(gateway: Gateway): Promise<void> {
    for (const [tenant, options] of this.#tenants) {
      const source = await openSource(gateway, tenant, { ...defaultRingCentralOptions, ...options });
      if (source !== undefined) this.#sources.set(tenant, source);
    }
  }

  wake(): Promise<unknown> {
    return Promise.all([...this.#sources.values()].map(({ notices }) => notices.wake()));
  }

  guide(tenant: TenantId, url: string): DialectGuide | undefined {
    if (!this.#sources.has(tenant)) return undefined;
    const sdk = `const sdk = new SDK({ server: '${url}', clientId: 'CLIENT', clientSecret: 'SECRET' });`;
    return {
      name: this.name,
      title: 'RingCentral API',
      samples: [
        { title: "An app of the vendor's SDK", text: `${sdk}\nawait sdk.platform().login({ jwt: 'ASSERTION' });` },
        {
          title: 'A token',
          text: `curl -u CLIENT:SECRET ${url}/restapi/oauth/token -d grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer -d assertion=ASSERTION`,
        },
        {
          title: 'Calls and presence by webhook',
          text: `curl -H "Authorization: Bearer $TOKEN" ${url}/restapi/v1.0/subscription -d '{"eventFilters": ["/restapi/v1.0/account/~/telephony/sessions", "/restapi/v1.0/account/~/extension/~/presence?detailedTelephonyState=true"], "deliveryMode": {"transportType": "WebHook", "address": "https://APP.EXAMPLE/hook"}}'`,
        },
      ],
      pages: [],
    };
  }

  routes(scope: FastifyInstance, gateway: Gateway, front: HttpFront): void {
    const sourceOf = (tenant: TenantId): TenantSource | undefined => this.#sources.get(tenant);
    const guard = new Guard({ tokens: gateway.tokens, users: gateway.users, sourceOf });
    ringCentralRoutes(scope, { gateway, front, guard, sourceOf });
    const sources = [...this.#sources.values()];
    pubNubRoutes(scope, { gateway, sources });
    this.#sockets = new Sockets({ gateway, front, guard, sources });
  }

  async close(): Promise<void> {
    this.#sockets?.close();
    await Promise.all(
      [...this.#sources.values()].map(async ({ subscriptions, notices }) => {
        subscriptions.close();
        await notices.close();
      }),
    );
  }
}

const openSource = async (gateway: Gateway, tenant: TenantId, options: RingCentralOptions): Promise<TenantSource | undefined> => {
  const engine = gateway.engine(tenant);
  if (engine === undefined) return undefined;
  const ids = createIds({
    accountId: options.accountId ?? accountIdOf(tenant),
    extensionIds: options.extensionIds,
    extension: (number) => engine.extension(number),
    extensions: () => engine.snapshot().extensions,
  });
  const { control, users, store, clock, newId, log: logger } = gateway;
  const saidBy = (extension: ExtensionNumber): string | undefined => {
    const user = users.ofExtension(tenant, extension);
    return user === undefined ? undefined : engine.user(user.name)?.status.status;
  };
  const presence = new PresenceBook({ store, tenant, saidBy });
  const notices = await openProjection({
    engine,
    projector: createRingCentralProjector(),
    store,
    clock,
    logger,
    onDemand: true,
    historyEvents: options.subscriptions.memoryEvents,
  });
  const renderer = new Renderer({
    tenant,
    ids,
    options,
    settings: (extension) => presence.get(extension),
    isDnd: (extension) => engine.extension(extension)?.dnd === true,
  });
  const { webhooks: transportEngine, timers } = gateway;
  const webhooks = new WebHookTransport({ tenant, engine: transportEngine, timers, newId, logger, ...options.subscriptions });
  const subscriptions = new Subscriptions({
    tenant,
    gateway,
    source: { notices, renderer, ids, options, engine },
    webhooks,
    render: (subscription) => renderSubscription({ webhooks, clock }, subscription, ''),
  });
  return {
    tenant,
    engine,
    control,
    users,
    store,
    clock,
    timers,
    newId,
    options,
    ids,
    presence,
    conferences: new ConferenceBook({ store, tenant, clock, newId, rooms: options.telephony.conferenceRooms }),
    notices,
    renderer,
    sessions: sessionsOf(notices, engine),
    subscriptions,
    webhooks,
    settled: settledBy(notices, engine),
  };
};
