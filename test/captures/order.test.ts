import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { NewEvent } from '../../src/model/event.ts';
import { liveState } from '../../src/tracker/tracker.ts';
import { brokenInvariants } from './invariants.ts';
import { factsOf, play } from './play.ts';
import { masked, readRecording, recordings, type Read } from './recording.ts';
import { mayComeBefore, messagesOf, type Message } from './reorder.ts';
import { tell } from './short-form.ts';

/**
 * Stories that another order does change: a phone that consulted a parking slot puts its peer into it, and a slot is told by another
 * queue than the transfer. Told in time, the transfer is one to a slot; told first, it is one to the number that was consulted, too.
 */
const ambiguous: ReadonlySet<string> = new Set(['attended_refer_into_slot']);

/** Nine phones at once: what one does a moment sooner or later changes what the others do. There the invariants must hold. */
const crowded: ReadonlySet<string> = new Set(['busy_office']);

describe.each(recordings.filter(({ name }) => !ambiguous.has(name)))('$pbx $name', (recording) => {
  const messages = messagesOf(masked(readRecording(recording)));
  const outcomeOf = crowded.has(recording.name) ? soundnessOf : storyOf;
  const quiet = outcomeOf(messages);

  test.skipIf(crowded.has(recording.name))('a transfer, a slot or a conference that is told sooner or later is the same', () => {
    for (const order of shifted(messages)) expect(outcomeOf(order)).toEqual(quiet);
  });

  test('what several threads tell at once may come in any order', () => {
    fc.assert(
      fc.property(
        fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (chance, share) => {
          const order = mixed(messages, () => (chance.next().value ?? 1) < share);
          expect(outcomeOf(order)).toEqual(quiet);
        },
      ),
      { numRuns: 5 },
    );
  });
});

/** Each message that has a queue of its own, or is published late, moved as far as it may, step by step, each way. */
function* shifted(messages: readonly Message[]): Generator<readonly Message[]> {
  for (const [index, message] of messages.entries()) {
    if (message.teller === 'channel' || message.teller === 'elsewhere') continue;
    for (const step of [1, -1]) {
      const order = [...messages];
      for (let at = index; ; at += step) {
        const beside = order[at + step];
        if (beside === undefined || !(step === 1 ? mayComeBefore(message, beside) : mayComeBefore(beside, message))) break;
        order[at] = beside;
        order[at + step] = message;
        yield [...order];
      }
    }
  }
}

/** Neighbours that may change places do so by chance, in several rounds. */
const mixed = (messages: readonly Message[], byChance: () => boolean): readonly Message[] => {
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

const soundnessOf = (reads: readonly Read[]): Soundness => soundnessAfter(play(factsOf(reads)));

const soundnessAfter = ({ events, state }: ReturnType<typeof play>): Soundness => {
  const { calls, conferences, slots, queues } = liveState(state);
  const isLeft =
    calls.length + slots.length + conferences.flatMap((one) => one.members).length + queues.flatMap((one) => one.waiting).length > 0;
  return { broken: brokenInvariants(events, !isLeft), isLeft };
};

interface StoryAnyhow extends Soundness {
  readonly events: readonly string[];
  readonly presence: Readonly<Record<string, string | undefined>>;
}

/** What happened, whatever its order: every event once more or less is a difference, and where each extension is in the end. */
const storyOf = (reads: readonly Read[]): StoryAnyhow => {
  const played = play(factsOf(reads));
  const told = tell(played.events.toSorted((one, two) => compare(rankOf(one), rankOf(two))));
  return {
    ...soundnessAfter(played),
    // Which legs still live when two calls become one is a matter of moments.
    events: told.events.filter((event) => !event.startsWith('leg.moved')).toSorted(),
    presence: Object.fromEntries(Object.entries(told.presence).map(([extension, states]) => [extension, states.split(' ').at(-1)])),
  };
};

/** Names go by the order of beginnings: so those come first, by ids that are the same in every order. */
const rankOf = ({ type, callId, legId }: NewEvent): string =>
  type === 'call.started' ? `0 ${callId ?? ''}` : type === 'leg.started' ? `1 ${legId ?? ''}` : '2';

const compare = (one: string, two: string): number => (one === two ? 0 : one < two ? -1 : 1);
