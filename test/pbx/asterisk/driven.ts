/** A driver on a scripted interface, and what it has said so far. */
import { randomBytes } from 'node:crypto';
import type { Fact, FactOf, FactType } from '../../../src/model/fact.ts';
import { createNewId, pbxId } from '../../../src/model/ids.ts';
import { createAsteriskDriver, type AsteriskConfig } from '../../../src/pbx/asterisk/index.ts';
import type { Driver, TracedFact } from '../../../src/pbx/driver.ts';
import { ManualTime } from '../link/manual-time.ts';
import { ScriptedAmi } from './scripted-ami.ts';

export const configFor = (port: number, more: Partial<AsteriskConfig> = {}): AsteriskConfig => ({
  pbx: pbxId('office'),
  host: '127.0.0.1',
  port,
  tls: false,
  username: 'gateway',
  secret: 'secret',
  dialContext: 'internal',
  technology: 'PJSIP',
  extensionPattern: '^[0-9]{2,6}$',
  answer: 'notify-then-pickup',
  hold: 'notify',
  voicemailContext: 'default',
  extensions: {},
  ...more,
});

export class Driven {
  readonly ami: ScriptedAmi;
  readonly time: ManualTime;
  readonly driver: Driver;
  readonly traced: TracedFact[] = [];
  /** Set to keep the reader of the facts busy: what comes in waits. */
  gate: Promise<void> | undefined;
  readonly #stop = new AbortController();
  readonly #waiters = new Set<() => void>();
  #reading: Promise<void> | undefined;

  private constructor(ami: ScriptedAmi, time: ManualTime, driver: Driver) {
    this.ami = ami;
    this.time = time;
    this.driver = driver;
  }

  static async create(
    options: { readonly config?: Partial<AsteriskConfig>; readonly maxWaitingBytes?: number; readonly ami?: ScriptedAmi } = {},
  ): Promise<Driven> {
    const ami = options.ami ?? (await ScriptedAmi.start());
    const time = new ManualTime();
    const driver = createAsteriskDriver(configFor(ami.port, options.config), {
      clock: time,
      timers: time,
      newId: createNewId(randomBytes),
      random: () => 1,
      log: { info: () => undefined, warn: () => undefined },
      ...(options.maxWaitingBytes === undefined ? {} : { maxWaitingBytes: options.maxWaitingBytes }),
    });
    return new Driven(ami, time, driver);
  }

  /** Reads the facts, and waits for the first resync. */
  async start(): Promise<this> {
    this.read();
    await this.until('resync');
    return this;
  }

  read(): void {
    this.#reading = this.#read();
  }

  get facts(): readonly Fact[] {
    return this.traced.map(({ fact }) => fact);
  }

  get types(): readonly FactType[] {
    return this.facts.map(({ type }) => type);
  }

  of<Type extends FactType>(type: Type): readonly FactOf<Type>[] {
    return this.facts.filter((fact): fact is Fact & FactOf<Type> => fact.type === type);
  }

  /** Resolves when there have been `count` facts of a type. */
  async until(type: FactType, count = 1): Promise<void> {
    while (this.of(type).length < count) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#waiters.add(resolve);
      await promise;
      this.#waiters.delete(resolve);
    }
  }

  forget(): void {
    this.traced.length = 0;
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#reading;
    await this.driver.close();
    await this.ami.close();
  }

  async #read(): Promise<void> {
    for await (const batch of this.driver.facts(this.#stop.signal)) {
      this.traced.push(...batch);
      for (const waiter of this.#waiters) waiter();
      await this.gate;
    }
  }
}

/** A channel of the phone `number`, as the events about it name it. */
export const newchannel = (uniqueid: string, number: string, more: Readonly<Record<string, string>> = {}): string =>
  message('Newchannel', {
    Channel: `PJSIP/${number}-0000000a`,
    ChannelState: '0',
    CallerIDNum: number,
    Exten: '',
    Context: 'internal',
    Uniqueid: uniqueid,
    Linkedid: uniqueid,
    ...more,
  });

export const message = (event: string, headers: Readonly<Record<string, string>>): string =>
  [`Event: ${event}`, 'Privilege: call,all', ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`)].join('\n');
