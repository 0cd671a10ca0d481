import type { Micros } from '../../model/time.ts';
import { connectEsl, type EslDeps, type EslOptions } from './esl-client.ts';
import { redact } from './redact.ts';
import { wholeSubscription } from './subscription.ts';

/**
 * Hands on every event of one FreeSWITCH that the driver could want, as its bytes came in, secrets redacted, on a connection of its own,
 * until the signal aborts. Rejects when there is no connection to be had, or when it breaks.
 */
export const captureFreeswitch = async (
  esl: Pick<EslOptions, 'host' | 'port' | 'password'>,
  deps: EslDeps,
  signal: AbortSignal,
  onBytes: (bytes: Uint8Array, at: Micros) => void,
): Promise<void> => {
  const session = await connectEsl({ ...esl, onEvent: ({ message, at }) => onBytes(framed(redact(message.text())), at) }, deps, signal);
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
const framed = (text: string): Uint8Array => {
  const body = Buffer.from(`${text}\n\n`);
  return Buffer.concat([Buffer.from(`Content-Length: ${body.length}\nContent-Type: text/event-plain\n\n`), body]);
};
