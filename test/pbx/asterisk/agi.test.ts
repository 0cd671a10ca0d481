import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { createAgiParser, type AgiMessage } from '../../../src/pbx/asterisk/agi-parser.ts';
import { AgiServer } from '../../../src/pbx/asterisk/agi-server.ts';
import type { InteractiveCall } from '../../../src/pbx/interactive.ts';
import { interactiveContract } from '../../contract/interactive.ts';
import { freeTcpPort } from '../../real/ports.ts';
import '../../property-seed.ts';

const environment = `agi_network: yes
agi_network_script: 700
agi_request: agi://127.0.0.1:4573/700
agi_channel: PJSIP/101-00000001
agi_language: en
agi_uniqueid: 1591266790.18
agi_callerid: 101
agi_calleridname: Анна
agi_extension: 700

`;

const said = `${environment}200 result=0
200 result=53 endpos=8000
200 result=1 (ANSWER)
510 Invalid or unknown command
520-Invalid command syntax.  Proper usage follows:
 Usage: ANSWER
520 End of proper usage.
HANGUP
`;

const read = (chunks: readonly Uint8Array[]): readonly AgiMessage[] => {
  const parser = createAgiParser();
  return chunks.flatMap((chunk) => parser.push(chunk));
};

test('what Asterisk says is read, however it is cut', () => {
  const bytes = Buffer.from(said);
  const whole = read([bytes]);
  expect(whole[0]).toEqual({
    kind: 'environment',
    variables: new Map(
      Object.entries({
        network: 'yes',
        network_script: '700',
        request: 'agi://127.0.0.1:4573/700',
        channel: 'PJSIP/101-00000001',
        language: 'en',
        uniqueid: '1591266790.18',
        callerid: '101',
        calleridname: 'Анна',
        extension: '700',
      }),
    ),
  });
  expect(whole.slice(1).map((message) => (message.kind === 'reply' ? `${message.code} ${message.result}` : message.kind))).toEqual([
    '200 0',
    '200 53',
    '200 1',
    '510 ',
    '520 ',
    'hangup',
  ]);
  expect(read(Array.from(bytes, (byte) => Uint8Array.of(byte)))).toEqual(whole);
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: bytes.length }), { maxLength: 8 }), (cuts) => {
      const places = [0, ...cuts.toSorted((one, other) => one - other), bytes.length];
      expect(read(places.slice(1).map((place, index) => bytes.subarray(places[index], place)))).toEqual(whole);
    }),
    { numRuns: 50 },
  );
});

test('a line without an end, and an environment without one, are refused', () => {
  expect(() => createAgiParser().push(Buffer.alloc(20_000, 'x'))).toThrow('It is not AGI');
  const endless = Array.from({ length: 400 }, (_, index) => `agi_${index}: x\n`).join('');
  expect(() => createAgiParser().push(Buffer.from(endless))).toThrow('It is not AGI');
});

/** An Asterisk that answers each command by the table, or with success. */
const hand = async (
  answers: Readonly<Record<string, string>> = {},
  onCommand: (command: string) => void = () => undefined,
): Promise<{ call: InteractiveCall; commands: string[]; asterisk: Socket }> => {
  const port = await freeTcpPort();
  const timers = { after: () => () => undefined };
  const server = new AgiServer({
    host: '127.0.0.1',
    port,
    timers,
    clock: { now: () => 0 },
    dialContext: 'internal',
    deviceOf: (extension) => `PJSIP/${extension}`,
    speech: 'Festival',
  });
  onTestFinished(() => server.close());
  const handed = Promise.withResolvers<InteractiveCall>();
  await server.take((call) => {
    handed.resolve(call);
    return true;
  });
  const asterisk = connect(port, '127.0.0.1');
  onTestFinished(() => void asterisk.destroy());
  await once(asterisk, 'connect');
  const commands: string[] = [];
  asterisk.on('data', (chunk: Buffer) => {
    for (const command of chunk.toString().split('\n').filter(Boolean)) {
      commands.push(command);
      onCommand(command);
      const answer = Object.entries(answers).find(([start]) => command.startsWith(start))?.[1] ?? '200 result=0';
      if (answer !== '') asterisk.write(`${answer}\n`);
    }
  });
  asterisk.write(environment);
  return { call: await handed.promise, commands, asterisk };
};

test('a call says who calls what', async () => {
  const { call } = await hand();
  expect(call).toMatchObject({ channel: '1591266790.18', called: '700', caller: { number: '101', name: 'Анна' }, canSpeak: true });
});

test('each wish is a command, and what comes from outside stays within its quotes', async () => {
  const { call, commands } = await hand({
    'STREAM FILE': '200 result=53 endpos=1',
    'EXEC Dial': '200 result=0',
    GET: '200 result=1 (BUSY)',
  });
  await call.answer();
  expect(await call.play('custom/menu.wav', { stopAt: '0123456789*#', language: 'fr' })).toBe('5');
  await call.play('bye', { stopAt: '' });
  await call.speak('one, "two" ${SHELL(x)}', { stopAt: '' });
  await call.showCaller({ number: '+47"11', name: 'Go<l>d' });
  await call.setVariable('A', 'a"b\\c\nHANGUP');
  expect(await call.ring('102', 20)).toBe(false);
  await call.letGo('103');
  expect(commands).toEqual([
    'ANSWER',
    'SET VARIABLE CHANNEL(language) "fr"',
    'STREAM FILE "custom/menu" "0123456789*#"',
    'SET VARIABLE CHANNEL(language) "en"',
    'STREAM FILE "bye" ""',
    'EXEC Festival "one   two    SHELL(x) "',
    'SET VARIABLE CALLERID(num) "+4711"',
    'SET VARIABLE CALLERID(name) "Gold"',
    String.raw`SET VARIABLE SWITCHHOOK_A "a\"b\\c HANGUP"`,
    'EXEC Dial "PJSIP/102,20"',
    'GET VARIABLE DIALSTATUS',
    'SET CONTEXT "internal"',
    'SET EXTENSION "103"',
    'SET PRIORITY 1',
  ]);
  expect(call.gone.aborted).toBe(true);
});

test('what Asterisk cannot do is told, and the call goes on', async () => {
  const { call } = await hand({
    'STREAM FILE': '200 result=-1 endpos=0',
    'CHANNEL STATUS': '200 result=6',
    EXEC: '510 Invalid or unknown command',
  });
  await expect(call.play('x', { stopAt: '' })).rejects.toMatchObject({ code: 'pbx-refused' });
  await expect(call.speak('x', { stopAt: '' })).rejects.toMatchObject({ code: 'pbx-refused' });
  expect(call.gone.aborted).toBe(false);
});

test.each([
  ['says HANGUP', 'HANGUP'],
  ['fails and the channel is down', '200 result=-1'],
  ['says that the channel is dead', '511 Command Not Permitted on a dead channel or intercept routine'],
])('a caller has left when Asterisk %s', async (_what, answer) => {
  const { call } = await hand({ 'STREAM FILE': answer, 'CHANNEL STATUS': '200 result=-1' });
  await expect(call.play('x', { stopAt: '' })).rejects.toMatchObject({ code: 'leg-ended' });
  expect(call.gone.aborted).toBe(true);
  await expect(call.answer()).rejects.toMatchObject({ code: 'leg-ended' });
});

test('letting go interrupts what runs', async () => {
  const { call } = await hand({ WAIT: '' });
  const waiting = call.listen(60_000, '');
  await call.letGo();
  await expect(waiting).rejects.toMatchObject({ code: 'leg-ended' });
});

test('a connection that ends ends the call', async () => {
  const { call, asterisk } = await hand({ WAIT: '' });
  const waiting = call.listen(60_000, '');
  asterisk.destroy();
  await expect(waiting).rejects.toMatchObject({ code: 'leg-ended' });
});

interactiveContract('FastAGI', async () => {
  // A sound and a wait are answered when they end; of a sound Asterisk hears the keys that it was given, of a wait all.
  let running: { readonly keys: string; readonly ended: string; readonly keyed: string } | undefined;
  let keyed = '';
  let isOver = false;
  const answer = (text: string): void => {
    running = undefined;
    asterisk.write(`${text}\n`);
  };
  const tell = (key: string): void => {
    if (running?.keys.includes(key) === true) answer(`200 result=${key.charCodeAt(0)}${running.keyed}`);
    else keyed = key;
  };
  const { call, asterisk } = await hand({ 'STREAM FILE': '', WAIT: '', 'CHANNEL STATUS': '200 result=6' }, (command) => {
    const [, keys = ''] = /^STREAM FILE ".*" "(.*)"$/.exec(command) ?? [];
    if (command.startsWith('STREAM FILE')) running = { keys, ended: '200 result=0 endpos=1', keyed: ' endpos=1' };
    else if (command.startsWith('WAIT')) running = { keys: '0123456789*#', ended: '200 result=0', keyed: '' };
    else return;
    // What was pressed before the command came counts for it.
    const early = keyed;
    keyed = '';
    if (early !== '') tell(early);
    if (isOver && running !== undefined) {
      isOver = false;
      answer(running.ended);
    }
  });
  return {
    call,
    press: tell,
    leave: () => void asterisk.write('HANGUP\n'),
    passTime: () => {
      if (running === undefined) isOver = true;
      else answer(running.ended);
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
});
