import type { Identity } from '../auth/auth.ts';
import { GatewayError } from '../model/errors.ts';
import type { CommandRecord, CommandRequest, Control } from './control.ts';

/**
 * Submits a command and stays for its effect, `seconds` at most: one that is later is told by the events. Throws what the PBX refused it
 * for, and `pbx-down` when nobody knows what became of it.
 */
export const performCommand = async (
  control: Pick<Control, 'submit' | 'wait'>,
  identity: Identity,
  request: CommandRequest,
  { seconds, signal }: { readonly seconds: number; readonly signal: AbortSignal },
): Promise<CommandRecord> => {
  const accepted = await control.submit(identity, request);
  const record = await control.wait(identity.tenant, accepted.id, seconds, signal);
  if (record.state === 'failed') throw new GatewayError(record.error ?? 'internal', { command: record.id });
  if (record.state === 'unknown') throw new GatewayError('pbx-down', { command: record.id });
  return record;
};
