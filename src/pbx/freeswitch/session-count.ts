import type { EslMessage } from './esl-parser.ts';

/**
 * FreeSWITCH drops events for a listener that is slow, and says nothing of it but in its log. The numbers of events cannot tell, for most
 * are not asked for. But each heartbeat says how many sessions there are: if that differs from the channels that were told of, and still
 * does at the next heartbeat, something was lost.
 */
export class SessionCount {
  readonly #channels = new Set<string>();
  /** Those that ended while the lists of a resync were read, which may have them still; undefined while none are read. */
  #ended: Set<string> | undefined;
  #difference = 0;
  /** Sessions that never show as channels, as far as a resync has not mended the difference. */
  #unseen = 0;

  /** A resync begins: what was known counts no more. */
  begin(): void {
    this.#channels.clear();
    this.#ended = new Set();
    this.#difference = 0;
    this.#unseen = 0;
  }

  /** The channels that a resync has found. */
  found(channels: Iterable<string>): void {
    for (const channel of channels) if (this.#ended?.has(channel) !== true) this.#channels.add(channel);
    this.#ended = undefined;
  }

  /** Whether what is known does not fit what the event says. */
  isOff(message: EslMessage): boolean {
    switch (message.event) {
      case 'CHANNEL_CREATE':
        this.#channels.add(message.get('Unique-ID') ?? '');
        return false;
      case 'CHANNEL_HANGUP_COMPLETE':
        this.#channels.delete(message.get('Unique-ID') ?? '');
        this.#ended?.add(message.get('Unique-ID') ?? '');
        return false;
      case 'HEARTBEAT':
        return this.#isOff(Number(message.get('Session-Count')));
      default:
        return false;
    }
  }

  #isOff(sessions: number): boolean {
    if (!Number.isFinite(sessions)) return false;
    const difference = sessions - this.#channels.size - this.#unseen;
    const before = this.#difference;
    this.#difference = difference;
    // A call that begins or ends in this very moment counts on one side only; it does not at two heartbeats.
    if (difference === 0 || before === 0 || Math.sign(difference) !== Math.sign(before)) return false;
    this.#unseen = this.#unseen + difference;
    this.#difference = 0;
    return true;
  }
}
