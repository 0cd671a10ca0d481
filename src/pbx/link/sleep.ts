import type { Timers } from '../../model/time.ts';

/** Waits for `ms` milliseconds. False when it was cut short by the signal. */
export const sleep = async (timers: Timers, ms: number, signal: AbortSignal): Promise<boolean> => {
  if (signal.aborted) return false;
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const cancel = timers.after(ms, () => resolve(true));
  const abort = (): void => resolve(false);
  signal.addEventListener('abort', abort, { once: true });
  const slept = await promise;
  cancel();
  signal.removeEventListener('abort', abort);
  return slept;
};
