import { type ExitCode, exitCodes } from '../../cli/exit-codes.ts';
import type { RunningGateway } from '../gateway.ts';

/** Resolves when the gateway is to stop; rejects when it can no longer run. */
export const untilStopped = async (gateway: RunningGateway, signal: AbortSignal): Promise<ExitCode> => {
  const stopped = new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
  await Promise.race([stopped, gateway.failed]);
  return exitCodes.ok;
};
