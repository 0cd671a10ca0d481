/** The offices of the stories on real PBXs: furnished alike, each with its driver and with what it says. */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { appendFile, readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { pino } from 'pino';
import { createNewId, pbxId } from '../../../src/model/ids.ts';
import { createAsteriskDriver } from '../../../src/pbx/asterisk/index.ts';
import type { Driver } from '../../../src/pbx/driver.ts';
import { createFreeswitchDriver } from '../../../src/pbx/freeswitch/index.ts';
import { wholeSubscription } from '../../../src/pbx/freeswitch/subscription.ts';
import { fetchAsterisk } from '../asterisk/fetch.ts';
import { startOffice } from '../asterisk/office.ts';
import { amiAccounts } from '../asterisk/pbx.ts';
import { findFreeswitch } from '../freeswitch/find.ts';
import { Pbx } from '../freeswitch/pbx.ts';
import { eventSocketPassword, officeDomain } from '../freeswitch/run-folder.ts';
import { Office } from '../office.ts';

/** Everything that a PBX says on a connection of its own. */
export interface Stream {
  /** What has come so far. */
  taken(): Uint8Array;
  close(): void;
}

export interface RecordedOffice {
  readonly name: 'asterisk-22' | 'asterisk-16' | 'freeswitch';
  readonly office: Office;
  newDriver(): Driver;
  listen(): Promise<Stream>;
}

const deps: Parameters<typeof createAsteriskDriver>[1] = {
  clock: { now: () => Date.now() * 1000 },
  timers: {
    after: (ms, run) => {
      const timer = setTimeout(run, ms);
      return () => clearTimeout(timer);
    },
  },
  newId: createNewId(randomBytes),
  random: Math.random,
  log: pino({ level: 'silent' }),
};

/** Connects, says `greeting`, and begins to take down what comes after `marks` answers to it. */
const listenAt = async (port: number, greeting: string, mark: string, marks: number): Promise<Stream> => {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  let bytes = Buffer.alloc(0);
  socket.on('data', (more: Buffer) => (bytes = Buffer.concat([bytes, more])));
  socket.write(greeting);
  while (bytes.toString().split(mark).length <= marks) await once(socket, 'data');
  bytes = Buffer.alloc(0);
  return { taken: () => bytes, close: () => socket.destroy() };
};

/** As the house of FreeSWITCH's recordings is: ring times, a group of three, a queue of one agent, slots whose calls go elsewhere. */
export const openAsterisk = async (name: 'asterisk-22' | 'asterisk-16'): Promise<RecordedOffice> => {
  const office = await startOffice(await fetchAsterisk(name === 'asterisk-22' ? '22' : '16'));
  const { pbx } = office;
  for (const file of ['extensions.conf', 'res_parking.conf']) {
    await appendFile(join(pbx.folder, 'etc', file), await readFile(join(import.meta.dirname, file)));
  }
  for (const command of [
    ...['dialplan reload', 'module reload res_parking.so'],
    ...[
      'queue add member PJSIP/102 to support',
      'queue remove member PJSIP/106 from support',
      'queue remove member PJSIP/107 from support',
    ],
  ]) {
    await pbx.cli(command);
  }
  const { username, secret } = amiAccounts.witness;
  // The classes that the driver asks for, and keys. Values of variables are left out: nothing is made of them.
  const greeting =
    `Action: Login\r\nUsername: ${username}\r\nSecret: ${secret}\r\nEvents: call,agent,system,user,dialplan,dtmf\r\n\r\n` +
    'Action: Filter\r\nOperation: Add\r\nFilter: !Event: VarSet\r\n\r\n';
  return {
    name,
    office,
    listen: () => listenAt(pbx.amiPort, greeting, 'Response: Success', 2),
    newDriver: () =>
      createAsteriskDriver(
        {
          pbx: pbxId('lab'),
          host: '127.0.0.1',
          port: pbx.amiPort,
          tls: false,
          ...amiAccounts.recommended,
          dialContext: 'internal',
          technology: 'PJSIP',
          extensionPattern: '^[0-9]{3}$',
          answer: 'notify-then-pickup',
          hold: 'notify',
          voicemailContext: 'default',
          extensions: {},
        },
        deps,
      ),
  };
};

/** With 102 as the queue's only agent. */
export const openFreeswitch = async (): Promise<RecordedOffice> => {
  const pbx = await Pbx.start(await findFreeswitch());
  for (const command of [
    `agent add 102@${officeDomain} callback`,
    `agent set contact 102@${officeDomain} [leg_timeout=8]user/102@${officeDomain}`,
    `agent set status 102@${officeDomain} Available`,
    `tier add support@default 102@${officeDomain} 1 1`,
    ...['106', '107'].map((agent) => `tier del support@default ${agent}@${officeDomain}`),
  ]) {
    await pbx.cli(`callcenter_config ${command}`);
  }
  return {
    name: 'freeswitch',
    office: new Office(pbx),
    listen: () => listenAt(pbx.gatewayPort, `auth ${eventSocketPassword}\n\n${wholeSubscription}\n\n`, 'Reply-Text: +OK', 2),
    newDriver: () =>
      createFreeswitchDriver(
        {
          pbx: pbxId('lab'),
          host: '127.0.0.1',
          port: pbx.gatewayPort,
          password: eventSocketPassword,
          domain: officeDomain,
          sharesPbx: false,
          dialContext: 'default',
          extensionPattern: '^[0-9]{3}$',
          trunkProfiles: ['external'],
          parkingLot: 'park@{domain}',
          ownLot: 'valet',
          answer: 'notify-then-pickup',
          conferenceProfile: 'default',
          voicemailProfile: 'default',
          extensions: {},
        },
        deps,
      ),
  };
};
