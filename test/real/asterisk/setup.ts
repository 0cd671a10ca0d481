/** Before the suites: gets every Asterisk, and says in one line which cannot be had. With REQUIRE_REAL=1 that is a failure. */
import type { TestProject } from 'vitest/node';
import { AsteriskMissing, asteriskVersions, fetchAsterisk, type AsteriskTree, type AsteriskVersion } from './fetch.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** The Asterisks that there are; suites of the others are skipped. */
    asterisks: Partial<Record<AsteriskVersion, AsteriskTree>>;
  }
}

export const setup = async (project: TestProject): Promise<void> => {
  const found = await Promise.all(
    asteriskVersions.map(async (version) => {
      try {
        return [[version, await fetchAsterisk(version)] as const];
      } catch (error) {
        if (!(error instanceof AsteriskMissing) || process.env['REQUIRE_REAL'] === '1') throw error;
        process.stderr.write(`skipped: the suites on Asterisk ${version}: ${error.message}\n`);
        return [];
      }
    }),
  );
  project.provide('asterisks', Object.fromEntries(found.flat()));
};
