/** Before the suites: looks for a FreeSWITCH, and says in one line if there is none. With REQUIRE_REAL=1 that is a failure. */
import type { TestProject } from 'vitest/node';
import { FreeswitchMissing, findFreeswitch, type FreeswitchInstall } from './find.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** The FreeSWITCH that there is; without one its suites are skipped. */
    freeswitch: FreeswitchInstall | undefined;
  }
}

export const setup = async (project: TestProject): Promise<void> => {
  try {
    project.provide('freeswitch', await findFreeswitch());
  } catch (error) {
    if (!(error instanceof FreeswitchMissing) || process.env['REQUIRE_REAL'] === '1') throw error;
    process.stderr.write(`skipped: the suites on FreeSWITCH: ${error.message}\n`);
    project.provide('freeswitch', undefined);
  }
};
