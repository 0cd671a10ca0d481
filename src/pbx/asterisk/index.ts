/** The Asterisk driver: one connection for events and resyncs, one for commands. */
import type { Capturing } from '../../model/capture.ts';
import { everyCommand, type Command, type CommandOutcome } from '../../model/command.ts';
import { GatewayError } from '../../model/errors.ts';
import type { Fact } from '../../model/fact.ts';
import { channelId, extensionNumber, type ExtensionNumber, type NewId, type PbxId } from '../../model/ids.ts';
import type { PingTime } from '../../model/live-state.ts';
import type { Clock, Timers } from '../../model/time.ts';
import type { Driver, DriverSupport, Finding, TracedFact } from '../driver.ts';
import type { InteractiveCalls } from '../interactive.ts';
import { AgiServer } from './agi-server.ts';
import { connectAmi, type AmiEvent, type AmiSession } from './ami-client.ts';
import type { AmiMessage } from './ami-parser.ts';
import { captureAsterisk, framed } from './capture.ts';
import { executeCommand, type CommandContext } from './commands.ts';
import type { AsteriskConfig } from './config.ts';
import { SessionOnDemand } from '../link/session-on-demand.ts';
import { diagnoseAsterisk } from './diagnose.ts';
import { createDirectory, type Directory } from './directory.ts';
import { linkError } from './errors.ts';
import { createEventLink, type Arrival, type EventLinkDeps } from './event-link.ts';
import { EventWatch } from '../link/event-watch.ts';
import { createFactGuard, type FactGuard } from '../link/fact-guard.ts';
import { RecordingNames } from './recording-names.ts';
import { redact } from './redact.ts';
import { resyncFactOf, type ResyncFact } from './resync.ts';
import { parkingLotOf, Spaces } from './spaces.ts';
import { createTranslator, isInteresting, type Translator } from './translate.ts';

export type { AsteriskConfig } from './config.ts';

export interface AsteriskDeps {
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

export const createAsteriskDriver = (config: AsteriskConfig, deps: AsteriskDeps): Driver => new AsteriskDriver(config, deps);

class AsteriskDriver implements Driver {
  readonly pbx: PbxId;
  readonly #config: AsteriskConfig;
  readonly #deps: AsteriskDeps;
  readonly #closing = new AbortController();
  readonly #directory: Directory;
  readonly #translator: Translator;
  readonly #guard: FactGuard = createFactGuard();
  readonly #events: EventWatch<AmiMessage>;
  readonly #link: ReturnType<typeof createEventLink>;
  readonly #control: SessionOnDemand<AmiSession>;
  readonly #recordings = new RecordingNames();
  readonly #spaces: Spaces;
  readonly #agi: AgiServer | undefined;
  readonly #callerIds = new Map<string, string>();
  readonly #phones = new Map<ExtensionNumber, { readonly device: string; readonly name: string }>();
  #stampsTime = false;
  #tellsRegistrations = true;
  #facts: Promise<void> | undefined;

  constructor(config: AsteriskConfig, deps: AsteriskDeps) {
    this.pbx = config.pbx;
    this.#config = config;
    this.#deps = deps;
    this.#directory = createDirectory({ extensionPattern: patternOf(config) });
    this.#translator = createTranslator({ directory: this.#directory });
    this.#spaces = new Spaces(config.slots);
    this.#events = new EventWatch(deps.timers);
    this.#agi = agiServerOf(config, deps, (extension) => this.#phoneOf(extensionNumber(extension)).device);
    const amiDeps = { clock: deps.clock, timers: deps.timers, token: () => deps.newId.token() };
    this.#control = new SessionOnDemand((signal) => connectAmi({ ...config, events: 'off' }, amiDeps, signal));
    this.#link = createEventLink(
      {
        ami: config,
        interesting: (event) => isInteresting(event) || event === 'Reload',
        wantsCallerId: (endpoint, isHinted) => this.#wantsCallerId(endpoint, isHinted),
        onEvent: ({ message }) => {
          // Names may have changed with the configuration; the resync that follows asks for them again.
          if (message.event === 'Reload') this.#callerIds.clear();
          this.#events.see(message);
        },
        onLost: (reason) => {
          this.#events.abandon(reason);
          this.#control.drop();
        },
        ...(deps.maxWaitingBytes === undefined ? {} : { maxWaitingBytes: deps.maxWaitingBytes }),
      },
      { ...amiDeps, random: deps.random, log: deps.log },
    );
  }

  get supports(): DriverSupport {
    return { commands: everyCommand, stampsTime: this.#stampsTime, tellsRegistrations: this.#tellsRegistrations };
  }

  get interactive(): InteractiveCalls | undefined {
    return this.#agi;
  }

  get capturing(): Capturing {
    const { clock, timers, newId } = this.#deps;
    const deps = { clock, timers, token: () => newId.token() };
    return {
      format: 'asterisk',
      framed,
      follow: (signal, onRead) => captureAsterisk(this.#config, deps, AbortSignal.any([signal, this.#closing.signal]), onRead),
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
    if (!this.#link.isLive) return { outcome: 'failed', code: 'pbx-down', detail: 'Asterisk is not connected.' };
    const context: CommandContext = {
      config: this.#config,
      clock: this.#deps.clock,
      timers: this.#deps.timers,
      events: this.#events,
      control: (until) => this.#control.session(until),
      announce: (fact) => this.#link.announce(fact),
      phoneOf: (extension) => this.#phoneOf(extension),
      spaces: this.#spaces,
      expectRecording: (channel, file) => this.#recordings.expect(channel, file),
      newChannelId: () => channelId(`switchhook-${this.#deps.newId.token()}`),
    };
    return executeCommand(command, context, signal);
  }

  async diagnose(signal: AbortSignal): Promise<readonly Finding[]> {
    const { clock, timers, newId } = this.#deps;
    const stop = AbortSignal.any([signal, this.#closing.signal]);
    return diagnoseAsterisk(this.#config, { clock, timers, token: () => newId.token() }, stop);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#agi?.close();
    this.#control.close();
    this.#events.abandon(linkError('closing'));
    await this.#facts;
  }

  #factsOf(arrival: Arrival): readonly TracedFact[] {
    switch (arrival.kind) {
      case 'event':
        return this.#factsOfEvent(arrival.event);
      case 'fact':
        return this.#guard.admit(arrival.fact) ? [{ fact: arrival.fact }] : [];
      case 'lists': {
        const context = { directory: this.#directory, config: this.#config, callerIds: this.#callerIds };
        this.#spaces.learn(arrival.lists.parkingLots.map(parkingLotOf));
        const fact = this.#inSlots(resyncFactOf(arrival.lists, context, arrival.at));
        this.#tellsRegistrations = arrival.lists.contacts !== undefined;
        this.#phones.clear();
        for (const { extension, devices, name } of fact.extensions) {
          this.#phones.set(extension, { device: devices[0] ?? this.#deviceNamed(extension), name });
        }
        this.#guard.admit(fact);
        return [{ fact }];
      }
      default:
        return arrival satisfies never;
    }
  }

  #factsOfEvent({ message, at }: AmiEvent): readonly TracedFact[] {
    const facts = this.#translator.translate(message, at).filter((fact) => this.#guard.admit(fact));
    if (facts.length === 0) return [];
    this.#stampsTime ||= message.get('Timestamp') !== undefined;
    const text = message.text();
    const source = { at, text: redact(message.event, text) };
    const isSecret = source.text !== text;
    return facts.map((fact) => ({ fact: this.#completed(fact, isSecret), source }));
  }

  #completed(fact: Fact, isSecret: boolean): Fact {
    // Asterisk tells no names with its hints; the configuration may.
    if (fact.type === 'extension.found') return { ...fact, name: fact.name || this.#phoneOf(fact.extension).name };
    if (isSecret && fact.type === 'channel.entered') return { ...fact, detail: '' };
    if (fact.type === 'parking.entered' || fact.type === 'parking.left') return { ...fact, ...this.#spaces.slotOf(fact) };
    return this.#recordings.complete(fact);
  }

  #inSlots(fact: ResyncFact): ResyncFact {
    const channels = fact.channels.map((channel) => {
      const { parking } = channel;
      return parking === undefined ? channel : { ...channel, parking: { ...parking, ...this.#spaces.slotOf(parking) } };
    });
    return { ...fact, channels };
  }

  #phoneOf(extension: ExtensionNumber): { readonly device: string; readonly name: string } {
    const name = this.#config.extensions[extension]?.name ?? '';
    return this.#phones.get(extension) ?? { device: this.#deviceNamed(extension), name };
  }

  #deviceNamed(extension: ExtensionNumber): string {
    return `${this.#config.technology}/${extension}`;
  }

  #wantsCallerId(endpoint: string, isHinted: boolean): boolean {
    const extension = this.#directory.extensionOf(`PJSIP/${endpoint}`);
    const isNamed = extension !== undefined && this.#config.extensions[extension]?.name !== undefined;
    return (isHinted || extension !== undefined) && !isNamed && !this.#callerIds.has(endpoint);
  }
}

const agiServerOf = (
  { interactive, dialContext }: AsteriskConfig,
  { clock, timers }: AsteriskDeps,
  deviceOf: (extension: string) => string,
): AgiServer | undefined =>
  interactive === undefined ? undefined : new AgiServer({ ...interactive, clock, timers, dialContext, deviceOf });

const patternOf = ({ pbx, extensionPattern }: AsteriskConfig): RegExp => {
  try {
    return new RegExp(extensionPattern);
  } catch (error) {
    throw new GatewayError('config-invalid', { pbx, field: 'extensionPattern' }, { note: 'It is no regular expression.', cause: error });
  }
};
