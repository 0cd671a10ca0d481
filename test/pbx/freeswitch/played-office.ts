/** Phones made of recordings: what they do is what was recorded of phones that did the same. */
import { extensionNumber, type ExtensionNumber } from '../../../src/model/ids.ts';
import type { World } from '../../contract/driver.ts';
import { channelsIn, recordedEvents, rewritten, type RecordedEvent } from './recorded.ts';
import { never, type ReplayingSocket } from './replaying-socket.ts';

type Change = readonly [from: string, to: string];

/** A recording that is played piece by piece; another one of the same beginning may take over. */
export class PlayedOffice implements World {
  readonly caller = extensionNumber('1001');
  readonly callee = extensionNumber('1002');
  readonly busy = extensionNumber('1003');
  readonly #esl: ReplayingSocket;
  #rest: readonly RecordedEvent[] = [];
  /** The channels of the call that is played, in the order of their making. */
  #channels: readonly string[] = [];
  #calls = 0;

  constructor(esl: ReplayingSocket) {
    this.#esl = esl;
    esl.on(/^uuid_phone_event (\S+) talk$/, () => this.#then(() => this.#playUntil('CHANNEL_BRIDGE')));
    esl.on(/^uuid_kill (\S+) /, (api) => this.#kill(api.split(' ')[1] ?? '', api.split(' ')[2] ?? ''));
    esl.on(/^originate \{origination_uuid=/, (api) => this.#originate(/origination_uuid=([^,}]+)/.exec(api)?.[1] ?? ''));
  }

  call(_from: ExtensionNumber, to: ExtensionNumber): Promise<void> {
    if (to === this.busy) {
      this.#begin('busy_486', [['1002', this.busy]]);
      this.#playAll();
    } else {
      this.#begin('caller_hangs_up');
      this.#playUntil('CHANNEL_PROGRESS');
    }
    return Promise.resolve();
  }

  answer(extension: ExtensionNumber): Promise<void> {
    // Of a click-to-dial the own phone answers first, and then the other one is rung.
    this.#playUntil(extension === this.caller ? 'CHANNEL_PROGRESS' : 'CHANNEL_BRIDGE');
    return Promise.resolve();
  }

  reject(): Promise<void> {
    // Recorded was a phone that said 486.
    this.#goOnAs('reject_after_ringing', 'CHANNEL_PROGRESS', [
      ['USER_BUSY', 'CALL_REJECTED'],
      ['variable_hangup_cause_q850: 17', 'variable_hangup_cause_q850: 21'],
    ]);
    return Promise.resolve();
  }

  hangUp(extension: ExtensionNumber): Promise<void> {
    const isTalking = !this.#rest.some(({ name }) => name === 'CHANNEL_BRIDGE');
    if (!isTalking) this.#goOnAs('caller_cancel', 'CHANNEL_PROGRESS');
    else if (extension === this.callee && this.#isDialled) this.#playAll();
    else if (extension === this.callee) this.#goOnAs('callee_hangs_up', 'CHANNEL_BRIDGE');
    else this.#playAll();
    return Promise.resolve();
  }

  breakLink(): Promise<void> {
    this.#esl.cut();
    return Promise.resolve();
  }

  /** Ends every call. */
  end(): void {
    this.#playAll();
  }

  #isDialled = false;

  #begin(capture: string, changes: readonly Change[] = [], first?: string): void {
    this.#calls += 1;
    const recorded = recordedEvents(capture);
    // Every call is a new one.
    const ids = channelsIn(recorded).map((id, index): Change => [
      id,
      (index === 0 ? first : undefined) ?? `${id.slice(0, -2)}${10 + this.#calls}`,
    ]);
    this.#rest = rewritten(recorded, [...ids, ...changes]);
    this.#channels = channelsIn(this.#rest);
    this.#isDialled = first !== undefined;
  }

  /** What follows in another recording, after the first event of a name, of the channels of this call. */
  #goOnAs(capture: string, after: string, changes: readonly Change[] = []): void {
    const recorded = recordedEvents(capture);
    const ids = channelsIn(recorded).map((id, index): Change => [id, this.#channels[index] ?? id]);
    this.#rest = rewritten(recorded.slice(recorded.findIndex(({ name }) => name === after) + 1), [...ids, ...changes]);
    this.#playAll();
  }

  #playUntil(name: string): void {
    const end = this.#rest.findIndex((event) => event.name === name) + 1;
    this.#esl.play(this.#rest.slice(0, end));
    this.#rest = this.#rest.slice(end);
  }

  #playAll(): void {
    this.#esl.play(this.#rest);
    this.#rest = [];
  }

  /** Something that happens after the answer to the command that brings it about. */
  #then(happens: () => void): string {
    setImmediate(happens);
    return '+OK Success\n';
  }

  #kill(channel: string, cause: string): string | undefined {
    if (!this.#channels.includes(channel)) return undefined;
    const isTalking = !this.#rest.some(({ name }) => name === 'CHANNEL_BRIDGE');
    return this.#then(() => {
      if (isTalking) this.#goOnAs('callee_hangs_up', 'CHANNEL_BRIDGE');
      else this.#goOnAs('reject_after_ringing', 'CHANNEL_PROGRESS', [['USER_BUSY', cause]]);
    });
  }

  #originate(channel: string): string {
    this.#begin('originate_exten', [], channel);
    setImmediate(() => this.#playUntil('CHANNEL_PROGRESS'));
    return never;
  }
}
