import { setImmediate } from 'node:timers/promises';
import type { Command, CommandOutcome } from '../../../src/model/command.ts';
import type { Fact } from '../../../src/model/fact.ts';
import { channelId, commandIdFrom, extensionNumber, pbxId, type ChannelId } from '../../../src/model/ids.ts';
import { createManualClock, createSandboxDriver, runScenario, type Office, type SandboxDriver } from '../../../src/pbx/sandbox/index.ts';

type CommandBody = Command extends infer Each ? (Each extends Command ? Omit<Each, 'id'> : never) : never;

export interface TestOffice extends AsyncDisposable {
  readonly driver: SandboxDriver;
  readonly phones: SandboxDriver['phones'];
  readonly facts: readonly Fact[];
  /** The facts since the last time this was asked, each as a line: `created 101`. */
  told(): Promise<readonly string[]>;
  /** The live channel of an extension or outside number that was made last. */
  channelOf(number: string): ChannelId;
  command(body: CommandBody): Promise<CommandOutcome>;
}

/** A sandbox whose time stands still until it is advanced, with somebody who reads its facts. */
export const openOffice = async (options: { readonly office?: Office; readonly seed?: number } = {}): Promise<TestOffice> => {
  const clock = createManualClock(1_800_000_000_000_000);
  const driver = createSandboxDriver({ pbx: pbxId('office'), clock, ...options });
  const stop = new AbortController();
  const facts: Fact[] = [];
  const reading = (async () => {
    for await (const batch of driver.facts(stop.signal)) facts.push(...batch.map(({ fact }) => fact));
  })();
  const names = new Map<ChannelId, string>();
  let read = 0;
  let commands = 0;
  const told = async (): Promise<readonly string[]> => {
    await setImmediate();
    const lines = facts.slice(read).flatMap((fact) => describe(fact, names));
    read = facts.length;
    return lines;
  };
  await told();
  return {
    driver,
    phones: driver.phones,
    facts,
    told,
    channelOf: (number) => {
      const found = facts.findLast((fact) => fact.type === 'channel.created' && fact.number === number);
      if (found?.type !== 'channel.created') throw new Error(`no channel of ${number} was made`);
      return found.channel;
    },
    command: (body) => {
      commands += 1;
      return driver.execute({ ...body, id: commandIdFrom(`cmd_${commands}`) }, stop.signal);
    },
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await reading;
      await driver.close();
      clock.close();
    },
  };
};

/** Plays a scenario; what pauses in it waits for office time, which this lets pass. */
export const playToEnd = async (text: string, office: TestOffice): Promise<void> => {
  const played = runScenario(text, office.driver, new AbortController().signal).then(() => true);
  while (!(await Promise.race([played, setImmediate(false)]))) office.driver.clock.advance(0.5);
};

export const extension = extensionNumber;
export const channel = channelId;

/** One line a fact; channels by the number of their party. Identities and agents' states are left out. */
const describe = (fact: Fact, names: Map<ChannelId, string>): readonly string[] => {
  const name = (id: ChannelId | undefined): string => (id === undefined ? 'pbx' : (names.get(id) ?? id));
  switch (fact.type) {
    case 'channel.created': {
      // A second channel of a party is 101', a third 101''.
      const taken = [...names.values()].filter((each) => each.replaceAll("'", '') === fact.number).length;
      names.set(fact.channel, fact.number + "'".repeat(taken));
      return [`created ${name(fact.channel)} ${fact.state}${fact.dialled === undefined ? '' : ` dialled ${fact.dialled}`}`];
    }
    case 'channel.state':
      return [`${name(fact.channel)} is ${fact.state}`];
    case 'channel.entered':
      return [
        `${name(fact.channel)} entered ${fact.application} ${fact.application === 'supervision' ? name(channelId(fact.detail)) : fact.detail}`,
      ];
    case 'channel.held':
    case 'channel.unheld':
      return [`${name(fact.channel)} ${fact.type.slice(8)}`];
    case 'channel.muted':
      return [`${name(fact.channel)} ${fact.muted ? 'muted' : 'unmuted'}`];
    case 'channel.dtmf':
      return [`${name(fact.channel)} ${fact.direction} ${fact.digit}`];
    case 'channel.hangupRequested':
      return [`${name(fact.channel)} hangup by ${fact.by}`];
    case 'channel.ended':
      return [`${name(fact.channel)} ended ${fact.causeCode}`];
    case 'dial.began':
    case 'dial.ringing':
      return [`${fact.type} ${name(fact.caller)}>${name(fact.callee)}`];
    case 'dial.ended':
      return [
        `dial.ended ${name(fact.caller)}>${name(fact.callee)} ${fact.result}${fact.forwardedTo === undefined ? '' : ` to ${fact.forwardedTo}`}`,
      ];
    case 'dial.commanded':
      return [`commanded ${fact.extension}>${fact.number}`];
    case 'bridge.entered':
    case 'bridge.left':
      return [
        `${name(fact.channel)} ${fact.type.slice(7)} bridge${fact.type === 'bridge.entered' && fact.kind !== 'mixing' ? ` (${fact.kind})` : ''}`,
      ];
    case 'transfer.blind':
      return [`${name(fact.transferer)} transferred ${name(fact.transferee)} to ${fact.to}`];
    case 'transfer.attended':
      return [`${name(fact.first)} joined ${name(fact.transferee)} and ${name(fact.target)}`];
    case 'pickup':
      return [`${name(fact.picker)} picked up ${name(fact.ringing)}`];
    case 'parking.entered':
      return [`${name(fact.channel)} parked in ${fact.slot} by ${fact.parker ?? 'nobody'}`];
    case 'parking.left':
      return [`${name(fact.channel)} ${fact.reason} from ${fact.slot}${fact.retriever === undefined ? '' : ` by ${name(fact.retriever)}`}`];
    case 'queue.joined':
      return [`${name(fact.channel)} joined queue ${fact.queue} at ${fact.position}`];
    case 'queue.left':
      return [`${name(fact.channel)} left queue: ${fact.reason}`];
    case 'queue.called':
      return [`queue ${fact.queue} calls ${name(fact.callee)} for ${name(fact.channel)}`];
    case 'conference.joined':
    case 'conference.left':
      return [`${name(fact.channel)} ${fact.type.slice(11)} conference ${fact.conference}`];
    case 'supervision.started':
      return [`${name(fact.channel)} supervises ${name(fact.target)}: ${fact.mode}`];
    case 'supervision.modeChanged':
      return [`${name(fact.channel)} supervises: ${fact.mode}`];
    case 'supervision.stopped':
      return [`${name(fact.channel)} supervises no more`];
    case 'recording.started':
    case 'recording.paused':
    case 'recording.resumed':
    case 'recording.stopped':
      return [`${fact.type} ${name(fact.channel)} ${fact.name}`];
    case 'extension.registered':
    case 'extension.unregistered':
      return [`${fact.extension} ${fact.type.slice(10)}`];
    case 'pbx.connected':
    case 'pbx.disconnected':
      return [fact.type];
    case 'resync':
      return [`resync ${fact.channels.map(({ channel: each }) => name(each)).join(' ')}`.trim()];
    default:
      return [];
  }
};
