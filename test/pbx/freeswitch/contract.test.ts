/** The contract of every driver, kept by this one with phones made of recordings. */
import { randomBytes } from 'node:crypto';
import { createNewId } from '../../../src/model/ids.ts';
import { createFreeswitchDriver } from '../../../src/pbx/freeswitch/index.ts';
import { describeDriver } from '../../contract/driver.ts';
import { configFor } from './driven.ts';
import { PlayedOffice } from './played-office.ts';
import { ReplayingSocket } from './replaying-socket.ts';

describeDriver('FreeSWITCH, played from recordings,', async () => {
  const esl = await ReplayingSocket.start();
  const world = new PlayedOffice(esl);
  const driver = createFreeswitchDriver(configFor(esl.port), {
    clock: { now: () => Date.now() * 1_000 },
    timers: {
      after: (ms, run) => {
        const timer = setTimeout(run, ms);
        return () => clearTimeout(timer);
      },
    },
    newId: createNewId(randomBytes),
    random: () => 0,
    log: { info: () => undefined, warn: () => undefined },
  });
  return {
    driver,
    world,
    close: async () => {
      world.end();
      await esl.close();
    },
  };
});
