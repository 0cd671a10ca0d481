import type { CommandOutcome } from '../../model/command.ts';
import { GatewayError } from '../../model/errors.ts';

/** The PBX has taken the command. */
export const accepted: CommandOutcome = { outcome: 'accepted' };

export const failed = (code: GatewayError['code'], detail: string): CommandOutcome => ({ outcome: 'failed', code, detail });

/**
 * Runs a command over a session: what the PBX refused is an outcome with its own words, and what broke in the middle may have had its
 * effect. Rejects only with the signal's reason.
 */
export const runCommand = async <Session>(
  connect: (signal: AbortSignal) => Promise<Session>,
  execute: (session: Session) => Promise<CommandOutcome>,
  signal: AbortSignal,
): Promise<CommandOutcome> => {
  let session: Session;
  try {
    session = await connect(signal);
  } catch (error) {
    signal.throwIfAborted();
    return failed('pbx-down', error instanceof Error ? error.message : String(error));
  }
  try {
    return await execute(session);
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof GatewayError)) throw error;
    // It was sent, or may have been, when the link broke.
    if (error.code === 'pbx-down') return { outcome: 'unknown', detail: error.message };
    const said = error.details['said'];
    return failed(error.code, typeof said === 'string' ? said : error.message);
  }
};
