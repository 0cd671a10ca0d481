import type { EventLog, Lease, LoggedEvent, StateChange } from '../log/event-log.ts';
import { GatewayError } from '../model/errors.ts';
import type { NewEvent } from '../model/event.ts';
import type { Timers } from '../model/time.ts';

/** Something to be written; `committed` runs in the order of the commits, before anybody else hears of them. */
export interface Commit {
  readonly events: readonly NewEvent[];
  readonly changes: readonly StateChange[];
  /** May use the reserve while the disk is full. */
  readonly urgent: boolean;
  /** `wait`: while the disk is full, stays in line until there is room. `refuse`: then fails with `log-full`. */
  readonly whenFull: 'wait' | 'refuse';
  /** Waits a moment for what else may come, to be written with it: a command's word beside its effect. Not where nothing ever rests. */
  readonly patient?: boolean;
  committed(logged: readonly LoggedEvent[]): void;
}

interface Pending extends Commit {
  resolve(logged: readonly LoggedEvent[]): void;
  reject(error: unknown): void;
}

const retryMs = 500;
/** So many events within so long say that much is going on: 800 a second. */
const manyEvents = 16;
const whileMs = 20;
/** How long one that is patient waits for others. */
const patienceMs = 2;

/**
 * The tenant's single writer: everything that gathers while one append is under way goes into the next, in order. When the
 * disk is full nothing overtakes: what is urgent takes all before it along into the reserve.
 */
export interface CommitterOptions {
  readonly log: EventLog;
  readonly lease: Lease;
  readonly timers: Timers;
  /**
   * While many events come, a write begins so much later than the one before it: a few large writes cost far less than many
   * small ones, and while it is quiet nobody waits. 0 writes at once.
   */
  readonly restMs?: number;
  readonly signal: AbortSignal;
}

export class Committer {
  readonly #log: EventLog;
  readonly #lease: Lease;
  readonly #signal: AbortSignal;
  readonly #timers: Timers;
  #pending: Pending[] = [];
  readonly #restMs: number;
  #writing = false;
  #resting = false;
  /** Events written in the last moments. */
  #lately = 0;
  /** Cancels the retry that is due, while the disk is full. */
  #retry: (() => void) | undefined;

  constructor({ log, lease, timers, restMs = 0, signal }: CommitterOptions) {
    this.#log = log;
    this.#lease = lease;
    this.#timers = timers;
    this.#restMs = restMs;
    this.#signal = signal;
    signal.addEventListener('abort', () => this.#abandon(), { once: true });
  }

  commit(commit: Commit): Promise<readonly LoggedEvent[]> {
    return new Promise((resolve, reject) => {
      if (this.#signal.aborted) {
        reject(new GatewayError('shutting-down'));
        return;
      }
      this.#pending.push({ ...commit, committed: (logged) => commit.committed(logged), resolve, reject });
      // Somebody waits for the answer to a command; what the PBX told may rest.
      if (commit.patient === true && this.#restMs > 0) {
        this.#timers.after(patienceMs, () => this.#hasten(commit.urgent));
        return;
      }
      if (commit.whenFull === 'refuse') this.#resting = false;
      this.#hasten(commit.urgent);
    });
  }

  #hasten(urgent: boolean): void {
    if (this.#pending.length > 0 && (this.#retry === undefined || urgent)) void this.#write();
  }

  async #write(): Promise<void> {
    if (this.#writing || this.#resting) return;
    this.#writing = true;
    this.#retry?.();
    this.#retry = undefined;
    let full = false;
    while (this.#pending.length > 0 && !full && !this.#resting) {
      const batch = this.#pending;
      this.#pending = [];
      try {
        const logged = await this.#append(batch);
        this.#settle(batch, logged);
        if (this.#isBusy(logged.length)) this.#rest();
      } catch (error) {
        full = this.#keep(batch, error);
      }
    }
    this.#writing = false;
    if (this.#signal.aborted) this.#abandon();
    else if (full) this.#retry = this.#timers.after(retryMs, () => void this.#write());
  }

  #isBusy(events: number): boolean {
    if (this.#restMs === 0 || events === 0) return false;
    if (this.#lately === 0) {
      this.#timers.after(whileMs, () => {
        this.#lately = 0;
      });
    }
    this.#lately += events;
    return this.#lately >= manyEvents;
  }

  #rest(): void {
    this.#resting = true;
    this.#timers.after(this.#restMs, () => {
      this.#resting = false;
      if (this.#pending.length > 0) void this.#write();
    });
  }

  /** What may wait goes back to the head of the line. True if there is nothing to do but wait for room. */
  #keep(batch: readonly Pending[], error: unknown): boolean {
    if (!(error instanceof GatewayError && error.code === 'log-full')) {
      for (const each of batch) each.reject(error);
      return false;
    }
    for (const each of batch) if (each.whenFull === 'refuse') each.reject(error);
    const triedReserve = batch.some((each) => each.urgent);
    const urgentSince = this.#pending.some((each) => each.urgent);
    this.#pending = [...batch.filter((each) => each.whenFull === 'wait'), ...this.#pending];
    return triedReserve || !urgentSince;
  }

  #append(batch: readonly Pending[]): Promise<readonly LoggedEvent[]> {
    const urgent = batch.some((each) => each.urgent);
    const [only] = batch;
    if (batch.length === 1 && only !== undefined) return this.#log.append(this.#lease, only.events, only.changes, { urgent });
    // Of several changes to one key the last is what holds.
    const changes = new Map(batch.flatMap((each) => each.changes.map((change) => [change.key, change])));
    const events = batch.flatMap((each) => each.events);
    return this.#log.append(this.#lease, events, [...changes.values()], { urgent });
  }

  #settle(batch: readonly Pending[], logged: readonly LoggedEvent[]): void {
    let from = 0;
    for (const each of batch) {
      const own = logged.slice(from, from + each.events.length);
      from += each.events.length;
      try {
        each.committed(own);
        each.resolve(own);
      } catch (error) {
        each.reject(error);
      }
    }
  }

  #abandon(): void {
    if (this.#writing) return;
    this.#retry?.();
    for (const each of this.#pending) each.reject(new GatewayError('shutting-down'));
    this.#pending = [];
  }
}
