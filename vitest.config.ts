import { existsSync, statfsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

/**
 * Where data folders lie: in memory, where Linux has enough of it to offer. Tests open hundreds of databases that wait for the disk
 * at every write. They kill processes, whose writes memory outlives as a disk does, but none pulls the plug.
 */
const foldersInMemory = (): Record<string, string> => {
  const folder = '/dev/shm';
  if (!existsSync(folder)) return {};
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize >= 1 << 30 ? { TMPDIR: folder } : {};
};

/** Programs that tests start find what the ones before them made of the sources: half of a start is reading TypeScript. */
const compiled = { NODE_COMPILE_CACHE: join(import.meta.dirname, 'node_modules/.cache/compiled') };

/** Everywhere: a condition is waited for as long as a busy machine may need. Only what fails takes that long. */
const patience = { expect: { poll: { timeout: 20_000 } }, testTimeout: 60_000, hookTimeout: 60_000 };

export default defineConfig({
  test: {
    // All cores: the runner itself has little to do, and tests wait for sockets and other processes.
    maxWorkers: Math.max(2, availableParallelism()),
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/real/**', 'test/e2e/**', 'test/browser/**'],
          setupFiles: ['test/property-seed.ts'],
          env: { ...foldersInMemory(), ...compiled },
          // A worker loads the product once: no file leaves anything behind in its process.
          isolate: false,
          ...patience,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          setupFiles: ['test/property-seed.ts'],
          env: { ...foldersInMemory(), ...compiled },
          // Each of them starts programs, and some several one after the other.
          expect: { poll: { timeout: 60_000 } },
          testTimeout: 180_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'browser',
          include: ['test/browser/**/*.test.ts'],
          fileParallelism: false,
          ...patience,
          testTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'asterisk',
          include: ['test/real/asterisk/**/*.test.ts'],
          globalSetup: ['test/real/asterisk/setup.ts'],
          env: compiled,
          ...patience,
          testTimeout: 120_000,
          hookTimeout: 300_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: 'freeswitch',
          include: ['test/real/freeswitch/**/*.test.ts'],
          globalSetup: ['test/real/freeswitch/setup.ts'],
          env: compiled,
          ...patience,
          testTimeout: 120_000,
          hookTimeout: 300_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
