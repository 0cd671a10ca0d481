import type { FastifyInstance } from 'fastify';
import { CallLimits } from '../../control/placing/call-limits.ts';
import { PlacedCalls } from '../../control/placing/placed-calls.ts';
import { openProjection, type Projection } from '../../delivery/projection.ts';
import { createBrake } from '../../auth/brake.ts';
import type { HttpFront } from '../../http/http-server.ts';
import { GatewayError } from '../../model/errors.ts';
import type { TenantId } from '../../model/ids.ts';
import type { Dialect } from '../dialect.ts';
import type { DialectGuide, Gateway } from '../gateway.ts';
import { Guard, type Account } from './auth.ts';
import type { TenantSource } from './calls.ts';
import { sendEmails } from './email.ts';
import { defaultEmailTemplates, parseEmailTemplates } from './email-templates.ts';
import { serveMenus } from './interactive.ts';
import { RequestCounter } from './limits.ts';
import { createNumbers } from './numbers.ts';
import { defaultVoipNowOptions, type VoipNowOptions } from './options.ts';
import { createPlaces, type Places } from './places.ts';
import { apiIdOf, createVoipNowProjector, type VoipNowState } from './project.ts';
import { Publisher } from './publish.ts';
import { PublishedRequests } from './requests.ts';
import { voipNowRoutes } from './routes.ts';
import type { Happening } from './schema.ts';

export type { VoipNowOptions } from './options.ts';

/** VoipNow's CallAPI and UnifiedAPI, for the tenants that have options for them; what an option leaves out is its default. */
export const createVoipNowDialect = (tenants: ReadonlyMap<TenantId, Partial<VoipNowOptions>>): Dialect => new VoipNow(tenants);

interface OpenTenant {
  readonly source: TenantSource;
  readonly projection: Projection<VoipNowState, Happening>;
  readonly places: Places;
  readonly limits: CallLimits;
}

class VoipNow implements Dialect {
  readonly name = 'voipnow';
  readonly #tenants: ReadonlyMap<TenantId, Partial<VoipNowOptions>>;
  readonly #open = new Map<TenantId, OpenTenant>();

  constructor(tenants: ReadonlyMap<TenantId, Partial<VoipNowOptions>>) {
    this.#tenants = tenants;
  }

  async open(gateway: Gateway): Promise<void> {
    for (const [tenant, options] of this.#tenants) {
      const open = await openTenant(gateway, tenant, { ...defaultVoipNowOptions, ...options });
      if (open !== undefined) this.#open.set(tenant, open);
    }
  }

  wake(): Promise<unknown> {
    return Promise.all([...this.#open.values()].map(({ projection }) => projection.wake()));
  }

  guide(tenant: TenantId, url: string): DialectGuide | undefined {
    const source = this.#open.get(tenant)?.source;
    const extensions = source?.engine.snapshot().extensions.map(({ number }) => number) ?? [];
    const [first, second] = extensions;
    if (source === undefined || first === undefined || second === undefined) return undefined;
    const { prefix } = source.options;
    return {
      name: this.name,
      title: 'VoipNow CallAPI and UnifiedAPI',
      samples: [
        {
          title: 'Click to dial',
          text: `curl "${url}/callapi/251/Call/MakeCall?Account=ACCOUNT&PassSHA256=PASSWORD_SHA256&FromNumber=${prefix}${first}&PhoneNumberToCall=${prefix}${second}"`,
        },
        {
          title: 'A token of UnifiedAPI',
          text: `curl ${url}/oauth/token.php -d grant_type=client_credentials -d client_id=CLIENT -d client_secret=SECRET`,
        },
      ],
      pages: extensions.map((number) => ({
        title: `CallAPI events of ${number}`,
        path: `/voipnow/extensions/${encodeURIComponent(number)}/callapi-events`,
      })),
    };
  }

  async routes(scope: FastifyInstance, gateway: Gateway, front: HttpFront): Promise<void> {
    const { tokens, clock, timers } = gateway;
    const guard = new Guard({ accounts: accountsOf(this.#tenants), tokens, clock, brake: createBrake({ clock, timers }) });
    await voipNowRoutes(scope, { gateway, front, guard, sourceOf: (tenant) => this.#open.get(tenant)?.source });
  }

  async close(): Promise<void> {
    await Promise.all(
      [...this.#open.values()].map(async ({ source, projection, places, limits }) => {
        limits.close();
        places.close();
        await source.publisher.close();
        await projection.close();
      }),
    );
  }
}

const openTenant = async (gateway: Gateway, tenant: TenantId, options: VoipNowOptions): Promise<OpenTenant | undefined> => {
  const engine = gateway.engine(tenant);
  if (engine === undefined) return undefined;
  const { store, clock, timers, newId, control, users, webhooks, log: logger } = gateway;
  const projection = await openProjection({
    engine,
    projector: createVoipNowProjector(new Set(Object.keys(options.interactive))),
    store,
    clock,
    logger,
    onDemand: true,
  });
  const places = createPlaces(engine, Object.keys(options.interactive));
  const numbers = createNumbers(engine, options.prefix, places);
  const placed = new PlacedCalls({ tenant, store, name: 'voipnow:placed', idOf: apiIdOf });
  const publisher = new Publisher({
    tenant,
    engine: webhooks,
    projection,
    numbers,
    options,
    keyOf: (number) => (engine.extension(number) === undefined ? (places.keyOf(number) ?? number) : number),
    apiIdOf: (call) => placed.idOf(call),
    epoch: () => engine.cursor().epoch,
  });
  const requests = new PublishedRequests({
    tenant,
    store,
    clock,
    newId,
    checkUrl: (url) => webhooks.check(url),
    head: () => engine.cursor().seq,
    onChange: (extension) => publisher.publish(extension, requests.list(extension)),
  });
  for (const extension of requests.extensions()) publisher.publish(extension, requests.list(extension));
  serveMenus(gateway.interactive, tenant, options, numbers, (call) => placed.idOf(call));
  startEmails(gateway, tenant, options);
  const counter = new RequestCounter(options.limits, clock);
  const source = { engine, control, store, numbers, options, requests, publisher, counter, placed, users, logger };
  return { source, projection, places, limits: new CallLimits({ engine, control, placed, clock, timers, logger }) };
};

const startEmails = ({ delivery, webhooks }: Gateway, tenant: TenantId, { email }: VoipNowOptions): void => {
  const { notices, templates, timeZone } = email;
  const hub = delivery.hub(tenant);
  if (hub === undefined || notices.length === 0) return;
  const parsed = templates === undefined ? defaultEmailTemplates : parseEmailTemplates(templates);
  sendEmails({ tenant, engine: webhooks, hub, notices, timeZone, templates: parsed });
};

/** Throws `config-invalid` for two accounts of one login: a request names no tenant. */
const accountsOf = (tenants: ReadonlyMap<TenantId, Partial<VoipNowOptions>>): ReadonlyMap<string, Account> => {
  const accounts = new Map<string, Account>();
  for (const [tenant, { accounts: own = {} }] of tenants) {
    for (const [login, account] of Object.entries(own)) {
      if (accounts.has(login))
        throw new GatewayError('config-invalid', { login }, { note: `Two tenants have a VoipNow account ${login}.` });
      accounts.set(login, { ...account, tenant });
    }
  }
  return accounts;
};
