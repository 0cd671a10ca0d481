import type { Logger } from 'pino';
import type { TenantEngine } from '../engine/engine.ts';
import type { LoggedEvent } from '../log/event-log.ts';
import type { Event } from '../model/event.ts';
import type { CommandId, PbxId, TenantId } from '../model/ids.ts';
import { isoTime, type Clock, type Timers } from '../model/time.ts';
import type { CommandRow, Store } from '../store/store.ts';
import type { Audit } from './audit.ts';
import { commandEvent } from './command-event.ts';
import type { CommandRecord } from './control.ts';
import { effectOf, ownChannel, type Effect, type Underway } from './effects.ts';
import type { DialPolicy } from './policy.ts';
import type { Resolved } from './resolve.ts';
import type { SlotRegistry } from './slot-registry.ts';

/** A command that has been sent and whose effect has not been seen. */
export interface Running {
  record: CommandRecord;
  underway: Underway;
  readonly pbx: PbxId;
  readonly row: Omit<CommandRow, 'record' | 'open'>;
  readonly waiters: Set<Waiter>;
  legRings: boolean;
  cancelDeadline: () => void;
  /** Resolves once the log has it that the command was accepted, or it is clear that it never will. */
  readonly told: PromiseWithResolvers<void>;
  /** Whether how it ended is known; it is still here until that is written. */
  hasEnded: boolean;
}

interface Waiter {
  readonly legRings: boolean;
  resolve(record: CommandRecord): void;
}

interface WaitOptions {
  readonly ms: number;
  readonly legRings?: boolean;
  readonly signal?: AbortSignal | undefined;
}

export interface RunningCommandsOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly logger: Logger;
  readonly audit: Audit;
  readonly policy: DialPolicy;
  readonly slots: SlotRegistry;
  engine(tenant: TenantId): TenantEngine;
}

const effectMs = 15_000;
/** A dial may ring at its own phone and then at the far one. */
const dialEffectMs = 120_000;

/** The commands that the PBXs have been given: each ends once, by what the log shows of it, or when its time is over. */
export class RunningCommands {
  readonly #options: RunningCommandsOptions;
  readonly #running = new Map<CommandId, Running>();

  constructor(options: RunningCommandsOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#running.size;
  }

  get(command: CommandId): Running | undefined {
    return this.#running.get(command);
  }

  /** From here on its effect is looked for, until it has ended. */
  begin(record: CommandRecord, row: Running['row'], resolved: Resolved, extension: Underway['extension']): Running {
    const underway: Underway = {
      command: resolved.command,
      ...(resolved.leg === undefined ? undefined : { callId: resolved.leg.callId, legId: resolved.leg.id }),
      ...(extension === undefined ? undefined : { extension }),
    };
    const running: Running = {
      record,
      underway,
      pbx: resolved.pbx,
      row,
      waiters: new Set(),
      legRings: false,
      cancelDeadline: () => undefined,
      told: Promise.withResolvers<void>(),
      hasEnded: false,
    };
    const deadline = record.name === 'dial' ? dialEffectMs : effectMs;
    running.cancelDeadline = this.#options.timers.after(deadline, () => {
      void this.finish(running, { effect: 'failed', code: 'timed-out', detail: `No effect was seen within ${deadline / 1000} s.` });
    });
    this.#running.set(record.id, running);
    return running;
  }

  /** Looks for effects among what has been logged. */
  see(tenant: TenantId, logged: readonly LoggedEvent[]): void {
    for (const { event } of logged) {
      for (const running of this.#running.values()) {
        if (running.hasEnded || running.record.tenant !== tenant) continue;
        this.#learn(running, event);
        const effect = effectOf(running.underway, event);
        if (effect !== undefined) void this.finish(running, effect);
        else if (event.type === 'pbx.disconnected' && event.pbx === running.pbx)
          void this.unknown(running, 'The link to the PBX was lost.');
      }
    }
  }

  /** A command that makes a leg of its own knows it by its channel; a call that is absorbed goes on under another id. */
  #learn(running: Running, event: Event): void {
    const { underway } = running;
    const channel = ownChannel(underway);
    if (channel !== undefined && event.leg?.channel === channel && event.callId !== undefined) {
      const own = { callId: event.callId, legId: event.leg.id };
      running.underway = { ...underway, own };
      if (underway.legId === undefined) {
        running.underway = { ...underway, ...own, own };
        running.record = { ...running.record, ...own };
        this.#options.policy.learn(running.record.id, own.callId);
      }
      if (event.leg.state === 'ringing' || event.leg.state === 'connected') this.#legRings(running);
    }
    if (event.type === 'call.merged' && event.callId === running.underway.callId)
      running.underway = { ...running.underway, callId: event.data.into };
  }

  #legRings(running: Running): void {
    running.legRings = true;
    for (const waiter of running.waiters) if (waiter.legRings) waiter.resolve(running.record);
  }

  /** It has ended, by its effect or without it. */
  async finish(running: Running, effect: Effect): Promise<void> {
    const finishedAt = isoTime(this.#options.clock.now());
    const failure = effect.effect === 'failed' ? { error: effect.code, detail: effect.detail } : undefined;
    await this.#settle(running, { ...running.record, state: effect.effect, ...failure, finishedAt });
  }

  /** It has ended, and nobody knows how. */
  async unknown(running: Running, detail: string): Promise<void> {
    await this.#settle(running, { ...running.record, state: 'unknown', detail, finishedAt: isoTime(this.#options.clock.now()) });
  }

  /** The first end counts; the record is written before anybody is told. Should the power take it, the log tells the same. */
  async #settle(running: Running, record: CommandRecord): Promise<void> {
    if (running.hasEnded) return;
    running.hasEnded = true;
    running.record = record;
    running.cancelDeadline();
    this.#options.policy.ended(record.id);
    this.#giveUpSlot(running, record);
    // An effect may show before the PBX has answered; whoever reads the log hears of the command first.
    if (record.state === 'done') await running.told.promise;
    // Who follows the log is served first, in a microtask that waits by now: what is written here holds everybody up.
    await Promise.resolve();
    try {
      await this.#write(running, record);
    } catch (error) {
      // The effect is in the log already; only the word about the command is missing there.
      this.#options.logger.error({ event: 'command-end-not-logged', command: record.id, err: error });
    }
    for (const waiter of running.waiters) waiter.resolve(record);
  }

  async #write(running: Running, record: CommandRecord): Promise<void> {
    const { audit, store, clock, engine } = this.#options;
    try {
      audit.update(record);
      store.commands.put({ ...running.row, open: false, record: JSON.stringify(record) });
    } finally {
      this.#running.delete(record.id);
    }
    await engine(record.tenant).publish([commandEvent(record, running.pbx, clock.now())], { urgent: true, patient: true });
  }

  #giveUpSlot({ underway }: Running, record: CommandRecord): void {
    try {
      this.#options.slots.settled(underway.command, record);
    } catch (failure) {
      // The claim runs out by itself.
      this.#options.logger.error({ event: 'slot-not-released', command: record.id, err: failure });
    }
  }

  /** Resolves with how the command is when it has ended, after `ms`, or when `signal` aborts; with `legRings`, already when its own leg rings. */
  wait(running: Running, { ms, legRings = false, signal }: WaitOptions): Promise<CommandRecord> {
    if (!this.#running.has(running.record.id) || (legRings && running.legRings)) return Promise.resolve(running.record);
    return new Promise((resolve) => {
      const finish = (): void => {
        cancel();
        signal?.removeEventListener('abort', finish);
        running.waiters.delete(waiter);
        resolve(running.record);
      };
      const waiter: Waiter = { legRings, resolve: finish };
      const cancel = this.#options.timers.after(ms, finish);
      running.waiters.add(waiter);
      if (signal?.aborted === true) finish();
      else signal?.addEventListener('abort', finish, { once: true });
    });
  }

  /** Whoever waits is told how things stand; what is under way is left to the next start. */
  close(): void {
    for (const running of this.#running.values()) {
      running.cancelDeadline();
      for (const waiter of running.waiters) waiter.resolve(running.record);
    }
    this.#running.clear();
  }
}
