/** A whole gateway whose PBX is a scripted manager interface. */
import { onTestFinished } from 'vitest';
import { startGateway, type RunningGateway } from '../../../src/app/gateway.ts';
import { loggerOf, surroundingsOf } from '../../../src/app/surroundings.ts';
import { configSchema } from '../../../src/config/schema.ts';
import { pbxId, tenantId } from '../../../src/model/ids.ts';
import { ScriptedAmi } from '../../pbx/asterisk/scripted-ami.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

export interface Reply {
  readonly status: number;
  readonly text: string;
  readonly body: unknown;
}

export interface Office {
  readonly ami: ScriptedAmi;
  readonly gateway: RunningGateway;
  /** The secret of a key that may do everything. */
  readonly key: string;
  ask(method: string, path: string, json?: object): Promise<Reply>;
  /** Asks until the answer is as it should be. */
  askUntil(path: string, isSo: (body: never) => boolean): Promise<Reply>;
}

/** The tenant `acme` with the PBX `office`, which is live. */
export const serveOffice = async (): Promise<Office> => {
  const ami = await ScriptedAmi.start();
  onTestFinished(() => ami.close());
  const office = { kind: 'asterisk', host: '127.0.0.1', port: ami.port, username: 'gateway', secret: 'secret' };
  const config = configSchema.parse({ data: temporaryFolder(), http: { port: 0 }, tenants: { acme: { pbxs: { office } } } });
  const gateway = await startGateway(config, surroundingsOf(loggerOf('silent')));
  onTestFinished(() => gateway.close());
  const { secret } = gateway.auth.create({ tenant: tenantId('acme'), name: 'test', scopes: ['administer'] });
  await gateway.engines.get(tenantId('acme'))?.untilHeard(pbxId('office'));
  const ask: Office['ask'] = async (method, path, json) => {
    const headers = { authorization: `Bearer ${secret}`, 'content-type': 'application/json' };
    const response = await fetch(gateway.url + path, { method, headers, ...(json === undefined ? {} : { body: JSON.stringify(json) }) });
    const text = await response.text();
    const isJson = /^application\/(problem\+)?json/.test(response.headers.get('content-type') ?? '');
    return { status: response.status, text, body: isJson ? (JSON.parse(text) as unknown) : undefined };
  };
  return {
    ami,
    gateway,
    key: secret,
    ask,
    askUntil: async (path, isSo) => {
      for (;;) {
        const reply = await ask('GET', path);
        if (reply.status === 200 && isSo(reply.body as never)) return reply;
      }
    },
  };
};
