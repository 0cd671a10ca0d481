import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Wheel } from '../../src/delivery/wheel.ts';
import type { WheelEntry } from '../../src/delivery/wheel.ts';

const entry = (due: () => void): WheelEntry => ({ wheelSlot: -1, wheelTurns: 0, due });

/** A wheel that the test turns. */
const openWheel = (): Wheel => new Wheel({ tickMs: 100, ticker: () => () => {} });

test('an entry is due once, never early and at most two ticks late', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 400_000 }), fc.integer({ min: 0, max: 2000 }), (ms, before) => {
      const wheel = openWheel();
      for (let i = 0; i < before; i += 1) wheel.tick();
      let ticks = 0;
      const dueAt: number[] = [];
      wheel.add(
        entry(() => dueAt.push(ticks)),
        ms,
      );
      for (ticks = 1; ticks <= 4200; ticks += 1) wheel.tick();
      expect(dueAt).toHaveLength(1);
      // Time within the tick that runs counts for nothing: what is added late in it must not be early.
      expect((dueAt[0] ?? 0) - 1).toBeGreaterThanOrEqual(ms / 100);
      expect(dueAt[0]).toBeLessThanOrEqual(ms / 100 + 2);
    }),
    { numRuns: 60 },
  );
});

test('an entry that is removed is not due, even by one that is due in the same tick', () => {
  const wheel = openWheel();
  const seen: string[] = [];
  const second = entry(() => seen.push('second'));
  wheel.add(
    entry(() => {
      seen.push('first');
      wheel.remove(second);
    }),
    100,
  );
  wheel.add(second, 100);
  for (let i = 0; i < 5; i += 1) wheel.tick();
  expect(seen).toEqual(['first']);
});

test('an entry may go on the wheel again when it is due, and moves when it is added twice', () => {
  const wheel = openWheel();
  const seen: number[] = [];
  let ticks = 0;
  const again = entry(() => {
    seen.push(ticks);
    if (seen.length < 3) wheel.add(again, 100);
  });
  wheel.add(again, 500);
  wheel.add(again, 100);
  for (ticks = 1; ticks <= 20; ticks += 1) wheel.tick();
  expect(seen).toEqual([2, 4, 6]);
});
