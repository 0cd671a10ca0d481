import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { Intake } from '../../../src/pbx/link/intake.ts';

const unbounded = (): Intake<number> => new Intake<number>(Number.MAX_SAFE_INTEGER, () => undefined);

test('what is pushed is taken in order, and waited for', async () => {
  const intake = unbounded();
  const first = intake.take();
  intake.push(1);
  intake.push(2);
  expect(await first).toEqual([1, 2]);
});

test('what comes during a hold follows what the release puts first', async () => {
  const intake = unbounded();
  intake.push(1);
  intake.hold();
  intake.push(4);
  expect(await intake.take()).toEqual([1]);
  intake.release([2, 3]);
  expect(await intake.take()).toEqual([2, 3, 4]);
});

test('after it is closed the rest can be taken, and nothing more comes', async () => {
  const intake = unbounded();
  intake.push(1);
  intake.close();
  intake.push(2);
  expect(await intake.take()).toEqual([1]);
  expect(await intake.take()).toBeUndefined();
});

test('however it is pushed, held and taken, it never holds more than its bound, and drops only when that is exceeded', async () => {
  const step = fc.oneof(
    fc.record({ do: fc.constant('push' as const), bytes: fc.integer({ min: 1, max: 40 }) }),
    fc.constantFrom({ do: 'hold' as const }, { do: 'release' as const }, { do: 'take' as const }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      let overflows = 0;
      let pushed = 0;
      const taken: number[] = [];
      const intake = new Intake<number>(100, () => (overflows += 1));
      for (const each of steps) {
        if (each.do === 'push') intake.push((pushed += 1), each.bytes);
        else if (each.do === 'hold') intake.hold();
        else if (each.do === 'release') intake.release([]);
        else {
          // Something of no size, so that there is always something to take.
          intake.release([0]);
          taken.push(...((await intake.take()) ?? []));
        }
        expect(intake.bytes).toBeLessThanOrEqual(100);
      }
      intake.release([0]);
      taken.push(...((await intake.take()) ?? []));
      const numbers = taken.filter((number) => number > 0);
      expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
      expect(overflows > 0 || numbers.length === pushed).toBe(true);
    }),
  );
});
