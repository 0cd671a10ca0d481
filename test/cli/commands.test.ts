import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { exitCodes, type ExitCode } from '../../src/cli/exit-codes.ts';
import type { LocalActions } from '../../src/cli/options.ts';
import { runProgram } from '../../src/cli/program.ts';
import { extensionNumber } from '../../src/model/ids.ts';
import type { SandboxTenantOptions } from '../sandbox-tenant.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { serveNative, type NativeWorld } from '../dialects/native/serve-native.ts';

/** A running server, and the command line that speaks to it. */
const serve = async (
  options: SandboxTenantOptions = {},
): Promise<{
  readonly world: NativeWorld;
  type(line: string, key?: string): Promise<{ readonly code: ExitCode; readonly lines: readonly unknown[]; readonly notes: string }>;
}> => {
  const world = await serveNative({}, options);
  const type = async (
    line: string,
    key = world.key,
  ): Promise<{ readonly code: ExitCode; readonly lines: readonly unknown[]; readonly notes: string }> => {
    const lines: unknown[] = [];
    const notes: string[] = [];
    const output = {
      interactive: false,
      line: (text: string) => lines.push(JSON.parse(text) as unknown),
      note: (text: string) => notes.push(text),
    };
    const environment = { SWITCHHOOK_URL: world.url, SWITCHHOOK_KEY: key };
    const signal = new AbortController().signal;
    const code = await runProgram(line.split(' '), { version: '0', environment, output, signal, actions: {} as LocalActions });
    return { code, lines, notes: notes.join('\n') };
  };
  return { world, type };
};

const talking = async (options: SandboxTenantOptions = {}): Promise<Awaited<ReturnType<typeof serve>>> => {
  const served = await serve(options);
  const { sandbox, leg } = served.world;
  sandbox.phones.call('+15550100001', '101');
  await leg('101', ({ state }) => state === 'ringing');
  return served;
};

test('a call is answered, held, taken back, muted and transferred by the extension alone', async () => {
  const { world, type } = await talking();
  for (const line of ['answer 101', 'hold 101', 'resume 101', 'mute 101', 'unmute 101', 'dtmf 101 12#', 'record start 101']) {
    expect(await type(line)).toMatchObject({ code: exitCodes.ok, lines: [{ state: 'done' }] });
  }
  expect(await type('record pause 101')).toMatchObject({ lines: [{ name: 'pauseRecording', state: 'done' }] });
  expect(await type('transfer 101 102')).toMatchObject({ lines: [{ name: 'transfer', state: 'done' }] });
  expect(await world.leg('102')).toMatchObject({ state: 'ringing' });
});

test('consult, complete; park, retrieve', async () => {
  const { world, type } = await talking();
  await type('answer 101');
  expect(await type('consult 101 102')).toMatchObject({ code: exitCodes.ok, lines: [{ name: 'startTransfer' }] });
  world.sandbox.phones.answer('102');
  await world.leg('102', ({ state }) => state === 'connected');
  expect(await type('complete 101')).toMatchObject({ code: exitCodes.ok, lines: [{ name: 'completeTransfer', state: 'done' }] });
  expect(await type('park 102 --slot valet/4')).toMatchObject({ code: exitCodes.ok });
  expect(world.engine.snapshot().slots).toMatchObject([{ lot: 'valet', slot: '4' }]);
  expect(await type('retrieve valet/4 103')).toMatchObject({ code: exitCodes.ok });
});

test('parked calls are listed, fetched by who has waited longest, and connected with others', async () => {
  const { world, type } = await talking();
  await type('answer 101');
  expect(await type('slots')).toMatchObject({ code: exitCodes.ok, lines: [] });
  await type('park 101');
  expect(await type('slots')).toMatchObject({ lines: [{ lot: 'valet', slot: '1', parkedBy: '101' }] });
  expect((await type('slots --free')).lines).toHaveLength(8);
  expect(await type('retrieve longest 103')).toMatchObject({ code: exitCodes.ok, lines: [{ state: 'done' }] });
  expect(await type('park 103 --slot valet/7')).toMatchObject({ code: exitCodes.ok });
  world.sandbox.phones.call('+15550100002', '102');
  world.sandbox.phones.answer('102');
  await world.leg('102', ({ state }) => state === 'connected');
  expect(await type('bridge-slot 102 --slot valet/7')).toMatchObject({
    code: exitCodes.ok,
    lines: [{ name: 'bridgeSlot', state: 'done' }],
  });
  expect(await type('retrieve longest 103')).toMatchObject({ code: exitCodes.failed, notes: expect.stringContaining('slot-empty') });
});

test('a recording is saved into a file, which is never written over', async () => {
  const recordings = temporaryFolder();
  const { world, type } = await talking({ recordings });
  await type('answer 101');
  const { callId } = await world.leg('101');
  const file = join(temporaryFolder(), 'saved.wav');
  expect(await type(`record save ${callId} ${file}`)).toMatchObject({ code: exitCodes.notFound });
  await type('record start 101');
  expect(await type(`record save ${callId} ${file}`)).toMatchObject({
    code: exitCodes.notFound,
    notes: expect.stringContaining('cannot be read'),
  });
  const started = await world.event((event) => event.type === 'recording.started');
  if (started.type !== 'recording.started') return;
  writeFileSync(join(recordings, started.data.file ?? ''), 'RIFF and so on');
  expect(await type(`record save ${callId} ${file}`)).toMatchObject({ code: exitCodes.ok });
  expect(readFileSync(file, 'utf8')).toBe('RIFF and so on');
  expect(await type(`record save ${callId} ${file}`)).toMatchObject({
    code: exitCodes.usage,
    notes: expect.stringContaining('there already'),
  });
});

test('agents and presence', async () => {
  const { world, type } = await serve();
  expect(await type('agent pause 600 104 --reason lunch')).toMatchObject({ code: exitCodes.ok, lines: [{ state: 'done' }] });
  expect(await type('dnd 102 on')).toMatchObject({ code: exitCodes.ok });
  expect(world.engine.extension(extensionNumber('102'))?.dnd).toBe(true);
  expect(await type('status 102 away')).toMatchObject({ code: exitCodes.ok });
  expect(world.engine.extension(extensionNumber('102'))?.statusText).toBe('away');
});

test('what cannot be is told, with an exit status for each kind', async () => {
  const { type } = await talking();
  expect(await type('hold 101')).toMatchObject({ code: exitCodes.notFound, notes: expect.stringContaining('fits "hold"') });
  expect(await type('hangup leg_nobody')).toMatchObject({ code: exitCodes.notFound });
  expect(await type('retrieve valet 103')).toMatchObject({ code: exitCodes.usage, notes: expect.stringContaining('LOT/SLOT') });
  expect(await type('dnd 102 perhaps')).toMatchObject({ code: exitCodes.usage });
  expect(await type('hangup 101', 'no-key')).toMatchObject({ code: exitCodes.denied });
  expect(await type('dial 119 101')).toMatchObject({ code: exitCodes.failed, notes: expect.stringContaining('unreachable') });
});

test('a call with several legs that fit wants one of them named', async () => {
  const { world, type } = await talking();
  await type('answer 101');
  const { callId } = await world.leg('101');
  expect(await type(`mute ${callId}`)).toMatchObject({ code: exitCodes.failed, notes: expect.stringContaining('several legs') });
  expect(await type(`hangup ${callId}`)).toMatchObject({ code: exitCodes.ok });
});

test('the audit tells who did all that', async () => {
  const { type } = await talking();
  await type('answer 101');
  await type('hangup leg_nobody');
  const { lines } = await type('audit');
  expect(lines).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ command: 'hangup', result: 'refused', error: 'no-such-leg', keyName: 'test' }),
      expect.objectContaining({ command: 'answer', result: 'done', extension: '101' }),
    ]),
  );
});
