import type { DialTarget } from '../../../model/command.ts';
import type { ChannelId, CommandId, ExtensionNumber } from '../../../model/ids.ts';
import { accepted } from '../../link/run-command.ts';
import { dialMark } from '../pbx-lists.ts';
import { argument, type Acting, type Execute } from './acting.ts';
import { isCreated, originate, originateMs, phoneHeaders, renderAutoAnswer, renderCallerId, unreachable } from './originate.ts';
import { startRecording } from './record.ts';

/** Click-to-dial: the extension's phone, then the number. */
export const dial: Execute<'dial'> = async (command, pbx) => {
  const { channel, extension, number, targets, timeoutSeconds, callerId, autoAnswer, record: recording } = command;
  const shown = await callOut(pbx, {
    command: command.id,
    channel,
    extension,
    number,
    ...(targets === undefined ? {} : { targets }),
    timeoutSeconds,
    ...(callerId === undefined ? {} : { callerId: renderCallerId(callerId) }),
    headers: autoAnswer === undefined ? [] : renderAutoAnswer(autoAnswer.header),
  });
  if (shown === 'failed') return unreachable(pbx, extension);
  // `b`: only while it is bridged, which is from the far party's answer on.
  if (recording !== undefined && shown === 'created') await startRecording(pbx, channel, recording.name, 'b');
  return accepted;
};

const dialplanHeaders = ({ config }: Acting, number: string): Readonly<Record<string, string>> => ({
  Context: config.dialContext,
  Exten: number,
  Priority: '1',
});

/** How long several ring together, for whom no dialplan says it. */
const togetherSeconds = 60;

/** Phones ring by their devices, as in a ring group, so that no mailbox answers first; other numbers go through the dialplan. */
const ringHeaders = (pbx: Acting, targets: readonly DialTarget[]): Readonly<Record<string, string>> => {
  const devices = targets.map(({ number, extension }) =>
    extension === undefined ? `Local/${argument('also', number)}@${pbx.config.dialContext}` : pbx.phoneOf(extension).device,
  );
  return { Application: 'Dial', Data: `${devices.join('&')},${togetherSeconds}` };
};

/** Calls the phone of an extension, as `channel`, and sends it to `number` when it has answered. Says so before the PBX acts. */
export const callOut = async (
  pbx: Acting,
  wish: {
    readonly command: CommandId;
    readonly channel: ChannelId;
    readonly extension: ExtensionNumber;
    readonly number: string;
    readonly targets?: readonly DialTarget[];
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
      ...(wish.targets === undefined ? dialplanHeaders(pbx, number) : ringHeaders(pbx, wish.targets)),
      CallerID: callerId ?? own.CallerID,
      Timeout: String(wish.timeoutSeconds * 1_000),
      Variable: [`__${dialMark}=${command}`, ...wish.headers],
    },
    look: isCreated(channel),
    timeoutMs: originateMs,
  });
};
