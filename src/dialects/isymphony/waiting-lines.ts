import type { LegId } from '../../model/ids.ts';
import type { LiveState } from '../../model/live-state.ts';

/** Who waits in each queue, in order: a queue does not say where somebody stood who leaves it. */
export class WaitingLines {
  readonly #lines = new Map<string, readonly LegId[]>();

  restore({ queues }: Pick<LiveState, 'queues'>): void {
    for (const { name, waiting } of queues) {
      this.#set(
        name,
        waiting.map(({ legId }) => legId),
      );
    }
  }

  join(queue: string, leg: LegId): void {
    this.#set(queue, [...this.#without(queue, leg), leg]);
  }

  /** Counted from 1, which is also said of one who is not known to have waited. */
  leave(queue: string, leg: LegId): number {
    const at = (this.#lines.get(queue) ?? []).indexOf(leg);
    this.#set(queue, this.#without(queue, leg));
    return Math.max(at, 0) + 1;
  }

  #without(queue: string, leg: LegId): readonly LegId[] {
    return (this.#lines.get(queue) ?? []).filter((id) => id !== leg);
  }

  #set(queue: string, line: readonly LegId[]): void {
    if (line.length === 0) this.#lines.delete(queue);
    else this.#lines.set(queue, line);
  }
}
