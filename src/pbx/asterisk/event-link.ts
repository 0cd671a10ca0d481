import { GatewayError } from '../../model/errors.ts';
import type { Fact } from '../../model/fact.ts';
import type { Micros, Timers } from '../../model/time.ts';
import type { AmiDeps, AmiEvent, AmiOptions, AmiSession } from './ami-client.ts';
import { connectAmi } from './ami-client.ts';
import { isLoginFailure, linkError, linkFailureOf, linkFailures } from './errors.ts';
import { Intake } from '../link/intake.ts';
import { readPbxLists, type PbxLists } from './pbx-lists.ts';
import { startOf } from './resync.ts';

/** What the event connection has brought, in the order in which it is to be processed. */
export type Arrival =
  | { readonly kind: 'event'; readonly event: AmiEvent }
  | { readonly kind: 'lists'; readonly lists: PbxLists; readonly at: Micros }
  | { readonly kind: 'fact'; readonly fact: Fact };

export interface EventLinkOptions {
  readonly ami: Pick<AmiOptions, 'host' | 'port' | 'tls' | 'username' | 'secret'>;
  readonly interesting: (event: string) => boolean;
  readonly wantsCallerId: (endpoint: string, isHinted: boolean) => boolean;
  readonly onEvent: (event: AmiEvent) => void;
  /** Called when the link is lost, or was not made. */
  readonly onLost: (reason: Error) => void;
  readonly maxWaitingBytes?: number;
}

export interface EventLinkDeps extends AmiDeps {
  /** From 0 up to 1; spreads the reconnects of several gateways. */
  readonly random: () => number;
  readonly timers: Timers;
  readonly log: {
    info(details: object, message: string): void;
    warn(details: object, message: string): void;
  };
}

/** Everything a call is made of; VarSet, of the class dialplan, is half of all bytes and filtered out at the PBX. */
const eventClasses = 'call,agent,system,user,dialplan';
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
/** A reload tells of each module; one resync answers for all of them. */
const reloadSettlesMs = 1_000;

/** How one connection went: for how long it was live, and why it ended. */
interface Outcome {
  readonly liveMs: number;
  readonly error: unknown;
}

/**
 * The event connection to one Asterisk, kept up for as long as it runs. Its arrivals begin with `pbx.connected` and the lists of a
 * resync after each connect; events that came in while the lists were read follow them.
 */
export class EventLink {
  readonly #options: EventLinkOptions;
  readonly #deps: EventLinkDeps;
  readonly #intake: Intake<Arrival>;
  #session: AmiSession | undefined;
  #isLive = false;
  #isReading = false;
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

  /** Connects, and reconnects at once and then ever less often, until `signal` aborts. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    let failures = 0;
    while (!signal.aborted) {
      const { liveMs, error } = await this.#runOnce(signal);
      if (signal.aborted) break;
      this.#tellLost(error, liveMs > 0);
      // A link that breaks as soon as it is made must not be made in a tight loop.
      failures = liveMs > steadyMs ? 0 : failures + 1;
      if (failures > 0) await this.#sleep(this.#pauseAfter(error, failures), signal);
    }
    this.#intake.close();
  }

  /** One connection, from connect to loss. */
  async #runOnce(signal: AbortSignal): Promise<Outcome> {
    const { ami, interesting } = this.#options;
    this.#intake.hold();
    this.#resyncDue = false;
    try {
      const options: AmiOptions = { ...ami, events: eventClasses, interesting, onEvent: (event) => this.#arrive(event) };
      const session = await connectAmi(options, this.#deps, signal);
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

  async #live(session: AmiSession, signal: AbortSignal): Promise<Outcome> {
    await this.#filter(session);
    const lists = await this.#read(session, signal);
    const at = this.#deps.clock.now();
    const startedAt = startOf(lists);
    const { version } = lists;
    const connected: Fact = {
      type: 'pbx.connected',
      at,
      ...(startedAt === undefined ? {} : { startedAt }),
      ...(version === undefined ? {} : { version }),
    };
    this.#intake.release([
      { kind: 'fact', fact: connected },
      { kind: 'lists', lists, at },
    ]);
    this.#isLive = true;
    this.#lastFailure = '';
    this.#deps.log.info({ version, channels: lists.channels.length }, 'Asterisk is connected');
    const ended = new AbortController();
    const stop = AbortSignal.any([signal, ended.signal]);
    const chores = [this.#watchPulse(session, stop), this.#resyncWhenAsked(session, stop)];
    const error = await session.ended;
    ended.abort();
    await Promise.all(chores);
    return { liveMs: Math.max(1, (this.#deps.clock.now() - at) / 1_000), error };
  }

  #arrive(event: AmiEvent): void {
    const name = event.message.event;
    // FullyBooted follows the login at once, unless Asterisk is still booting: then what is read now is not all.
    if (name === 'Reload' || (name === 'FullyBooted' && (this.#isLive || this.#isReading))) {
      this.#resyncDue = true;
      this.#wakeResync();
    }
    this.#options.onEvent(event);
    this.#intake.push({ kind: 'event', event }, event.message.bytes);
  }

  async #filter(session: AmiSession): Promise<void> {
    try {
      await session.request({ Action: 'Filter', Operation: 'Add', Filter: '!Event: VarSet' });
    } catch (error) {
      // It needs the write class "system". Without it more bytes come, to be dropped here.
      if (!(error instanceof GatewayError) || error.code === 'pbx-down' || error.code === 'timed-out') throw error;
    }
  }

  async #read(session: AmiSession, signal: AbortSignal): Promise<PbxLists> {
    this.#isReading = true;
    try {
      return await readPbxLists(session, {
        signal,
        wantsCallerId: this.#options.wantsCallerId,
        onRefused: (action, error) =>
          this.#deps.log.warn({ action, code: error.code, said: error.details['said'] }, 'Asterisk refused to tell'),
      });
    } finally {
      this.#isReading = false;
    }
  }

  /** Asterisk sends nothing while nothing happens: only a ping tells a quiet PBX from a dead one. */
  async #watchPulse(session: AmiSession, signal: AbortSignal): Promise<void> {
    let degraded = false;
    while (await this.#sleep(pingEveryMs, signal)) {
      const pong = session.request({ Action: 'Ping' }, { signal, timeoutMs: degradedAfterMs + stalledAfterMs });
      const late = this.#deps.timers.after(degradedAfterMs, () => {
        degraded = true;
        this.announce({
          type: 'pbx.degraded',
          at: this.#deps.clock.now(),
          reason: `Asterisk has not answered a ping for ${degradedAfterMs / 1_000} s.`,
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

  /** Reads everything again when Asterisk was reloaded, or had not finished booting when it was read first. */
  async #resyncWhenAsked(session: AmiSession, signal: AbortSignal): Promise<void> {
    while (await this.#untilResyncDue(signal)) {
      if (!(await this.#sleep(reloadSettlesMs, signal))) return;
      this.#resyncDue = false;
      this.#intake.hold();
      try {
        const lists = await this.#read(session, signal);
        this.#intake.release([{ kind: 'lists', lists, at: this.#deps.clock.now() }]);
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
    this.#deps.log.warn({ reason }, 'Asterisk is not connected');
    this.announce({ type: 'pbx.disconnected', at: this.#deps.clock.now(), reason });
  }

  #pauseAfter(error: unknown, failures: number): number {
    const longest = isLoginFailure(error) ? loginPauseMs : Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(failures - 1, 10));
    return longest * (0.5 + this.#deps.random() / 2);
  }

  /** False when it was cut short by the signal. */
  async #sleep(ms: number, signal: AbortSignal): Promise<boolean> {
    if (signal.aborted) return false;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const cancel = this.#deps.timers.after(ms, () => resolve(true));
    const abort = (): void => resolve(false);
    signal.addEventListener('abort', abort, { once: true });
    const slept = await promise;
    cancel();
    signal.removeEventListener('abort', abort);
    return slept;
  }
}
