import { Argument, Command, CommanderError, Option } from 'commander';
import { GatewayError } from '../model/errors.ts';
import { apiCommands } from './api-commands.ts';
import { renderCompletion, shells, type Shell } from './completion.ts';
import { exitCodeOf, exitCodes, type ExitCode } from './exit-codes.ts';
import { addInit } from './init.ts';
import type { CaptureOptions, DemoOptions, ProgramOptions } from './options.ts';

const wholeNumber = (text: string): number => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0)
    throw new GatewayError('invalid-parameter', { value: text }, { note: `${text} is not a whole number.` });
  return value;
};

const portNumber = (text: string): number => {
  const value = wholeNumber(text);
  if (value > 65_535)
    throw new GatewayError('invalid-parameter', { value: text }, { note: `${text} is not a port: 0 to 65535 is allowed.` });
  return value;
};

/** Runs one command line; never throws, never exits by itself. */
export const runProgram = async (args: readonly string[], options: ProgramOptions): Promise<ExitCode> => {
  const { output, signal, actions } = options;
  let code: ExitCode = exitCodes.ok;
  const keep = async (result: Promise<ExitCode> | ExitCode): Promise<void> => {
    code = await result;
  };
  const program = new Command('switchhook')
    .description('Every call of your phone system, in order and durably, for the programs that care.')
    .version(options.version)
    .configureOutput({ writeOut: (text) => output.line(text.trimEnd()), writeErr: (text) => output.note(text.trimEnd()) })
    .exitOverride()
    .showHelpAfterError('(switchhook --help shows what there is)');

  const config = new Option('-c, --config <file>', 'the configuration file').default('switchhook.yaml');

  program
    .command('demo')
    .description('run a whole office in memory with light traffic, on this machine alone')
    .addOption(new Option('-p, --port <port>', 'port to listen on (8080)').argParser(portNumber))
    .option('-d, --data <folder>', 'keep the data there; otherwise in a temporary folder')
    .addOption(new Option('--seed <number>', 'seed of the traffic').argParser(wholeNumber).default(1))
    .option('-q, --quiet', 'no traffic of its own', false)
    .option('--scenario <file>', 'play a scenario (YAML) once it runs')
    .action((demo: DemoOptions) => keep(actions.demo(demo, output, signal)));

  program
    .command('serve')
    .description('run the gateway')
    .addOption(config)
    .action((given: { config: string }) => keep(actions.serve(given.config, output, signal)));

  program
    .command('doctor')
    .description('log in to each PBX and say what is missing, and how to mend it')
    .addOption(config)
    .action((given: { config: string }) => keep(actions.doctor(given.config, output, signal)));

  program
    .command('config')
    .description('the configuration file')
    .command('check')
    .description('read the configuration and say what is wrong with it')
    .addOption(config)
    .action((given: { config: string }) => keep(actions.checkConfig(given.config, output)));

  program
    .command('log')
    .description('the durable log')
    .command('new-epoch')
    .description('begin a new epoch after a backup was restored: clients are told that history was lost')
    .addOption(config)
    .action((given: { config: string }) => keep(actions.newEpoch(given.config, output)));

  program
    .command('replay')
    .description('read a recorded PBX stream (gzip or not) and print its events as JSON lines; needs no server')
    .argument('<file>', 'the bytes as the PBX sent them, times from FILE.ts beside it, if there; or a capture from the API')
    .option('--driver <kind>', 'which PBX said it: asterisk or freeswitch', 'asterisk')
    .action((file: string, given: { driver: string }) => keep(actions.replay({ ...given, file }, output, signal)));

  program
    .command('capture')
    .description('record what a PBX says, secrets redacted, into FILE and FILE.ts, until Ctrl-C; replay reads it')
    .argument('<file>', 'a file that is not there yet')
    .addOption(config)
    .option('--pbx <name>', 'which PBX of the configuration, if there are several')
    .addOption(new Option('--seconds <count>', 'stop after so long').argParser(wholeNumber))
    .action((file: string, given: Omit<CaptureOptions, 'file'>) => keep(actions.capture({ ...given, file }, output, signal)));

  addInit(program, options, keep);
  apiCommands(program, options, keep);

  program
    .command('completion')
    .description('print a script that completes this command line: source <(switchhook completion bash)')
    .addArgument(new Argument('<shell>', 'which shell').choices(shells))
    .action((shell: Shell) => output.line(renderCompletion(program, shell)));

  try {
    await program.parseAsync(args, { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
    if (error instanceof GatewayError) {
      output.note(`switchhook: ${error.message} (${error.code})`);
      return exitCodeOf(error);
    }
    throw error;
  }
};
