import { expect, test } from 'vitest';
import { exitCodes, type ExitCode } from '../../src/cli/exit-codes.ts';
import type { InitOptions, LocalActions } from '../../src/cli/options.ts';
import { runProgram } from '../../src/cli/program.ts';
import { parseConfig } from '../../src/config/load.ts';
import { renderFirstConfig } from '../../src/config/render.ts';

/** What `init` makes of a command line, and of what is typed when it asks. */
const init = async (
  args: readonly string[],
  typed?: Readonly<Record<string, string>>,
): Promise<{ readonly code: ExitCode; readonly options?: InitOptions; readonly asked: readonly string[]; readonly notes: string }> => {
  const asked: string[] = [];
  const notes: string[] = [];
  let options: InitOptions | undefined;
  const ask = (question: string, hidden: boolean): Promise<string> => {
    asked.push(`${question}${hidden ? '(hidden)' : ''}`);
    return Promise.resolve(Object.entries(typed ?? {}).find(([part]) => question.includes(part))?.[1] ?? '');
  };
  const actions = {
    init: (given: InitOptions) => {
      options = given;
      return Promise.resolve(exitCodes.ok);
    },
  } as Partial<LocalActions> as LocalActions;
  const code = await runProgram(['init', ...args], {
    version: '0',
    environment: {},
    output: { interactive: false, line: () => undefined, note: (text) => notes.push(text) },
    signal: new AbortController().signal,
    actions,
    ...(typed === undefined ? {} : { ask }),
  });
  return { code, asked, notes: notes.join('\n'), ...(options === undefined ? {} : { options }) };
};

test('on a terminal it asks for what was not given, and an empty answer is what it offers', async () => {
  const { options, asked } = await init(['--username', 'gateway'], { Address: '192.0.2.7', secret: 'hush' });
  expect(asked).toEqual([
    'Address of the Asterisk [127.0.0.1]: ',
    'Port of its manager interface (AMI) [5038]: ',
    'Its secret (empty makes one up): (hidden)',
    'Dialplan context in which phones dial [internal]: ',
  ]);
  expect(options).toMatchObject({ host: '192.0.2.7', port: 5038, username: 'gateway', secret: 'hush', dialContext: 'internal' });
});

test('of a FreeSWITCH it asks for what that has', async () => {
  const { options, asked } = await init(['--kind', 'freeswitch'], { Address: '192.0.2.7', Password: 'hush' });
  expect(asked).toEqual([
    'Address of the FreeSWITCH [127.0.0.1]: ',
    'Port of its event socket [8021]: ',
    'Password of the event socket (empty makes one up): (hidden)',
    'Dialplan context in which phones dial [default]: ',
  ]);
  expect(options).toMatchObject({ kind: 'freeswitch', host: '192.0.2.7', port: 8021, secret: 'hush', dialContext: 'default' });
  if (options === undefined) throw new Error('nothing was asked for');
  const { main } = parseConfig(renderFirstConfig(options), {}).tenants;
  expect(main?.pbxs['office']).toMatchObject({
    kind: 'freeswitch',
    host: '192.0.2.7',
    port: 8021,
    password: 'hush',
    dialContext: 'default',
  });
});

test('elsewhere it asks nothing', async () => {
  const { options, code } = await init(['--host', 'pbx.example', '--dial-context', 'from-internal', '--secret', '${AMI_SECRET}']);
  expect(code).toBe(exitCodes.ok);
  expect(options).toMatchObject({
    host: 'pbx.example',
    port: 5038,
    username: 'switchhook',
    secret: '${AMI_SECRET}',
    dialContext: 'from-internal',
    tenant: 'main',
    pbx: 'office',
    config: 'switchhook.yaml',
    force: false,
  });
});

test('a port that is none is refused before anything is written', async () => {
  expect(await init(['--port', 'http'])).toMatchObject({ code: exitCodes.usage, notes: expect.stringContaining('http is not a port') });
});

test.each(['hush', 'it\'s: #1 "of" many', '123', '- yes', '$HOME'])(
  'the file that is written says what was answered: secret %s',
  (secret) => {
    const given = {
      kind: 'asterisk',
      tenant: 'main',
      pbx: 'office',
      host: '::1',
      port: 5039,
      tls: true,
      username: 'null',
      secret,
      dialContext: 'internal',
    } as const;
    const { main } = parseConfig(renderFirstConfig(given), {}).tenants;
    expect(main?.pbxs['office']).toMatchObject({ kind: 'asterisk', host: '::1', port: 5039, tls: true, username: 'null', secret });
  },
);

test('a secret stays in the environment if it is named there, and one that would be taken for that is refused', () => {
  const given = {
    kind: 'asterisk',
    tenant: 'main',
    pbx: 'office',
    host: 'h',
    port: 1,
    tls: false,
    username: 'u',
    dialContext: 'd',
  } as const;
  const text = renderFirstConfig({ ...given, secret: '${AMI_SECRET}' });
  expect(parseConfig(text, { AMI_SECRET: 'hush' }).tenants['main']?.pbxs['office']).toMatchObject({ secret: 'hush' });
  expect(() => renderFirstConfig({ ...given, secret: 'a${b}' })).toThrow(expect.objectContaining({ code: 'invalid-parameter' }) as Error);
});
