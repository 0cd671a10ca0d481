import { GatewayError } from '../../model/errors.ts';
import type { Fact } from '../../model/fact.ts';
import type { Micros, Timers } from '../../model/time.ts';
import { Backoff } from '../link/backoff.ts';
import { Intake } from '../link/intake.ts';
import { watchPulse, type Pulse } from '../link/pulse.ts';
import { sleep } from '../link/sleep.ts';
import { Wish } from '../link/wish.ts';
import type { EslDeps, EslEvent, EslOptions, EslSession } from './esl-client.ts';
import { connectEsl } from './esl-client.ts';
import { isLoginFailure, linkError, linkFailureOf, linkFailures } from './errors.ts';
import { readPbxLists, type PbxLists } from './pbx-lists.ts';
import { SessionCount } from './session-count.ts';
import { subscriptionCommands } from './subscription.ts';

/** What the event connection has brought, in the order in which it is to be processed. */
export type Arrival =
  | { readonly kind: 'event'; readonly event: EslEvent }
  | { readonly kind: 'lists'; readonly lists: PbxLists; readonly at: Micros; readonly startedAt: Micros | undefined }
  | { readonly kind: 'fact'; readonly fact: Fact };

export interface EventLinkOptions {
  readonly esl: Pick<EslOptions, 'host' | 'port' | 'password'>;
  readonly interesting: (event: string) => boolean;
  readonly onEvent: (event: EslEvent) => void;
  /** Called when the link is lost, or was not made. */
  readonly onLost: (reason: Error) => void;
  readonly maxWaitingBytes?: number;
}

export interface EventLinkDeps extends EslDeps {
  /** From 0 up to 1; spreads the reconnects of several gateways. */
  readonly random: () => number;
  readonly timers: Timers;
  readonly log: {
    info(details: object, message: string): void;
    warn(details: object, message: string): void;
  };
}

const maxWaitingBytes = 64 * 1024 * 1024;

/** Reloads come in bursts; one resync answers for all of them. */
const reloadSettlesMs = 1_000;

/** How one connection went: for how long it was live, and why it ended. */
interface Outcome {
  readonly liveMs: number;
  readonly error: unknown;
}

/**
 * The event connection to one FreeSWITCH, kept up for as long as it runs. Its arrivals begin with `pbx.connected` and the lists of a
 * resync after each connect; events that came in while the lists were read follow them.
 */
export class EventLink {
  readonly #options: EventLinkOptions;
  readonly #deps: EventLinkDeps;
  readonly #intake: Intake<Arrival>;
  readonly #count = new SessionCount();
  /** The start of the FreeSWITCH of this id, as it was found out first: an uptime is never read twice alike. */
  #core: { readonly uuid: string; readonly startedAt: Micros } | undefined;
  #session: EslSession | undefined;
  #isLive = false;
  readonly #resyncWish = new Wish();
  #lastFailure = '';

  constructor(options: EventLinkOptions, deps: EventLinkDeps) {
    this.#options = options;
    this.#deps = deps;
    this.#intake = new Intake(options.maxWaitingBytes ?? maxWaitingBytes, () => this.#session?.close(linkError('overflow')));
  }

  /** Whether the PBX is connected and its state was read. */
  get isLive(): boolean {
    return this.#isLive;
  }

  take(): Promise<readonly Arrival[] | undefined> {
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
      const pause = backoff.pauseAfter({ liveMs, wasRefused: isLoginFailure(error) });
      if (pause > 0) await sleep(this.#deps.timers, pause, signal);
    }
    this.#intake.close();
  }

  /** One connection, from connect to loss. */
  async #runOnce(signal: AbortSignal): Promise<Outcome> {
    const { esl, interesting } = this.#options;
    this.#intake.hold();
    this.#resyncWish.settle();
    try {
      const session = await connectEsl({ ...esl, interesting, onEvent: (event) => this.#arrive(event) }, this.#deps, signal);
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
      this.#intake.discardHeld();
      this.#options.onLost(linkError('broken'));
    }
  }

  async #live(session: EslSession, signal: AbortSignal): Promise<Outcome> {
    // Before the lists are read: what happens meanwhile is told by events that wait behind them.
    await Promise.all(subscriptionCommands.map((command) => session.command(command, { signal })));
    const lists = await this.#read(session, signal);
    const at = this.#deps.clock.now();
    const startedAt = this.#startOf(lists, at);
    const { version } = lists;
    const connected: Fact = {
      type: 'pbx.connected',
      at,
      ...(startedAt === undefined ? {} : { startedAt }),
      ...(version === undefined ? {} : { version }),
    };
    this.#isLive = true;
    this.#lastFailure = '';
    this.#intake.release([
      { kind: 'fact', fact: connected },
      { kind: 'lists', lists, at, startedAt },
    ]);
    this.#deps.log.info({ version, channels: lists.channels.size }, 'FreeSWITCH is connected');
    const ended = new AbortController();
    const stop = AbortSignal.any([signal, ended.signal]);
    const chores = [watchPulse(this.#pulseOf(session), stop), this.#resyncWhenAsked(session, stop)];
    const error = await session.ended;
    ended.abort();
    await Promise.all(chores);
    return { liveMs: Math.max(1, (this.#deps.clock.now() - at) / 1_000), error };
  }

  #startOf({ coreUuid, uptime }: PbxLists, at: Micros): Micros | undefined {
    if (uptime === undefined) return undefined;
    if (this.#core?.uuid !== coreUuid || coreUuid === '') this.#core = { uuid: coreUuid, startedAt: at - uptime };
    return this.#core.startedAt;
  }

  #arrive(event: EslEvent): void {
    const { message } = event;
    if (message.event === 'RELOADXML') this.refresh();
    if (this.#count.isOff(message) && this.#isLive) {
      this.#deps.log.warn({ sessions: message.get('Session-Count') }, 'FreeSWITCH has more or fewer channels than it told of');
      this.refresh();
    }
    this.#options.onEvent(event);
    this.#intake.push({ kind: 'event', event }, message.bytes);
  }

  async #read(session: EslSession, signal: AbortSignal): Promise<PbxLists> {
    this.#count.begin();
    const lists = await readPbxLists(session, {
      signal,
      onRefused: (question, error) =>
        this.#deps.log.info({ question: question.split(' ', 2).join(' '), said: error.details['said'] }, 'FreeSWITCH does not tell'),
    });
    this.#count.found(lists.channels.keys());
    return lists;
  }

  #pulseOf(session: EslSession): Pulse {
    return {
      name: 'FreeSWITCH',
      clock: this.#deps.clock,
      timers: this.#deps.timers,
      ping: (options) => session.api('uptime', options),
      announce: (fact) => this.announce(fact),
      onStalled: () => session.close(linkError('stalled')),
    };
  }

  /** Reads everything again when the configuration was reloaded, or something was lost. */
  async #resyncWhenAsked(session: EslSession, signal: AbortSignal): Promise<void> {
    while (await this.#resyncWish.made(signal)) {
      if (!(await sleep(this.#deps.timers, reloadSettlesMs, signal))) return;
      this.#resyncWish.settle();
      this.#intake.hold();
      try {
        const lists = await this.#read(session, signal);
        const at = this.#deps.clock.now();
        this.#intake.release([{ kind: 'lists', lists, at, startedAt: this.#startOf(lists, at) }]);
      } catch (error) {
        // A session whose lists cannot be read is of no use; a new one begins with a resync of its own.
        session.close(linkError('broken', error));
        return;
      }
    }
  }

  #tellLost(error: unknown, wasLive: boolean): void {
    const failure = linkFailureOf(error) ?? (error instanceof GatewayError && error.code === 'timed-out' ? 'stalled' : undefined);
    const said = error instanceof Error ? error.message : String(error);
    const reason = failure === undefined ? said : linkFailures[failure];
    // While it stays away for the same reason there is nothing new to tell.
    if (!wasLive && reason === this.#lastFailure) return;
    this.#lastFailure = reason;
    this.#deps.log.warn({ reason }, 'FreeSWITCH is not connected');
    this.announce({ type: 'pbx.disconnected', at: this.#deps.clock.now(), reason });
  }
}
