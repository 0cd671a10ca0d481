/** The links to PBXs over the native API, with a whole gateway on a scripted manager interface. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openRecording } from '../../../src/cli/recording.ts';
import { pbxId } from '../../../src/model/ids.ts';
import { replayFacts } from '../../../src/pbx/asterisk/replay.ts';
import { createTrackerState, track } from '../../../src/tracker/tracker.ts';
import { message, newchannel } from '../../pbx/asterisk/driven.ts';
import { temporaryFolder } from '../../temporary-folder.ts';
import { serveNative } from './serve-native.ts';
import { serveOffice } from './serve-office.ts';

const newexten = message('Newexten', {
  Channel: 'PJSIP/101-0000000a',
  ChannelState: '4',
  Uniqueid: '1.1',
  Linkedid: '1.1',
  Context: 'internal',
  Exten: '102',
  Application: 'Authenticate',
  AppData: '4711',
});
const hangup = message('Hangup', {
  Channel: 'PJSIP/101-0000000a',
  Uniqueid: '1.1',
  Linkedid: '1.1',
  Cause: '16',
  'Cause-txt': 'Normal Clearing',
});
const oneCall = [newchannel('1.1', '101', { Exten: '102' }), newexten, hangup];

/** The types of the events that `switchhook replay` makes of a capture. */
const replayed = async (text: string): Promise<readonly string[]> => {
  const file = join(temporaryFolder(), 'office.capture');
  writeFileSync(file, text);
  const { driver, reads } = openRecording(file);
  expect(driver).toBe('asterisk');
  let state = createTrackerState(pbxId('replay'));
  const types: string[] = [];
  for await (const fact of replayFacts(reads)) {
    const step = track(state, fact);
    state = step.state;
    for (const { type } of step.events) types.push(type);
  }
  return types;
};

interface Capture {
  readonly status: string;
  readonly messages: number;
}

test('what the PBX said of a call is a file that replays to the same events, without secrets', async () => {
  const { ami, ask, askUntil } = await serveOffice();
  ami.emit(...oneCall);
  const { body } = await askUntil('/v1/calls?state=ended', ({ calls }: { readonly calls: readonly unknown[] }) => calls.length === 1);
  const id = (body as { readonly calls: readonly [{ readonly id: string }] }).calls[0].id;
  const capture = await ask('GET', `/v1/calls/${id}/capture`);
  expect(capture.status).toBe(200);
  expect(capture.text).not.toContain('4711');
  const why = (await ask('GET', `/v1/calls/${id}/why`)).body as {
    readonly entries: readonly { readonly kind: string; readonly event?: { readonly type: string } }[];
  };
  const told = why.entries.flatMap(({ event }) => (event === undefined ? [] : [event.type]));
  expect(told).toEqual(expect.arrayContaining(['call.started', 'call.ended']));
  expect(await replayed(capture.text)).toEqual(told);
  expect((await ask('GET', '/v1/calls/call_nobody/capture')).status).toBe(404);
});

test('all that a PBX says is captured until it is ended, and replays', async () => {
  const { ami, ask, askUntil } = await serveOffice();
  const path = '/v1/pbxs/office/capture';
  expect((await ask('GET', path)).status).toBe(404);
  expect((await ask('POST', path, { seconds: 600 })).body).toMatchObject({ status: 'running', messages: 0 });
  // Beside the one for events and the one for commands there may be.
  await ami.until(() => [...ami.sessions].filter(({ events }) => events !== 'off' && events !== '').length === 2);
  ami.emit(...oneCall);
  await askUntil(path, ({ messages }: Capture) => messages === 3);
  // One that runs goes on.
  expect((await ask('POST', path, {})).body).toMatchObject({ status: 'running', messages: 3 });
  expect((await ask('POST', `${path}/stop`)).body).toMatchObject({ status: 'ended', messages: 3 });
  await ami.until(() => [...ami.sessions].filter(({ events }) => events !== 'off' && events !== '').length === 1);
  const { text } = await ask('GET', `${path}/file`);
  expect(text).not.toContain('4711');
  expect(await replayed(text)).toEqual(expect.arrayContaining(['call.started', 'call.ended']));
});

test('a capture that breaks says so', async () => {
  const { ami, ask, askUntil } = await serveOffice();
  ami.secret = 'another';
  const path = '/v1/pbxs/office/capture';
  await ask('POST', path, {});
  const { body } = await askUntil(path, ({ status }: Capture) => status !== 'running');
  expect(body).toMatchObject({ status: 'failed', messages: 0, detail: expect.stringMatching(/./) as string });
});

test('nothing goes over a wire to a PBX in memory: there is no ping and no capture', async () => {
  const { ask } = await serveNative();
  const { body } = await ask('/v1/pbxs');
  expect((body as { readonly pbxs: readonly object[] }).pbxs[0]).not.toHaveProperty('ping');
  expect((await ask('/v1/pbxs/sandbox/capture', { method: 'POST', json: {} })).body).toMatchObject({ id: 'not-supported' });
  expect((await ask('/v1/pbxs/other/capture', { method: 'POST', json: {} })).body).toMatchObject({ id: 'no-such-pbx' });
});
