import { Option, type Command } from 'commander';
import { GatewayError } from '../model/errors.ts';
import type { ExitCode } from './exit-codes.ts';
import type { InitOptions, ProgramOptions } from './options.ts';

/** What is not given as an option is asked for on a terminal; elsewhere it is what it is for most. */
const questions = {
  asterisk: {
    host: { text: 'Address of the Asterisk', preset: '127.0.0.1' },
    port: { text: 'Port of its manager interface (AMI)', preset: '5038' },
    username: { text: 'Name of the account for the gateway', preset: 'switchhook' },
    secret: { text: 'Its secret (empty makes one up)', preset: '' },
    dialContext: { text: 'Dialplan context in which phones dial', preset: 'internal' },
  },
  freeswitch: {
    host: { text: 'Address of the FreeSWITCH', preset: '127.0.0.1' },
    port: { text: 'Port of its event socket', preset: '8021' },
    secret: { text: 'Password of the event socket (empty makes one up)', preset: '' },
    dialContext: { text: 'Dialplan context in which phones dial', preset: 'default' },
  },
} as const;

type Question = keyof (typeof questions)['asterisk'];
type Given = { readonly [Name in Question]?: string } & Omit<InitOptions, Question>;

/** An option for what is asked of each kind of PBX, with what it is for most. */
const described = (name: Question): string => {
  const { text, preset } = questions.asterisk[name];
  const other = name === 'username' ? undefined : questions.freeswitch[name];
  return `${text} (${preset})${other === undefined ? '' : `; with --kind freeswitch: ${other.text} (${other.preset})`}`;
};

/** `init`: the first configuration, from a few answers. */
export const addInit = (
  program: Command,
  { ask, actions, output, signal }: ProgramOptions,
  keep: (code: Promise<ExitCode>) => Promise<void>,
): void => {
  program
    .command('init')
    .description('ask for the PBX, write the configuration, print what belongs into the PBX, and see whether it works')
    .addOption(new Option('-c, --config <file>', 'the configuration file to write').default('switchhook.yaml'))
    .addOption(new Option('--kind <kind>', 'what it is').choices(Object.keys(questions)).default('asterisk'))
    .option('--host <address>', described('host'))
    .option('--port <port>', described('port'))
    .option('--tls', 'speak TLS to it', false)
    .option('--username <name>', described('username'))
    .option('--secret <secret>', 'its secret or password; ${NAME} is read from the environment whenever the configuration is')
    .option('--dial-context <context>', described('dialContext'))
    .option('--tenant <name>', 'name of the tenant', 'main')
    .option('--pbx <name>', 'name of the PBX', 'office')
    .option('--force', 'write over a configuration that is there', false)
    .action((given: Given) =>
      keep(
        (async () => {
          const answer = async (name: Question): Promise<string> => {
            const asked: Partial<Record<Question, { readonly text: string; readonly preset: string }>> = questions[given.kind];
            const known = given[name];
            if (known !== undefined) return known;
            // Not asked of this kind of PBX: it has no such thing.
            if (asked[name] === undefined) return '';
            const { text, preset } = asked[name];
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
