import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { createManualClock, createRunningClock, type OfficeClock } from '../../../src/pbx/sandbox/index.ts';

const start = 1_800_000_000_000_000;

test('advancing runs what falls due on the way, in order, each at its own moment', () => {
  const clock = createManualClock(start);
  const ran: string[] = [];
  const note = (name: string) => (): void => void ran.push(`${name} at ${(clock.now() - start) / 1_000_000}`);
  clock.after(3000, note('third'));
  clock.after(1000, () => {
    note('first')();
    clock.after(1000, note('second'));
  });
  const cancel = clock.after(2000, note('cancelled'));
  clock.after(9000, note('later'));
  cancel();
  clock.advance(5);
  expect(ran).toEqual(['first at 1', 'second at 2', 'third at 3']);
  expect(clock.now()).toBe(start + 5_000_000);
});

test('whatever is set and cancelled, what is left runs once, by time and then as it was set', () => {
  fc.assert(
    fc.property(fc.array(fc.record({ ms: fc.nat(20), isCancelled: fc.boolean() }), { maxLength: 60 }), (timers) => {
      const clock = createManualClock(start);
      const ran: number[] = [];
      const cancels = timers.map(({ ms }, index) => clock.after(ms, () => ran.push(index)));
      for (const [index, { isCancelled }] of timers.entries()) if (isCancelled) cancels[index]?.();
      clock.advance(1);
      const left = timers.map((timer, index) => ({ ...timer, index })).filter(({ isCancelled }) => !isCancelled);
      expect(ran).toEqual(left.toSorted((one, two) => one.ms - two.ms || one.index - two.index).map(({ index }) => index));
    }),
    { numRuns: 200 },
  );
});

/** A clock and timers in the test's hands: `asked` is what was asked of the timers and not cancelled. */
const machine = (): { now: number; readonly asked: { readonly ms: number; readonly run: () => void }[]; open(): OfficeClock } => {
  const asked: { readonly ms: number; readonly run: () => void }[] = [];
  const hands = {
    now: start,
    asked,
    open: () =>
      createRunningClock(
        { now: () => hands.now },
        {
          after: (ms, run) => {
            const entry = { ms, run };
            asked.push(entry);
            return () => asked.splice(asked.indexOf(entry), asked.includes(entry) ? 1 : 0);
          },
        },
      ),
  };
  return hands;
};

test('a running clock is woken when the next is due, and keeps what it was advanced by', () => {
  const hands = machine();
  const { asked } = hands;
  const clock = hands.open();
  const ran: string[] = [];
  clock.after(5000, () => ran.push('second'));
  clock.after(2000, () => ran.push('first'));
  expect(asked.map(({ ms }) => ms)).toEqual([2000]);
  clock.advance(2);
  expect(ran).toEqual(['first']);
  expect(clock.now()).toBe(hands.now + 2_000_000);
  expect(asked.map(({ ms }) => ms)).toEqual([3000]);
  hands.now += 3_000_000;
  asked.pop()?.run();
  expect(ran).toEqual(['first', 'second']);
  clock.after(1000, () => ran.push('never'));
  clock.close();
  clock.close();
  expect(asked).toEqual([]);
});

test('what waits is not held up when the machine’s clock is set back', () => {
  const hands = machine();
  const clock = hands.open();
  clock.after(2000, () => undefined);
  hands.now -= 3_600_000_000;
  clock.now();
  expect(hands.asked.map(({ ms }) => ms)).toEqual([2000]);
});
