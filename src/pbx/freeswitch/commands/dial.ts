import { GatewayError } from '../../../model/errors.ts';
import type { ChannelId, CommandId, ExtensionNumber } from '../../../model/ids.ts';
import { accepted } from '../../link/run-command.ts';
import { dialMark } from '../pbx-lists.ts';
import { type Acting, type Execute } from './acting.ts';
import { autoAnswer, isCreated, notReached, originate, renderCallerId } from './originate.ts';
import { recordingFile } from './record.ts';

/** Click-to-dial: the extension's phone, then the number. */
export const dial: Execute<'dial'> = async (command, pbx) => {
  const { channel, extension, number, timeoutSeconds, callerId, record } = command;
  const shown = await callOut(pbx, {
    command: command.id,
    channel,
    extension,
    number,
    timeoutSeconds,
    variables: {
      ...(callerId === undefined ? {} : renderCallerId(callerId)),
      ...(command.autoAnswer === undefined ? {} : autoAnswer(command.autoAnswer.header)),
      ...(record === undefined ? {} : recordWhenBridged(recordingFile(pbx, record.name))),
    },
  });
  return shown instanceof GatewayError ? notReached(shown) : accepted;
};

/** Begun with the own phone's answer, it waits for the far party's. */
const recordWhenBridged = (file: string): Readonly<Record<string, string>> => ({
  RECORD_BRIDGE_REQ: 'true',
  execute_on_answer: `record_session ${file}`,
});

/** Calls the phone of an extension, as `channel`, and sends it to `number` when it has answered. Says so before the PBX acts. */
export const callOut = async (
  pbx: Acting,
  wish: {
    readonly command: CommandId;
    readonly channel: ChannelId;
    readonly extension: ExtensionNumber;
    readonly number: string;
    readonly variables: Readonly<Record<string, string>>;
    readonly timeoutSeconds: number;
  },
): Promise<'created' | GatewayError | undefined> => {
  const { command, channel, extension, number, timeoutSeconds } = wish;
  pbx.announce({ type: 'dial.commanded', at: pbx.clock.now(), channel, command, extension, number });
  return originate(
    pbx,
    { extension, channel, next: { dials: number }, variables: { [dialMark]: command, ...wish.variables }, seconds: timeoutSeconds },
    isCreated(channel),
  );
};
