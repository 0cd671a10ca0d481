import { describe, inject } from 'vitest';
import { asteriskVersions, type AsteriskTree, type AsteriskVersion } from './fetch.ts';
import { startOffice, type AsteriskOffice } from './office.ts';
import type { PbxOptions } from './pbx.ts';
import { shareOffice } from '../shared-office.ts';

/** Runs a suite on each Asterisk; where one is missing its tests are skipped, and counted so. */
export const onEachAsterisk = (name: string, suite: (version: AsteriskVersion, tree: AsteriskTree) => void): void => {
  const asterisks = inject('asterisks');
  for (const version of asteriskVersions) {
    const tree = asterisks[version];
    describe.skipIf(tree === undefined)(`Asterisk ${version}: ${name}`, () => {
      // Of a skipped suite the tests are still listed; nothing of them runs.
      suite(version, tree ?? { root: '', banner: '' });
    });
  }
};

/** One office for all tests of the suite around it; after each test its calls are ended. */
export const sharedOffice = (tree: AsteriskTree, options?: PbxOptions): (() => AsteriskOffice) =>
  shareOffice(() => startOffice(tree, options));
