import { GatewayError } from '../../model/errors.ts';
import type { Fact } from '../../model/fact.ts';
import type { Micros, Timers } from '../../model/time.ts';
import { Intake } from '../link/intake.ts';
import { sleep } from '../link/sleep.ts';
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

const pingEveryMs = 5_000;
/** Without an answer for so long, what is known may be stale. */
const degradedAfterMs = 3_000;
/** And for so long after that, the connection is taken for dead. */
const stalledAfterMs = 12_000;

const steadyMs = 5_000;
const firstPauseMs = 250;
const longestPauseMs = 5_000;
/** After a refused login: soon enough for an operator who is mending it, too seldom for a ban. */
const loginPauseMs = 30_000;
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
  #resyncDue = false;
  #wakeResync: () => void = () => undefined;
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
    this.#resyncDue = true;
    this.#wakeResync();
  }

  /** Connects, and reconnects at once and then ever less often, until `signal` aborts. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    let failures = 0;
    while (!signal.aborted) {
      const { liveMs, error } = await this.#runOnce(signal);
      if (signal.aborted) break;
      this.#tellLost(error, liveMs > 0);
      // A link that breaks as soon as it is made must not be made in a tight loop.
      failures = liveMs > steadyMs ? 0 : failures + 1;
      if (failures > 0) await sleep(this.#deps.timers, this.#pauseAfter(error, failures), signal);
    }
    this.#intake.close();
  }

  /** One connection, from connect to loss. */
  async #runOnce(signal: AbortSignal): Promise<Outcome> {
    const { esl, interesting } = this.#options;
    this.#intake.hold();
    this.#resyncDue = false;
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
    const chores = [this.#watchPulse(session, stop), this.#resyncWhenAsked(session, stop)];
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

  /** FreeSWITCH sends nothing but a heartbeat every twenty seconds while nothing happens; a question tells sooner whether it lives. */
  async #watchPulse(session: EslSession, signal: AbortSignal): Promise<void> {
    let degraded = false;
    while (await sleep(this.#deps.timers, pingEveryMs, signal)) {
      const pong = session.api('uptime', { signal, timeoutMs: degradedAfterMs + stalledAfterMs });
      const late = this.#deps.timers.after(degradedAfterMs, () => {
        degraded = true;
        this.announce({
          type: 'pbx.degraded',
          at: this.#deps.clock.now(),
          reason: `FreeSWITCH has not answered for ${degradedAfterMs / 1_000} s.`,
        });
      });
      try {
        await pong;
        if (degraded) this.announce({ type: 'pbx.recovered', at: this.#deps.clock.now() });
        degraded = false;
      } catch (error) {
        if (error instanceof GatewayError && error.code === 'timed-out') session.close(linkError('stalled'));
        // Otherwise the session has ended, which whoever runs it learns from the session itself.
      } finally {
        late();
      }
    }
  }

  /** Reads everything again when the configuration was reloaded, or something was lost. */
  async #resyncWhenAsked(session: EslSession, signal: AbortSignal): Promise<void> {
    while (await this.#untilResyncDue(signal)) {
      if (!(await sleep(this.#deps.timers, reloadSettlesMs, signal))) return;
      this.#resyncDue = false;
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

  /** False when it was cut short by the signal. */
  async #untilResyncDue(signal: AbortSignal): Promise<boolean> {
    while (!this.#resyncDue && !signal.aborted) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wakeResync = resolve;
      signal.addEventListener('abort', () => resolve(), { once: true });
      await promise;
    }
    return !signal.aborted;
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

  #pauseAfter(error: unknown, failures: number): number {
    const longest = isLoginFailure(error) ? loginPauseMs : Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(failures - 1, 10));
    return longest * (0.5 + this.#deps.random() / 2);
  }
}
