import { createHash } from 'node:crypto';
import type { Logger } from 'pino';
import type { Identity } from '../auth/auth.ts';
import type { TenantEngine } from '../engine/engine.ts';
import type { LoggedEvent } from '../log/event-log.ts';
import type { CommandOutcome } from '../model/command.ts';
import { GatewayError, type ErrorCode } from '../model/errors.ts';
import type { Event } from '../model/event.ts';
import type { CallId, ChannelId, CommandId, LegId, NewId, PbxId, RecordingId, TenantId } from '../model/ids.ts';
import { isoTime, type Clock, type Timers } from '../model/time.ts';
import type { CommandRow, Store } from '../store/store.ts';
import { Audit } from './audit.ts';
import { commandEvent } from './command-event.ts';
import { checkScope, checkValues } from './check.ts';
import type { AuditEntry, AuditQuery, CommandRecord, CommandRequest, Control, Recording, RecordingFile, SubmitOptions } from './control.ts';
import { effectOf, hasEffect, isSoAlready, type Effect, type Underway } from './effects.ts';
import { settleLeftovers } from './leftovers.ts';
import { DialPolicy, type DialRules } from './policy.ts';
import { Recordings } from './recordings.ts';
import { RecentCalls } from './recent-calls.ts';
import { pbxAskedBy, type Resolved, resolveRequest, subjectOf } from './resolve.ts';
import { SlotRegistry } from './slot-registry.ts';
import type { SlotLayout } from './slots.ts';

export interface ControlOptions {
  readonly engines: ReadonlyMap<TenantId, TenantEngine>;
  readonly store: Store;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly newId: NewId;
  readonly logger: Logger;
  /** A tenant without rules may dial anything. */
  readonly rules?: ReadonlyMap<TenantId, DialRules>;
  /** The folders in which this machine sees the recordings of its PBXs. */
  readonly recordings?: ReadonlyMap<PbxId, string>;
  /** The slots of each tenant; one without has 1 to 9 of the lot `valet`. */
  readonly slots?: ReadonlyMap<TenantId, SlotLayout>;
}

const idempotencyMicros = 24 * 3600 * 1e6;
/** A PBX that says nothing for so long has not taken the command. */
const executeMs = 10_000;
/** For the own phone of a dial to ring, before the request is answered all the same. */
const ringMs = 4000;
const effectMs = 15_000;
/** A dial may ring at its own phone and then at the far one. */
const dialEffectMs = 120_000;
const maxUnderway = 1000;

interface Waiter {
  readonly legRings: boolean;
  resolve(record: CommandRecord): void;
}

/** A command that has been sent and whose effect has not been seen. */
interface Running {
  record: CommandRecord;
  underway: Underway;
  readonly pbx: PbxId;
  readonly row: Omit<CommandRow, 'record' | 'open'>;
  readonly startedAt: number;
  readonly waiters: Set<Waiter>;
  legRings: boolean;
  cancelDeadline: () => void;
  /** Resolves once the log has it that the command was accepted, or it is clear that it never will. */
  readonly told: PromiseWithResolvers<void>;
}

export const createControl = async (options: ControlOptions): Promise<Control> => {
  const { engines, store, clock } = options;
  const audit = new Audit(store, clock);
  const room = new ControlRoom(options, audit);
  store.commands.prune(clock.now() - 2 * idempotencyMicros);
  for (const engine of engines.values()) await settleLeftovers({ engine, store, clock, audit });
  return room;
};

class ControlRoom implements Control {
  readonly slots: SlotRegistry;
  readonly #options: ControlOptions;
  readonly #running = new Map<CommandId, Running>();
  readonly #recent = new Map<TenantId, RecentCalls>();
  readonly #audit: Audit;
  readonly #policy: DialPolicy;
  readonly #recordings: Recordings;
  readonly #lines = new Map<string, Promise<unknown>>();
  readonly #detach: (() => void)[] = [];
  readonly #stop = new AbortController();

  constructor(options: ControlOptions, audit: Audit) {
    this.#options = options;
    const { engines, store, clock, slots: layouts } = options;
    this.slots = new SlotRegistry({ engines, store, clock, ...(layouts === undefined ? undefined : { layouts }) });
    this.#audit = audit;
    this.#recordings = new Recordings(options.recordings ?? new Map());
    this.#policy = new DialPolicy(options.rules ?? new Map(), options.clock);
    for (const engine of engines.values()) this.adopt(engine);
  }

  adopt(engine: TenantEngine): void {
    this.#recent.set(engine.tenant, new RecentCalls(engine.cursor()));
    this.#detach.push(engine.onCommitted((events) => this.#see(engine.tenant, events)));
  }

  async submit(identity: Identity, request: CommandRequest, options: SubmitOptions = {}): Promise<CommandRecord> {
    const engine = this.#engine(identity.tenant);
    const id = this.#options.newId.command();
    this.#audited(identity, request, id, () => checkValues(request));
    const digest = createHash('sha256')
      .update(JSON.stringify([identity.key, request]))
      .digest('hex');
    return this.#inLine(lineOf(request), async () => {
      const known = this.#audited(identity, request, id, () => this.#repeated(engine.tenant, options.idempotencyKey, digest));
      if (known !== undefined) return known;
      const checked = this.#audited(identity, request, id, () => this.#check(engine, identity, request, options, id));
      return this.#start(engine, identity, request, checked, options.idempotencyKey, digest);
    });
  }

  async wait(tenant: TenantId, command: CommandId, seconds: number, signal?: AbortSignal): Promise<CommandRecord> {
    const running = this.#running.get(command);
    if (running === undefined || running.record.tenant !== tenant) return this.#require(tenant, command);
    return this.#await(running, seconds * 1000, false, signal);
  }

  get(tenant: TenantId, command: CommandId): CommandRecord | undefined {
    const running = this.#running.get(command);
    if (running?.record.tenant === tenant) return running.record;
    const row = this.#options.store.commands.get(tenant, command);
    return row === undefined ? undefined : (JSON.parse(row.record) as CommandRecord);
  }

  list(tenant: TenantId, limit: number): readonly CommandRecord[] {
    return this.#options.store.commands.list(tenant, limit).map((row) => JSON.parse(row.record) as CommandRecord);
  }

  audit(tenant: TenantId, query: AuditQuery): readonly AuditEntry[] {
    return this.#audit.list(tenant, query);
  }

  async recordings(tenant: TenantId, call: CallId): Promise<readonly Recording[]> {
    return this.#recordings.list(this.#engine(tenant), call);
  }

  async openRecording(tenant: TenantId, call: CallId, recording: RecordingId): Promise<RecordingFile> {
    return this.#recordings.open(this.#engine(tenant), call, recording);
  }

  close(): Promise<void> {
    for (const detach of this.#detach) detach();
    this.#stop.abort();
    for (const running of this.#running.values()) {
      running.cancelDeadline();
      for (const waiter of running.waiters) waiter.resolve(running.record);
    }
    this.#running.clear();
    return Promise.resolve();
  }

  /** Does what may refuse a command before the PBX hears of it; a refusal is audited. */
  #audited<Value>(identity: Identity, request: CommandRequest, id: CommandId, check: () => Value): Value {
    try {
      return check();
    } catch (error) {
      if (error instanceof GatewayError) this.#audit.refused(identity, request, id, error);
      throw error;
    }
  }

  #check(engine: TenantEngine, identity: Identity, request: CommandRequest, options: SubmitOptions, id: CommandId): Checked {
    if (this.#running.size >= maxUnderway) throw new GatewayError('too-many-requests', { underway: maxUnderway });
    const recent = this.#recent.get(engine.tenant);
    const hasEnded = (leg: LegId): boolean => recent?.hasEnded(leg) === true;
    const { leg, owners } = subjectOf(engine, request, hasEnded);
    // Before anything is told of the state that the leg is in: it may be somebody else's.
    for (const owner of owners) checkScope(identity, request.name, owner);
    if (options.ifCursor !== undefined) {
      const head = engine.cursor();
      if (options.ifCursor.epoch === head.epoch && options.ifCursor.seq > head.seq) {
        throw new GatewayError('invalid-cursor', { field: 'If-Cursor' }, { note: 'It lies beyond the newest event.' });
      }
      const call = leg?.callId;
      if (call !== undefined && recent?.changedSince(call, options.ifCursor) === true) throw new GatewayError('call-moved-on', { call });
    }
    // What is known of a PBX that is down may be out of date, or nothing: it refuses no command.
    const pbxAsked = pbxAskedBy(engine, request, leg);
    const pbx = pbxAsked === undefined ? undefined : engine.pbxState(pbxAsked);
    if (pbx?.status === 'down') throw new GatewayError('pbx-down', { pbx: pbx.id, since: pbx.since });
    const resolved = resolveRequest(request, id, { engine, slots: this.slots, newId: this.#options.newId, hasEnded });
    const extension = 'extension' in request ? request.extension : resolved.leg?.extension;
    const driver = engine.driver(resolved.pbx);
    if (!driver.supports.commands[request.name]) throw new GatewayError('not-supported', { command: request.name, pbx: resolved.pbx });
    this.#policy.check(identity, engine, request);
    // Last of all that may refuse it: the end of the command gives the slot up.
    if (resolved.slot !== undefined) this.slots.claim(engine.tenant, resolved.slot, resolved.command);
    return { resolved, extension };
  }

  async #start(
    engine: TenantEngine,
    identity: Identity,
    request: CommandRequest,
    { resolved, extension }: Checked,
    idempotencyKey: string | undefined,
    digest: string,
  ): Promise<CommandRecord> {
    const { store, clock, timers } = this.#options;
    const { id } = resolved.command;
    const call = resolved.leg?.callId;
    const startedAt = clock.now();
    const record: CommandRecord = {
      id,
      tenant: engine.tenant,
      name: request.name,
      state: 'accepted',
      ...(call === undefined ? undefined : { callId: call }),
      ...(resolved.leg === undefined ? undefined : { legId: resolved.leg.id }),
      acceptedAt: isoTime(startedAt),
      key: identity.key,
    };
    const idempotency = idempotencyKey === undefined ? undefined : { idempotency: { key: idempotencyKey, digest } };
    const row = { id, tenant: engine.tenant, at: startedAt, after: engine.cursor(), ...idempotency };
    this.#audit.accepted(identity, request, record, extension);
    store.commands.put({ ...row, open: true, record: JSON.stringify(record) });
    // While the PBX is asked: who asked hears no word of it before it is on the disk.
    store.synced().catch(() => undefined);
    this.#policy.began(identity, request, id);
    const running = this.#run(record, row, resolved, extension, startedAt);
    const deadline = new AbortController();
    const cancelDeadline = timers.after(executeMs, () => deadline.abort());
    try {
      const signal = AbortSignal.any([this.#stop.signal, deadline.signal]);
      const outcome = await this.#execute(engine, running, request, signal);
      const answer = await this.#accepted(engine, running, outcome);
      await store.synced();
      return answer;
    } catch (error) {
      if (error instanceof GatewayError) {
        await this.#finish(running, { effect: 'failed', code: error.code, detail: error.message });
        throw error;
      }
      await this.#unknown(running, 'The PBX did not answer in time.');
      throw new GatewayError('timed-out', { command: id }, { cause: error });
    } finally {
      running.told.resolve();
      cancelDeadline();
    }
  }

  /** Where the client left the slot to us, and a phone was quicker to park in the one that was chosen, the next is tried. */
  async #execute(engine: TenantEngine, running: Running, request: CommandRequest, signal: AbortSignal): Promise<CommandOutcome> {
    const { command } = running.underway;
    const outcome = await engine.driver(running.pbx).execute(command, signal);
    const isTaken = outcome.outcome === 'failed' && outcome.code === 'slot-occupied';
    if (!isTaken || command.name !== 'park' || request.name !== 'park' || request.slot !== undefined) return outcome;
    const next = { ...command, slot: this.slots.claimNext(engine.tenant, command) };
    running.underway = { ...running.underway, command: next };
    return this.#execute(engine, running, request, signal);
  }

  async #accepted(engine: TenantEngine, running: Running, outcome: CommandOutcome): Promise<CommandRecord> {
    const { record } = running;
    switch (outcome.outcome) {
      case 'failed':
        throw new GatewayError(outcome.code, { command: record.id }, { note: outcome.detail });
      case 'unknown':
        await this.#unknown(running, outcome.detail);
        return running.record;
      case 'accepted':
        break;
      default:
        outcome satisfies never;
    }
    if (record.name === 'dial') {
      await this.#await(running, ringMs, true, this.#stop.signal);
      if (running.record.state === 'failed') throw this.#failure(running.record);
    }
    // Its call is known now: should this process end before the command does, the next one tells of which it was.
    if (running.record !== record && this.#running.has(record.id)) {
      this.#audit.update(running.record);
      this.#options.store.commands.put({ ...running.row, open: true, record: JSON.stringify(running.record) });
    }
    await engine.publish([commandEvent({ ...running.record, state: 'accepted' }, running.pbx, this.#options.clock.now())], {
      urgent: true,
    });
    running.told.resolve();
    if (!hasEffect(record.name) || isSoAlready(running.underway.command, engine.snapshot()))
      await this.#finish(running, { effect: 'done' });
    return running.record;
  }

  #run(record: CommandRecord, row: Running['row'], resolved: Resolved, extension: Underway['extension'], startedAt: number): Running {
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
      startedAt,
      waiters: new Set(),
      legRings: false,
      cancelDeadline: () => undefined,
      told: Promise.withResolvers<void>(),
    };
    const deadline = record.name === 'dial' ? dialEffectMs : effectMs;
    running.cancelDeadline = this.#options.timers.after(deadline, () => {
      void this.#finish(running, { effect: 'failed', code: 'timed-out', detail: `No effect was seen within ${deadline / 1000} s.` });
    });
    this.#running.set(record.id, running);
    return running;
  }

  #see(tenant: TenantId, logged: readonly LoggedEvent[]): void {
    const recent = this.#recent.get(tenant);
    for (const { event, cursor } of logged) {
      recent?.see(event, cursor);
      for (const running of this.#running.values()) {
        if (running.record.tenant !== tenant) continue;
        this.#learn(running, event);
        const effect = effectOf(running.underway, event);
        if (effect !== undefined) void this.#finish(running, effect);
        else if (event.type === 'pbx.disconnected' && event.pbx === running.pbx)
          void this.#unknown(running, 'The link to the PBX was lost.');
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
        this.#policy.learn(running.record.id, own.callId);
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

  async #finish(running: Running, effect: Effect): Promise<void> {
    const finishedAt = isoTime(this.#options.clock.now());
    const failure = effect.effect === 'failed' ? { error: effect.code, detail: effect.detail } : undefined;
    await this.#settle(running, { ...running.record, state: effect.effect, ...failure, finishedAt });
  }

  async #unknown(running: Running, detail: string): Promise<void> {
    await this.#settle(running, { ...running.record, state: 'unknown', detail, finishedAt: isoTime(this.#options.clock.now()) });
  }

  /** The first end counts; the record is written before anybody is told. Should the power take it, the log tells the same. */
  async #settle(running: Running, record: CommandRecord): Promise<void> {
    if (!this.#running.delete(record.id)) return;
    running.cancelDeadline();
    running.record = record;
    this.#policy.ended(record.id);
    this.#giveUpSlot(running, record);
    const { store, logger } = this.#options;
    // An effect may show before the PBX has answered; whoever reads the log hears of the command first.
    if (record.state === 'done') await running.told.promise;
    try {
      this.#audit.update(record);
      store.commands.put({ ...running.row, open: false, record: JSON.stringify(record) });
      await this.#engine(record.tenant).publish([commandEvent(record, running.pbx, this.#options.clock.now())], { urgent: true });
    } catch (error) {
      // The effect is in the log already; only the word about the command is missing there.
      logger.error({ event: 'command-end-not-logged', command: record.id, err: error });
    }
    for (const waiter of running.waiters) waiter.resolve(record);
  }

  #giveUpSlot({ underway }: Running, record: CommandRecord): void {
    try {
      this.slots.settled(underway.command, record);
    } catch (failure) {
      // The claim runs out by itself.
      this.#options.logger.error({ event: 'slot-not-released', command: record.id, err: failure });
    }
  }

  #failure(record: CommandRecord): GatewayError {
    const code: ErrorCode = record.error ?? 'internal';
    return new GatewayError(code, { command: record.id }, record.detail === undefined ? {} : { note: record.detail });
  }

  #await(running: Running, ms: number, legRings: boolean, signal?: AbortSignal): Promise<CommandRecord> {
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

  #repeated(tenant: TenantId, key: string | undefined, digest: string): CommandRecord | undefined {
    if (key === undefined) return undefined;
    const row = this.#options.store.commands.byIdempotencyKey(tenant, key, this.#options.clock.now() - idempotencyMicros);
    if (row === undefined) return undefined;
    if (row.idempotency?.digest !== digest) throw new GatewayError('idempotency-conflict', { key });
    return this.#require(tenant, row.id);
  }

  /** Commands for one leg or slot go one after the other: each sees what the one before it did. */
  #inLine<Value>(line: string | undefined, work: () => Promise<Value>): Promise<Value> {
    if (line === undefined) return work();
    const before = this.#lines.get(line) ?? Promise.resolve();
    const turn = before.then(work, work);
    this.#lines.set(line, turn);
    const leave = (): void => {
      if (this.#lines.get(line) === turn) this.#lines.delete(line);
    };
    turn.then(leave, leave);
    return turn;
  }

  #engine(tenant: TenantId): TenantEngine {
    const engine = this.#options.engines.get(tenant);
    if (engine === undefined) throw new GatewayError('not-found', { tenant });
    return engine;
  }

  #require(tenant: TenantId, command: CommandId): CommandRecord {
    const record = this.get(tenant, command);
    if (record === undefined) throw new GatewayError('no-such-command', { command });
    return record;
  }
}

/** What a request passed its checks with. */
interface Checked {
  readonly resolved: Resolved;
  readonly extension: Underway['extension'];
}

/** The channel that a command of this kind makes, by which its own leg is known. */
const ownChannel = ({ command }: Underway): ChannelId | undefined => {
  switch (command.name) {
    case 'dial':
    case 'retrieve':
    case 'invite':
      return command.channel;
    case 'startTransfer':
      return command.consult;
    default:
      return undefined;
  }
};

/** Commands in one line go one after the other: those for one leg, one slot, one agent or one extension's state. */
const lineOf = (request: CommandRequest): string | undefined => {
  if ('leg' in request) return request.leg;
  switch (request.name) {
    case 'dial':
    case 'invite':
      return undefined;
    case 'retrieve':
      return request.slot === undefined ? undefined : `${request.slot.lot}/${request.slot.slot}`;
    case 'agentLogin':
    case 'agentLogout':
    case 'agentPause':
    case 'agentUnpause':
    case 'agentPenalty':
    case 'setDnd':
    case 'setStatus':
      return `extension ${request.extension}`;
    default:
      return request satisfies never;
  }
};
