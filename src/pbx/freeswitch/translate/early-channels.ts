import { channelId, type ChannelId } from '../../../model/ids.ts';
import type { Micros } from '../../../model/time.ts';
import type { EslMessage } from '../esl-parser.ts';

/** An event, and when it came. */
export interface Arrived {
  readonly message: EslMessage;
  readonly at: Micros;
}

/**
 * FreeSWITCH's events keep their order within a channel, not between channels: the second half of a loopback may show before the first, and a
 * phone before the half that rings it. Nobody could say then to which call it belongs: what comes of such a channel waits, a moment.
 */
export class EarlyChannels {
  readonly #waiting = new Map<ChannelId, { readonly origin: ChannelId; readonly events: Arrived[] }>();

  /** The events that can be told now, in order: most often the one that has come. */
  admit(arrived: Arrived, isKnown: (channel: ChannelId) => boolean): readonly Arrived[] {
    const { message } = arrived;
    const channel = channelId(message.get('Unique-ID') ?? '');
    const waiting = this.#waiting.get(channel);
    if (waiting !== undefined) {
      waiting.events.push(arrived);
      if (message.event !== 'CHANNEL_HANGUP_COMPLETE') return [];
      // Where it comes from has not come to light: it is told without.
      this.#waiting.delete(channel);
      return waiting.events;
    }
    if (message.event !== 'CHANNEL_CREATE') return [arrived];
    const origin = originOf(message);
    const waits = origin !== undefined && !isKnown(origin) && this.#waiting.size < mostWaiting;
    if (!waits) return [arrived, ...this.#comeFrom(channel)];
    this.#waiting.set(channel, { origin, events: [arrived] });
    return [];
  }

  /** All that lives is known from elsewhere. */
  forget(): void {
    this.#waiting.clear();
  }

  /** What has waited for this channel, and for what has. */
  #comeFrom(origin: ChannelId): readonly Arrived[] {
    const found = [...this.#waiting].filter(([, waiting]) => waiting.origin === origin);
    for (const [channel] of found) this.#waiting.delete(channel);
    return found.flatMap(([channel, { events }]) => [...events, ...this.#comeFrom(channel)]);
  }
}

const mostWaiting = 1_000;

/** The channel without which nobody can say whose call this one is of: a loopback's first half, or the half that calls it. */
const originOf = (message: EslMessage): ChannelId | undefined => {
  const isSecondHalf = /^loopback\/.*-b$/.test(message.get('Channel-Name') ?? '');
  const isCalledByHalf =
    message.get('Other-Type') === 'originator' && message.get('Other-Leg-Channel-Name')?.startsWith('loopback/') === true;
  if (!isSecondHalf && !isCalledByHalf) return undefined;
  const origin = message.get(isSecondHalf ? 'variable_other_loopback_leg_uuid' : 'Other-Leg-Unique-ID') ?? '';
  return origin === '' ? undefined : channelId(origin);
};
