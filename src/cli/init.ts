import { Option, type Command } from 'commander';
import { GatewayError } from '../model/errors.ts';
import type { ExitCode } from './exit-codes.ts';
import type { InitOptions, ProgramOptions } from './options.ts';

/** What is not given as an option is asked for on a terminal; elsewhere it is what it is for most. */
const questions = {
  host: { text: 'Address of the Asterisk', preset: '127.0.0.1' },
  port: { text: 'Port of its manager interface (AMI)', preset: '5038' },
  username: { text: 'Name of the account for the gateway', preset: 'switchhook' },
  secret: { text: 'Its secret (empty makes one up)', preset: '' },
  dialContext: { text: 'Dialplan context in which phones dial', preset: 'internal' },
} as const;

type Given = { readonly [Name in keyof typeof questions]?: string } & Omit<InitOptions, keyof typeof questions>;

/** `init`: the first configuration, from a few answers. */
export const addInit = (
  program: Command,
  { ask, actions, output, signal }: ProgramOptions,
  keep: (code: Promise<ExitCode>) => Promise<void>,
): void => {
  program
    .command('init')
    .description('ask for the PBX, write the configuration, print what belongs into manager.conf, and see whether it works')
    .addOption(new Option('-c, --config <file>', 'the configuration file to write').default('switchhook.yaml'))
    .option('--host <address>', `${questions.host.text} (${questions.host.preset})`)
    .option('--port <port>', `${questions.port.text} (${questions.port.preset})`)
    .option('--tls', 'speak TLS to it', false)
    .option('--username <name>', `${questions.username.text} (${questions.username.preset})`)
    .option('--secret <secret>', 'its secret; ${NAME} is read from the environment whenever the configuration is')
    .option('--dial-context <context>', `${questions.dialContext.text} (${questions.dialContext.preset})`)
    .option('--tenant <name>', 'name of the tenant', 'main')
    .option('--pbx <name>', 'name of the PBX', 'office')
    .option('--force', 'write over a configuration that is there', false)
    .action((given: Given) =>
      keep(
        (async () => {
          const answer = async (name: keyof typeof questions): Promise<string> => {
            const { text, preset } = questions[name];
            const known = given[name];
            if (known !== undefined) return known;
            const typed = (await ask?.(`${text}${preset === '' ? '' : ` [${preset}]`}: `, name === 'secret')) ?? '';
            return typed.trim() === '' ? preset : typed.trim();
          };
          const host = await answer('host');
          const port = portOf(await answer('port'));
          const username = await answer('username');
          const secret = await answer('secret');
          const dialContext = await answer('dialContext');
          return actions.init({ ...given, host, port, username, secret, dialContext }, output, signal);
        })(),
      ),
    );
};

const portOf = (text: string): number => {
  const port = Number(text);
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port;
  throw new GatewayError('invalid-parameter', { field: 'port' }, { note: `${text} is not a port.` });
};
