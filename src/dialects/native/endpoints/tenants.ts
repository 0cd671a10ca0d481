import { z } from 'zod';
import type { TenantEngine } from '../../../engine/engine.ts';
import { renderCursor } from '../../../model/cursor.ts';
import { GatewayError } from '../../../model/errors.ts';
import { tenantId } from '../../../model/ids.ts';
import { isoTime } from '../../../model/time.ts';
import type { KnownTenant, Tenancy } from '../../../auth/tenancy.ts';
import { defineEndpoint } from '../endpoint.ts';
import type { Context, Endpoint } from '../endpoint.ts';
import { cursorTextSchema, isoTimeSchema, pbxIdSchema, tenantIdSchema } from '../schema/words.ts';

const optional = z.exactOptional;
const text = (most: number): z.ZodString => z.string().min(1).max(most);

const tenantSchema = z
  .object({
    id: tenantIdSchema,
    pbxs: z.array(pbxIdSchema).readonly(),
    oldest: cursorTextSchema,
    head: cursorTextSchema,
    madeAt: optional(isoTimeSchema).describe('When it was made over the API; absent for one of the configuration'),
  })
  .meta({ id: 'Tenant' });

const address = { host: text(253), port: optional(z.int().min(1).max(65_535)), dialContext: optional(text(80)) };
const newTenantSchema = z.strictObject({
  id: text(32)
    .regex(/^[a-z0-9][a-z0-9-]*$/, 'Small letters, digits and dashes are allowed.')
    .describe('Small letters, digits, dashes; never given again'),
  pbx: z
    .discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('sandbox'), traffic: optional(z.boolean()) }),
      z.strictObject({ kind: z.literal('asterisk'), ...address, tls: optional(z.boolean()), username: text(100), secret: text(200) }),
      z.strictObject({ kind: z.literal('freeswitch'), ...address, password: text(200) }),
    ])
    .describe('Its PBX, called as the tenant is; what else it needs is said in the configuration'),
});

const renderTenant = (engine: TenantEngine, known?: KnownTenant): z.input<typeof tenantSchema> => ({
  id: engine.tenant,
  pbxs: engine.pbxs,
  oldest: renderCursor(engine.log.oldest(engine.tenant)),
  head: renderCursor(engine.cursor()),
  ...(known?.madeAt === undefined ? undefined : { madeAt: isoTime(known.madeAt) }),
});

/** Throws `forbidden` for all but the administrators of the operator. */
const requireOperator = ({ gateway: { tenancy }, identity }: Context): Tenancy => {
  if (tenancy?.isOperator(identity.tenant) !== true || !identity.scopes.has('administer')) {
    throw new GatewayError('forbidden', { tenant: identity.tenant }, { note: 'Only administrators of the operator may.' });
  }
  return tenancy;
};

export const tenantEndpoints: readonly Endpoint[] = [
  defineEndpoint({
    id: 'listTenants',
    method: 'GET',
    path: '/v1/tenants',
    tag: 'administration',
    summary: "The key's tenant; for administrators of the operator every tenant",
    scopes: ['observe', 'control', 'control-own'],
    answers: {
      200: {
        description: 'Each tenant, its PBXs and how far its log reaches',
        schema: z.object({
          tenants: z.array(tenantSchema).readonly(),
          isOperator: z.boolean().describe('Whether this key may make and remove tenants'),
        }),
      },
    },
    handle: (_input, { gateway, engine, identity }) => {
      const known = gateway.tenancy?.list() ?? [];
      const isOperator = gateway.tenancy?.isOperator(identity.tenant) === true && identity.scopes.has('administer');
      const shown = isOperator ? known.flatMap(({ id }) => gateway.engine(id) ?? []) : [engine];
      const tenants = shown.map((each) =>
        renderTenant(
          each,
          known.find(({ id }) => id === each.tenant),
        ),
      );
      return { status: 200, body: { tenants, isOperator } };
    },
  }),
  defineEndpoint({
    id: 'createTenant',
    method: 'POST',
    path: '/v1/tenants',
    tag: 'administration',
    summary: "Makes a tenant with one PBX, which is connected to at once; the vendors' APIs serve it from the next start on",
    scopes: ['administer'],
    body: newTenantSchema,
    answers: {
      201: {
        description: 'The tenant, and the secret of its first administrator key, shown this once',
        schema: tenantSchema.extend({ secret: z.string() }),
      },
    },
    handle: async ({ body }, context) => {
      const id = tenantId(body.id);
      const { secret } = await requireOperator(context).create({ id, pbx: body.pbx });
      const engine = context.gateway.engine(id);
      if (engine === undefined) throw new GatewayError('internal', { tenant: id });
      return { status: 201, body: { ...renderTenant(engine, knownTenant(context, body.id)), secret } };
    },
  }),
  defineEndpoint({
    id: 'deleteTenant',
    method: 'DELETE',
    path: '/v1/tenants/{tenant}',
    tag: 'administration',
    summary: 'Ends a tenant that was made here: its link, keys and users at once and for ever; its log stays on the disk',
    scopes: ['administer'],
    params: z.object({ tenant: tenantIdSchema }),
    answers: { 204: { description: 'It is gone' } },
    handle: async ({ params }, context) => {
      await requireOperator(context).remove(params.tenant);
      return { status: 204 };
    },
  }),
];

const knownTenant = ({ gateway }: Context, tenant: string): KnownTenant | undefined =>
  gateway.tenancy?.list().find(({ id }) => id === tenant);
