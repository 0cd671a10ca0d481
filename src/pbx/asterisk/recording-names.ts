import type { Fact } from '../../model/fact.ts';
import type { ChannelId } from '../../model/ids.ts';

/** Asterisk's events tell of a channel that it is recorded, and not into which file: what we began ourselves we know. */
export class RecordingNames {
  readonly #files = new Map<ChannelId, string>();

  /** A recording into `file`, below Asterisk's own folder of recordings, is about to begin. Returns how to take that back. */
  expect(channel: ChannelId, file: string): () => void {
    this.#files.set(channel, file);
    return () => void this.#files.delete(channel);
  }

  /** The fact with the name and file of its recording, where they are known. */
  complete(fact: Fact): Fact {
    switch (fact.type) {
      case 'recording.started':
      case 'recording.paused':
      case 'recording.resumed':
      case 'recording.stopped': {
        const file = this.#files.get(fact.channel);
        if (fact.type === 'recording.stopped') this.#files.delete(fact.channel);
        return file === undefined ? fact : { ...fact, name: file, file };
      }
      case 'channel.ended':
        this.#files.delete(fact.channel);
        return fact;
      default:
        return fact;
    }
  }
}
