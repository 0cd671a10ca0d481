/** The FreeSWITCH driver: one connection for events and resyncs, one for commands. */
import type { Capturing } from '../../model/capture.ts';
import { everyCommand, type Command, type CommandOutcome } from '../../model/command.ts';
import { GatewayError } from '../../model/errors.ts';
import type { Fact } from '../../model/fact.ts';
import { channelId, type ExtensionNumber, type NewId, type PbxId } from '../../model/ids.ts';
import type { PingTime } from '../../model/live-state.ts';
import type { Clock, Timers } from '../../model/time.ts';
import type { Driver, DriverSupport, Finding, TracedFact } from '../driver.ts';
import { EventWatch } from '../link/event-watch.ts';
import { createFactGuard, type FactGuard } from '../link/fact-guard.ts';
import { captureFreeswitch, framed } from './capture.ts';
import { executeCommand, type CommandContext } from './commands.ts';
import type { FreeswitchConfig } from './config.ts';
import { SessionOnDemand } from '../link/session-on-demand.ts';
import { diagnoseFreeswitch } from './diagnose.ts';
import { createDirectory, type Directory } from './directory.ts';
import { linkError } from './errors.ts';
import { connectForJobs, type EslEvent, type EslSession } from './esl-client.ts';
import type { EslMessage } from './esl-parser.ts';
import { createEventLink, type Arrival, type EventLinkDeps } from './event-link.ts';
import { redact } from './redact.ts';
import { foundIn, resyncFactOf } from './resync.ts';
import { CoolingSlots, createSlots, type Slots } from './slots.ts';
import { createTranslator, isInteresting, type Translator } from './translate.ts';

export type { FreeswitchConfig } from './config.ts';

export interface FreeswitchDeps {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly newId: NewId;
  /** From 0 up to 1: `Math.random`. */
  readonly random: () => number;
  readonly log: EventLinkDeps['log'];
  /** Bytes of events that may wait to be processed before the link is dropped; for tests. */
  readonly maxWaitingBytes?: number;
}

/** Facts of one batch; a burst is handed on in several, so that the engine gets to commit in between. */
const maxBatch = 1_000;

export const createFreeswitchDriver = (config: FreeswitchConfig, deps: FreeswitchDeps): Driver => new FreeswitchDriver(config, deps);

class FreeswitchDriver implements Driver {
  readonly pbx: PbxId;
  readonly #config: FreeswitchConfig;
  readonly #deps: FreeswitchDeps;
  readonly #closing = new AbortController();
  readonly #directory: Directory;
  readonly #translator: Translator;
  readonly #guard: FactGuard = createFactGuard();
  readonly #cooling = new CoolingSlots();
  readonly #events: EventWatch<EslMessage>;
  readonly #link: ReturnType<typeof createEventLink>;
  readonly #control: SessionOnDemand<EslSession>;
  readonly #names = new Map<ExtensionNumber, string>();
  #domain: string;
  #slots: Slots;
  #recordingsFolder = '';
  #tellsRegistrations = true;
  #facts: Promise<void> | undefined;

  constructor(config: FreeswitchConfig, deps: FreeswitchDeps) {
    this.pbx = config.pbx;
    this.#config = config;
    this.#deps = deps;
    this.#domain = config.domain;
    this.#slots = createSlots(config, config.domain);
    this.#directory = directoryFor(config);
    this.#translator = createTranslator({ directory: this.#directory });
    this.#events = new EventWatch(deps.timers);
    const eslDeps = { clock: deps.clock, timers: deps.timers, token: () => deps.newId.token() };
    this.#control = new SessionOnDemand((signal) => connectForJobs(config, eslDeps, signal));
    this.#link = createEventLink(
      {
        esl: config,
        interesting: (event) => isInteresting(event) || event === 'HEARTBEAT' || event === 'RELOADXML',
        onEvent: ({ message }) => this.#events.see(message),
        onLost: (reason) => {
          this.#events.abandon(reason);
          this.#control.drop();
        },
        ...(deps.maxWaitingBytes === undefined ? {} : { maxWaitingBytes: deps.maxWaitingBytes }),
      },
      { ...eslDeps, random: deps.random, log: deps.log },
    );
  }

  get supports(): DriverSupport {
    return { commands: everyCommand, stampsTime: true, tellsRegistrations: this.#tellsRegistrations };
  }

  get capturing(): Capturing {
    const { clock, timers, newId } = this.#deps;
    const deps = { clock, timers, token: () => newId.token() };
    return {
      format: 'freeswitch',
      framed,
      follow: (signal, onRead) => captureFreeswitch(this.#config, deps, AbortSignal.any([signal, this.#closing.signal]), onRead),
    };
  }

  get ping(): PingTime | undefined {
    return this.#link.ping;
  }

  async *facts(signal: AbortSignal): AsyncGenerator<readonly TracedFact[], void> {
    if (this.#facts !== undefined) throw new Error('facts() may be called once');
    const stop = new AbortController();
    this.#facts = this.#link.run(AbortSignal.any([signal, stop.signal, this.#closing.signal]));
    try {
      for (let arrivals = await this.#link.take(); arrivals !== undefined; arrivals = await this.#link.take()) {
        for (let start = 0; start < arrivals.length; start += maxBatch) {
          const batch = arrivals.slice(start, start + maxBatch).flatMap((arrival) => this.#factsOf(arrival));
          if (batch.length > 0) yield batch;
        }
      }
    } finally {
      stop.abort();
      await this.#facts;
    }
  }

  async execute(command: Command, signal: AbortSignal): Promise<CommandOutcome> {
    signal.throwIfAborted();
    if (!this.#link.isLive) return { outcome: 'failed', code: 'pbx-down', detail: 'FreeSWITCH is not connected.' };
    const context: CommandContext = {
      config: this.#config,
      domain: this.#domain,
      recordingsFolder: this.#recordingsFolder,
      clock: this.#deps.clock,
      timers: this.#deps.timers,
      events: this.#events,
      control: (until) => this.#control.session(until),
      announce: (fact) => this.#link.announce(fact),
      sends: (channel, by) => this.#translator.sends(channel, by),
      callerOf: (channel) => this.#translator.callerOf(channel),
      recordingsOf: (channel) => this.#translator.recordingsOf(channel),
      theirs: (slot) => this.#slots.theirs(slot),
      leftAt: (slot) => this.#cooling.leftAt(slot),
      nameOf: (extension) => this.#nameOf(extension),
      refresh: () => this.#link.refresh(),
      newChannelId: () => channelId(this.#deps.newId.token()),
    };
    return executeCommand(command, context, signal);
  }

  async diagnose(signal: AbortSignal): Promise<readonly Finding[]> {
    const { clock, timers, newId } = this.#deps;
    const stop = AbortSignal.any([signal, this.#closing.signal]);
    return diagnoseFreeswitch(this.#config, { clock, timers, token: () => newId.token() }, stop);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#control.close();
    this.#events.abandon(linkError('closing'));
    await this.#facts;
  }

  #factsOf(arrival: Arrival): readonly TracedFact[] {
    switch (arrival.kind) {
      case 'event':
        return this.#factsOfEvent(arrival.event);
      case 'fact':
        return this.#guard.admit(arrival.fact) ? [{ fact: this.#completed(arrival.fact) }] : [];
      case 'lists':
        return this.#factsOfLists(arrival);
      default:
        return arrival satisfies never;
    }
  }

  #factsOfLists({ lists, at, startedAt }: Extract<Arrival, { kind: 'lists' }>): readonly TracedFact[] {
    this.#domain = this.#config.domain || lists.defaultDomain;
    this.#slots = createSlots(this.#config, this.#domain);
    this.#recordingsFolder = lists.recordingsFolder;
    this.#tellsRegistrations = lists.registrations !== undefined;
    const resync = resyncFactOf(lists, { directory: this.#directory, config: this.#config, domain: this.#domain, startedAt }, at);
    this.#translator.adopt(resync, foundIn(lists, this.#directory));
    const fact = this.#slots.completeResync(resync);
    this.#names.clear();
    for (const { extension, name } of fact.extensions) this.#names.set(extension, name);
    this.#guard.admit(fact);
    return [{ fact }];
  }

  #factsOfEvent({ message, at }: EslEvent): readonly TracedFact[] {
    const facts = this.#translator.translate(message, at).filter((fact) => this.#guard.admit(fact));
    if (facts.length === 0) return [];
    for (const fact of facts) if (fact.type === 'parking.left') this.#cooling.left(fact, this.#deps.clock.now());
    const source = { at, text: redact(message.text()) };
    return facts.map((fact) => ({ fact: this.#completed(fact), source }));
  }

  #completed(fact: Fact): Fact {
    switch (fact.type) {
      case 'recording.started':
      case 'recording.paused':
      case 'recording.resumed':
      case 'recording.stopped': {
        // Below FreeSWITCH's own folder a recording goes by what it is called there.
        const prefix = `${this.#recordingsFolder}/`;
        const file = fact.name.startsWith(prefix) ? fact.name.slice(prefix.length) : fact.name;
        return { ...fact, name: file, file };
      }
      default:
        return this.#slots.complete(fact);
    }
  }

  #nameOf(extension: ExtensionNumber): string {
    return this.#names.get(extension) ?? this.#config.extensions[extension]?.name ?? '';
  }
}

const directoryFor = ({ pbx, extensionPattern, trunkProfiles, sharesPbx, domain, dialContext }: FreeswitchConfig): Directory => {
  if (sharesPbx && domain === '') {
    throw new GatewayError('config-invalid', { pbx, field: 'domain' }, { note: 'A FreeSWITCH that is shared needs it.' });
  }
  let pattern: RegExp;
  try {
    pattern = new RegExp(extensionPattern);
  } catch (error) {
    throw new GatewayError('config-invalid', { pbx, field: 'extensionPattern' }, { note: 'It is no regular expression.', cause: error });
  }
  return createDirectory({
    extensionPattern: pattern,
    trunkProfiles,
    ...(sharesPbx ? { home: { domain, context: dialContext } } : {}),
  });
};
