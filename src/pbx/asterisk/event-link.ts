import { GatewayError } from '../../model/errors.ts';
import type { Fact } from '../../model/fact.ts';
import type { Micros, Timers } from '../../model/time.ts';
import type { AmiDeps, AmiEvent, AmiOptions, AmiSession } from './ami-client.ts';
import { connectAmi } from './ami-client.ts';
import { isLoginFailure, linkError, linkFailureOf, linkFailures } from './errors.ts';
import { Backoff } from '../link/backoff.ts';
import { Intake } from '../link/intake.ts';
import { watchPulse, type Pulse } from '../link/pulse.ts';
import { sleep } from '../link/sleep.ts';
import { Wish } from '../link/wish.ts';
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
    const { ami, interesting } = this.#options;
    this.#intake.hold();
    this.#resyncWish.settle();
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
    const chores = [watchPulse(this.#pulseOf(session), stop), this.#resyncWhenAsked(session, stop)];
    const error = await session.ended;
    ended.abort();
    await Promise.all(chores);
    return { liveMs: Math.max(1, (this.#deps.clock.now() - at) / 1_000), error };
  }

  #arrive(event: AmiEvent): void {
    const name = event.message.event;
    // FullyBooted follows the login at once, unless Asterisk is still booting: then what is read now is not all.
    if (name === 'Reload' || (name === 'FullyBooted' && (this.#isLive || this.#isReading))) {
      this.#resyncWish.make();
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

  #pulseOf(session: AmiSession): Pulse {
    return {
      name: 'Asterisk',
      clock: this.#deps.clock,
      timers: this.#deps.timers,
      ping: (options) => session.request({ Action: 'Ping' }, options),
      announce: (fact) => this.announce(fact),
      onStalled: () => session.close(linkError('stalled')),
    };
  }

  /** Reads everything again when Asterisk was reloaded, or had not finished booting when it was read first. */
  async #resyncWhenAsked(session: AmiSession, signal: AbortSignal): Promise<void> {
    while (await this.#resyncWish.made(signal)) {
      if (!(await sleep(this.#deps.timers, reloadSettlesMs, signal))) return;
      this.#resyncWish.settle();
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
}
