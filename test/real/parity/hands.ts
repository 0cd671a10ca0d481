/** The phones of the office on a real PBX, and the driver for what the gateway does. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Fact } from '../../../src/model/fact.ts';
import { commandIdFrom } from '../../../src/model/ids.ts';
import type { Driver } from '../../../src/pbx/driver.ts';
import type { Hands } from '../../captures/parity/deeds.ts';
import type { Phone } from '../phone/phone.ts';
import type { PhoneCall } from '../phone/phone-call.ts';

export class RealHands implements Hands, AsyncDisposable {
  readonly #phones: ReadonlyMap<string, Phone>;
  readonly #driver: Driver;
  readonly #stop = new AbortController();
  readonly #facts: Fact[] = [];
  readonly #reading: Promise<void>;

  constructor(driver: Driver, phones: readonly Phone[]) {
    this.#phones = new Map(phones.map((phone) => [phone.number, phone]));
    this.#driver = driver;
    this.#reading = this.#read();
  }

  async #read(): Promise<void> {
    for await (const batch of this.#driver.facts(this.#stop.signal)) this.#facts.push(...batch.map(({ fact }) => fact));
  }

  async ready(): Promise<void> {
    while (!this.#facts.some(({ type }) => type === 'resync')) await sleep(50);
  }

  async call(who: string, number: string): Promise<void> {
    const call = await this.#phone(who).call(number);
    await call.phone.changes.until(
      () => (call.state === 'dialling' ? undefined : true),
      `the call of ${who} to go on`,
      () => call.describe(),
    );
  }

  async answer(who: string): Promise<void> {
    (await this.#callOf(who, isRinging)).answer();
  }

  async reject(who: string): Promise<void> {
    (await this.#callOf(who, isRinging)).reject(486);
  }

  async forward(who: string, number: string): Promise<void> {
    (await this.#callOf(who, isRinging)).forward(number);
  }

  async leave(who: string): Promise<void> {
    const phone = this.#phone(who);
    const call = phone.calls.findLast(isTalking) ?? phone.calls.findLast(({ state }) => state !== 'ended');
    await call?.hangup();
  }

  async drop(who: string): Promise<void> {
    await (await this.#callOf(who, isHeld)).hangup();
  }

  async hold(who: string): Promise<void> {
    await (await this.#callOf(who, isTalking)).hold();
  }

  async resume(who: string): Promise<void> {
    const held = this.#phone(who).calls.find(isHeld);
    await held?.resume();
  }

  async send(who: string, number: string): Promise<void> {
    const call = this.#phone(who).calls.findLast(isTalking) ?? (await this.#callOf(who, isHeld));
    await call.transfer(number);
  }

  async join(who: string): Promise<void> {
    await (await this.#callOf(who, isHeld)).transferTo(await this.#callOf(who, isOther));
  }

  async press(who: string, keys: string): Promise<void> {
    (await this.#callOf(who, isTalking)).press(keys);
    await sleep(keys.length * 300);
  }

  async pass(seconds: number): Promise<void> {
    await sleep(seconds * 1000);
  }

  channelOf(who: string): ReturnType<Hands['channelOf']> {
    const ended = new Set(this.#facts.flatMap((fact) => (fact.type === 'channel.ended' ? [fact.channel] : [])));
    const found = this.#facts.findLast((fact) => fact.type === 'channel.created' && fact.number === who && !ended.has(fact.channel));
    if (found?.type !== 'channel.created') throw new Error(`${who} has no channel`);
    return found.channel;
  }

  async command(body: Parameters<Hands['command']>[0]): Promise<void> {
    const outcome = await this.#driver.execute({ ...body, id: commandIdFrom(`cmd_${body.name}`) }, this.#stop.signal);
    if (outcome.outcome !== 'accepted') throw new Error(`${body.name}: ${JSON.stringify(outcome)}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#reading;
    await this.#driver.close();
  }

  #phone(who: string): Phone {
    const phone = this.#phones.get(who);
    if (phone === undefined) throw new Error(`${who} has no phone`);
    return phone;
  }

  async #callOf(who: string, isIt: (call: PhoneCall) => boolean): Promise<PhoneCall> {
    const phone = this.#phone(who);
    return phone.changes.until(
      () => phone.calls.findLast(isIt),
      `a call of ${who}`,
      () => phone.describe(),
    );
  }
}

const isRinging = ({ state, direction }: PhoneCall): boolean => state === 'ringing' && direction === 'incoming';
/** What it may join with what it holds; it may still ring there. */
const isOther = ({ state, direction, holding }: PhoneCall): boolean =>
  !holding && (state === 'up' || (state === 'ringing' && direction === 'outgoing'));
const isTalking = ({ state, holding }: PhoneCall): boolean => state === 'up' && !holding;
const isHeld = ({ state, holding }: PhoneCall): boolean => state === 'up' && holding;
