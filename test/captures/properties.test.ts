import { describe, expect, test } from 'vitest';
import type { Call, Leg } from '../../src/model/call.ts';
import type { NewEvent } from '../../src/model/event.ts';
import type { Fact } from '../../src/model/fact.ts';
import type { CallId } from '../../src/model/ids.ts';
import type { LiveState } from '../../src/model/live-state.ts';
import { createTrackerState, liveState, restoreState, saveChanges, track } from '../../src/tracker/tracker.ts';
import { resyncAfter } from './channel-model.ts';
import { brokenPromises } from './facts.ts';
import { brokenInvariants } from './invariants.ts';
import { factsOf, lab, play } from './play.ts';
import { readRecording, recordings } from './recording.ts';

/** The recording that ends with its calls up: the PBX was killed. */
const unfinished: ReadonlySet<string> = new Set(['pbx_kill9_with_call']);

/**
 * Where no list of a PBX tells what the facts told: for whom a phone rings after a transfer to it while it rang; that a phone which
 * answered a channel of the PBX itself with nobody behind it (the agent who was transferred had hung up) has yet to hear somebody; that
 * a caller whom the dialplan answered has yet to hear anything.
 */
const untold: ReadonlySet<string> = new Set([
  'asterisk-22 attended_transfer_ringing',
  'asterisk-16 attended_transfer_ringing',
  'asterisk-16 busy_office',
  'asterisk-22 house_menu_to_extension',
]);

describe.each(recordings)('$pbx $name', (recording) => {
  const facts = factsOf(readRecording(recording));
  const whole = play(facts);
  const isOver = !unfinished.has(recording.name);

  test('its facts keep the promises of the model', () => {
    expect(brokenPromises(facts)).toEqual([]);
  });

  test('legs and calls start once, end once, and are silent afterwards', () => {
    expect(brokenInvariants(whole.events, isOver)).toEqual([]);
  });

  test('nothing is left when all is over', () => {
    const { calls, conferences, slots, queues } = liveState(whole.state);
    expect(calls.length > 0).toBe(!isOver);
    expect([...conferences.flatMap((one) => one.members), ...slots, ...queues.flatMap((queue) => queue.waiting)]).toEqual([]);
  });

  test('at rest the newest event of each call shows it as it is', () => {
    const quiet = new Set(quietMoments(facts));
    const shown = new Map<CallId, Call>();
    let state = createTrackerState(lab);
    for (const [index, fact] of facts.entries()) {
      const step = track(state, fact);
      state = step.state;
      for (const { type, callId, call } of step.events) {
        if (type === 'call.ended' && callId !== undefined) shown.delete(callId);
        else if (call !== undefined && call.state !== 'ended') shown.set(call.id, call);
      }
      if (!quiet.has(index + 1)) continue;
      const live = liveState(state).calls;
      expect([...shown.values()].map(withoutNames).toSorted(byId), `after fact ${index}`).toEqual(live.map(withoutNames).toSorted(byId));
    }
  });

  test('a second replay gives the same', () => {
    expect(play(factsOf(readRecording(recording))).events).toEqual(whole.events);
  });

  test('saved at any point and taken up again, it goes on as if nothing had been', () => {
    for (const cut of pointsOf(facts.length)) {
      const before = play(facts.slice(0, cut));
      const after = play(facts.slice(cut), restoreState(lab, savedAfter(facts.slice(0, cut))));
      expect([...before.events, ...after.events]).toEqual(whole.events);
      expect(liveState(after.state)).toEqual(liveState(whole.state));
    }
  });

  test.skipIf(untold.has(`${recording.pbx} ${recording.name}`))(
    'when facts are lost until all is quiet, a resync finds exactly what lives',
    () => {
      const ends = quietMoments(facts);
      for (const cut of pointsOf(facts.length)) {
        for (const end of ends.filter((moment) => moment >= cut).slice(0, 3)) {
          const { resynced } = playWithLoss(facts, cut, end);
          expect(livingOf(liveState(resynced.state)), `lost ${cut} to ${end}`).toEqual(
            livingOf(liveState(play(facts.slice(0, end)).state)),
          );
        }
      }
    },
  );

  test('a gateway that was killed takes up what it had saved, compares, and every call ends once', () => {
    for (const cut of pointsOf(facts.length)) {
      const end = Math.min(cut + 12, facts.length);
      const at = facts[end - 1]?.at ?? 0;
      const { events: told } = play(facts.slice(0, cut));
      const saved = restoreState(lab, savedAfter(facts.slice(0, cut)));
      const after = play([{ type: 'pbx.connected', at }, resyncAfter(facts.slice(0, end), at), ...facts.slice(end)], saved);
      expect(brokenInvariants([...told, ...after.events], isOver), `killed at ${cut}`).toEqual([]);
    }
  });

  test('when the PBX was killed and began anew, every call that was has ended, and is marked as learnt by comparing', () => {
    for (const cut of pointsOf(facts.length)) {
      const at = (facts[cut]?.at ?? 0) + 60_000_000;
      const started: Fact = { ...resyncAfter([], 0), startedAt: 1_000_000 };
      const before = play([started, ...facts.slice(0, cut), { type: 'pbx.disconnected', at, reason: 'test' }]);
      const after = play(
        [
          { type: 'pbx.connected', at },
          { ...resyncAfter([], at), startedAt: at },
        ],
        before.state,
      );
      expect(brokenInvariants([...before.events, ...after.events], true), `killed at ${cut}`).toEqual([]);
      expect(liveState(after.state).calls).toEqual([]);
      const ends = after.events.filter((event) => event.type === 'call.ended' || event.type === 'leg.ended');
      expect(ends.every((event) => event.reconciled)).toBe(true);
    }
  });

  test('whatever facts are lost, every call ends once', () => {
    for (const cut of pointsOf(facts.length)) {
      for (const lost of [0, 5, 30]) {
        const { events } = playWithLoss(facts, cut, Math.min(cut + lost, facts.length));
        expect(brokenInvariants(events, isOver), `lost ${cut} to ${cut + lost}`).toEqual([]);
      }
    }
  });
});

/** A PBX may name somebody later, or tell for which queue a phone rings, when nothing else happens; no event tells of that. */
const withoutNames = (call: Call): Call => ({
  ...call,
  legs: call.legs.map(({ peer: _peer, party: _party, queue: _queue, ...leg }) => leg as Leg),
});

const byId = (one: Call, two: Call): number => (one.id < two.id ? -1 : 1);

interface PlayedWithLoss {
  readonly resynced: ReturnType<typeof play>;
  readonly events: readonly NewEvent[];
}

/** The facts from `cut` to `end` are never heard: the link was down, and comes back with a resync. */
const playWithLoss = (facts: readonly Fact[], cut: number, end: number): PlayedWithLoss => {
  const at = facts[end - 1]?.at ?? 0;
  const before = play([...facts.slice(0, cut), { type: 'pbx.disconnected', at, reason: 'test' }, { type: 'pbx.connected', at }]);
  const resynced = play([resyncAfter(facts.slice(0, end), at)], before.state);
  const rest = play(facts.slice(end), resynced.state);
  return { resynced, events: [...before.events, ...resynced.events, ...rest.events] };
};

/**
 * Where nothing happens for a tenth of a second: between the facts of one moment (a phone is up, but not in its bridge yet) a list of
 * channels does not tell what the facts told.
 */
const quietMoments = (facts: readonly Fact[]): readonly number[] =>
  facts.flatMap((fact, index) => ((facts[index + 1]?.at ?? Infinity) - fact.at > 100_000 ? [index + 1] : []));

/** A few points of every recording. */
const pointsOf = (length: number): readonly number[] => [0.15, 0.4, 0.65, 0.9].map((share) => Math.floor(share * length));

/** What a process that saved after every fact leaves behind. */
const savedAfter = (facts: readonly Fact[]): ReadonlyMap<string, string> => {
  const rows = new Map<string, string>();
  let state = createTrackerState(lab);
  for (const fact of facts) {
    const next = track(state, fact).state;
    for (const { key, value } of saveChanges(state, next)) {
      if (value === undefined) rows.delete(key);
      else rows.set(key, value);
    }
    state = next;
  }
  return rows;
};

/** What lives, as far as a PBX can list it: who is in which call, and where each leg is. Not what happened before. */
const livingOf = (state: LiveState): unknown => ({
  calls: state.calls
    .map((call) =>
      call.legs
        .filter((leg) => leg.state !== 'ended')
        .map((leg) => `${leg.channel} ${leg.extension ?? leg.trunk ?? leg.device} ${leg.state} ${leg.conference ?? ''} ${leg.queue ?? ''}`)
        .toSorted()
        .join('; '),
    )
    .toSorted(),
  slots: state.slots.map(({ lot, slot, legId, parkedBy }) => ({ lot, slot, legId, parkedBy })),
  conferences: state.conferences.map(({ name, members }) => ({ name, legs: members.map((member) => member.legId).toSorted() })),
  waiting: state.queues.flatMap((queue) => queue.waiting.map(({ legId }) => ({ queue: queue.name, legId }))),
});
