import { describe, inject } from 'vitest';
import { Office, type OfficeHabits } from '../office.ts';
import { shareOffice } from '../shared-office.ts';
import type { FreeswitchInstall } from './find.ts';
import { Pbx, type PbxOptions } from './pbx.ts';

export const habits: OfficeHabits = {
  queue: 'support@default',
  deviceOf: (number) => `user/${number}`,
  holdsByItself: true,
  knowsNumbers: false,
  noticesAbsence: true,
  joinsForGood: false,
  joinsBeforeLeaving: false,
};

/** The office on a real FreeSWITCH. */
export type FreeswitchOffice = Office<Pbx>;

/** Runs a suite on the FreeSWITCH of this machine; where there is none its tests are skipped, and counted so. */
export const onFreeswitch = (name: string, suite: (install: FreeswitchInstall) => void): void => {
  const install = inject('freeswitch');
  describe.skipIf(install === undefined)(`FreeSWITCH: ${name}`, () => {
    // Of a skipped suite the tests are still listed; nothing of them runs.
    suite(install ?? { binary: '', cli: '', modules: '', banner: '' });
  });
};

/** One office for all tests of the suite around it; after each test its calls are ended. */
export const sharedOffice = (install: FreeswitchInstall, options?: PbxOptions): (() => FreeswitchOffice) =>
  shareOffice(async () => new Office(await Pbx.start(install, options)));
