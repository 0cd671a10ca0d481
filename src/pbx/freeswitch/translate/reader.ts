import type { Fact } from '../../../model/fact.ts';
import { channelId, type ChannelId } from '../../../model/ids.ts';
import type { Micros } from '../../../model/time.ts';
import type { EslMessage } from '../esl-parser.ts';
import type { Memory } from './memory.ts';

/** One event, and what is remembered of those before, to facts. */
export type Translate = (reader: Reader, memory: Memory) => readonly Fact[];

export const none: readonly Fact[] = [];

/** An event's headers by what they mean. */
export class Reader {
  readonly at: Micros;
  readonly #message: EslMessage;

  /** `at` is when the message came; FreeSWITCH's own time is preferred. */
  constructor(message: EslMessage, at: Micros) {
    this.#message = message;
    this.at = stampOf(message) ?? at;
  }

  /** `''` where the event has no such header. */
  text(header: string): string {
    return this.#message.get(header) ?? '';
  }

  number(header: string): number {
    const value = Number(this.text(header));
    return Number.isFinite(value) ? value : 0;
  }

  channel(header = 'Unique-ID'): ChannelId {
    return channelId(this.text(header));
  }

  has(header: string): boolean {
    return this.text(header) !== '';
  }
}

const stampOf = (message: EslMessage): Micros | undefined => {
  const at = Number(message.get('Event-Date-Timestamp') ?? '');
  return Number.isSafeInteger(at) && at > 0 ? at : undefined;
};
