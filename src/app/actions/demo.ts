import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { demoBanner } from '../../cli/banner.ts';
import type { ExitCode } from '../../cli/exit-codes.ts';
import type { DemoOptions } from '../../cli/options.ts';
import type { Output } from '../../cli/output.ts';
import { GatewayError } from '../../model/errors.ts';
import { runScenario } from '../../pbx/sandbox/index.ts';
import { demoConfig, demoKey, giveDemoKeys } from '../demo-config.ts';
import { type RunningGateway, startGateway } from '../gateway.ts';
import { loggerOf, surroundingsOf } from '../surroundings.ts';
import { untilStopped } from './until-stopped.ts';

/** The port that iSymphony's clients have built in. */
const iSymphonyPort = 58_080;

export const demo = async (options: DemoOptions, output: Output, signal: AbortSignal): Promise<ExitCode> => {
  const temporary = options.data === undefined ? mkdtempSync(join(tmpdir(), 'switchhook-demo-')) : undefined;
  const extraPorts = options.port === undefined && (await isFree(iSymphonyPort)) ? [iSymphonyPort] : [];
  const { seed, quiet } = options;
  const config = demoConfig({ data: options.data ?? temporary ?? '', port: options.port ?? 8080, extraPorts, seed, traffic: !quiet });
  try {
    const gateway = await startGateway(config, surroundingsOf(loggerOf(config.logLevel)));
    try {
      giveDemoKeys(gateway.auth);
      output.line(demoBanner(gateway.url, demoKey, extraPorts));
      if (options.scenario !== undefined) await playScenario(options.scenario, gateway, output, signal);
      return await untilStopped(gateway, signal);
    } finally {
      await gateway.close();
    }
  } finally {
    if (temporary !== undefined) rmSync(temporary, { recursive: true, force: true });
  }
};

/** Whether nobody listens there. A second demo does without. */
const isFree = async (port: number): Promise<boolean> => {
  const door = createServer();
  door.listen(port, '127.0.0.1');
  try {
    await once(door, 'listening');
    return true;
  } catch {
    return false;
  } finally {
    door.close();
  }
};

/** Plays a scenario to its end; the gateway goes on after it. One that fails ends the process with its error, as a CI needs it. */
const playScenario = async (path: string, gateway: RunningGateway, output: Output, signal: AbortSignal): Promise<void> => {
  const [sandbox] = gateway.sandboxes.values();
  if (sandbox === undefined) return;
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new GatewayError('invalid-parameter', { file: path }, { note: `The file ${path} cannot be read.`, cause: error });
  }
  try {
    await runScenario(text, sandbox, signal);
    output.line(`${path}: played`);
  } catch (error) {
    // Stopped by the user: that is how a demo ends.
    if (!signal.aborted) throw error;
  }
};
