import { GatewayError } from '../../../model/errors.ts';
import type { DialTarget } from '../../../model/command.ts';
import type { ChannelId, CommandId, ExtensionNumber } from '../../../model/ids.ts';
import { accepted } from '../../link/run-command.ts';
import { dialMark } from '../pbx-lists.ts';
import { argument, type Acting, type Execute } from './acting.ts';
import { autoAnswer, isCreated, notReached, originate, renderCallerId } from './originate.ts';
import { recordingFile } from './record.ts';

/** Click-to-dial: the extension's phone, then the number. */
export const dial: Execute<'dial'> = async (command, pbx) => {
  const { channel, extension, number, targets, timeoutSeconds, callerId, record } = command;
  const shown = await callOut(pbx, {
    command: command.id,
    channel,
    extension,
    number,
    ...(targets === undefined ? {} : { targets }),
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

/** Phones ring as users of the domain, other numbers through the dialplan. A ringing tone from one of them answers for none. */
const renderTogether = (pbx: Acting, targets: readonly DialTarget[]): string => {
  const context = argument('dialContext', pbx.config.dialContext);
  const places = targets.map(({ number, extension }) =>
    extension === undefined
      ? `loopback/${argument('also', number)}/${context}/XML`
      : `user/${argument('also', extension)}@${argument('domain', pbx.domain)}`,
  );
  return `{ignore_early_media=true}${places.join(',')}`;
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
    readonly variables: Readonly<Record<string, string>>;
    readonly timeoutSeconds: number;
  },
): Promise<'created' | GatewayError | undefined> => {
  const { command, channel, extension, number, targets, timeoutSeconds } = wish;
  const next = targets === undefined ? { dials: number } : { application: 'bridge', data: renderTogether(pbx, targets) };
  pbx.announce({ type: 'dial.commanded', at: pbx.clock.now(), channel, command, extension, number });
  return originate(
    pbx,
    { extension, channel, next, variables: { [dialMark]: command, ...wish.variables }, seconds: timeoutSeconds },
    isCreated(channel),
  );
};
