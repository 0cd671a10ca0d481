import type { Micros } from '../../model/time.ts';
import { connectAmi, type AmiDeps, type AmiOptions } from './ami-client.ts';
import { redact } from './redact.ts';

/** The classes that the driver watches. Of these, values of variables are left out: nothing is made of them, and they may be secrets. */
const eventClasses = 'call,agent,system,user,dialplan';

/**
 * Hands on every event of one Asterisk as its bytes came in, secrets redacted, on a connection of its own, until the signal aborts.
 * Rejects when there is no connection to be had, or when it breaks.
 */
export const captureAsterisk = async (
  ami: Pick<AmiOptions, 'host' | 'port' | 'tls' | 'username' | 'secret'>,
  deps: AmiDeps,
  signal: AbortSignal,
  onBytes: (bytes: Uint8Array, at: Micros) => void,
): Promise<void> => {
  const session = await connectAmi(
    {
      ...ami,
      events: eventClasses,
      interesting: (event) => event !== 'VarSet',
      onEvent: ({ message, at }) => onBytes(Buffer.from(`${redact(message.event, message.text())}\r\n\r\n`), at),
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
