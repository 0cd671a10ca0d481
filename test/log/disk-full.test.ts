import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../temporary-folder.ts';

/** Runs a command with a small disk of its own mounted at `folder`; a user namespace gives the right to without being root. */
const onSmallDisk = (
  folder: string,
  ...command: readonly string[]
): { readonly status: number | null; readonly stdout: string; readonly stderr: string } =>
  spawnSync(
    'unshare',
    ['--user', '--map-root-user', '--mount', 'sh', '-c', 'mount -t tmpfs -o size=24m tmpfs "$0" && exec "$@"', folder, ...command],
    { encoding: 'utf8' },
  );

const canMount = onSmallDisk('/mnt', 'true').status === 0;

test.skipIf(!canMount)('a full disk refuses all but the urgent, then that too, loses nothing acked, and recovers by itself', () => {
  const folder = temporaryFolder();
  const script = fileURLToPath(new URL('on-a-full-disk.ts', import.meta.url));
  const { stdout, stderr, status } = onSmallDisk(folder, process.execPath, script, folder);
  expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
  const { afterwards, ...steps } = JSON.parse(stdout) as Record<string, Record<string, unknown>>;
  expect(steps).toEqual({
    atFirst: { health: 'live', reserve: 4_194_304 },
    whenFull: {
      whileFilling: 'log-full',
      health: 'degraded',
      both: ['rejected', 'fulfilled'],
      command: 'done',
      other: 'log-full',
      urgent: 'done',
      acquire: 'done',
    },
    whenAllIsFull: { whileFillingAll: 'log-full', health: 'full', read: 'done' },
    whenEmptied: { tooSoon: 'log-full', again: 'done', health: 'live', reserve: 4_194_304, command: 'done', other: 'done' },
  });
  expect(afterwards).toEqual({ keptAllThatWasAcked: true, last: afterwards?.['next'], next: afterwards?.['next'] });
});
