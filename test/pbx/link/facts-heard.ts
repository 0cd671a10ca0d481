/** What a driver has said so far, and waiting for it to say more. */
import type { Fact, FactOf, FactType } from '../../../src/model/fact.ts';
import type { Driver, TracedFact } from '../../../src/pbx/driver.ts';

export class FactsHeard {
  readonly driver: Driver;
  readonly traced: TracedFact[] = [];
  /** Set to keep the reader of the facts busy: what comes in waits. */
  gate: Promise<void> | undefined;
  readonly #stop = new AbortController();
  readonly #waiters = new Set<() => void>();
  #reading: Promise<void> | undefined;

  protected constructor(driver: Driver) {
    this.driver = driver;
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
  until(type: FactType, count = 1): Promise<void> {
    return this.untilSo(() => this.of(type).length >= count);
  }

  /** Resolves when the facts that have been said make it so. */
  async untilSo(isSo: () => boolean): Promise<void> {
    while (!isSo()) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#waiters.add(resolve);
      await promise;
      this.#waiters.delete(resolve);
    }
  }

  forget(): void {
    this.traced.length = 0;
  }

  /** Ends the reading, and the driver. */
  protected async end(): Promise<void> {
    this.#stop.abort();
    await this.#reading;
    await this.driver.close();
  }

  async #read(): Promise<void> {
    for await (const batch of this.driver.facts(this.#stop.signal)) {
      this.traced.push(...batch);
      for (const waiter of this.#waiters) waiter();
      await this.gate;
    }
  }
}
