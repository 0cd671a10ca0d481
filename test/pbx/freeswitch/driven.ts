/** A driver on a replaying event socket, and what it has said so far. */
import { randomBytes } from 'node:crypto';
import type { Fact, FactOf, FactType } from '../../../src/model/fact.ts';
import { createNewId, pbxId } from '../../../src/model/ids.ts';
import type { Driver, TracedFact } from '../../../src/pbx/driver.ts';
import { createFreeswitchDriver, type FreeswitchConfig } from '../../../src/pbx/freeswitch/index.ts';
import { ManualTime } from '../link/manual-time.ts';
import { eventFrom, type RecordedEvent } from './recorded.ts';
import { ReplayingSocket } from './replaying-socket.ts';

export const configFor = (port: number, more: Partial<FreeswitchConfig> = {}): FreeswitchConfig => ({
  pbx: pbxId('lab'),
  host: '127.0.0.1',
  port,
  password: 'secret',
  domain: '',
  sharesPbx: false,
  dialContext: 'default',
  extensionPattern: '^[0-9]{2,6}$',
  trunkProfiles: ['external'],
  parkingLot: 'park@{domain}',
  ownLot: 'valet',
  answer: 'notify-then-pickup',
  conferenceProfile: 'default',
  voicemailProfile: 'default',
  extensions: {},
  ...more,
});

export class Driven {
  readonly esl: ReplayingSocket;
  readonly time: ManualTime;
  readonly driver: Driver;
  readonly traced: TracedFact[] = [];
  /** Set to keep the reader of the facts busy: what comes in waits. */
  gate: Promise<void> | undefined;
  readonly #stop = new AbortController();
  readonly #waiters = new Set<() => void>();
  #reading: Promise<void> | undefined;
  #markers = 0;

  private constructor(esl: ReplayingSocket, time: ManualTime, driver: Driver) {
    this.esl = esl;
    this.time = time;
    this.driver = driver;
  }

  static async create(
    options: { readonly config?: Partial<FreeswitchConfig>; readonly maxWaitingBytes?: number; readonly esl?: ReplayingSocket } = {},
  ): Promise<Driven> {
    const esl = options.esl ?? (await ReplayingSocket.start());
    const time = new ManualTime();
    const driver = createFreeswitchDriver(configFor(esl.port, options.config), {
      clock: time,
      timers: time,
      newId: createNewId(randomBytes),
      random: () => 1,
      log: { info: () => undefined, warn: () => undefined },
      ...(options.maxWaitingBytes === undefined ? {} : { maxWaitingBytes: options.maxWaitingBytes }),
    });
    return new Driven(esl, time, driver);
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

  /** Resolves when everything that was played has come through: a registration of nobody's is played behind it. */
  async settled(): Promise<void> {
    const contact = `sip:marker-${this.#markers++}`;
    this.esl.play([markerOf(contact)]);
    const isThrough = (): boolean => this.of('extension.registered').some((fact) => fact.contact === contact);
    while (!isThrough()) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#waiters.add(resolve);
      await promise;
      this.#waiters.delete(resolve);
    }
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#reading;
    await this.driver.close();
    await this.esl.close();
  }

  async #read(): Promise<void> {
    for await (const batch of this.driver.facts(this.#stop.signal)) {
      this.traced.push(...batch);
      for (const waiter of this.#waiters) waiter();
      await this.gate;
    }
  }
}

/** The facts without those that `settled` made. */
export const withoutMarkers = (facts: readonly Fact[]): readonly Fact[] =>
  facts.filter((fact) => !(fact.type === 'extension.registered' && fact.contact.startsWith('sip:marker-')));

const markerOf = (contact: string): RecordedEvent =>
  eventFrom({ 'Event-Name': 'CUSTOM', 'Event-Subclass': 'sofia::register', 'from-user': '1009', contact });
