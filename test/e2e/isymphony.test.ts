import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { basic, connectClient, publicCredentials } from '../dialects/isymphony/event-client.ts';
import { freeTcpPort } from '../real/ports.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { runSwitchhook, type Running } from './process.ts';

interface Served {
  readonly process: Running;
  readonly key: string | undefined;
}

test('what is served on the port that clients have built in, by its options; a restart gives new ids and keeps the lasting ones', async () => {
  const folder = temporaryFolder();
  const [port, builtIn] = [await freeTcpPort(), await freeTcpPort()];
  const isymphony = { slug: 'main-office', legacyEventTypes: false, filter: { matchNumbered: true } };
  const users = { mikey: { password: 'demo', extension: '110', scopes: ['observe'] } };
  const config = join(folder, 'switchhook.yaml');
  writeFileSync(
    config,
    JSON.stringify({
      data: join(folder, 'data'),
      http: { port, extraPorts: [builtIn] },
      tenants: { office: { pbxs: { sandbox: { kind: 'sandbox' } }, dialects: { isymphony }, users } },
    }),
  );
  const serve = async (): Promise<Served> => {
    const process = runSwitchhook(['serve', '--config', config]);
    await process.prints(/Switchhook serves office/);
    return { process, key: /shown this once: (\S+)/.exec(process.output())?.[1] };
  };
  const url = `http://127.0.0.1:${builtIn}`;
  const extension = async (): Promise<Readonly<Record<string, unknown>>> => {
    const path = '/communication_manager/rest/live/coreServers/getByName/main-office/extensions/getByName/110';
    const reply = await fetch(url + path, { headers: { Authorization: basic(publicCredentials) } });
    return (await reply.json()) as Readonly<Record<string, unknown>>;
  };

  const first = await serve();
  const client = await connectClient(url);
  await client.filter('username=mikey');
  const phone = (what: string): Promise<Response> =>
    fetch(`http://127.0.0.1:${port}/v1/sandbox/${what}`, { method: 'POST', headers: { Authorization: `Bearer ${first.key ?? ''}` } });
  await phone('phones/110/unregister');
  await fetch(`http://127.0.0.1:${port}/v1/sandbox/clock/advance`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${first.key ?? ''}`, 'Content-Type': 'application/json' },
    body: '{"seconds":10}',
  });
  expect(await client.next('userLogout')).toMatchObject({ username: 'mikey' });
  const before = await extension();
  first.process.kill('SIGTERM');
  expect(await first.process.exited).toBe(0);
  expect(client.socket.readyState).not.toBe(client.socket.OPEN);

  const second = await serve();
  const after = await extension();
  expect(after['id']).not.toBe(before['id']);
  expect(after['configurationId']).toBe(before['configurationId']);
  second.process.kill('SIGTERM');
  await second.process.exited;
});
