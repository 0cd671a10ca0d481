import { channelId, type ChannelId } from '../../../model/ids.ts';
import type { Micros } from '../../../model/time.ts';
import type { EslMessage } from '../esl-parser.ts';

/** An event, and when it came. */
export interface Arrived {
  readonly message: EslMessage;
  readonly at: Micros;
}

/**
 * FreeSWITCH's events keep their order within a channel, not between channels: a phone that a half of a loopback rings may show before that
 * half, of which nobody could say then to which call it belongs. What comes of such a channel waits for the half, a moment.
 */
export class EarlyChannels {
  readonly #waiting = new Map<ChannelId, { readonly caller: ChannelId; readonly events: Arrived[] }>();

  /** The events that can be told now, in order: most often the one that has come. */
  admit(arrived: Arrived, isKnown: (channel: ChannelId) => boolean): readonly Arrived[] {
    const { message } = arrived;
    const channel = channelId(message.get('Unique-ID') ?? '');
    const waiting = this.#waiting.get(channel);
    if (waiting !== undefined) {
      waiting.events.push(arrived);
      if (message.event !== 'CHANNEL_HANGUP_COMPLETE') return [];
      // Its caller has not come to light: it is told without.
      this.#waiting.delete(channel);
      return waiting.events;
    }
    if (message.event !== 'CHANNEL_CREATE') return [arrived];
    const caller = loopbackCallerOf(message);
    if (caller === undefined || isKnown(caller)) return [arrived, ...this.#callOf(channel)];
    if (this.#waiting.size >= mostWaiting) return [arrived];
    this.#waiting.set(channel, { caller, events: [arrived] });
    return [];
  }

  /** All that lives is known from elsewhere. */
  forget(): void {
    this.#waiting.clear();
  }

  /** What has waited for this caller. */
  #callOf(caller: ChannelId): readonly Arrived[] {
    const found = [...this.#waiting].filter(([, waiting]) => waiting.caller === caller);
    for (const [channel] of found) this.#waiting.delete(channel);
    return found.flatMap(([, { events }]) => events);
  }
}

const mostWaiting = 1_000;

const loopbackCallerOf = (message: EslMessage): ChannelId | undefined => {
  const isOfLoopback =
    message.get('Other-Type') === 'originator' && message.get('Other-Leg-Channel-Name')?.startsWith('loopback/') === true;
  const caller = message.get('Other-Leg-Unique-ID') ?? '';
  return isOfLoopback && caller !== '' ? channelId(caller) : undefined;
};
