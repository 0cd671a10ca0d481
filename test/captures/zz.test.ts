import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { NewEvent } from '../../src/model/event.ts';
import type { Fact } from '../../src/model/fact.ts';
import { liveState } from '../../src/tracker/tracker.ts';
import { resyncAfter } from './channel-model.ts';
import { brokenInvariants } from './invariants.ts';
import { eventsOf, factsOf, play } from './play.ts';
import { messageByMessage, readRecording, recordings, type Read } from './recording.ts';
import { tell } from './short-form.ts';

/** Streams that nobody recorded, made of recorded ones. */

const anyRecording = fc.constantFrom(...recordings.filter(({ name }) => name !== 'pbx_kill9_with_call'));

/** Two PBXs' streams as one: each keeps its order, `picks` decides whose turn it is. */
const interleave = <Item>(first: readonly Item[], second: readonly Item[], picks: readonly boolean[]): readonly Item[] => {
  const woven: Item[] = [];
  let one = 0;
  let two = 0;
  while (one < first.length || two < second.length) {
    const takesFirst = two >= second.length || (one < first.length && picks[(one + two) % picks.length] === true);
    const next = takesFirst ? first[one++] : second[two++];
    if (next !== undefined) woven.push(next);
  }
  return woven;
};

const callsOf = (events: readonly NewEvent[]): ReadonlySet<string> =>
  new Set(events.flatMap(({ type, callId }) => (type === 'call.started' && callId !== undefined ? [callId] : [])));

const about = (events: readonly NewEvent[], calls: ReadonlySet<string>): readonly string[] =>
  tell(events.filter(({ callId }) => callId !== undefined && calls.has(callId))).events;

const uniqueIds = (reads: readonly Read[]): ReadonlySet<string> =>
  new Set(
    Buffer.concat(reads.map((read) => read.bytes))
      .toString('latin1')
      .match(/^Uniqueid: .*$/gm),
  );

describe('two recordings at once', () => {
  test('their calls know nothing of each other', () => {
    fc.assert(
      fc.property(anyRecording, anyRecording, fc.array(fc.boolean(), { minLength: 1, maxLength: 50 }), (one, two, picks) => {
        const first = messageByMessage(readRecording(one));
        const second = messageByMessage(readRecording(two));
        // Recordings of several runs of a PBX may use the same ids, and a slot holds one call.
        fc.pre(uniqueIds(first).isDisjointFrom(uniqueIds(second)));
        const alone = [eventsOf(first), eventsOf(second)];
        fc.pre(!alone.every((events) => events.some((event) => event.type === 'slot.occupied')));
        const together = eventsOf(interleave(first, second, picks));
        expect(brokenInvariants(together, true)).toEqual([]);
        for (const events of alone) {
          const calls = callsOf(events);
          expect(about(together, calls)).toEqual(about(events, calls));
        }
      }),
      { numRuns: 3500 },
    );
  });
});

describe('a link that breaks', () => {
  test('in the middle of a message: the rest of it is lost, and a resync makes up for it', () => {
    fc.assert(
      fc.property(anyRecording, fc.double({ min: 0, max: 1, noNaN: true }), fc.nat({ max: 60 }), (recording, share, lost) => {
        const messages = messageByMessage(readRecording(recording));
        const cut = Math.floor(share * messages.length);
        const half = messages.slice(cut, cut + 1).map(({ at, bytes }) => ({ at, bytes: bytes.subarray(0, bytes.length / 2) }));
        const before = factsOf([...messages.slice(0, cut), ...half]);
        const all = factsOf(messages);
        const resumed = factsOf(messages.slice(0, cut + lost)).length;
        const at = all[resumed]?.at ?? all.at(-1)?.at ?? 0;
        const facts: readonly Fact[] = [
          ...before,
          { type: 'pbx.disconnected', at, reason: 'cut' },
          { type: 'pbx.connected', at },
          resyncAfter(all.slice(0, resumed), at),
          ...all.slice(resumed),
        ];
        const { events, state } = play(facts);
        expect(brokenInvariants(events, true)).toEqual([]);
        expect(liveState(state).calls).toEqual([]);
        const resyncs = events.filter((event) => event.type === 'pbx.resynced');
        expect(resyncs.map((event) => event.data.restarted)).toEqual([false]);
      }),
      { numRuns: 3500 },
    );
  });
});

describe('a PBX that tells less, or more, than it should', () => {
  test('whatever is missing, what was announced ends once, at the latest with the resync', () => {
    fc.assert(
      fc.property(anyRecording, fc.infiniteStream(fc.integer({ min: 0, max: 9 })), (recording, dice) => {
        const facts = factsOf(readRecording(recording));
        const heard = facts.filter(() => (dice.next().value ?? 0) !== 0);
        const at = facts.at(-1)?.at ?? 0;
        const { events, state } = play([...heard, resyncAfter(facts, at)]);
        expect(brokenInvariants(events, true)).toEqual([]);
        expect(liveState(state).calls).toEqual([]);
      }),
      { numRuns: 8000 },
    );
  });

  test('what may come twice changes nothing when it does', () => {
    fc.assert(
      fc.property(anyRecording, fc.infiniteStream(fc.boolean()), (recording, coin) => {
        const facts = factsOf(readRecording(recording));
        const doubled = facts.flatMap((fact) => (mayRepeat.has(fact.type) && coin.next().value === true ? [fact, fact] : [fact]));
        expect(tell(play(doubled).events)).toEqual(tell(play(facts).events));
      }),
      { numRuns: 3500 },
    );
  });
});

/** Facts that say what is so, not that something happened: to be told again changes nothing. */
const mayRepeat: ReadonlySet<Fact['type']> = new Set<Fact['type']>([
  'channel.state',
  'channel.identified',
  'channel.peerIdentified',
  'channel.held',
  'channel.unheld',
  'channel.hangupRequested',
  'dial.began',
  'dial.ringing',
  'dial.ended',
  'local.joined',
  'parking.entered',
  'queue.joined',
  'agent.state',
  'conference.joined',
  'extension.found',
  'pbx.degraded',
]);
