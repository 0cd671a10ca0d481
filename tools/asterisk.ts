/** Runs the test PBX by hand: `npm run asterisk -- 22 101 102` with phones that answer by themselves, until Ctrl-C. */
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { asteriskVersions, fetchAsterisk, type AsteriskVersion } from '../test/real/asterisk/fetch.ts';
import { startOffice } from '../test/real/asterisk/office.ts';
import { amiAccounts } from '../test/real/asterisk/pbx.ts';
import { phoneNumbers } from '../test/real/office.ts';
import type { Phone } from '../test/real/phone/phone.ts';

const ringMs = 3000;
const maxTimerMs = 2 ** 31 - 1;

const { positionals } = parseArgs({ allowPositionals: true });
const [asked = '22', ...numbers] = positionals;
const version = asteriskVersions.find((known): known is AsteriskVersion => known === asked);
const wanted = phoneNumbers.filter((number) => numbers.includes(number));
if (version === undefined || wanted.length !== numbers.length) {
  console.error(`usage: npm run asterisk -- ${asteriskVersions.join('|')} [PHONE...], phones out of ${phoneNumbers.join(' ')}`);
  process.exit(2);
}

const office = await startOffice(await fetchAsterisk(version));
const ended = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => ended.abort());
for (const phone of await office.phones(...wanted)) void answerAll(phone);
const { amiPort, banner, folder } = office.pbx;
const { username, secret } = amiAccounts.recommended;
console.log(`${banner}, in ${folder}
phones: ${wanted.join(' ') || 'none'}

tenants:
  main:
    pbxs:
      office:
        kind: asterisk
        port: ${amiPort}
        username: ${username}
        secret: ${secret}`);
await once(ended.signal, 'abort');
await office.close();
process.exit(0); // The phones still wait for calls.

async function answerAll(phone: Phone): Promise<void> {
  for (;;) {
    const call = await phone.incoming(maxTimerMs);
    setTimeout(() => call.state === 'ringing' && call.answer(), ringMs);
  }
}
