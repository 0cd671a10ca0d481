import type { Timers } from '../../model/time.ts';

/** Resolves after `ms`, or as soon as the signal aborts. */
export const pause = (timers: Timers, ms: number, signal: AbortSignal): Promise<void> => {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const end = (): void => {
      cancel();
      signal.removeEventListener('abort', end);
      resolve();
    };
    const cancel = timers.after(ms, end);
    signal.addEventListener('abort', end, { once: true });
  });
};

/** Does `work` with a signal that aborts with the one given, or after `ms`. */
export const withDeadline = async <Result>(
  timers: Timers,
  ms: number,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> => {
  const ending = new AbortController();
  const end = (): void => ending.abort();
  const cancel = timers.after(ms, end);
  if (signal.aborted) end();
  signal.addEventListener('abort', end, { once: true });
  try {
    return await work(ending.signal);
  } finally {
    cancel();
    signal.removeEventListener('abort', end);
  }
};
