import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startMailServer } from '../delivery/mail/mail-server.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { runSwitchhook } from './process.ts';

test('a gateway with a mail server and templates of its own writes of a missed call', async () => {
  const folder = temporaryFolder();
  const server = await startMailServer();
  const templates = join(folder, 'emails.yaml');
  writeFileSync(templates, 'missed: { subject: "{{callerNumber}} rang {{extension}}", text: "{{result}}" }');
  const email = { templates, timeZone: 'UTC', notices: [{ to: ['desk@example.com'], events: ['missed'], extensions: ['101'] }] };
  const config = {
    data: join(folder, 'data'),
    logLevel: 'warn',
    http: { port: 0 },
    mail: { host: '127.0.0.1', port: server.port, security: 'none', from: 'pbx@example.com' },
    tenants: { main: { pbxs: { office: { kind: 'sandbox' } }, dialects: { voipnow: { email } } } },
  };
  const path = join(folder, 'switchhook.yaml');
  writeFileSync(path, JSON.stringify(config));
  const gateway = runSwitchhook(['serve', '--config', path]);
  const [, key = ''] = await gateway.prints(/shown this once: (\S+)/);
  const [, url = ''] = await gateway.prints(/ on (http:\S+) /);
  const ask = async (what: string, body: object = {}): Promise<void> => {
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
    const { status } = await fetch(url + what, { method: 'POST', headers, body: JSON.stringify(body) });
    expect(status).toBeLessThan(300);
  };
  await ask('/v1/sandbox/calls', { from: '+15550100001', to: '101' });
  await ask('/v1/sandbox/outside/%2B15550100001/hangup');
  const [mail] = await server.count(1);
  expect(mail).toMatchObject({ to: ['desk@example.com'], headers: { subject: '+15550100001 rang 101' }, text: 'cancelled\n' });
});
