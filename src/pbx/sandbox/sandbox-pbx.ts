import { GatewayError } from '../../model/errors.ts';
import type { Fact } from '../../model/fact.ts';
import type { ChannelId } from '../../model/ids.ts';
import type { Micros } from '../../model/time.ts';
import type { PbxMessage, TracedFact } from '../driver.ts';
import type { InteractiveCall } from '../interactive.ts';
import { snapshotOf, type LiveChannel, type Phone } from './channel.ts';
import { Dialplan } from './dialplan.ts';
import { Exchange, type Said } from './exchange.ts';
import { extensionSnapshot, phoneOf } from './extension.ts';
import type { OfficeClock } from './office-clock.ts';
import { createRandom } from './random.ts';
import type { Office } from './schema.ts';

export interface SandboxPbxOptions {
  readonly office: Office;
  readonly seed: number;
  readonly clock: OfficeClock;
  readonly say: (said: TracedFact) => void;
}

/**
 * The office in memory. What its people and the gateway can do stands in `acts/`, by story: each either throws a `GatewayError`
 * before anything happened, or does the whole thing, saying the facts of it.
 */
export class SandboxPbx {
  readonly office: Office;
  readonly exchange: Exchange;
  readonly #phones: ReadonlyMap<string, Phone>;
  readonly #say: (said: TracedFact) => void;
  readonly #listeners = new Set<() => void>();
  #dialplan: Dialplan;
  #startedAt: Micros;
  #source: PbxMessage | undefined;
  #takeCall: (call: InteractiveCall) => boolean = () => false;

  constructor({ office, seed, clock, say }: SandboxPbxOptions) {
    this.office = office;
    this.#say = say;
    this.#startedAt = clock.now();
    this.#phones = new Map(office.extensions.map((extension) => [extension.number, phoneOf(extension)]));
    this.exchange = new Exchange({
      clock,
      random: createRandom(seed),
      trunk: office.trunk,
      say: (said) => this.#tell(said),
      act: (why, run) => this.act(why, run),
    });
    this.#dialplan = this.#newDialplan();
  }

  /** Of this life of the PBX: another one after a restart. */
  get dialplan(): Dialplan {
    return this.#dialplan;
  }

  get channels(): readonly LiveChannel[] {
    return this.exchange.channels;
  }

  /** Does something as one act: all its facts have `why` as their source, and agents' states are told after it. */
  act<Result>(why: string, run: () => Result): Result {
    if (this.#source !== undefined) return run();
    this.#source = { at: this.exchange.clock.now(), text: why };
    try {
      return run();
    } finally {
      for (const queue of this.#dialplan.queues) queue.refresh();
      this.#source = undefined;
      for (const listener of this.#listeners) listener();
    }
  }

  /** Called after each act. Returns how to stop. */
  onActed(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** From now on `take` is offered the calls to interactive numbers. */
  handOver(take: (call: InteractiveCall) => boolean): void {
    this.#takeCall = take;
  }

  /** Undefined where the number is no extension. */
  findPhone(extension: string): Phone | undefined {
    return this.#phones.get(extension);
  }

  phone(extension: string): Phone {
    const phone = this.#phones.get(extension);
    if (phone === undefined) throw new GatewayError('no-such-extension', { extension });
    return phone;
  }

  channel(id: ChannelId): LiveChannel {
    const channel = this.exchange.channel(id);
    if (channel === undefined) throw new GatewayError('leg-ended', { channel: id });
    return channel;
  }

  channelsOf(phone: Phone): readonly LiveChannel[] {
    return this.exchange.channelsOf(phone);
  }

  channelsOfOutside(number: string): readonly LiveChannel[] {
    return this.exchange.channelsOf(this.#dialplan.outside(number));
  }

  /** Every call is gone, without a word; phones stay registered. */
  restart(): void {
    this.exchange.forget();
    this.#dialplan = this.#newDialplan();
    // A start time tells a restart from a lost link, so that two must differ.
    this.#startedAt = Math.max(this.exchange.clock.now(), this.#startedAt + 1);
  }

  /** What comes first on every link: who the PBX is, and all that lives in it. */
  greet(): readonly TracedFact[] {
    const at = this.exchange.clock.now();
    const startedAt = this.#startedAt;
    const facts: readonly Fact[] = [
      { type: 'pbx.connected', at, startedAt, version },
      {
        type: 'resync',
        at,
        startedAt,
        version,
        channels: this.channels.map(snapshotOf),
        extensions: [...this.#phones.values()].map(extensionSnapshot),
        queues: this.#dialplan.queues.map((queue) => queue.snapshot()),
        conferences: this.office.conferences.map((room) => ({ name: room, number: room })),
      },
    ];
    return facts.map((fact) => ({ fact }));
  }

  #newDialplan(): Dialplan {
    return new Dialplan(this.office, this.exchange, this.#phones, (call) => this.#takeCall(call));
  }

  #tell(said: Said): void {
    const fact: Fact = { ...said, at: this.exchange.clock.now() };
    this.#say(this.#source === undefined ? { fact } : { fact, source: this.#source });
  }
}

const version = 'sandbox 1';
