import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createRecorder } from '../../src/cli/recorder.ts';
import { readRecording } from '../../src/cli/recording.ts';
import { captureAsterisk } from '../../src/pbx/asterisk/capture.ts';
import { replayFacts } from '../../src/pbx/asterisk/replay.ts';
import { configFor } from '../pbx/asterisk/driven.ts';
import { ManualTime } from '../pbx/link/manual-time.ts';
import { ScriptedAmi } from '../pbx/asterisk/scripted-ami.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const created =
  'Event: Newchannel\nChannel: PJSIP/101-00000001\nChannelState: 0\nChannelStateDesc: Down\nCallerIDNum: 101\nCallerIDName: Alice\nContext: internal\nExten: 102\nPriority: 1\nUniqueid: 1.1\nLinkedid: 1.1';
const asked =
  'Event: Newexten\nChannel: PJSIP/101-00000001\nContext: internal\nExten: 102\nApplication: Authenticate\nAppData: 4711\nUniqueid: 1.1\nLinkedid: 1.1';
const variable = 'Event: VarSet\nChannel: PJSIP/101-00000001\nVariable: PIN\nValue: 4711\nUniqueid: 1.1';
const ended = 'Event: Hangup\nChannel: PJSIP/101-00000001\nUniqueid: 1.1\nLinkedid: 1.1\nCause: 16\nCause-txt: Normal Clearing';

test('what a PBX says is recorded as it said it, without secrets, and replays to the same facts with the same times', async () => {
  const ami = await ScriptedAmi.start();
  const time = new ManualTime();
  const file = join(temporaryFolder(), 'stream');
  const recorder = createRecorder(file);
  const stop = new AbortController();
  const whole = Promise.withResolvers<void>();
  const times: number[] = [];
  const capturing = captureAsterisk(
    configFor(ami.port),
    { clock: time, timers: time, token: () => 'abcdefgh' },
    stop.signal,
    ({ text, at }) => {
      recorder.write(Buffer.from(text), at);
      times.push(at);
      if (text.includes('Hangup')) whole.resolve();
    },
  );
  await ami.until(() => [...ami.sessions].some(({ events }) => events !== ''));
  for (const message of [created, asked, variable, ended]) ami.emit(message);
  await whole.promise;
  stop.abort();
  await capturing;
  recorder.close();
  await ami.close();

  const text = readFileSync(file, 'utf8');
  expect(text).toContain('Newchannel');
  expect(text).not.toContain('4711');
  expect(text).not.toContain('VarSet');
  const facts = [];
  for await (const fact of replayFacts(readRecording(file))) facts.push(fact);
  expect(facts.map(({ type }) => type)).toEqual(expect.arrayContaining(['channel.created', 'channel.ended']));
  expect(times).toContain(facts[0]?.at);
});

test('a recording that is there is not written over, and one that came to nothing leaves no file', () => {
  const file = join(temporaryFolder(), 'stream');
  createRecorder(file).close();
  const recorder = createRecorder(file);
  recorder.write(Buffer.from('x'), 1);
  recorder.close();
  recorder.close();
  expect(() => createRecorder(file)).toThrow(expect.objectContaining({ code: 'invalid-parameter' }) as Error);
  expect(readFileSync(`${file}.ts`, 'utf8')).toBe('1 0 1\n');
});
