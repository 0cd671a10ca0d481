import type { Fact } from '../../../model/fact.ts';
import { channelId, type ChannelId } from '../../../model/ids.ts';
import type { Micros } from '../../../model/time.ts';
import type { AmiMessage } from '../ami-parser.ts';
import type { Memory } from './memory.ts';

/** One event, and what is remembered of those before, to facts. */
export type Translate = (reader: Reader, memory: Memory) => readonly Fact[];

export const none: readonly Fact[] = [];

/** An event's headers by what they mean. */
export class Reader {
  readonly at: Micros;
  readonly #message: AmiMessage;

  /** `at` is when the message came; Asterisk's own time, if it sends one, is preferred. */
  constructor(message: AmiMessage, at: Micros) {
    this.#message = message;
    this.at = stampOf(message) ?? at;
  }

  /** `''` where the event has no such header, or only a word for nothing. */
  text(header: string): string {
    const value = this.#message.get(header);
    return value === undefined || value === '<unknown>' || value === '<none>' ? '' : value;
  }

  number(header: string): number {
    const value = Number(this.#message.get(header) ?? '');
    return Number.isFinite(value) ? value : 0;
  }

  /** `''` where the event has no such channel. */
  channel(header: string): ChannelId {
    return channelId(this.text(header));
  }

  has(header: string): boolean {
    return this.text(header) !== '';
  }
}

const stampOf = (message: AmiMessage): Micros | undefined => {
  // Sent with `timestampevents = yes`: seconds with six decimals.
  const stamp = message.get('Timestamp');
  if (stamp === undefined) return undefined;
  const at = Math.round(Number(stamp) * 1_000_000);
  return Number.isSafeInteger(at) && at > 0 ? at : undefined;
};
