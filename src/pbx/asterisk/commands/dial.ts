import type { ChannelId, CommandId, ExtensionNumber } from '../../../model/ids.ts';
import { accepted } from '../../link/run-command.ts';
import { dialMark } from '../pbx-lists.ts';
import { type Acting, type Execute } from './acting.ts';
import { isCreated, originate, originateMs, phoneHeaders, renderAutoAnswer, renderCallerId, unreachable } from './originate.ts';
import { startRecording } from './record.ts';

/** Click-to-dial: the extension's phone, then the number. */
export const dial: Execute<'dial'> = async (command, pbx) => {
  const { channel, extension, number, timeoutSeconds, callerId, autoAnswer, record: recording } = command;
  const shown = await callOut(pbx, {
    command: command.id,
    channel,
    extension,
    number,
    timeoutSeconds,
    ...(callerId === undefined ? {} : { callerId: renderCallerId(callerId) }),
    headers: autoAnswer === undefined ? [] : renderAutoAnswer(autoAnswer.header),
  });
  if (shown === 'failed') return unreachable(pbx, extension);
  // `b`: only while it is bridged, which is from the far party's answer on.
  if (recording !== undefined && shown === 'created') await startRecording(pbx, channel, recording.name, 'b');
  return accepted;
};

/** Calls the phone of an extension, as `channel`, and sends it to `number` when it has answered. Says so before the PBX acts. */
export const callOut = async (
  pbx: Acting,
  wish: {
    readonly command: CommandId;
    readonly channel: ChannelId;
    readonly extension: ExtensionNumber;
    readonly number: string;
    /** As Asterisk shows it at the own phone, and then uses it as the caller's identity: the one that the far party shall see. */
    readonly callerId?: string;
    readonly headers: readonly string[];
    readonly timeoutSeconds: number;
  },
): Promise<'created' | 'failed' | undefined> => {
  const { command, channel, extension, number, callerId } = wish;
  pbx.announce({ type: 'dial.commanded', at: pbx.clock.now(), channel, command, extension, number });
  const own = phoneHeaders(pbx, extension, channel);
  return originate(pbx, {
    headers: {
      Channel: own.Channel,
      ChannelId: own.ChannelId,
      Context: pbx.config.dialContext,
      Exten: number,
      Priority: '1',
      CallerID: callerId ?? own.CallerID,
      Timeout: String(wish.timeoutSeconds * 1_000),
      Variable: [`__${dialMark}=${command}`, ...wish.headers],
    },
    look: isCreated(channel),
    timeoutMs: originateMs,
  });
};
