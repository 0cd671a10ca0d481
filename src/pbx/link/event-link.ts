import type { GatewayError } from '../../model/errors.ts';
import type { Fact } from '../../model/fact.ts';
import type { PingTime } from '../../model/live-state.ts';
import type { Clock, Micros, Timers } from '../../model/time.ts';
import { Backoff } from './backoff.ts';
import { Intake } from './intake.ts';
import type { CommonFailure, LinkErrors } from './link-errors.ts';
import { watchPulse } from './pulse.ts';
import { sleep } from './sleep.ts';
import { Wish } from './wish.ts';

/** What the event connection has brought, in the order in which it is to be processed. */
export type Arrival<Event, Lists> =
  | { readonly kind: 'event'; readonly event: Event }
  | { readonly kind: 'lists'; readonly lists: Lists; readonly at: Micros; readonly startedAt: Micros | undefined }
  | { readonly kind: 'fact'; readonly fact: Fact };

/** A session that is logged in. */
export interface LinkSession {
  /** Settles when the session has ended, with why. Never rejects. */
  readonly ended: Promise<GatewayError>;
  close(reason?: GatewayError): void;
}

/** What the lists of a resync say of the PBX itself. */
export interface PbxFacts {
  readonly startedAt: Micros | undefined;
  readonly version: string | undefined;
  /** How many channels there are. */
  readonly channels: number;
}

/** What a protocol does its own way: one PBX's events and lists. */
export interface LinkProtocol<Session extends LinkSession, Event, Lists> {
  /** The PBX's name, for people. */
  readonly name: string;
  readonly errors: Pick<LinkErrors<CommonFailure>, 'linkError' | 'isLoginFailure' | 'linkReasonOf'>;
  connect(onEvent: (event: Event) => void, signal: AbortSignal): Promise<Session>;
  /** Chooses which events come. Done before the lists are read: what happens meanwhile is told by events that wait behind them. */
  subscribe(session: Session, signal: AbortSignal): Promise<void>;
  read(session: Session, signal: AbortSignal): Promise<Lists>;
  factsOf(lists: Lists, at: Micros): PbxFacts;
  /** Asks something that is answered at once. */
  ping(session: Session, options: { readonly signal: AbortSignal; readonly timeoutMs: number }): Promise<unknown>;
  /** How many bytes it came in. */
  bytesOf(event: Event): number;
  /** Whether the event says that everything has to be read again. */
  asksResync(event: Event, link: { readonly isLive: boolean; readonly isReading: boolean }): boolean;
}

export interface EventLinkOptions<Event> {
  readonly onEvent: (event: Event) => void;
  /** Called when the link is lost, or was not made. */
  readonly onLost: (reason: Error) => void;
  readonly maxWaitingBytes?: number;
}

export interface EventLinkDeps {
  readonly clock: Clock;
  readonly timers: Timers;
  /** From 0 up to 1; spreads the reconnects of several gateways. */
  readonly random: () => number;
  readonly log: {
    info(details: object, message: string): void;
    warn(details: object, message: string): void;
  };
}

const maxWaitingBytes = 64 * 1024 * 1024;

/** Reloads come in bursts, or tell of each module; one resync answers for all of them. */
const reloadSettlesMs = 1_000;

/** How one connection went: for how long it was live, and why it ended. */
interface Outcome {
  readonly liveMs: number;
  readonly error: unknown;
}

/**
 * The event connection to one PBX, kept up for as long as it runs. Its arrivals begin with `pbx.connected` and the lists of a
 * resync after each connect; events that came in while the lists were read follow them.
 */
export class EventLink<Session extends LinkSession, Event, Lists> {
  readonly #protocol: LinkProtocol<Session, Event, Lists>;
  readonly #options: EventLinkOptions<Event>;
  readonly #deps: EventLinkDeps;
  readonly #intake: Intake<Arrival<Event, Lists>>;
  readonly #resyncWish = new Wish();
  #session: Session | undefined;
  #isLive = false;
  #isReading = false;
  #ping: PingTime | undefined;
  #lastReason = '';

  constructor(protocol: LinkProtocol<Session, Event, Lists>, options: EventLinkOptions<Event>, deps: EventLinkDeps) {
    this.#protocol = protocol;
    this.#options = options;
    this.#deps = deps;
    const overflow = (): void => this.#session?.close(protocol.errors.linkError('overflow'));
    this.#intake = new Intake(options.maxWaitingBytes ?? maxWaitingBytes, overflow);
  }

  /** Whether the PBX is connected and its state was read. */
  get isLive(): boolean {
    return this.#isLive;
  }

  /** Of the connection that is up now, once it was asked. */
  get ping(): PingTime | undefined {
    return this.#ping;
  }

  take(): Promise<readonly Arrival<Event, Lists>[] | undefined> {
    return this.#intake.take();
  }

  /** Puts a fact of our own among the arrivals. */
  announce(fact: Fact): void {
    this.#intake.push({ kind: 'fact', fact });
  }

  /** Has everything read again. */
  refresh(): void {
    this.#resyncWish.make();
  }

  /** Connects, and reconnects at once and then ever less often, until `signal` aborts. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const backoff = new Backoff(this.#deps.random);
    while (!signal.aborted) {
      const { liveMs, error } = await this.#runOnce(signal);
      if (signal.aborted) break;
      this.#tellLost(error, liveMs > 0);
      const pause = backoff.pauseAfter({ liveMs, wasRefused: this.#protocol.errors.isLoginFailure(error) });
      if (pause > 0) await sleep(this.#deps.timers, pause, signal);
    }
    this.#intake.close();
  }

  /** One connection, from connect to loss. */
  async #runOnce(signal: AbortSignal): Promise<Outcome> {
    this.#intake.hold();
    this.#resyncWish.settle();
    try {
      const session = await this.#protocol.connect((event) => this.#arrive(event), signal);
      const abort = (): void => session.close();
      signal.addEventListener('abort', abort, { once: true });
      this.#session = session;
      try {
        return await this.#live(session, signal);
      } finally {
        signal.removeEventListener('abort', abort);
        session.close();
      }
    } catch (error) {
      return { liveMs: 0, error };
    } finally {
      this.#session = undefined;
      this.#isLive = false;
      this.#ping = undefined;
      this.#intake.discardHeld();
      this.#options.onLost(this.#protocol.errors.linkError('broken'));
    }
  }

  async #live(session: Session, signal: AbortSignal): Promise<Outcome> {
    await this.#protocol.subscribe(session, signal);
    const lists = await this.#read(session, signal);
    const at = this.#deps.clock.now();
    const { startedAt, version, channels } = this.#protocol.factsOf(lists, at);
    const connected: Fact = {
      type: 'pbx.connected',
      at,
      ...(startedAt === undefined ? {} : { startedAt }),
      ...(version === undefined ? {} : { version }),
    };
    this.#intake.release([
      { kind: 'fact', fact: connected },
      { kind: 'lists', lists, at, startedAt },
    ]);
    this.#isLive = true;
    this.#lastReason = '';
    this.#deps.log.info({ version, channels }, `${this.#protocol.name} is connected`);
    const ended = new AbortController();
    const stop = AbortSignal.any([signal, ended.signal]);
    const chores = [this.#watch(session, stop), this.#resyncWhenAsked(session, stop)];
    const error = await session.ended;
    ended.abort();
    await Promise.all(chores);
    return { liveMs: Math.max(1, (this.#deps.clock.now() - at) / 1_000), error };
  }

  #arrive(event: Event): void {
    if (this.#protocol.asksResync(event, { isLive: this.#isLive, isReading: this.#isReading })) this.refresh();
    this.#options.onEvent(event);
    this.#intake.push({ kind: 'event', event }, this.#protocol.bytesOf(event));
  }

  async #read(session: Session, signal: AbortSignal): Promise<Lists> {
    this.#isReading = true;
    try {
      return await this.#protocol.read(session, signal);
    } finally {
      this.#isReading = false;
    }
  }

  #watch(session: Session, signal: AbortSignal): Promise<void> {
    const { clock, timers } = this.#deps;
    const { name, errors } = this.#protocol;
    return watchPulse(
      {
        name,
        clock,
        timers,
        ping: (options) => this.#protocol.ping(session, options),
        announce: (fact) => this.announce(fact),
        onAnswer: (at, took) => {
          this.#ping = { at, took };
        },
        onStalled: () => session.close(errors.linkError('stalled')),
      },
      signal,
    );
  }

  /** Reads everything again when something says that what was read no longer holds. */
  async #resyncWhenAsked(session: Session, signal: AbortSignal): Promise<void> {
    while (await this.#resyncWish.made(signal)) {
      if (!(await sleep(this.#deps.timers, reloadSettlesMs, signal))) return;
      this.#resyncWish.settle();
      this.#intake.hold();
      try {
        const lists = await this.#read(session, signal);
        const at = this.#deps.clock.now();
        this.#intake.release([{ kind: 'lists', lists, at, startedAt: this.#protocol.factsOf(lists, at).startedAt }]);
      } catch (error) {
        // A session whose lists cannot be read is of no use; a new one begins with a resync of its own.
        session.close(this.#protocol.errors.linkError('broken', error));
        return;
      }
    }
  }

  #tellLost(error: unknown, wasLive: boolean): void {
    const reason = this.#protocol.errors.linkReasonOf(error);
    // While it stays away for the same reason there is nothing new to tell.
    if (!wasLive && reason === this.#lastReason) return;
    this.#lastReason = reason;
    this.#deps.log.warn({ reason }, `${this.#protocol.name} is not connected`);
    this.announce({ type: 'pbx.disconnected', at: this.#deps.clock.now(), reason });
  }
}
