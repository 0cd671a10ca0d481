import { Webhook } from 'standardwebhooks';
import { expect, test } from 'vitest';
import { exitCodes, type ExitCode } from '../../src/cli/exit-codes.ts';
import type { LocalActions } from '../../src/cli/options.ts';
import { runProgram } from '../../src/cli/program.ts';
import { startSink, refuse } from '../delivery/webhooks/sink.ts';
import { serveNative } from '../dialects/native/serve-native.ts';
import type { NativeWorld } from '../dialects/native/serve-native.ts';

interface Typed {
  readonly code: Promise<ExitCode>;
  readonly lines: readonly Readonly<Record<string, unknown>>[];
  stop(): void;
}

const type = (world: NativeWorld, ...args: readonly string[]): Typed => {
  const lines: Readonly<Record<string, unknown>>[] = [];
  const output = {
    interactive: false,
    line: (text: string) => lines.push(JSON.parse(text) as Readonly<Record<string, unknown>>),
    note: () => {},
  };
  const stop = new AbortController();
  const environment = { SWITCHHOOK_URL: world.url, SWITCHHOOK_KEY: world.key };
  const code = runProgram(args, { version: '0', environment, output, signal: stop.signal, actions: {} as LocalActions });
  return { code, lines, stop: () => stop.abort() };
};

const ask = async (world: NativeWorld, ...args: readonly string[]): Promise<Typed['lines']> => {
  const typed = type(world, ...args);
  expect(await typed.code).toBe(exitCodes.ok);
  return typed.lines;
};

test('a webhook is made, tried, paused, resumed, listed and deleted', async () => {
  const world = await serveNative();
  const sink = await startSink();
  const [made] = await ask(world, 'webhooks', 'create', sink.url, '--types', 'call.*');
  const id = String(made?.['id']);
  expect(made?.['secret']).toMatch(/^whsec_/);
  expect(await ask(world, 'webhooks', 'test', id)).toMatchObject([{ outcome: 'delivered', status: 204 }]);
  expect(await ask(world, 'webhooks', 'pause', id)).toMatchObject([{ status: 'paused' }]);
  expect(await ask(world, 'webhooks', 'resume', id)).toMatchObject([{ status: 'active' }]);
  expect(await ask(world, 'webhooks', 'rotate', id, '--overlap', '1')).toMatchObject([{ secret: expect.stringMatching(/^whsec_/) }]);
  expect(await ask(world, 'webhooks', 'deliveries', id)).toMatchObject([{ seq: 0, outcome: 'delivered' }]);
  expect(await ask(world, 'webhooks', 'list')).toMatchObject([{ id, types: ['call.*'] }]);
  expect(await ask(world, 'webhooks', 'update', id, '--types', 'all', '--description', 'a desk')).toMatchObject([
    { description: 'a desk' },
  ]);
  expect((await ask(world, 'webhooks', 'list'))[0]).not.toHaveProperty('types');
  expect(await ask(world, 'deliveries', '--outcome', 'delivered')).toMatchObject([{ endpoint: id, status: 204 }]);
  expect(await ask(world, 'webhooks', 'delete', id)).toEqual([]);
  expect(await ask(world, 'webhooks', 'list')).toEqual([]);
});

test('what cannot be replayed says so by its exit code', async () => {
  const world = await serveNative();
  expect(await type(world, 'webhooks', 'replay', 'wh_nobody', '--seq', '1').code).not.toBe(exitCodes.ok);
});

test('listen forwards what happens, signed, and prints a line for each, failed ones too', async () => {
  const world = await serveNative();
  const sink = await startSink();
  const secret = `whsec_${Buffer.alloc(24, 1).toString('base64')}`;
  const args = ['listen', '--forward-to', sink.url, '--type', 'call.started,call.ended', '--secret', secret, '--after', 'oldest'];
  const listening = type(world, ...args);
  world.sandbox.phones.call('+15550100001', '101');
  const [started] = await sink.count(1);
  expect(new Webhook(secret).verify(started?.body ?? '', started?.headers as Record<string, string>)).toMatchObject({ prevSeq: null });
  sink.answer = refuse(500);
  world.sandbox.phones.hangUpOutside('+15550100001');
  const [, ended] = await sink.count(2);
  const { seq } = JSON.parse(started?.body ?? '') as { readonly seq: number };
  expect(JSON.parse(ended?.body ?? '')).toMatchObject({ type: 'call.ended', prevSeq: seq });
  await expect
    .poll(() => listening.lines)
    .toMatchObject([
      { type: 'call.started', status: 204 },
      { type: 'call.ended', status: 500 },
    ]);
  listening.stop();
  expect(await listening.code).toBe(exitCodes.ok);
});
