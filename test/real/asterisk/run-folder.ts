/** Writes the private folder in which one test PBX lives: its configuration out of `conf/`, sounds, music, spool. */
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { musicHertz, phoneNumbers, phonePassword } from '../office.ts';

export interface RunFolderOptions {
  readonly tree: string;
  readonly sipPort: number;
  readonly amiPort: number;
  readonly providerPort: number;
  /** The first of the RTP ports; 200 are used, those in use elsewhere are passed over. */
  readonly rtpFirst: number;
  readonly timestampEvents: boolean;
}

export const writeRunFolder = async (folder: string, options: RunFolderOptions): Promise<void> => {
  const { tree } = options;
  for (const name of [
    'etc',
    'cache',
    'lib/keys',
    'data/sounds',
    'spool/monitor',
    'spool/voicemail',
    'spool/recording',
    'spool/tmp',
    'run',
    'log',
    'music',
  ]) {
    await mkdir(join(folder, name), { recursive: true });
  }
  await symlink(join(tree, 'usr/share/asterisk/documentation'), join(folder, 'data/documentation'));
  await symlink(join(tree, 'usr/share/asterisk/sounds/en_US_f_Allison'), join(folder, 'data/sounds/en'));
  await writeFile(join(folder, 'music/tone.sln'), toneAsSln(musicHertz));

  const values: Readonly<Record<string, string>> = {
    RUN: folder,
    TREE: tree,
    MODULES: findModules(tree),
    SIP_PORT: String(options.sipPort),
    AMI_PORT: String(options.amiPort),
    PROVIDER_PORT: String(options.providerPort),
    RTP_FIRST: String(options.rtpFirst),
    RTP_LAST: String(options.rtpFirst + 199),
    TIMESTAMPS: options.timestampEvents ? 'yes' : 'no',
    PHONES: phoneNumbers.map(phoneSection).join('\n'),
    HINTS: [...phoneNumbers.map((number) => `exten => ${number},hint,PJSIP/${number}`), 'exten => 701,hint,park:701@parkedcalls'].join(
      '\n',
    ),
    MAILBOXES: phoneNumbers.map((number) => `${number} => 1234,User ${number}`).join('\n'),
  };
  const templates = join(import.meta.dirname, 'conf');
  for (const name of await readdir(templates)) {
    const text = await readFile(join(templates, name), 'utf8');
    await writeFile(
      join(folder, 'etc', name),
      text.replaceAll(/\{\{(\w+)\}\}/g, (whole, key: string) => values[key] ?? whole),
    );
  }
};

const phoneSection = (number: string): string => `[${number}](phone)
auth = ${number}
aors = ${number}
callerid = "User ${number}" <${number}>
mailboxes = ${number}@default

[${number}](phone-auth)
username = ${number}
password = ${phonePassword(number)}

[${number}](phone-aor)
`;

const findModules = (tree: string): string => {
  const triplets = ['x86_64-linux-gnu', 'aarch64-linux-gnu'].map((triplet) => join(tree, 'usr/lib', triplet, 'asterisk/modules'));
  return (
    [...triplets, join(tree, 'usr/lib/asterisk/modules')].find((folder) => existsSync(folder)) ?? join(tree, 'usr/lib/asterisk/modules')
  );
};

/** Ten seconds of a sine in Asterisk's raw form: 16-bit little-endian, 8,000 samples a second. */
const toneAsSln = (hertz: number): Uint8Array => {
  const samples = new Int16Array(80_000);
  for (let i = 0; i < samples.length; i += 1) samples[i] = Math.round(8000 * Math.sin((2 * Math.PI * hertz * i) / 8000));
  return new Uint8Array(samples.buffer);
};
