/** The FreeSWITCH of this machine, for there is no package of it that could be fetched. */
import { execFile } from 'node:child_process';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** An installed FreeSWITCH: a prefix with `bin`, `lib` or `mod`. */
export interface FreeswitchInstall {
  readonly binary: string;
  readonly cli: string;
  readonly modules: string;
  /** `FreeSWITCH version: 1.11.2...`. */
  readonly banner: string;
}

/** No FreeSWITCH was named, or none is there. */
export class FreeswitchMissing extends Error {
  override readonly name = 'FreeswitchMissing';
}

/** What the environment names by SWITCHHOOK_FREESWITCH. Rejects with `FreeswitchMissing`. */
export const findFreeswitch = async (environment: NodeJS.ProcessEnv = process.env): Promise<FreeswitchInstall> => {
  const prefix = environment['SWITCHHOOK_FREESWITCH'] ?? '';
  if (prefix === '')
    throw new FreeswitchMissing('SWITCHHOOK_FREESWITCH names none (the prefix that it is installed under: /usr/local/freeswitch)');
  const [binary, cli, modules] = await Promise.all([
    firstOf(prefix, 'bin/freeswitch'),
    firstOf(prefix, 'bin/fs_cli'),
    firstOf(prefix, 'lib/freeswitch/mod', 'mod', 'lib/x86_64-linux-gnu/freeswitch/mod'),
  ]);
  const { stdout } = await run(binary, ['-version'], { timeout: 10_000 });
  return { binary, cli, modules, banner: stdout.trim() };
};

const firstOf = async (prefix: string, ...paths: readonly string[]): Promise<string> => {
  for (const path of paths) {
    const whole = join(prefix, path);
    const isThere = await access(whole).then(
      () => true,
      () => false,
    );
    if (isThere) return whole;
  }
  throw new FreeswitchMissing(`${prefix} has no ${paths.join(' or ')}`);
};
