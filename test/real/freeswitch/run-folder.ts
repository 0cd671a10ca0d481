/** Writes the private folder in which one test FreeSWITCH lives: its configuration out of `conf/`, its databases, logs and recordings. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { musicHertz, phoneNumbers, phonePassword } from '../office.ts';

/** The domain of the office's users. */
export const officeDomain = 'pbx.local';

/** The password of its event socket. */
export const eventSocketPassword = 'switchhook-secret';

export interface RunFolderOptions {
  readonly sipPort: number;
  readonly trunkPort: number;
  readonly providerPort: number;
  readonly eventSocketPort: number;
  /** The first of 400 RTP ports. */
  readonly rtpFirst: number;
  /** Extensions of the dialplan besides those of the office, in FreeSWITCH's own XML. */
  readonly dialplan: string;
}

/** Folders that FreeSWITCH is given by name on its command line. */
export const runFolders = ['conf', 'log', 'db', 'run', 'recordings', 'storage', 'sounds', 'scripts', 'temp', 'cache', 'certs', 'htdocs', 'grammar'] as const; // prettier-ignore

export const writeRunFolder = async (folder: string, options: RunFolderOptions): Promise<void> => {
  for (const name of [...runFolders, 'voicemail']) await mkdir(join(folder, name), { recursive: true });
  const values: Readonly<Record<string, string>> = {
    RUN: folder,
    DOMAIN: officeDomain,
    MUSIC_HERTZ: String(musicHertz),
    SIP_PORT: String(options.sipPort),
    TRUNK_PORT: String(options.trunkPort),
    PROVIDER_PORT: String(options.providerPort),
    ESL_PORT: String(options.eventSocketPort),
    ESL_PASSWORD: eventSocketPassword,
    RTP_FIRST: String(options.rtpFirst),
    RTP_LAST: String(options.rtpFirst + 399),
    USERS: phoneNumbers.map(userElement).join('\n'),
    MORE_DIALPLAN: options.dialplan,
  };
  const text = await readFile(join(import.meta.dirname, 'conf/freeswitch.xml'), 'utf8');
  await writeFile(
    join(folder, 'conf/freeswitch.xml'),
    text.replaceAll(/\{\{(\w+)\}\}/g, (whole, key: string) => values[key] ?? whole),
  );
};

const userElement = (number: string): string => `<user id="${number}">
  <params>
    <param name="password" value="${phonePassword(number)}"/>
    <param name="vm-password" value="1234"/>
  </params>
  <variables>
    <variable name="user_context" value="default"/>
    <variable name="effective_caller_id_name" value="User ${number}"/>
    <variable name="effective_caller_id_number" value="${number}"/>
  </variables>
</user>`;
