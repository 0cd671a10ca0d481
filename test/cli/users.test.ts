import { expect, test } from 'vitest';
import { exitCodes, type ExitCode } from '../../src/cli/exit-codes.ts';
import type { LocalActions } from '../../src/cli/options.ts';
import { runProgram } from '../../src/cli/program.ts';
import { serveNative } from '../dialects/native/serve-native.ts';
import type { NativeWorld } from '../dialects/native/serve-native.ts';

interface Said {
  readonly code: ExitCode;
  readonly lines: readonly unknown[];
  readonly asked: readonly string[];
}

/** `typed`: what is answered when the program asks; without it nobody sits at the terminal. */
const run = async (world: NativeWorld, args: string, typed?: string): Promise<Said> => {
  const lines: unknown[] = [];
  const asked: string[] = [];
  const code = await runProgram(args.split(' '), {
    version: '0',
    environment: { SWITCHHOOK_URL: world.url, SWITCHHOOK_KEY: world.key },
    output: { interactive: false, line: (text) => lines.push(JSON.parse(text)), note: () => {} },
    signal: new AbortController().signal,
    actions: {} as LocalActions,
    ...(typed === undefined
      ? undefined
      : {
          ask: (question: string, hidden: boolean) => {
            asked.push(hidden ? `${question}(hidden)` : question);
            return Promise.resolve(typed);
          },
        }),
  });
  return { code, lines, asked };
};

test('a user is made with a password that is asked for, listed, changed and removed', async () => {
  const world = await serveNative();
  const made = await run(world, 'users create tom --extension 119 --scopes observe,control-own --display-name Tom', 'river');
  expect(made).toMatchObject({
    code: exitCodes.ok,
    asked: ['Password: (hidden)'],
    lines: [{ name: 'tom', extension: '119', displayName: 'Tom' }],
  });
  expect(await run(world, 'users change tom --email tom@example.com')).toMatchObject({
    lines: [{ name: 'tom', email: 'tom@example.com' }],
  });
  expect(await run(world, 'users status tom away --label Lunch')).toMatchObject({
    lines: [{ status: { status: 'away', label: 'Lunch' } }],
  });
  expect(await run(world, 'users list')).toMatchObject({ code: exitCodes.ok, lines: [{ name: 'tom', configured: false }] });
  expect(await run(world, 'users password tom', 'lake')).toMatchObject({ code: exitCodes.ok, asked: ['Password: (hidden)'] });
  const logIn = (password: string): Promise<number> =>
    world.ask('/v1/login', { method: 'POST', json: { user: 'tom', password } }).then(({ status }) => status);
  expect([await logIn('river'), await logIn('lake')]).toEqual([401, 200]);
  expect(await run(world, 'users remove tom')).toMatchObject({ code: exitCodes.ok });
  expect(await run(world, 'users remove tom')).toMatchObject({ code: exitCodes.notFound });
});

test('where nobody can be asked, the password must be given', async () => {
  const world = await serveNative();
  expect(await run(world, 'users create tom')).toMatchObject({ code: exitCodes.usage });
  expect(await run(world, 'users create tom --password river')).toMatchObject({ code: exitCodes.ok, lines: [{ scopes: ['observe'] }] });
});
