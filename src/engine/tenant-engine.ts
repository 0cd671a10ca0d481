import type { Logger } from 'pino';
import type { Cluster } from '../cluster/cluster.ts';
import type { EventLog, Lease, LoggedEvent } from '../log/event-log.ts';
import type { Call, Leg } from '../model/call.ts';
import type { Cursor } from '../model/cursor.ts';
import { GatewayError } from '../model/errors.ts';
import type { NewEvent } from '../model/event.ts';
import type { FactOf, TenantFact } from '../model/fact.ts';
import type { Extension } from '../model/extension.ts';
import type { CallId, ChannelId, ExtensionNumber, LegId, PbxId, TenantId } from '../model/ids.ts';
import type { PbxState } from '../model/live-state.ts';
import type { Conference, Queue, Slot } from '../model/place.ts';
import type { Clock, Micros, Timers } from '../model/time.ts';
import type { UserState } from '../model/user.ts';
import type { Driver } from '../pbx/driver.ts';
import type { Store } from '../store/store.ts';
import {
  callOf,
  conferenceOf,
  extensionOf,
  legByChannel,
  legOf,
  legsOf,
  liveState,
  pbxState,
  queueOf,
  slotsOf,
  userOf,
  type TrackerState,
} from '../tracker/tracker.ts';
import { Committer } from './committer.ts';
import type { Snapshot, TenantEngine, WhyEntry } from './engine.ts';
import { History } from './history.ts';
import { Traces } from './traces.ts';
import { TrackedPbx, type Folded } from './tracked-pbx.ts';

export interface TenantEngineOptions {
  readonly tenant: TenantId;
  readonly drivers: readonly Driver[];
  readonly log: EventLog;
  readonly cluster: Cluster;
  readonly store: Store;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly logger: Logger;
  readonly observer: EngineObserver;
  /** The people of the tenant at the start; `tell` says what changes. */
  readonly users?: FactOf<'users.assigned'>['users'];
  /** How long the log rests between two writes; 0 when absent. */
  readonly commitRestMs?: number;
}

/** Who is told how long things take; for the metrics. */
export interface EngineObserver {
  /** The newest of a PBX's events lay in the log `seconds` after the PBX said what led to it. */
  lag(pbx: PbxId, seconds: number): void;
}

export interface RunningTenant extends TenantEngine {
  /** Ends when the engine can no longer run (the lease was lost, the log is damaged); never in ordinary life. */
  readonly failed: Promise<never>;
  /** Resolves once what the PBX says now is in the log. It never does for a PBX that cannot be reached. */
  untilHeard(pbx: PbxId): Promise<void>;
  close(): Promise<void>;
}

/** While the disk is full, at most this many events wait in memory; then the link to the PBX is what waits. */
const maxWaitingEvents = 50_000;
const tickMs = 1000;
const maxWhyEvents = 2000;

/** Takes the lease, restores what the log knows, catches the history up, and begins to follow the PBXs. */
export const startTenant = async (options: TenantEngineOptions): Promise<RunningTenant> => {
  const { tenant, log, cluster, store } = options;
  const stop = new AbortController();
  const { lease, lost } = await cluster.hold(tenant, stop.signal);
  const rows = await log.state(tenant);
  const history = new History(store, log, tenant);
  await history.begin();
  return new Engine(options, history, lease, lost, stop, rows);
};

class Engine implements RunningTenant {
  readonly tenant: TenantId;
  readonly log: EventLog;
  readonly pbxs: readonly PbxId[];
  readonly failed: Promise<never>;
  readonly #options: TenantEngineOptions;
  readonly #committer: Committer;
  readonly #history: History;
  readonly #stop: AbortController;
  readonly #tracked: ReadonlyMap<PbxId, TrackedPbx>;
  readonly #traces = new Traces();
  readonly #listeners = new Set<(events: readonly LoggedEvent[]) => void>();
  readonly #pumps: readonly Promise<void>[];
  #fail: (error: unknown) => void = () => undefined;
  #cursor: Cursor;
  #cancelTick: () => void = () => undefined;

  constructor(
    options: TenantEngineOptions,
    history: History,
    lease: Lease,
    lost: AbortSignal,
    stop: AbortController,
    rows: ReadonlyMap<string, string>,
  ) {
    this.#options = options;
    this.tenant = options.tenant;
    this.log = options.log;
    this.#history = history;
    this.#committer = new Committer({
      log: options.log,
      lease,
      timers: options.timers,
      ...(options.commitRestMs === undefined ? undefined : { restMs: options.commitRestMs }),
      signal: stop.signal,
    });
    this.#stop = stop;
    this.#cursor = options.log.head(options.tenant);
    this.#tracked = new Map(options.drivers.map((driver) => [driver.pbx, new TrackedPbx(driver, rows, this.#traces)]));
    this.pbxs = [...this.#tracked.keys()];
    this.failed = new Promise<never>((_, reject) => {
      this.#fail = reject;
    });
    this.failed.catch((error: unknown) => {
      options.logger.error({ event: 'engine-failed', tenant: this.tenant, err: error });
      stop.abort();
    });
    lost.addEventListener('abort', () => this.#fail(new GatewayError('stale-lease', { tenant: this.tenant })), {
      once: true,
      signal: stop.signal,
    });
    // Known before the first word of a PBX, so that who is logged in at the start is no news.
    if (options.users !== undefined) void this.#assign({ type: 'users.assigned', at: options.clock.now(), users: options.users });
    for (const pbx of this.#tracked.values()) this.#beginDown(pbx);
    this.#pumps = [...this.#tracked.values()].map((pbx) => this.#pump(pbx));
    this.#tickLater();
  }

  snapshot(): Snapshot {
    const states = [...this.#tracked.values()].map((pbx) => pbx.committed);
    const live = states.map(liveState);
    return {
      cursor: this.#cursor,
      pbxs: states.map(pbxState),
      calls: live.flatMap((state) => state.calls),
      extensions: live.flatMap((state) => state.extensions),
      queues: live.flatMap((state) => state.queues),
      conferences: live.flatMap((state) => state.conferences),
      slots: live.flatMap((state) => state.slots),
      users: mergedUsers(live.map((state) => state.users)),
    };
  }

  cursor(): Cursor {
    return this.#cursor;
  }

  pbxState(pbx: PbxId): PbxState | undefined {
    const tracked = this.#tracked.get(pbx);
    return tracked === undefined ? undefined : pbxState(tracked.folded);
  }

  status(): PbxState {
    const rank = { live: 0, degraded: 1, down: 2 } as const;
    const states = [...this.#tracked.values()].map((pbx) => pbxState(pbx.folded));
    return states.reduce((worst, state) => (rank[state.status] > rank[worst.status] ? state : worst));
  }

  call(id: CallId): Call | undefined {
    return this.#find((state) => callOf(state, id));
  }

  leg(id: LegId): Leg | undefined {
    return this.#find((state) => legOf(state, id));
  }

  legByChannel(channel: ChannelId): Leg | undefined {
    return this.#find((state) => legByChannel(state, channel));
  }

  legsOf(extension: ExtensionNumber): readonly Leg[] {
    return [...this.#tracked.values()].flatMap((pbx) => legsOf(this.#visible(pbx), extension));
  }

  extension(number: ExtensionNumber): Extension | undefined {
    return this.#find((state) => extensionOf(state, number));
  }

  queue(name: string): Queue | undefined {
    return this.#find((state) => queueOf(state, name));
  }

  conference(name: string): Conference | undefined {
    return this.#find((state) => conferenceOf(state, name));
  }

  slots(): readonly Slot[] {
    return [...this.#tracked.values()].flatMap((pbx) => slotsOf(this.#visible(pbx)));
  }

  user(name: string): UserState | undefined {
    return merged([...this.#tracked.values()].flatMap((pbx) => userOf(this.#visible(pbx), name) ?? []));
  }

  pbxOfCall(id: CallId): PbxId | undefined {
    return [...this.#tracked.values()].find((pbx) => callOf(this.#visible(pbx), id) !== undefined)?.id;
  }

  pbxOfExtension(number: ExtensionNumber): PbxId | undefined {
    return [...this.#tracked.values()].find((pbx) => this.#visible(pbx).extensions.has(number))?.id;
  }

  pbxOfQueue(name: string): PbxId | undefined {
    return [...this.#tracked.values()].find((pbx) => this.#visible(pbx).queues.has(name))?.id;
  }

  driver(pbx: PbxId): Driver {
    const tracked = this.#tracked.get(pbx);
    if (tracked === undefined) throw new GatewayError('no-such-pbx', { pbx });
    return tracked.driver;
  }

  async tell(fact: TenantFact): Promise<void> {
    if (this.log.health().status === 'full') throw new GatewayError('log-full', { tenant: this.tenant });
    if (fact.type === 'users.assigned') return this.#assign(fact);
    // The people are the tenant's, not a PBX's: its first one stands for all.
    const [first] = this.#tracked.values();
    return first === undefined ? undefined : this.#commitFolded(first, first.fold([{ fact }]));
  }

  publish(
    events: readonly NewEvent[],
    options: { readonly urgent?: boolean; readonly patient?: boolean } = {},
  ): Promise<readonly LoggedEvent[]> {
    return this.#committer.commit({
      events,
      changes: [],
      urgent: options.urgent === true,
      patient: options.patient === true,
      whenFull: 'refuse',
      committed: (logged) => this.#committed(logged),
    });
  }

  untilHeard(pbx: PbxId): Promise<void> {
    const isHeard = (): boolean => {
      const tracked = this.#tracked.get(pbx);
      return tracked !== undefined && pbxState(tracked.committed).status === 'live';
    };
    if (isHeard()) return Promise.resolve();
    return new Promise((resolve) => {
      const stop = this.onCommitted(() => {
        if (!isHeard()) return;
        stop();
        resolve();
      });
    });
  }

  async why(id: CallId): Promise<readonly WhyEntry[] | undefined> {
    const call = this.call(id) ?? this.#options.store.history.get(this.tenant, id);
    if (call === undefined) return undefined;
    const ids = [call.id, ...call.aliases];
    const logged = (await Promise.all(ids.map((each) => this.log.ofCall(this.tenant, each, maxWhyEvents)))).flat();
    const events = logged.map(({ at, event }): WhyEntry => ({ kind: 'event', at, event }));
    const said = ids.flatMap((each) => [...this.#traces.entries(each), ...this.#storedTrace(each)]);
    // Stable: at one moment, what the PBX said comes before what followed from it.
    return [...said, ...events].sort((a, b) => a.at - b.at);
  }

  onCommitted(listener: (events: readonly LoggedEvent[]) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async close(): Promise<void> {
    this.#cancelTick();
    this.#stop.abort();
    await Promise.all(this.#options.drivers.map((driver) => driver.close()));
    await Promise.all(this.#pumps);
  }

  #find<Value>(look: (state: TrackerState) => Value | undefined): Value | undefined {
    for (const pbx of this.#tracked.values()) {
      const found = look(this.#visible(pbx));
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** What is committed; while the disk is full what is folded, so that calls stay controllable. */
  #visible(pbx: TrackedPbx): TrackerState {
    return this.log.health().status === 'live' ? pbx.committed : pbx.folded;
  }

  async #assign(fact: FactOf<'users.assigned'>): Promise<void> {
    await Promise.all([...this.#tracked.values()].map((pbx) => this.#commitFolded(pbx, pbx.fold([{ fact }]))));
  }

  /** What was true when the last process ended is old until the PBX is heard again, and is not to be taken for live. */
  #beginDown(pbx: TrackedPbx): void {
    const at = this.#options.clock.now();
    void this.#commitFolded(pbx, pbx.fold([{ fact: { type: 'pbx.disconnected', at, reason: 'The gateway has just started.' } }]));
    // Seen at once: nobody may take the restored state for live while this is being written.
    pbx.committed = pbx.folded;
  }

  async #pump(pbx: TrackedPbx): Promise<void> {
    const waiting = new Set<Promise<void>>();
    let events = 0;
    try {
      for await (const batch of pbx.driver.facts(this.#stop.signal)) {
        const folded = pbx.fold(batch);
        events += folded.events.length;
        const commit = this.#commitFolded(pbx, folded).finally(() => {
          events -= folded.events.length;
          waiting.delete(commit);
        });
        waiting.add(commit);
        if (events > maxWaitingEvents) await Promise.race(waiting);
      }
      await Promise.all(waiting);
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Never rejects: what cannot be written even after waiting ends the engine. */
  async #commitFolded(pbx: TrackedPbx, { state, events, changes }: Folded): Promise<void> {
    if (events.length === 0 && changes.length === 0) return;
    const { clock, observer } = this.#options;
    const commit = this.#committer.commit({
      events,
      changes,
      urgent: events.some((event) => event.type === 'call.ended'),
      whenFull: 'wait',
      committed: (logged) => {
        pbx.committed = state;
        const last = logged.at(-1);
        if (last !== undefined) observer.lag(pbx.id, (clock.now() - last.at) / 1e6);
        this.#committed(logged);
      },
    });
    await commit.catch((error: unknown) => {
      if (!this.#stop.signal.aborted) this.#fail(error);
    });
  }

  #committed(logged: readonly LoggedEvent[]): void {
    const last = logged.at(-1);
    if (last === undefined) return;
    this.#cursor = last.cursor;
    this.#keepEnded(logged);
    this.#notify(logged);
  }

  #keepEnded(logged: readonly LoggedEvent[]): void {
    const ended: Call[] = [];
    const traces: { readonly call: CallId; readonly at: Micros; readonly text: string }[] = [];
    for (const { event, at } of logged) {
      if (event.type === 'call.merged' && event.callId !== undefined) this.#traces.merge(event.callId, event.data.into);
      if (event.type !== 'call.ended' || event.call === undefined) continue;
      ended.push(event.call);
      const trace = this.#traces.take(event.call.id);
      if (trace.length > 0) traces.push({ call: event.call.id, at, text: JSON.stringify(trace) });
    }
    const last = logged.at(-1);
    if (traces.length > 0) this.#history.keepTraces(traces);
    if (ended.length > 0 && last !== undefined) this.#history.record(ended, last.cursor);
  }

  #storedTrace(call: CallId): readonly WhyEntry[] {
    const text = this.#options.store.traces.get(this.tenant, call);
    return text === undefined ? [] : (JSON.parse(text) as readonly WhyEntry[]);
  }

  #notify(logged: readonly LoggedEvent[]): void {
    for (const listener of this.#listeners) {
      try {
        listener(logged);
      } catch (error) {
        this.#options.logger.error({ event: 'listener-failed', tenant: this.tenant, err: error });
      }
    }
  }

  #tickLater(): void {
    this.#cancelTick = this.#options.timers.after(tickMs, () => {
      const at = this.#options.clock.now();
      for (const pbx of this.#tracked.values()) void this.#commitFolded(pbx, pbx.fold([{ fact: { type: 'tick', at } }]));
      this.#history.catchUp().catch((error: unknown) => {
        if (!this.#stop.signal.aborted) this.#fail(error);
      });
      this.#tickLater();
    });
  }
}

const mergedUsers = ([first = [], ...others]: readonly (readonly UserState[])[]): readonly UserState[] => {
  if (others.length === 0) return first;
  const byName = others.map((users) => new Map(users.map((user) => [user.name, user])));
  return first.map((user) => merged([user, ...byName.flatMap((known) => known.get(user.name) ?? [])]) ?? user);
};

/** One user as several PBXs know it: its status and sessions are with the first, its phones with any. */
const merged = ([first, ...others]: readonly UserState[]): UserState | undefined =>
  first === undefined ? undefined : { ...first, logins: [...first.logins, ...others.flatMap(({ logins }) => logins)] };
