/** An office in memory that lives on while the gateway before it is killed and started again: what is parked in it stays parked. */
import { randomBytes } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { pino } from 'pino';
import { createSingleCluster } from '../../src/cluster/single.ts';
import { createControl } from '../../src/control/control-room.ts';
import type { CommandRecord, CommandRequest, Control } from '../../src/control/control.ts';
import { startTenant, type RunningTenant } from '../../src/engine/tenant-engine.ts';
import { openSqliteLog } from '../../src/log/sqlite-log.ts';
import { commandNames, type Command } from '../../src/model/command.ts';
import { GatewayError } from '../../src/model/errors.ts';
import type { Event } from '../../src/model/event.ts';
import { createNewId, keyIdFrom, pbxId, tenantId, type ChannelId } from '../../src/model/ids.ts';
import type { Driver } from '../../src/pbx/driver.ts';
import type { LiveChannel } from '../../src/pbx/sandbox/channel.ts';
import { obey } from '../../src/pbx/sandbox/commands.ts';
import { createManualClock } from '../../src/pbx/sandbox/index.ts';
import { Link } from '../../src/pbx/sandbox/link.ts';
import { demoOffice } from '../../src/pbx/sandbox/office.ts';
import { createPhones, type Phones } from '../../src/pbx/sandbox/phones.ts';
import { SandboxPbx } from '../../src/pbx/sandbox/sandbox-pbx.ts';
import { openSqliteStore } from '../../src/store/sqlite-store.ts';

const tenant = tenantId('demo');
const pbx = pbxId('sandbox');
const everyCommand = Object.fromEntries(commandNames.map((name) => [name, true])) as Driver['supports']['commands'];
const mostTurns = 2_000;

interface RunningGateway {
  readonly engine: RunningTenant;
  readonly control: Control;
  close(): Promise<void>;
}

export class ParkingWorld {
  readonly clock = createManualClock(1_800_000_000_000_000);
  readonly phones: Phones;
  /** Everything that any of the gateways has told. */
  readonly events: Event[] = [];
  /** Every command that has reached the PBX. */
  readonly sent: Command[] = [];
  /** It takes commands and never answers. */
  pbxHangs = false;
  readonly #folder: string;
  readonly #pbx: SandboxPbx;
  readonly #newId = createNewId(randomBytes);
  #link: Link;
  #gateway: RunningGateway | undefined;

  private constructor(folder: string) {
    this.#folder = folder;
    this.#link = this.#newLink();
    this.#pbx = new SandboxPbx({ office: demoOffice, seed: 1, clock: this.clock, say: (said) => this.#link.say(said) });
    this.phones = createPhones(this.#pbx);
  }

  static async open(folder: string): Promise<ParkingWorld> {
    const world = new ParkingWorld(folder);
    await world.startGateway();
    return world;
  }

  get control(): Control {
    return this.#running.control;
  }

  get engine(): RunningTenant {
    return this.#running.engine;
  }

  get channels(): readonly LiveChannel[] {
    return this.#pbx.channels;
  }

  readonly tenant = tenant;

  /** What became of the command; one that was refused is told by its error. */
  async give(request: CommandRequest): Promise<CommandRecord['state'] | GatewayError['code']> {
    const identity = { tenant, key: keyIdFrom('key_test'), name: 'test', scopes: new Set(['control'] as const) };
    try {
      const { id } = await this.control.submit(identity, request);
      const { state, error } = await this.control.wait(tenant, id, 20);
      return error ?? state;
    } catch (error) {
      if (error instanceof GatewayError) return error.code;
      throw error;
    }
  }

  /** Resolves once the gateway knows of the PBX what is so. */
  async settled(): Promise<void> {
    for (let turn = 0; turn < mostTurns; turn += 1) {
      const known = this.engine.snapshot();
      const live = known.calls.flatMap(({ legs }) => legs.filter(({ state }) => state !== 'ended').map(({ channel }) => channel));
      const isLive = known.pbxs.every(({ status }) => status === 'live');
      if (isLive && sameIds(live, this.channels) && this.#sameSlots()) return;
      await setImmediate();
    }
    throw new Error('the gateway does not come to know what the PBX does');
  }

  /** Resolves once so many commands have reached the PBX. */
  async untilSent(count: number): Promise<void> {
    for (let turn = 0; turn < mostTurns && this.sent.length < count; turn += 1) await setImmediate();
    if (this.sent.length < count) throw new Error('no command has reached the PBX');
  }

  async killGateway(): Promise<void> {
    const gateway = this.#gateway;
    this.#gateway = undefined;
    await gateway?.close();
  }

  async startGateway(): Promise<void> {
    this.#link = this.#newLink();
    const { clock } = this;
    const logger = pino({ level: 'silent' });
    const log = openSqliteLog({ folder: this.#folder, clock, newId: this.#newId, reserveBytes: 65_536 });
    const store = openSqliteStore({ folder: this.#folder, reserve: log.reserve });
    const cluster = createSingleCluster(log);
    const observer = { lag: () => undefined };
    const drivers = [this.#driver(this.#link)];
    const engine = await startTenant({ tenant, drivers, log, cluster, store, clock, timers: clock, logger, observer });
    engine.onCommitted((logged) => this.events.push(...logged.map(({ event }) => event)));
    const control = await createControl({ engines: new Map([[tenant, engine]]), store, clock, timers: clock, newId: this.#newId, logger });
    const close = async (): Promise<void> => {
      await control.close();
      await engine.close();
      await cluster.close();
      await store.close();
      await log.close();
    };
    this.#gateway = { engine, control, close };
  }

  /** Every call of it is gone without a word. */
  restartPbx(): void {
    this.#link.cut('the PBX was killed');
    this.#pbx.restart();
    this.#link.restore();
  }

  async close(): Promise<void> {
    await this.killGateway();
    this.clock.close();
  }

  get #running(): RunningGateway {
    if (this.#gateway === undefined) throw new Error('the gateway does not run');
    return this.#gateway;
  }

  #sameSlots(): boolean {
    const known = this.control.slots.occupied(tenant).map(({ slot, legId }) => `${slot} ${this.engine.leg(legId)?.channel}`);
    const parked = this.channels.flatMap(({ parking, id }) => (parking === undefined ? [] : [`${parking.slot} ${id}`]));
    return known.toSorted().join() === parked.toSorted().join();
  }

  #newLink(): Link {
    return new Link({
      greet: () => this.#pbx.greet(),
      farewell: (reason) => ({ fact: { type: 'pbx.disconnected', at: this.clock.now(), reason } }),
    });
  }

  #driver(link: Link): Driver {
    return {
      pbx,
      supports: { commands: everyCommand, stampsTime: true, tellsRegistrations: true },
      facts: (signal) => link.read(signal),
      execute: (command, signal) => {
        this.sent.push(command);
        return this.pbxHangs ? untilAborted(signal) : Promise.resolve(obey(this.#pbx, command));
      },
      diagnose: async () => [],
      close: async () => link.close(),
    };
  }
}

const untilAborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });

const sameIds = (one: readonly ChannelId[], other: readonly LiveChannel[]): boolean =>
  one.toSorted().join() ===
  other
    .map(({ id }) => id)
    .toSorted()
    .join();
