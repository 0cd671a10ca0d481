import { createTelphinDialect, type TelphinOptions } from '../../../src/dialects/telphin/index.ts';
import { extensionNumber } from '../../../src/model/ids.ts';
import { parseReply, serveDialect, startReceiver, type DialectWorld, type Receiver, type Reply } from '../world.ts';

export interface TelphinWorld extends DialectWorld {
  /** The local server that call events go to. */
  readonly receiver: Receiver;
  token(): Promise<string>;
  /** A request with the demo client's token. */
  api(method: string, path: string, body?: unknown): Promise<Reply>;
  subscribe(extension: number, types: readonly string[], method?: 'GET' | 'POST'): Promise<void>;
}

/** As the demo has it: the ids and names of the vendor's samples. */
export const demoOptions: Partial<TelphinOptions> = {
  prefix: '022',
  domain: 'siptest.ringme.ru',
  node: '192.168.20.220',
  extensionIds: { 200: 32_494, 341: 34_414 },
  firstExtensionId: 34_000,
};

/** The demo's office behind Telphin's API, on a real port. */
export const serveTelphin = async (options: Partial<TelphinOptions> = {}): Promise<TelphinWorld> => {
  const receiver = await startReceiver();
  const world = await serveDialect((tenant) => createTelphinDialect(new Map([[tenant, { ...demoOptions, ...options }]])), {
    clients: [
      {
        id: 'demo-client',
        secret: 'demo-secret',
        scopes: ['observe', 'control', 'supervise'],
        redirectUris: [`${receiver.url}/callback`],
      },
      { id: 'public', secret: '', scopes: ['observe'], redirectUris: [`${receiver.url}/callback`] },
      { id: 'watcher', secret: 'demo-secret', scopes: ['observe'] },
      { id: 'elsewhere', secret: 'demo-secret', scopes: ['observe'], isElsewhere: true },
    ],
    users: [{ name: '341', password: 'demo', scopes: ['observe', 'control-own'], extension: extensionNumber('341') }],
  });
  const { url } = world;

  const token = async (): Promise<string> => {
    const body = new URLSearchParams({ grant_type: 'client_credentials', client_id: 'demo-client', client_secret: 'demo-secret' });
    const reply = await fetch(`${url}/oauth/token`, { method: 'POST', body });
    return ((await reply.json()) as { readonly access_token: string }).access_token;
  };
  const headers = { Authorization: `Bearer ${await token()}`, 'Content-Type': 'application/json' };
  const api: TelphinWorld['api'] = async (method, path, body) => {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    return parseReply(await fetch(`${url}/api/ver1.0${path}`, { method, headers, ...(body === undefined ? {} : { body: text }) }));
  };
  return {
    ...world,
    receiver,
    token,
    api,
    subscribe: async (extension, types, method = 'GET') => {
      for (const type of types) {
        const wish = { url: `${receiver.url}/`, event_type: type, method };
        const { status } = await api('POST', `/extension/${extension}/event/`, wish);
        if (status !== 201) throw new Error(`a subscription answers with 201, not ${status}`);
      }
    },
  };
};
