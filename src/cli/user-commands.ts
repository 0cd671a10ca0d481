import type { Command } from 'commander';
import type { Run } from './leg-commands.ts';
import { printRows, printValue } from './output.ts';
import type { ProgramOptions } from './options.ts';

interface Given {
  readonly displayName?: string;
  readonly extension?: string;
  readonly email?: string;
  readonly scopes?: string;
  readonly password?: string;
}

/** `users ...` administers the people who may log in. */
export const addUserCommands = (program: Command, { output, ask }: Pick<ProgramOptions, 'output' | 'ask'>, run: Run): void => {
  /** Not from the command line by choice: others on the machine can read that. */
  const passwordOf = async (given: Given): Promise<{ readonly password: string }> => ({
    password: given.password ?? (await ask?.('Password: ', true)) ?? '',
  });
  const users = program.command('users').description('the people who may log in');
  users
    .command('list')
    .description('list users')
    .action(() =>
      run(async (api) => {
        const { users: rows } = (await api.get('/v1/users')) as { readonly users: readonly UserLine[] };
        printRows(output, rows, userColumns, 'There is no user.');
      }),
    );
  withDetails(
    users
      .command('create')
      .description('make a user; its password is asked for unless it is given')
      .argument('<name>', 'by which it logs in'),
  ).action((name: string, given: Given) =>
    run(async (api) => printValue(output, await api.post('/v1/users', { name, ...detailsOf(given), ...(await passwordOf(given)) }))),
  );
  withDetails(users.command('change').description('change what is given of a user').argument('<user>', 'its id or name')).action(
    (user: string, given: Given) => run(async (api) => printValue(output, await api.patch(pathOf(user), detailsOf(given)))),
  );
  users
    .command('password')
    .description('give a user another password, which is asked for; it has to log in anew')
    .argument('<user>', 'its id or name')
    .action((user: string) => run(async (api) => printValue(output, await api.patch(pathOf(user), await passwordOf({})))));
  users
    .command('status')
    .description('say how a user is: available, away, dnd, or another word')
    .argument('<user>', 'its id or name')
    .argument('<status>', 'the word')
    .option('--label <text>', 'what is shown: Lunch')
    .option('--note <text>', 'more about it')
    .option('--return-at <time>', 'when the user means to be back: 2026-11-21T13:00:00.000Z')
    .action((user: string, status: string, given: Readonly<Record<string, string>>) =>
      run(async (api) => printValue(output, await api.put(`${pathOf(user)}/status`, { status, ...given }))),
    );
  users
    .command('remove')
    .description('remove a user')
    .argument('<user>', 'its id or name')
    .action((user: string) =>
      run(async (api) => {
        await api.delete(pathOf(user));
        output.note(`${user} is removed.`);
      }),
    );
};

const withDetails = (command: Command): Command =>
  command
    .option('--display-name <text>', 'its name, as people read it')
    .option('--extension <number>', 'the extension that is its own')
    .option('--email <address>', 'its e-mail address')
    .option('--scopes <scopes>', 'what it may do, separated by commas')
    .option('--password <text>', 'its password; others on this machine may see it');

const detailsOf = ({ scopes, ...given }: Given): Readonly<Record<string, unknown>> => ({
  ...given,
  ...(scopes === undefined ? undefined : { scopes: scopes.split(',') }),
});

const pathOf = (user: string): string => `/v1/users/${encodeURIComponent(user)}`;

interface UserLine {
  readonly id: string;
  readonly name: string;
  readonly displayName?: string;
  readonly extension?: string;
  readonly status: { readonly status: string; readonly label?: string };
  readonly logins: readonly unknown[];
  readonly scopes: readonly string[];
  readonly configured: boolean;
}

const userColumns = [
  { title: 'USER', value: (user: UserLine) => user.name },
  { title: 'NAME', value: (user: UserLine) => user.displayName ?? '' },
  { title: 'EXTENSION', value: (user: UserLine) => user.extension ?? '' },
  { title: 'STATUS', value: (user: UserLine) => user.status.label ?? user.status.status },
  { title: 'LOGINS', value: (user: UserLine) => String(user.logins.length) },
  { title: 'SCOPES', value: (user: UserLine) => user.scopes.join(',') },
  { title: 'KEPT IN', value: (user: UserLine) => (user.configured ? 'configuration' : 'store') },
  { title: 'ID', value: (user: UserLine) => user.id },
];
