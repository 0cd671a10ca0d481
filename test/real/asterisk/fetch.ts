/**
 * Gets a real Asterisk onto this machine from Debian's packages: apt-get and dpkg-deb alone, no root, nothing installed. The
 * packages are unpacked with their whole closure down to libc, so that the host's release does not matter.
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

const everywhere = ['asterisk', 'asterisk-modules', 'asterisk-core-sounds-en-gsm'];

/** The major versions that the suites run on: the Debian suite that carries each, and the packages wanted of it. */
const sources = {
  '22': { suite: 'sid', packages: everywhere },
  '16': { suite: 'bullseye', packages: [...everywhere, 'asterisk-voicemail'] },
} as const;
export type AsteriskVersion = keyof typeof sources;
export const asteriskVersions = Object.keys(sources) as readonly AsteriskVersion[];

/** An unpacked Asterisk: where it lies and what it says of itself (`Asterisk 22.10.1~dfsg...`). */
export interface AsteriskTree {
  readonly root: string;
  readonly banner: string;
}

/** Asterisk cannot be had here; the message is the one line that says why. */
export class AsteriskMissing extends Error {
  override readonly name = 'AsteriskMissing';
}

const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg';
const checkout = resolve(import.meta.dirname, '../../..');
/** Written last, so that a tree with one is whole: what it says of itself and what was asked for. */
const stampFile = 'stamp.json';
const attempts = 3;
const attemptMs = 240_000;

/** The tree of `version`: the cached one (`.cache/asterisk-<suite>/` in the checkout), else freshly fetched, about 10 s and 270 MB. */
export const fetchAsterisk = async (version: AsteriskVersion): Promise<AsteriskTree> => {
  const { suite, packages } = sources[version];
  const cache = join(checkout, '.cache');
  const root = join(cache, `asterisk-${suite}`);
  const cached = await readTree(root, packages);
  if (cached !== undefined) return cached;
  // A tree of other packages is of no use.
  await rm(root, { recursive: true, force: true });
  await mkdir(cache, { recursive: true });

  let reason = '';
  for (let attempt = 1; attempt <= attempts; attempt += 1) {
    const partial = await mkdtemp(join(cache, `asterisk-${suite}.partial-`));
    try {
      await unpackInto(partial, suite, packages);
      const banner = await askVersion(partial);
      if (!banner.startsWith(`Asterisk ${version}.`)) {
        throw new AsteriskMissing(`Debian ${suite} carries ${banner}, where Asterisk ${version} was looked for`);
      }
      await writeFile(join(partial, stampFile), JSON.stringify({ banner, packages }));
      // Whoever fetched at the same time may have been first: theirs is as good.
      await rename(partial, root).catch(() => undefined);
    } catch (error) {
      if (error instanceof AsteriskMissing) throw error;
      reason = oneLine(error);
    } finally {
      await rm(partial, { recursive: true, force: true });
    }
    const tree = await readTree(root, packages);
    if (tree !== undefined) return tree;
  }
  throw new AsteriskMissing(`Asterisk ${version} cannot be fetched from Debian ${suite}: ${reason}`);
};

/** The command line that runs a program of the tree with the tree's own loader and libraries. */
export const treeCommand = async (tree: string, program: string): Promise<readonly string[]> => {
  const triplet = process.arch === 'arm64' ? 'aarch64-linux-gnu' : 'x86_64-linux-gnu';
  const folders = [join(tree, 'lib', triplet), join(tree, 'usr/lib', triplet), join(tree, 'usr/lib')];
  for (const folder of [...folders, join(tree, 'lib64'), join(tree, 'lib')]) {
    const loader = existsSync(folder) ? (await readdir(folder)).find((name) => /^ld-(2|linux-).*\.so/.test(name)) : undefined;
    if (loader !== undefined) return [join(folder, loader), '--library-path', folders.join(':'), join(tree, program)];
  }
  throw new AsteriskMissing(`no dynamic loader for ${process.arch} in ${tree}`);
};

const readTree = async (folder: string, packages: readonly string[]): Promise<AsteriskTree | undefined> => {
  const stamp = join(folder, stampFile);
  if (!existsSync(stamp)) return undefined;
  const made = JSON.parse(await readFile(stamp, 'utf8')) as { readonly banner: string; readonly packages: readonly string[] };
  return made.packages.join() === packages.join() ? { root: join(folder, 'tree'), banner: made.banner } : undefined;
};

const unpackInto = async (folder: string, suite: string, packages: readonly string[]): Promise<void> => {
  const apt = join(folder, 'apt');
  const tree = join(folder, 'tree');
  const archives = join(apt, 'cache/archives');
  for (const path of [join(apt, 'lists/partial'), join(archives, 'partial'), tree]) await mkdir(path, { recursive: true });
  await writeFile(join(apt, 'status'), '');
  await writeFile(join(apt, 'sources.list'), `deb [signed-by=${keyring}] ${await findMirror()} ${suite} main\n`);
  const options = {
    'APT::Sandbox::User': '',
    'Dir::State': apt,
    'Dir::State::lists': join(apt, 'lists'),
    'Dir::State::status': join(apt, 'status'),
    'Dir::Cache': join(apt, 'cache'),
    'Dir::Etc::sourcelist': join(apt, 'sources.list'),
    'Dir::Etc::sourceparts': '/dev/null',
    'Dir::Etc::preferences': '/dev/null',
    'Dir::Etc::preferencesparts': '/dev/null',
    'Acquire::Languages': 'none',
    'Acquire::Retries': '3',
    'Acquire::http::Timeout': '20',
    'APT::Install-Recommends': 'false',
    'APT::Get::Assume-Yes': 'true',
    'APT::Update::Error-Mode': 'any',
    'Debug::NoLocking': '1',
  };
  const flags = Object.entries(options).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
  const aptGet = (...words: readonly string[]): Promise<unknown> =>
    run('apt-get', ['-q', ...flags, ...words], { timeout: attemptMs, maxBuffer: 64 << 20, env: { ...process.env, LC_ALL: 'C' } });
  await aptGet('update');
  await aptGet('install', '--download-only', ...packages);
  for (const name of await readdir(archives)) {
    if (name.endsWith('.deb')) await run('dpkg-deb', ['-x', join(archives, name), tree], { timeout: attemptMs });
  }
  await rm(apt, { recursive: true });
};

/** The Debian mirror that this machine itself uses; `DEBIAN_MIRROR` overrides it, for hosts that are not Debian. */
const findMirror = async (): Promise<string> => {
  const given = process.env['DEBIAN_MIRROR'];
  if (given !== undefined && given !== '') return given;
  if (!existsSync(keyring)) throw new AsteriskMissing(`no Debian keyring at ${keyring}: this host is not a Debian`);
  const targets = await run('apt-get', ['indextargets', '--format', '$(LABEL) $(REPO_URI)', 'Created-By: Packages']).catch(() => {
    throw new AsteriskMissing('no apt-get here: Asterisk is fetched from Debian packages');
  });
  // Before the first `apt-get update` there are no index targets with a label; then the source lists themselves must do.
  const found = /^Debian (\S+)$/m.exec(targets.stdout)?.[1] ?? (await mirrorFromSources());
  if (found === undefined) throw new AsteriskMissing('no Debian mirror in the apt configuration; name one in DEBIAN_MIRROR');
  return found;
};

const mirrorFromSources = async (): Promise<string | undefined> => {
  const parts = '/etc/apt/sources.list.d';
  const files = ['/etc/apt/sources.list', ...(existsSync(parts) ? (await readdir(parts)).map((name) => join(parts, name)) : [])];
  for (const file of files.filter((path) => /\.(list|sources)$/.test(path) && existsSync(path))) {
    const text = await readFile(file, 'utf8');
    const uri = /^(?:URIs:|deb(?:\s+\[[^\]]*\])?)\s+(\S+\/debian\/?)(?:\s|$)/m.exec(text)?.[1];
    if (uri !== undefined) return uri;
  }
  return undefined;
};

const askVersion = async (folder: string): Promise<string> => {
  const [loader, ...words] = await treeCommand(join(folder, 'tree'), 'usr/sbin/asterisk');
  const { stdout } = await run(loader ?? '', [...words, '-V'], { timeout: 20_000 });
  return stdout.trim();
};

/** What a failed program said last that looks like the reason. */
const oneLine = (error: unknown): string => {
  const said = error instanceof Error && 'stderr' in error ? String(error.stderr) : '';
  const lines = said.split('\n').filter((line) => line.startsWith('E:') || line.startsWith('Err:'));
  return (lines[0] ?? (error instanceof Error ? error.message : String(error))).split('\n')[0] ?? 'unknown reason';
};
