#!/usr/bin/env -S node --v8-pool-size=1 --max-semi-space-size=4
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { capture } from './app/actions/capture.ts';
import { checkConfig } from './app/actions/check-config.ts';
import { demo } from './app/actions/demo.ts';
import { doctor } from './app/actions/doctor.ts';
import { init } from './app/actions/init.ts';
import { newEpoch } from './app/actions/new-epoch.ts';
import { replay } from './app/actions/replay.ts';
import { serve } from './app/actions/serve.ts';
import { version } from './app/version.ts';
import type { LocalActions } from './cli/options.ts';
import type { Output } from './cli/output.ts';
import { runProgram } from './cli/program.ts';

const actions: LocalActions = { demo, serve, doctor, checkConfig, newEpoch, replay, init, capture };

/** Asks at the terminal; of a hidden answer nothing is shown. */
const ask = async (question: string, hidden: boolean): Promise<string> => {
  process.stdout.write(question);
  const output = hidden ? new Writable({ write: (_chunk, _encoding, done) => done() }) : process.stdout;
  const terminal = createInterface({ input: process.stdin, output, terminal: true });
  try {
    return await terminal.question('');
  } finally {
    terminal.close();
    if (hidden) process.stdout.write('\n');
  }
};

const run = async (): Promise<void> => {
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
  // A reader that went away (`| head`) is no failure.
  process.stdout.on('error', () => stop.abort());
  const output: Output = {
    interactive: process.stdout.isTTY,
    line: (text) => void process.stdout.write(`${text}\n`),
    note: (text) => void process.stderr.write(`${text}\n`),
  };
  const asking = process.stdin.isTTY && process.stdout.isTTY ? { ask } : undefined;
  const environment = process.env;
  process.exitCode = await runProgram(process.argv.slice(2), { version, environment, output, signal: stop.signal, actions, ...asking });
};

if (import.meta.main) await run();
