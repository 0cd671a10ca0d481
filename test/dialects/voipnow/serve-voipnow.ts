import { createHash } from 'node:crypto';
import { MailSender, type SmtpServer } from '../../../src/delivery/mail/mail-sender.ts';
import type { WebhookEngine } from '../../../src/delivery/webhooks/webhook-engine.ts';
import { createVoipNowDialect, type VoipNowOptions } from '../../../src/dialects/voipnow/index.ts';
import { extensionNumber } from '../../../src/model/ids.ts';
import { serveDialect, startReceiver, type DialectWorld, type Receiver } from '../world.ts';

export interface VoipNowWorld extends DialectWorld {
  readonly webhooks: WebhookEngine;
  /** The local server that call events go to. */
  readonly receiver: Receiver;
  /** A CallAPI request with the demo account's digest; what it answers, as text. */
  callApi(operation: string, parameters?: Readonly<Record<string, string>>, init?: RequestInit): Promise<string>;
  token(): Promise<string>;
  /** A UnifiedAPI request with a fresh token. */
  unified(method: string, path: string, body?: unknown): Promise<{ readonly status: number; readonly body: unknown }>;
}

export const demoDigest = createHash('sha256').update('demo').digest('hex');

const accounts = {
  demo: { passwordSha256: demoDigest, password: 'demo', scopes: ['observe', 'control'] as const },
  watcher: { passwordSha256: demoDigest, scopes: ['observe'] as const },
};

/** The demo's office behind the VoipNow APIs, on a real port, and a server that its call events go to; its e-mails leave by `mail`. */
export const serveVoipNow = async (options: Partial<VoipNowOptions> = {}, mail?: SmtpServer): Promise<VoipNowWorld> => {
  const world = await serveDialect((tenant) => createVoipNowDialect(new Map([[tenant, { prefix: '12340', accounts, ...options }]])), {
    clients: [
      {
        id: 'demo-client',
        secret: 'demo-secret',
        scopes: ['observe', 'control', 'supervise', 'record'],
        redirectUris: ['http://crm.example/back?x=1'],
      },
      { id: 'elsewhere', secret: 'demo-secret', scopes: ['observe'], isElsewhere: true },
    ],
    users: [{ name: 'mikey', password: 'demo', extension: extensionNumber('101'), scopes: ['observe', 'control-own'] }],
    senders: ({ clock }, wheel) => new Map(mail === undefined ? [] : [['mailto:', () => new MailSender({ server: mail, clock, wheel })]]),
  });
  const { url } = world;
  const receiver = await startReceiver();

  const token = async (): Promise<string> => {
    const body = new URLSearchParams({ grant_type: 'client_credentials', client_id: 'demo-client', client_secret: 'demo-secret' });
    const reply = await fetch(`${url}/oauth/token.php`, { method: 'POST', body });
    return ((await reply.json()) as { readonly access_token: string }).access_token;
  };
  return {
    ...world,
    webhooks: world.gateway.webhooks,
    receiver,
    token,
    callApi: async (operation, parameters = {}, init = {}) => {
      const query = new URLSearchParams({ Account: 'demo', PassSHA256: demoDigest, ...parameters }).toString();
      const reply = await fetch(`${url}/callapi/${operation}?${query}`, init);
      if (reply.status !== 200) throw new Error(`CallAPI answers with 200, not ${reply.status}.`);
      return reply.text();
    },
    unified: async (method, path, body) => {
      const reply = await fetch(`${url}/uapi${path}`, {
        method,
        headers: { Authorization: `Bearer ${await token()}` },
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      });
      const text = await reply.text();
      return { status: reply.status, body: text === '' ? undefined : (JSON.parse(text) as unknown) };
    },
  };
};
