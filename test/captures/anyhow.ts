import type { NewEvent } from '../../src/model/event.ts';
import { liveState } from '../../src/tracker/tracker.ts';
import { brokenInvariants } from './invariants.ts';
import type { play } from './play.ts';
import { tell } from './short-form.ts';

/** What of a recording must be the same in whatever order its messages come. */

type Played = ReturnType<typeof play>;

/** Neighbours that may change places do so by chance, in several rounds. */
export const mixed = <Message>(
  messages: readonly Message[],
  mayComeBefore: (first: Message, second: Message) => boolean,
  byChance: () => boolean,
): readonly Message[] => {
  const order = [...messages];
  for (let round = 0; round < 4; round += 1) {
    for (const [index, first] of order.entries()) {
      const second = order[index + 1];
      if (second === undefined || !byChance() || !mayComeBefore(first, second)) continue;
      order[index] = second;
      order[index + 1] = first;
    }
  }
  return order;
};

interface Soundness {
  readonly broken: readonly string[];
  readonly isLeft: boolean;
}

/** What holds of every story. */
export const soundnessOf = ({ events, state }: Played): Soundness => {
  const { calls, conferences, slots, queues } = liveState(state);
  const isLeft =
    calls.length + slots.length + conferences.flatMap((one) => one.members).length + queues.flatMap((one) => one.waiting).length > 0;
  return { broken: brokenInvariants(events, !isLeft), isLeft };
};

export interface StoryAnyhow extends Soundness {
  readonly events: readonly string[];
  readonly presence: Readonly<Record<string, string | undefined>>;
}

/** What happened, whatever its order: every event once more or less is a difference, and where each extension is in the end. */
export const storyOf = (played: Played): StoryAnyhow => {
  const told = tell(played.events.toSorted((one, two) => compare(rankOf(one), rankOf(two))));
  return {
    ...soundnessOf(played),
    // Which legs still live when two calls become one is a matter of moments.
    events: told.events.filter((event) => !event.startsWith('leg.moved')).toSorted(),
    presence: Object.fromEntries(Object.entries(told.presence).map(([extension, states]) => [extension, states.split(' ').at(-1)])),
  };
};

/** Names go by the order of beginnings: so those come first, by ids that are the same in every order. */
const rankOf = ({ type, callId, legId }: NewEvent): string =>
  type === 'call.started' ? `0 ${callId ?? ''}` : type === 'leg.started' ? `1 ${legId ?? ''}` : '2';

const compare = (one: string, two: string): number => (one === two ? 0 : one < two ? -1 : 1);
