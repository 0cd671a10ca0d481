import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { Recordings } from '../../src/control/recordings.ts';
import type { CallId } from '../../src/model/ids.ts';
import { callIdFrom, channelId, recordingIdOf } from '../../src/model/ids.ts';
import { startSandboxTenant, type SandboxTenant } from '../sandbox-tenant.ts';
import { temporaryFolder } from '../temporary-folder.ts';

/** A call that was recorded; `file` is what the PBX calls the recording. */
const recorded = async (recordings?: string): Promise<SandboxTenant & { readonly callId: CallId; readonly file: string }> => {
  const office = await startSandboxTenant(temporaryFolder(), recordings === undefined ? {} : { recordings });
  const { sandbox, control, identity, leg, event } = office;
  sandbox.phones.call('+15550100001', '101');
  await leg('101', ({ state }) => state === 'ringing');
  sandbox.phones.answer('101');
  const { id, callId } = await leg('101', ({ state }) => state === 'connected');
  for (const name of ['record', 'stopRecording'] as const) {
    const command = await control.submit(identity(['record']), { name, leg: id });
    await control.wait(command.tenant, command.id, 10);
  }
  const started = await event(({ type }) => type === 'recording.started');
  if (started.type !== 'recording.started' || started.data.file === undefined) throw new Error('the PBX did not name the file');
  return { ...office, callId, file: started.data.file };
};

test('the recordings of a call are listed, and the file is read from where this machine sees it', async () => {
  const folder = temporaryFolder();
  const { engine, control, callId, file, sandbox, ended } = await recorded(folder);
  writeFileSync(join(folder, file), 'RIFF and so on');
  const [recording, ...others] = await control.recordings(engine.tenant, callId);
  expect(others).toEqual([]);
  expect(recording).toMatchObject({ file, startedAt: expect.any(String), stoppedAt: expect.any(String), legId: expect.any(String) });
  if (recording === undefined) return;
  const opened = await control.openRecording(engine.tenant, callId, recording.id);
  expect(opened).toMatchObject({ name: file, size: 14 });
  expect(await text(opened.stream)).toBe('RIFF and so on');

  sandbox.phones.hangUp('101');
  await ended(callId);
  expect(await control.recordings(engine.tenant, callId)).toEqual([recording]);
});

test.each<[string, (folder: string, file: string) => string | undefined, string]>([
  ['no folder is configured', () => undefined, 'does not say where'],
  ['the folder is not there', (folder) => join(folder, 'nowhere'), 'cannot be read'],
  ['the file is not there', (folder) => folder, 'cannot be read'],
  [
    'a link leads out of the folder',
    (folder, file) => {
      mkdirSync(join(folder, 'inner'));
      writeFileSync(join(folder, 'secret'), 'not a recording');
      symlinkSync(join(folder, 'secret'), join(folder, 'inner', file));
      return join(folder, 'inner');
    },
    'not in the folder',
  ],
])('where %s, the recording is unavailable, and why is told', async (_, prepare, why) => {
  const folder = temporaryFolder();
  const { engine, control, sandbox, callId, file } = await recorded();
  const there = prepare(folder, file);
  const recordings = new Recordings(there === undefined ? new Map() : new Map([[sandbox.pbx, there]]));
  const [recording] = await control.recordings(engine.tenant, callId);
  if (recording === undefined) throw new Error('nothing was recorded');
  await expect(recordings.open(engine, callId, recording.id)).rejects.toMatchObject({
    code: 'recording-unavailable',
    message: expect.stringContaining(why) as string,
  });
});

test('a call or recording that nobody knows is told by its own name', async () => {
  const { engine, control, callId, sandbox } = await recorded();
  const unknown = recordingIdOf(sandbox.pbx, channelId('none'), 'none');
  await expect(control.recordings(engine.tenant, callIdFrom('call_x'))).rejects.toMatchObject({ code: 'no-such-call' });
  await expect(control.openRecording(engine.tenant, callId, unknown)).rejects.toMatchObject({ code: 'no-such-recording' });
});
