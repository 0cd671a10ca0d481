import type { CaptureRead } from '../../model/capture.ts';
import { connectEsl, type EslDeps, type EslOptions } from './esl-client.ts';
import { redact } from './redact.ts';
import { wholeSubscription } from './subscription.ts';

/**
 * Hands on every event of one FreeSWITCH that the driver could want, as it came in, secrets redacted, on a connection of its own,
 * until the signal aborts. Rejects when there is no connection to be had, or when it breaks.
 */
export const captureFreeswitch = async (
  esl: Pick<EslOptions, 'host' | 'port' | 'password'>,
  deps: EslDeps,
  signal: AbortSignal,
  onRead: (message: CaptureRead) => void,
): Promise<void> => {
  const session = await connectEsl(
    { ...esl, onEvent: ({ message, at }) => onRead({ at, text: framed(redact(message.text())) }) },
    deps,
    signal,
  );
  const stop = (): void => session.close();
  signal.addEventListener('abort', stop, { once: true });
  try {
    if (signal.aborted) stop();
    else await session.command(wholeSubscription);
  } catch (error) {
    session.close();
    if (!signal.aborted) throw error;
  }
  const reason = await session.ended;
  signal.removeEventListener('abort', stop);
  if (!signal.aborted) throw reason;
};

/** A message as the event socket writes it: its own length before it. */
export const framed = (text: string): string => {
  const body = `${text}\n\n`;
  return `Content-Length: ${Buffer.byteLength(body)}\nContent-Type: text/event-plain\n\n${body}`;
};
