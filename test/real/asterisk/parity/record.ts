/**
 * Plays the stories of `test/captures/parity` on a real Asterisk, and keeps what it said of each:
 *
 *     ./node_modules/.bin/node test/real/asterisk/parity/record.ts 22 [STORY...]
 */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { appendFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { pino } from 'pino';
import type { Fact } from '../../../../src/model/fact.ts';
import { commandIdFrom, createNewId, pbxId } from '../../../../src/model/ids.ts';
import { createAsteriskDriver } from '../../../../src/pbx/asterisk/index.ts';
import type { Driver } from '../../../../src/pbx/driver.ts';
import { habitsIn, perform, type Hands } from '../../../captures/parity/deeds.ts';
import { fileOf, numbersOf } from '../../../captures/parity/houses.ts';
import { stories } from '../../../captures/parity/stories.ts';
import type { Phone } from '../../phone/phone.ts';
import type { PhoneCall } from '../../phone/phone-call.ts';
import { asteriskVersions, fetchAsterisk } from '../fetch.ts';
import { startOffice, type AsteriskOffice } from '../office.ts';
import { amiAccounts, type Pbx } from '../pbx.ts';

const numbers = ['101', '102', '103', '104'] as const;

/** What Asterisk says of the classes that the driver asks for, and of keys. Values of variables are left out: nothing is made of them. */
class Recorder {
  readonly #socket: Socket;
  #bytes = Buffer.alloc(0);

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (bytes: Buffer) => (this.#bytes = Buffer.concat([this.#bytes, bytes])));
  }

  static async open({ amiPort }: Pbx): Promise<Recorder> {
    const socket = connect(amiPort, '127.0.0.1');
    await once(socket, 'connect');
    const recorder = new Recorder(socket);
    const { username, secret } = amiAccounts.witness;
    socket.write(
      `Action: Login\r\nUsername: ${username}\r\nSecret: ${secret}\r\nEvents: call,agent,system,user,dialplan,dtmf\r\n\r\n` +
        'Action: Filter\r\nOperation: Add\r\nFilter: !Event: VarSet\r\n\r\n',
    );
    while (recorder.#bytes.toString().split('Response: Success').length < 3) await once(socket, 'data');
    recorder.take();
    return recorder;
  }

  /** What came since the last time. */
  take(): Buffer {
    const bytes = this.#bytes;
    this.#bytes = Buffer.alloc(0);
    return bytes;
  }

  close(): void {
    this.#socket.destroy();
  }
}

/** The phones of the office, and the driver for what the gateway does. */
class RealHands implements Hands, AsyncDisposable {
  readonly #phones: ReadonlyMap<string, Phone>;
  readonly #driver: Driver;
  readonly #stop = new AbortController();
  readonly #facts: Fact[] = [];
  readonly #reading: Promise<void>;

  constructor({ amiPort }: Pbx, phones: readonly Phone[]) {
    this.#phones = new Map(phones.map((phone) => [phone.number, phone]));
    this.#driver = createAsteriskDriver(
      {
        pbx: pbxId('lab'),
        host: '127.0.0.1',
        port: amiPort,
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
      {
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
      },
    );
    this.#reading = this.#read();
  }

  async #read(): Promise<void> {
    for await (const batch of this.#driver.facts(this.#stop.signal)) this.#facts.push(...batch.map(({ fact }) => fact));
  }

  async ready(): Promise<void> {
    while (!this.#facts.some(({ type }) => type === 'resync')) await sleep(50);
  }

  async call(who: string, number: string): Promise<void> {
    const call = await this.#phone(who).call(number);
    await call.phone.changes.until(
      () => (call.state === 'dialling' ? undefined : true),
      `the call of ${who} to go on`,
      () => call.describe(),
    );
  }

  async answer(who: string): Promise<void> {
    (await this.#callOf(who, isRinging)).answer();
  }

  async reject(who: string): Promise<void> {
    (await this.#callOf(who, isRinging)).reject(486);
  }

  async leave(who: string): Promise<void> {
    const phone = this.#phone(who);
    const call = phone.calls.findLast(isTalking) ?? phone.calls.findLast(({ state }) => state !== 'ended');
    await call?.hangup();
  }

  async drop(who: string): Promise<void> {
    await (await this.#callOf(who, isHeld)).hangup();
  }

  async hold(who: string): Promise<void> {
    await (await this.#callOf(who, isTalking)).hold();
  }

  async resume(who: string): Promise<void> {
    const held = this.#phone(who).calls.find(isHeld);
    await held?.resume();
  }

  async send(who: string, number: string): Promise<void> {
    const call = this.#phone(who).calls.findLast(isTalking) ?? (await this.#callOf(who, isHeld));
    await call.transfer(number);
  }

  async join(who: string): Promise<void> {
    await (await this.#callOf(who, isHeld)).transferTo(await this.#callOf(who, isTalking));
  }

  async press(who: string, keys: string): Promise<void> {
    (await this.#callOf(who, isTalking)).press(keys);
    await sleep(keys.length * 300);
  }

  async pass(seconds: number): Promise<void> {
    await sleep(seconds * 1000);
  }

  channelOf(who: string): ReturnType<Hands['channelOf']> {
    const ended = new Set(this.#facts.flatMap((fact) => (fact.type === 'channel.ended' ? [fact.channel] : [])));
    const found = this.#facts.findLast((fact) => fact.type === 'channel.created' && fact.number === who && !ended.has(fact.channel));
    if (found?.type !== 'channel.created') throw new Error(`${who} has no channel`);
    return found.channel;
  }

  async command(body: Parameters<Hands['command']>[0]): Promise<void> {
    const outcome = await this.#driver.execute({ ...body, id: commandIdFrom(`cmd_${body.name}`) }, this.#stop.signal);
    if (outcome.outcome !== 'accepted') throw new Error(`${body.name}: ${JSON.stringify(outcome)}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#reading;
    await this.#driver.close();
  }

  #phone(who: string): Phone {
    const phone = this.#phones.get(who);
    if (phone === undefined) throw new Error(`${who} has no phone`);
    return phone;
  }

  async #callOf(who: string, isIt: (call: PhoneCall) => boolean): Promise<PhoneCall> {
    const phone = this.#phone(who);
    return phone.changes.until(
      () => phone.calls.findLast(isIt),
      `a call of ${who}`,
      () => phone.describe(),
    );
  }
}

const policies: Readonly<Record<string, Phone['policy']>> = {
  sounding: 'sound',
  busy: 'busy',
  unwilling: 'decline',
  undisturbed: 'unavailable',
  silent: 'silent',
};

const isRinging = ({ state, direction }: PhoneCall): boolean => state === 'ringing' && direction === 'incoming';
const isTalking = ({ state, holding }: PhoneCall): boolean => state === 'up' && !holding;
const isHeld = ({ state, holding }: PhoneCall): boolean => state === 'up' && holding;

/** As the house of FreeSWITCH's recordings is: ring times, a group of three, a queue of one agent, slots whose calls go elsewhere. */
const furnish = async ({ pbx }: AsteriskOffice): Promise<void> => {
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
};

const until = async (isSo: () => Promise<boolean>, what: string): Promise<void> => {
  for (const deadline = Date.now() + 30_000; !(await isSo()); await sleep(100)) {
    if (Date.now() > deadline) throw new Error(`waited in vain for ${what}`);
  }
};

const [version, ...chosen] = process.argv.slice(2);
const asterisk = asteriskVersions.find((each) => each === version);
if (asterisk === undefined) throw new Error(`which Asterisk? ${asteriskVersions.join(' or ')}`);
const pbxName = `asterisk-${asterisk}` as const;
const office = await startOffice(await fetchAsterisk(asterisk));
try {
  await furnish(office);
  await mkdir(new URL('.', fileOf(pbxName, 'any')), { recursive: true });
  for (const { story, deeds } of stories.filter((each) => chosen.length === 0 || chosen.includes(each.story))) {
    const phones = await office.phones(...numbers);
    for (const [who, habit] of habitsIn(deeds))
      await office.phone(who as (typeof numbers)[number]).then((phone) => (phone.policy = policies[habit] ?? 'ring'));
    await using hands = new RealHands(office.pbx, phones);
    await hands.ready();
    const recorder = await Recorder.open(office.pbx);
    try {
      await perform(deeds, hands, numbersOf(pbxName));
      await until(async () => /^0 active channels/m.test(await office.pbx.cli('core show channels count')), 'the end of all calls');
      await sleep(300);
      await writeFile(fileOf(pbxName, story), gzipSync(recorder.take(), { level: 9 }));
      process.stdout.write(`${pbxName} ${story}\n`);
    } catch (error) {
      process.stdout.write(`${pbxName} ${story}: ${String(error)}\n`);
      process.exitCode = 1;
    } finally {
      recorder.close();
      await office.quiet().catch((error: unknown) => process.stdout.write(`${String(error)}\n`));
    }
  }
} finally {
  await office.close();
}
