import { createHash } from 'node:crypto';
import type { Logger } from 'pino';
import type { Identity } from '../auth/auth.ts';
import type { TenantEngine } from '../engine/engine.ts';
import type { LoggedEvent } from '../log/event-log.ts';
import type { CommandOutcome } from '../model/command.ts';
import { GatewayError, type ErrorCode } from '../model/errors.ts';
import type { CallId, CommandId, LegId, NewId, PbxId, RecordingId, TenantId } from '../model/ids.ts';
import { isoTime, type Clock, type Timers } from '../model/time.ts';
import type { Store } from '../store/store.ts';
import { Audit } from './audit.ts';
import { commandEvent } from './command-event.ts';
import { checkScope, checkValues } from './check.ts';
import type { AuditEntry, AuditQuery, CommandRecord, CommandRequest, Control, Recording, RecordingFile, SubmitOptions } from './control.ts';
import { hasEffect, isSoAlready, type Underway } from './effects.ts';
import { settleLeftovers } from './leftovers.ts';
import { Lines, lineOf } from './lines.ts';
import { DialPolicy, type DialRules } from './policy.ts';
import { Recordings } from './recordings.ts';
import { RecentCalls } from './recent-calls.ts';
import { pbxAskedBy, type Resolved, resolveRequest, subjectOf } from './resolve.ts';
import { RunningCommands, type Running } from './running-commands.ts';
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
const maxUnderway = 1000;

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
  readonly #running: RunningCommands;
  readonly #recent = new Map<TenantId, RecentCalls>();
  readonly #audit: Audit;
  readonly #policy: DialPolicy;
  readonly #recordings: Recordings;
  readonly #lines = new Lines();
  readonly #detach: (() => void)[] = [];
  readonly #stop = new AbortController();

  constructor(options: ControlOptions, audit: Audit) {
    this.#options = options;
    const { engines, store, clock, slots: layouts } = options;
    this.slots = new SlotRegistry({ engines, store, clock, ...(layouts === undefined ? undefined : { layouts }) });
    this.#audit = audit;
    this.#recordings = new Recordings(options.recordings ?? new Map());
    this.#policy = new DialPolicy(options.rules ?? new Map(), options.clock);
    const { slots } = this;
    this.#running = new RunningCommands({ ...options, audit, policy: this.#policy, slots, engine: (tenant) => this.#engine(tenant) });
    for (const engine of engines.values()) this.adopt(engine);
  }

  adopt(engine: TenantEngine): void {
    const recent = new RecentCalls(engine.cursor());
    this.#recent.set(engine.tenant, recent);
    const see = (logged: readonly LoggedEvent[]): void => {
      for (const { event, cursor } of logged) recent.see(event, cursor);
      this.#running.see(engine.tenant, logged);
    };
    this.#detach.push(engine.onCommitted(see));
  }

  async submit(identity: Identity, request: CommandRequest, options: SubmitOptions = {}): Promise<CommandRecord> {
    const engine = this.#engine(identity.tenant);
    const id = this.#options.newId.command();
    this.#audited(identity, request, id, () => checkValues(request));
    const digest = createHash('sha256')
      .update(JSON.stringify([identity.key, request]))
      .digest('hex');
    return this.#lines.enter(lineOf(engine.tenant, request), async () => {
      const known = this.#audited(identity, request, id, () => this.#repeated(engine.tenant, options.idempotencyKey, digest));
      if (known !== undefined) return known;
      const checked = this.#audited(identity, request, id, () => this.#check(engine, identity, request, options, id));
      return this.#start(engine, identity, request, checked, options.idempotencyKey, digest);
    });
  }

  async wait(tenant: TenantId, command: CommandId, seconds: number, signal?: AbortSignal): Promise<CommandRecord> {
    const running = this.#running.get(command);
    if (running === undefined || running.record.tenant !== tenant) return this.#require(tenant, command);
    return this.#running.wait(running, { ms: seconds * 1000, signal });
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
    this.#running.close();
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
    const running = this.#running.begin(record, row, resolved, extension);
    const deadline = new AbortController();
    const cancelDeadline = timers.after(executeMs, () => deadline.abort());
    let answer: CommandRecord;
    try {
      const signal = AbortSignal.any([this.#stop.signal, deadline.signal]);
      const outcome = await this.#execute(engine, running, request, signal);
      answer = await this.#accepted(engine, running, outcome);
    } catch (error) {
      if (error instanceof GatewayError) {
        await this.#running.finish(running, { effect: 'failed', code: error.code, detail: error.message });
        throw error;
      }
      await this.#running.unknown(running, 'The PBX did not answer in time.');
      throw new GatewayError('timed-out', { command: id }, { cause: error });
    } finally {
      running.told.resolve();
      cancelDeadline();
    }
    // A disk that fails now says nothing of what the PBX does: only the answer is withheld.
    await store.synced();
    return answer;
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
        await this.#running.unknown(running, outcome.detail);
        return running.record;
      case 'accepted':
        break;
      default:
        outcome satisfies never;
    }
    if (record.name === 'dial') {
      await this.#running.wait(running, { ms: ringMs, legRings: true, signal: this.#stop.signal });
      if (running.record.state === 'failed') throw failureOf(running.record);
    }
    // Its call is known now: should this process end before the command does, the next one tells of which it was.
    if (running.record !== record && this.#running.get(record.id) !== undefined) {
      this.#audit.update(running.record);
      this.#options.store.commands.put({ ...running.row, open: true, record: JSON.stringify(running.record) });
    }
    await engine.publish([commandEvent({ ...running.record, state: 'accepted' }, running.pbx, this.#options.clock.now())], {
      urgent: true,
      patient: true,
    });
    running.told.resolve();
    if (!hasEffect(record.name) || isSoAlready(running.underway.command, engine)) await this.#running.finish(running, { effect: 'done' });
    return running.record;
  }

  #repeated(tenant: TenantId, key: string | undefined, digest: string): CommandRecord | undefined {
    if (key === undefined) return undefined;
    const row = this.#options.store.commands.byIdempotencyKey(tenant, key, this.#options.clock.now() - idempotencyMicros);
    if (row === undefined) return undefined;
    if (row.idempotency?.digest !== digest) throw new GatewayError('idempotency-conflict', { key });
    return this.#require(tenant, row.id);
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

const failureOf = (record: CommandRecord): GatewayError => {
  const code: ErrorCode = record.error ?? 'internal';
  return new GatewayError(code, { command: record.id }, record.detail === undefined ? {} : { note: record.detail });
};
