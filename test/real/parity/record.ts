/**
 * Plays the stories of `test/captures/parity` on a real PBX, and keeps what it said of each:
 *
 *     ./node_modules/.bin/node test/real/parity/record.ts asterisk-22 [STORY...]
 *     SWITCHHOOK_FREESWITCH=/opt/freeswitch ./node_modules/.bin/node test/real/parity/record.ts freeswitch [STORY...]
 *
 * Of FreeSWITCH it makes those that no older recording tells.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { habitsIn, perform } from '../../captures/parity/deeds.ts';
import { houseOf, recordingOf } from '../../captures/parity/houses.ts';
import { stories } from '../../captures/parity/stories.ts';
import type { Phone } from '../phone/phone.ts';
import { RealHands } from './hands.ts';
import { openAsterisk, openFreeswitch, type RecordedOffice } from './offices.ts';

const numbers = ['101', '102', '103', '104'] as const;
type Extension = (typeof numbers)[number];

const policies: Readonly<Record<string, Phone['policy']>> = {
  sounding: 'sound',
  busy: 'busy',
  unwilling: 'decline',
  undisturbed: 'unavailable',
  silent: 'silent',
};

const open = async (pbx: string): Promise<RecordedOffice> => {
  switch (pbx) {
    case 'asterisk-22':
    case 'asterisk-16':
      return openAsterisk(pbx);
    case 'freeswitch':
      return openFreeswitch();
    default:
      throw new Error('which PBX? asterisk-22, asterisk-16 or freeswitch');
  }
};

const untilQuiet = async ({ office }: RecordedOffice): Promise<void> => {
  for (const deadline = Date.now() + 30_000; (await office.pbx.channelCount()) > 0; await sleep(100)) {
    if (Date.now() > deadline) throw new Error('waited in vain for the end of all calls');
  }
};

const [pbx = '', ...chosen] = process.argv.slice(2);
const recorded = await open(pbx);
const { office, name } = recorded;
try {
  for (const story of stories) {
    if ((chosen.length > 0 && !chosen.includes(story.story)) || (name === 'freeswitch' && story.freeswitch !== undefined)) continue;
    const phones = await office.phones(...numbers);
    for (const [who, habit] of habitsIn(story.deeds)) (await office.phone(who as Extension)).policy = policies[habit] ?? 'ring';
    await using hands = new RealHands(recorded.newDriver(), phones);
    await hands.ready();
    // That they have registered is no part of the story.
    await sleep(500);
    const stream = await recorded.listen();
    try {
      await perform(story.deeds, hands, houseOf(name, story));
      await untilQuiet(recorded);
      await sleep(300);
      const file = recordingOf(name, story);
      await mkdir(new URL('.', file), { recursive: true });
      await writeFile(file, gzipSync(stream.taken(), { level: 9 }));
      process.stdout.write(`${name} ${story.story}\n`);
    } catch (error) {
      process.stdout.write(`${name} ${story.story}: ${String(error)}\n`);
      process.exitCode = 1;
    } finally {
      stream.close();
      await office.quiet().catch((error: unknown) => process.stdout.write(`${String(error)}\n`));
    }
  }
} finally {
  await office.close();
}
