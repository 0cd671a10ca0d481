import { InvalidArgumentError, Option, type Command } from 'commander';
import { supervisionModes, type Call, type Leg } from '../model/call.ts';
import type { CommandName } from '../model/command.ts';
import { GatewayError } from '../model/errors.ts';
import type { Client } from './client.ts';
import type { ExitCode } from './exit-codes.ts';

/** Gives a command to the server and prints what came of it. `wait`: seconds. */
export type Give = (api: Client, path: string, body: unknown, wait: string) => Promise<ExitCode>;
export type Run = (work: (api: Client) => Promise<ExitCode | void>) => Promise<void>;

interface LegCommand {
  /** What is typed, where it is not the API's own name. */
  readonly typed?: string;
  readonly name: CommandName;
  readonly what: string;
  /** A further argument, by its member in the body. */
  readonly argument?: readonly [member: string, description: string];
  readonly options?: readonly Option[];
  readonly fits: (leg: Leg) => boolean;
}

const rings = (leg: Leg): boolean => leg.state === 'ringing' && leg.direction === 'inbound';
const talks = (leg: Leg): boolean => (leg.state === 'connected' || leg.state === 'held') && leg.supervising === undefined;
const isHeld = (leg: Leg): boolean => leg.state === 'held';
const isRecorded = (leg: Leg): boolean => leg.recording !== undefined;

const slotOf = (text: string): { readonly lot: string; readonly slot: string } => {
  const [lot, slot, ...more] = text.split('/');
  if (lot === undefined || lot === '' || slot === undefined || slot === '' || more.length > 0) {
    throw new InvalidArgumentError('A slot is LOT/SLOT: valet/6.');
  }
  return { lot, slot };
};

const legCommands: readonly LegCommand[] = [
  { name: 'answer', what: 'answer what rings', fits: rings },
  { name: 'reject', what: 'decline what rings', fits: rings },
  { name: 'hangup', what: 'hang up', fits: () => true },
  { name: 'hold', what: 'put the peer on hold', fits: (leg) => leg.state === 'connected' && talks(leg) },
  { name: 'resume', what: 'take the peer back from hold', fits: isHeld },
  { name: 'mute', what: 'silence a leg towards the others', fits: (leg) => talks(leg) && !leg.muted },
  { name: 'unmute', what: 'let a muted leg be heard again', fits: (leg) => talks(leg) && leg.muted },
  { name: 'dtmf', what: 'send digits', argument: ['digits', '0-9, *, #, A-D'], fits: (leg) => talks(leg) || leg.state === 'queued' },
  { name: 'transfer', what: "send a leg's peer on to a number", argument: ['to', 'a number'], fits: talks },
  { name: 'divert', what: 'send the caller of what rings to a number', argument: ['to', 'a number'], fits: rings },
  { name: 'voicemail', what: "send a leg's peer to a mailbox", argument: ['mailbox', 'an extension'], fits: talks },
  { name: 'pickup', what: 'let an extension take what rings', argument: ['extension', 'who takes it'], fits: rings },
  { typed: 'consult', name: 'startTransfer', what: 'begin an attended transfer', argument: ['to', 'whom to consult'], fits: talks },
  { typed: 'complete', name: 'completeTransfer', what: 'complete an attended transfer', fits: isHeld },
  { typed: 'cancel', name: 'cancelTransfer', what: 'end the consultation and take the peer back', fits: isHeld },
  { name: 'join', what: 'make an extension a third party of the conversation', argument: ['extension', 'who joins'], fits: talks },
  { name: 'conference', what: 'go on in a conference room with the peer', argument: ['conference', 'the room'], fits: talks },
  { name: 'kick', what: 'take a leg out of its conference', fits: (leg) => leg.conference !== undefined },
  {
    name: 'park',
    what: "park a leg's peer",
    options: [new Option('--slot <lot/slot>', 'this slot, not the first that is free').argParser(slotOf)],
    fits: talks,
  },
  {
    typed: 'bridge-slot',
    name: 'bridgeSlot',
    what: "connect a leg's peer with a parked call",
    options: [new Option('--slot <lot/slot>', 'the call in this slot, not the one that has waited longest').argParser(slotOf)],
    fits: talks,
  },
  {
    name: 'supervise',
    what: 'let an extension listen in',
    argument: ['extension', 'who listens'],
    options: [new Option('--mode <mode>', 'how').choices(supervisionModes).default('listen')],
    fits: talks,
  },
  {
    typed: 'supervise-mode',
    name: 'superviseMode',
    what: "change a supervisor's mode",
    argument: ['mode', supervisionModes.join(', ')],
    fits: (leg) => leg.supervising !== undefined,
  },
];

const recordings: readonly LegCommand[] = [
  { typed: 'start', name: 'record', what: 'begin to record', fits: (leg) => talks(leg) && !isRecorded(leg) },
  { typed: 'pause', name: 'pauseRecording', what: 'pause the recording', fits: isRecorded },
  { typed: 'resume', name: 'resumeRecording', what: 'go on recording', fits: isRecorded },
  { typed: 'stop', name: 'stopRecording', what: 'end the recording', fits: isRecorded },
];

const defaultWait = '10';

/** The commands that change calls: those about a leg, and those about a slot, a room, a queue or an extension. */
export const addLegCommands = (program: Command, run: Run, give: Give): void => {
  const add = (parent: Command, { typed, name, what, argument, options = [], fits }: LegCommand): void => {
    const command = parent
      .command(typed ?? name)
      .description(what)
      .argument('<leg>', 'a leg by its id, or the one leg of an extension or call that it fits');
    if (argument !== undefined) command.argument(`<${argument[0]}>`, argument[1]);
    for (const option of options) command.addOption(option);
    command.option('--wait <seconds>', 'wait so long for the effect', defaultWait).action((target: string, ...rest: readonly unknown[]) => {
      const { wait, ...given } = command.opts<{ wait: string }>();
      const body = argument === undefined ? given : { ...given, [argument[0]]: rest[0] };
      return run(async (api) => give(api, `/v1/legs/${await findLeg(api, target, name, fits)}/${name}`, body, wait));
    });
  };
  for (const command of legCommands) add(program, command);
  const record = program.command('record').description('recordings of a leg');
  for (const command of recordings) add(record, command);
  record
    .command('save')
    .description("write a call's recording into a file; of several, the one that is named")
    .argument('<call>', 'its id')
    .argument('<file>', 'a file that is not there yet')
    .option('--recording <id>', 'this one')
    .action((call: string, file: string, given: { recording?: string }) =>
      run(async (api) => api.save(path`/v1/calls/${call}/recordings/${given.recording ?? (await onlyRecording(api, call))}`, file)),
    );

  const wait = (): Option => new Option('--wait <seconds>', 'wait so long for the effect').default(defaultWait);
  program
    .command('retrieve')
    .description('connect an extension to a parked call')
    .argument('<slot>', 'LOT/SLOT: valet/6; or longest: of the call that has waited longest', (text: string) =>
      text === 'longest' ? undefined : slotOf(text),
    )
    .argument('<extension>', 'whose phone rings')
    .addOption(wait())
    .action((place: ReturnType<typeof slotOf> | undefined, extension: string, given: { wait: string }) => {
      const where = place === undefined ? '/v1/slots/retrieve' : path`/v1/slots/${place.lot}/${place.slot}/retrieve`;
      return run((api) => give(api, where, { extension }, given.wait));
    });
  program
    .command('invite')
    .description('ring an extension and put it into a conference room')
    .argument('<conference>', 'the room')
    .argument('<extension>', 'whose phone rings')
    .addOption(wait())
    .action((conference: string, extension: string, given: { wait: string }) =>
      run((api) => give(api, path`/v1/conferences/${conference}/invite`, { extension }, given.wait)),
    );
  const agent = program.command('agent').description('agents of a queue');
  for (const [name, what] of [
    ['login', 'make an extension an agent of the queue'],
    ['logout', 'take it out of the queue'],
    ['pause', 'let the queue ring it no more for now'],
    ['unpause', 'let the queue ring it again'],
  ] as const) {
    const command = agent
      .command(name)
      .description(what)
      .argument('<queue>', 'the queue')
      .argument('<extension>', 'the extension')
      .addOption(wait());
    if (name === 'pause') command.option('--reason <text>', 'why');
    if (name === 'login') command.addOption(new Option('--penalty <number>', 'agents of a lower one are rung first').argParser(Number));
    command.action((queue: string, extension: string, { wait: seconds, ...body }: { wait: string }) =>
      run((api) => give(api, path`/v1/queues/${queue}/agents/${extension}/${name}`, body, seconds)),
    );
  }
  agent
    .command('penalty')
    .description('say with which penalty the queue rings an agent: those of a lower one come first')
    .argument('<queue>', 'the queue')
    .argument('<extension>', 'the extension')
    .argument('<penalty>', '0 to 1000')
    .addOption(wait())
    .action((queue: string, extension: string, penalty: string, given: { wait: string }) =>
      run((api) => give(api, path`/v1/queues/${queue}/agents/${extension}/penalty`, { penalty: Number(penalty) }, given.wait)),
    );
  program
    .command('dnd')
    .description('turn do-not-disturb of an extension on or off')
    .argument('<extension>', 'the extension')
    .argument('<on|off>', 'on or off', onOff)
    .addOption(wait())
    .action((extension: string, dnd: boolean, given: { wait: string }) =>
      run((api) => give(api, path`/v1/extensions/${extension}/dnd`, { dnd }, given.wait)),
    );
  program
    .command('status')
    .description("show a text with an extension's presence")
    .argument('<extension>', 'the extension')
    .argument('[text]', 'the text; without it, the one that is there is removed', '')
    .addOption(wait())
    .action((extension: string, text: string, given: { wait: string }) =>
      run((api) => give(api, path`/v1/extensions/${extension}/status`, { text }, given.wait)),
    );
};

const onlyRecording = async (api: Client, call: string): Promise<string> => {
  const { recordings: found } = (await api.get(path`/v1/calls/${call}/recordings`)) as { recordings: readonly { readonly id: string }[] };
  const [only, another] = found;
  if (only === undefined) throw new GatewayError('no-such-recording', { call });
  if (another === undefined) return only.id;
  const note = `The call has several, name one with --recording: ${found.map(({ id }) => id).join(', ')}.`;
  throw new GatewayError('wrong-state', { call }, { note });
};

const onOff = (text: string): boolean => {
  if (text !== 'on' && text !== 'off') throw new InvalidArgumentError('It is on or off.');
  return text === 'on';
};

/** A path whose parts may hold anything. */
const path = (texts: TemplateStringsArray, ...parts: readonly string[]): string =>
  texts.map((text, index) => text + encodeURIComponent(parts[index] ?? '')).join('');

/** The leg that is meant: by its own id; else the one leg of the extension or call that the command fits. */
const findLeg = async (api: Client, target: string, name: CommandName, fits: LegCommand['fits']): Promise<string> => {
  if (target.startsWith('leg_')) return encodeURIComponent(target);
  const { calls } = (await api.get('/v1/calls?state=live&limit=1000')) as { calls: readonly Call[] };
  const isCall = ({ id, aliases }: Call): boolean => [id, ...aliases].some((each) => each === target);
  const named = calls.find(isCall);
  const legs = named?.legs ?? calls.flatMap((call) => call.legs.filter((leg) => leg.extension === target));
  const [leg, ...others] = legs.filter((each) => each.state !== 'ended' && fits(each));
  if (leg === undefined) throw new GatewayError('no-such-leg', { target }, { note: `Nothing of ${target} fits "${name}".` });
  // Whoever of a call hangs up, it ends.
  if (others.length === 0 || (named !== undefined && name === 'hangup')) return leg.id;
  const ids = [leg, ...others].map(({ id, extension, party }) => `${id} (${extension ?? party.number})`).join(', ');
  throw new GatewayError('wrong-state', { target }, { note: `${target} has several legs that fit: ${ids}.` });
};
