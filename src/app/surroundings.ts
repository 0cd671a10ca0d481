import { randomBytes } from 'node:crypto';
import { type Logger, pino } from 'pino';
import type { Config } from '../config/schema.ts';
import { createNewId, type NewId } from '../model/ids.ts';
import type { Clock, Timers } from '../model/time.ts';

/** What comes from outside of everything: time, waiting and chance. */
export interface Surroundings {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly newId: NewId;
  readonly logger: Logger;
}

/** A clock that follows the machine's, with microseconds that `Date` does not have. */
const systemClock = (): Clock => {
  const drift = 50;
  let origin = performance.timeOrigin;
  return {
    now: () => {
      const elapsed = performance.now();
      // The machine's clock was set, or the machine slept.
      if (Math.abs(Date.now() - (origin + elapsed)) > drift) origin = Date.now() - elapsed;
      return Math.round((origin + elapsed) * 1000);
    },
  };
};

const systemTimers: Timers = {
  after: (ms, run) => {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};

export const surroundingsOf = (logger: Logger): Surroundings => ({
  clock: systemClock(),
  timers: systemTimers,
  newId: createNewId(randomBytes),
  logger,
});

export const loggerOf = (level: Config['logLevel']): Logger => pino({ level, base: null }, pino.destination({ dest: 2, sync: true }));
