import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { NewEvent } from '../../src/model/event.ts';
import type { Fact } from '../../src/model/fact.ts';
import { extensionNumber, pbxId, type LoginId } from '../../src/model/ids.ts';
import type { LiveState } from '../../src/model/live-state.ts';
import { createTrackerState, liveState, restoreState, saveChanges, track, type TrackerState } from '../../src/tracker/tracker.ts';
import { resyncAfter } from '../captures/channel-model.ts';
import { brokenInvariants } from '../captures/invariants.ts';
import { Switchboard, deedKinds, type Deed } from './switchboard.ts';

const pbx = pbxId('board');

const deeds: fc.Arbitrary<readonly Deed[]> = fc.array(
  fc.record({
    kind: fc.constantFrom(...deedKinds, 'call' as const, 'answer' as const, 'answer' as const),
    who: fc.nat(7),
    other: fc.nat(7),
  }),
  { minLength: 1, maxLength: 40, size: 'max' },
);

const play = (
  facts: readonly Fact[],
  from = createTrackerState(pbx),
): { readonly state: TrackerState; readonly events: readonly NewEvent[] } => {
  const events: NewEvent[] = [];
  let state = from;
  for (const fact of facts) {
    const step = track(state, fact);
    state = step.state;
    events.push(...step.events);
  }
  return { state, events };
};

const boardAfter = (done: readonly Deed[]): Switchboard => {
  const board = new Switchboard();
  for (const deed of done) board.do(deed);
  return board;
};

/** What the gateway says of the people; with it, whose phone each leg is. */
const people: readonly Fact[] = [
  {
    type: 'users.assigned',
    at: 1,
    users: [{ name: 'alice', extension: extensionNumber('101') }, { name: 'bob', extension: extensionNumber('103') }, { name: 'guest' }],
  },
  { type: 'user.sessionBegan', at: 2, user: 'guest', login: 'login_guest' as LoginId },
  { type: 'user.status', at: 3, user: 'alice', status: 'away', label: 'Lunch' },
];

const runs = { numRuns: 100 };

test('legs and calls start once, end once, in order, and are silent afterwards', () => {
  fc.assert(
    fc.property(deeds, (done) => {
      const board = boardAfter(done);
      expect(brokenInvariants(play(board.facts).events, false)).toEqual([]);
      board.close();
      const { state, events } = play(board.facts);
      expect(brokenInvariants(events, true)).toEqual([]);
      const { calls, conferences, slots, queues } = liveState(state);
      expect([calls, conferences, slots, queues.flatMap(({ waiting }) => waiting)]).toEqual([[], [], [], []]);
    }),
    runs,
  );
});

test('the same facts give the same events, and an old state stays as it was', () => {
  fc.assert(
    fc.property(deeds, (done) => {
      const { facts } = boardAfter(done);
      const first = play(facts.slice(0, facts.length / 2));
      const before = JSON.stringify(liveState(first.state));
      const once = play(facts.slice(facts.length / 2), first.state);
      expect(JSON.stringify(liveState(first.state))).toBe(before);
      expect(play(facts.slice(facts.length / 2), first.state)).toEqual(once);
    }),
    runs,
  );
});

test('saved after any fact and taken up again, it goes on as if nothing had been', () => {
  fc.assert(
    fc.property(deeds, fc.nat(1000), (done, where) => {
      const facts = [...people, ...boardAfter(done).facts];
      const cut = where % (facts.length + 1);
      const rows = new Map<string, string>();
      let state = createTrackerState(pbx);
      for (const fact of facts.slice(0, cut)) {
        const next = track(state, fact).state;
        for (const { key, value } of saveChanges(state, next)) {
          if (value === undefined) rows.delete(key);
          else rows.set(key, value);
        }
        state = next;
      }
      const restored = restoreState(pbx, rows);
      expect(liveState(restored)).toEqual(liveState(state));
      const rest = play(facts.slice(cut), restored);
      const whole = play(facts.slice(cut), state);
      expect(rest.events).toEqual(whole.events);
      expect(liveState(rest.state)).toEqual(liveState(whole.state));
    }),
    runs,
  );
});

test('whatever was missed, a resync finds exactly what lives, and each call still ends once', () => {
  fc.assert(
    fc.property(deeds, fc.nat(30), fc.nat(30), (done, from, missed) => {
      const board = boardAfter(done);
      const first = from % board.settled.length;
      const last = Math.min(first + missed, board.settled.length - 1);
      const cut = board.settled[first] ?? 0;
      const end = board.settled[last] ?? 0;
      const upTo = board.facts.slice(0, end);
      const known = play(board.facts.slice(0, cut));
      const resynced = play([resyncAfter(upTo, upTo.at(-1)?.at ?? 0)], known.state);
      expect(livingOf(liveState(resynced.state))).toEqual(livingOf(liveState(play(upTo).state)));
      board.close();
      const rest = play(board.facts.slice(end), resynced.state);
      expect(brokenInvariants([...known.events, ...resynced.events, ...rest.events], true)).toEqual([]);
      expect(liveState(rest.state).calls).toEqual([]);
    }),
    runs,
  );
});

test('a resync that finds nothing to mend tells nothing but itself', () => {
  fc.assert(
    fc.property(deeds, (done) => {
      const { facts } = boardAfter(done);
      const { state } = play(facts);
      const settled = play([resyncAfter(facts, facts.at(-1)?.at ?? 0)], state).state;
      const { events } = play([resyncAfter(facts, facts.at(-1)?.at ?? 0)], settled);
      expect(events.map(({ type, data }) => ({ type, data }))).toEqual([
        { type: 'pbx.resynced', data: { restarted: false, corrections: [] } },
      ]);
    }),
    runs,
  );
});

test('a PBX that began anew has none of its calls any more', () => {
  fc.assert(
    fc.property(deeds, (done) => {
      const { facts } = boardAfter(done);
      const at = facts.at(-1)?.at ?? 0;
      const resync = (startedAt: number): Fact => ({ type: 'resync', at, startedAt, channels: [], extensions: [], queues: [] });
      const started = play([{ ...resync(10_000_000) }, ...facts]);
      const { state, events } = play([resync(900_000_000)], started.state);
      expect(liveState(state).calls).toEqual([]);
      expect(brokenInvariants([...started.events, ...events], true)).toEqual([]);
      expect(events.filter(({ type }) => type === 'call.ended').every(({ reconciled }) => reconciled)).toBe(true);
    }),
    runs,
  );
});

/** What lives, as far as a PBX can list it: who is in which call, and where each leg is. */
const livingOf = (state: LiveState): unknown => ({
  calls: state.calls
    .map((call) =>
      call.legs
        .filter((leg) => leg.state !== 'ended')
        .map((leg) => `${leg.channel} ${leg.extension ?? ''} ${leg.state} ${leg.held ? 'held' : ''} ${leg.conference ?? ''}`)
        .toSorted()
        .join('; '),
    )
    .toSorted(),
  slots: state.slots.map(({ slot, legId }) => ({ slot, legId })),
  conferences: state.conferences.map(({ name, members }) => ({ name, legs: members.map(({ legId }) => legId).toSorted() })),
  waiting: state.queues.flatMap(({ name, waiting }) => waiting.map(({ legId }) => ({ name, legId }))),
});
