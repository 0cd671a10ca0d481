import { expect, test } from 'vitest';
import { createBrake, type Brake } from '../../src/auth/brake.ts';
import { createManualClock, type OfficeClock } from '../../src/pbx/sandbox/index.ts';

const open = (): { readonly brake: Brake; readonly clock: OfficeClock; fail(who: string, times: number): void } => {
  const clock = createManualClock(1_763_719_200_000_000);
  const brake = createBrake({ clock, timers: clock });
  const fail = (who: string, times: number): void => {
    for (let count = 0; count < times; count += 1) brake.failed(who);
  };
  return { brake, clock, fail };
};

/** How long an attempt waits, in seconds; found by moving the clock on until it is let through. */
const waits = async ({ brake, clock }: Pick<ReturnType<typeof open>, 'brake' | 'clock'>, who: string): Promise<number> => {
  let isThrough = false;
  const through = brake.before(who).then(() => {
    isThrough = true;
  });
  for (let seconds = 0; ; seconds += 0.5) {
    await new Promise(setImmediate);
    if (isThrough) return through.then(() => seconds);
    clock.advance(0.5);
  }
};

test('a few failures cost nothing, each after them waits longer, up to a bound', async () => {
  const world = open();
  const waited: number[] = [];
  for (let count = 0; count < 12; count += 1) {
    waited.push(await waits(world, 'tom'));
    world.brake.failed('tom');
  }
  expect(waited).toEqual([0, 0, 0, 0, 0, 0.5, 1, 2, 4, 8, 8, 8]);
});

test('who gets it right, and who waits a quarter of an hour, begins anew; others never waited', async () => {
  const world = open();
  world.fail('tom', 7);
  expect(await waits(world, 'huck')).toBe(0);
  world.brake.succeeded('tom');
  expect(await waits(world, 'tom')).toBe(0);
  world.fail('tom', 7);
  world.clock.advance(15 * 60);
  expect(await waits(world, 'tom')).toBe(0);
});

test('more than can wait are refused, and who no longer wants to wait is let go', async () => {
  const { brake, fail } = open();
  fail('tom', 9);
  const stop = new AbortController();
  const waiting = Array.from({ length: 100 }, () => brake.before('tom', stop.signal));
  await expect(brake.before('tom')).rejects.toMatchObject({ code: 'too-many-requests' });
  stop.abort();
  const settled = await Promise.allSettled(waiting);
  expect(settled.every(({ status }) => status === 'rejected')).toBe(true);
  expect(await Promise.race([brake.before('tom'), Promise.resolve('waits')])).toBe('waits');
});
