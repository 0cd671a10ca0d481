import type { CaptureRead } from '../../model/capture.ts';
import { connectAmi, type AmiDeps, type AmiOptions } from './ami-client.ts';
import { redact } from './redact.ts';

/** The classes that the driver watches. Of these, values of variables are left out: nothing is made of them, and they may be secrets. */
const eventClasses = 'call,agent,system,user,dialplan';

/** A message as the manager interface writes it. */
export const framed = (text: string): string => `${text}\r\n\r\n`;

/**
 * Hands on every event of one Asterisk as it came in, secrets redacted, on a connection of its own, until the signal aborts.
 * Rejects when there is no connection to be had, or when it breaks.
 */
export const captureAsterisk = async (
  ami: Pick<AmiOptions, 'host' | 'port' | 'tls' | 'username' | 'secret'>,
  deps: AmiDeps,
  signal: AbortSignal,
  onRead: (message: CaptureRead) => void,
): Promise<void> => {
  const session = await connectAmi(
    {
      ...ami,
      events: eventClasses,
      interesting: (event) => event !== 'VarSet',
      onEvent: ({ message, at }) => onRead({ at, text: framed(redact(message.event, message.text())) }),
    },
    deps,
    signal,
  );
  const stop = (): void => session.close();
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  const reason = await session.ended;
  signal.removeEventListener('abort', stop);
  if (!signal.aborted) throw reason;
};
