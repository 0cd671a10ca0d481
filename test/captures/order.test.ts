import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { mixed, soundnessOf, storyOf } from './anyhow.ts';
import { factsOf, play } from './play.ts';
import { masked, readRecording, recordings, type Read } from './recording.ts';
import { mayComeBefore, messagesOf, type Message } from './reorder.ts';

/**
 * Stories that another order does change: a phone that consulted a parking slot puts its peer into it, and a slot is told by another
 * queue than the transfer. Told in time, the transfer is one to a slot; told first, it is one to the number that was consulted, too.
 */
const ambiguous: ReadonlySet<string> = new Set(['attended_refer_into_slot']);

/** Nine phones at once: what one does a moment sooner or later changes what the others do. There the invariants must hold. */
const crowded: ReadonlySet<string> = new Set(['busy_office']);

describe.each(recordings.filter(({ name }) => !ambiguous.has(name)))('$pbx $name', (recording) => {
  const messages = messagesOf(masked(readRecording(recording)));
  const lookAt = crowded.has(recording.name) ? soundnessOf : storyOf;
  const outcomeOf = (reads: readonly Read[]): unknown => lookAt(play(factsOf(reads)));
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
          const order = mixed(messages, mayComeBefore, () => (chance.next().value ?? 1) < share);
          expect(outcomeOf(order)).toEqual(quiet);
        },
      ),
      { numRuns: 3 },
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
