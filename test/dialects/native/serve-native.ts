import type { Auth, Scope } from '../../../src/auth/auth.ts';
import type { Delivery } from '../../../src/delivery/delivery.ts';
import type { SocketReaderLimits } from '../../../src/delivery/socket-reader.ts';
import { createNativeDialect } from '../../../src/dialects/native/index.ts';
import { tenantId } from '../../../src/model/ids.ts';
import type { SandboxTenantOptions } from '../../sandbox-tenant.ts';
import { serveDialect, type DialectWorld } from '../world.ts';

export interface NativeWorld extends DialectWorld {
  readonly auth: Auth;
  readonly delivery: Delivery;
  /** The secret of a key that may do everything. */
  readonly key: string;
  /** The secret of a key with these scopes. */
  keyFor(scopes: readonly Scope[], extension?: string): string;
  /** Asks with the key that may do everything, unless the headers say otherwise. */
  ask(
    path: string,
    init?: RequestInit & { readonly json?: unknown },
  ): Promise<{ readonly status: number; readonly headers: Headers; readonly body: unknown }>;
}

/** The demo's office behind the native API, on a real port; its time is moved by the test alone. */
export const serveNative = async (limits: Partial<SocketReaderLimits> = {}, options: SandboxTenantOptions = {}): Promise<NativeWorld> => {
  const world = await serveDialect(() => createNativeDialect({ limits }), {
    tenant: options,
    // The wheel turns with the office's clock.
    ticker:
      ({ clock }) =>
      (tick, ms) => {
        let cancel = (): void => {};
        const next = (): void => {
          cancel = clock.after(ms, () => {
            next();
            tick();
          });
        };
        next();
        return () => cancel();
      },
  });
  const { url } = world;
  const { auth } = world.gateway;
  const keyFor = (scopes: readonly Scope[], extension?: string): string =>
    auth.create({ tenant: tenantId('demo'), name: 'test', scopes, ...(extension === undefined ? {} : { extension: extension as never }) })
      .secret;
  const key = keyFor(['administer']);
  return {
    ...world,
    auth,
    delivery: world.gateway.delivery,
    key,
    keyFor,
    ask: async (path, { json, ...init } = {}) => {
      const response = await fetch(url + path, {
        ...init,
        headers: {
          authorization: `Bearer ${key}`,
          ...(json === undefined ? {} : { 'content-type': 'application/json' }),
          ...(init.headers as Record<string, string> | undefined),
        },
        ...(json === undefined ? {} : { body: JSON.stringify(json) }),
      });
      const text = await response.text();
      const isJson = response.headers.get('content-type')?.includes('json') === true;
      return { status: response.status, headers: response.headers, body: isJson ? (JSON.parse(text) as unknown) : text };
    },
  };
};
