/** What rings: answering, declining, picking up, sending on. */
import type { CommandOf, CommandOutcome } from '../../../model/command.ts';
import { GatewayError } from '../../../model/errors.ts';
import type { ChannelId, ExtensionNumber } from '../../../model/ids.ts';
import { accepted, failed } from '../../link/run-command.ts';
import type { EslMessage } from '../esl-parser.ts';
import { askPhone, dropChannel, isOf, run, sendTo, uuid, type Acting, type Execute } from './acting.ts';
import { autoAnswer, notReached, originate } from './originate.ts';

/** How long the second call of an answer by pick-up may ring: it is meant to answer by itself. */
const answerMs = 6_000;
/** How long the phone that picks up may ring: less than the ten seconds that a command is given to reach the PBX. */
const pickupMs = 8_000;

export const answer: Execute<'answer'> = async (command, pbx) => {
  switch (pbx.config.answer) {
    case 'notify':
      return (await answerByNotify(command, pbx)) ?? failed('no-answer', 'The phone did not answer when it was asked to.');
    case 'pickup':
      return answerByPickup(command, pbx);
    case 'notify-then-pickup':
      return (await answerByNotify(command, pbx)) ?? answerByPickup(command, pbx);
    default:
      return pbx.config.answer satisfies never;
  }
};

/** `uuid_answer` would say that all is well and do nothing: a phone that is called answers by itself, or not at all. */
const answerByNotify = ({ channel }: CommandOf<'answer'>, pbx: Acting): Promise<CommandOutcome | undefined> =>
  askPhone(pbx, { channel, event: 'talk' }, (message) => leftRinging(message, channel));

/** Calls the same phone a second time, lets it answer by itself, and picks the first call up with it. */
const answerByPickup = ({ channel, extension, header, caller }: CommandOf<'answer'>, pbx: Acting): Promise<CommandOutcome> =>
  pickUp(pbx, { channel, caller, extension, picker: pbx.newChannelId(), header, timeoutMs: answerMs });

export const pickup: Execute<'pickup'> = ({ channel, extension, picker }, pbx) =>
  pickUp(pbx, { channel, caller: undefined, extension, picker, header: undefined, timeoutMs: pickupMs });

const pickUp = async (
  pbx: Acting,
  wish: {
    readonly channel: ChannelId;
    readonly caller: ChannelId | undefined;
    readonly extension: ExtensionNumber;
    readonly picker: ChannelId;
    readonly header: string | undefined;
    readonly timeoutMs: number;
  },
): Promise<CommandOutcome> => {
  const { channel, extension, picker, timeoutMs } = wish;
  // It is the caller that is taken: to take the ringing leg itself would end all of them.
  const caller = pbx.callerOf(channel) ?? wish.caller;
  if (caller === undefined) return failed('wrong-state', 'Nobody is known for whom this rings.');
  const shown = await originate(
    pbx,
    {
      extension,
      channel: picker,
      next: { application: 'intercept', data: uuid(caller) },
      variables: autoAnswer(wish.header),
      seconds: Math.ceil(timeoutMs / 1_000),
    },
    (message) => (isPickupOf(message, picker) ? 'picked-up' : withoutPicker(message, channel)),
    timeoutMs,
  );
  if (shown === 'picked-up') return accepted;
  if (shown instanceof GatewayError) return notReached(shown);
  await dropChannel(pbx, picker);
  return shown ?? failed('no-answer', 'The phone did not take the call in time.');
};

const isPickupOf = (message: EslMessage, picker: ChannelId): boolean =>
  message.event === 'CHANNEL_BRIDGE' && (message.get('Bridge-A-Unique-ID') === picker || message.get('Bridge-B-Unique-ID') === picker);

/** The first call was answered by hand after all, or it ended. PICKED_OFF is how one that is picked up ends. */
const withoutPicker = (message: EslMessage, channel: ChannelId): CommandOutcome | undefined =>
  message.get('Hangup-Cause') === 'PICKED_OFF' ? undefined : leftRinging(message, channel);

const leftRinging = (message: EslMessage, channel: ChannelId): CommandOutcome | undefined => {
  if (isOf(message, 'CHANNEL_ANSWER', channel)) return accepted;
  return isOf(message, 'CHANNEL_HANGUP', channel) ? failed('leg-ended', 'The leg ended before the phone had answered.') : undefined;
};

/** `USER_BUSY` makes the dialplan take it for the user's "busy". */
export const hangUp =
  (cause: 'NORMAL_CLEARING' | 'USER_BUSY') =>
  async ({ channel }: { readonly channel: ChannelId }, pbx: Acting): Promise<CommandOutcome> => {
    const kill = `uuid_kill ${uuid(channel)} ${cause}`;
    pbx.announce({ type: 'channel.hangupRequested', at: pbx.clock.now(), channel, by: 'command' });
    await run(pbx, kill);
    return accepted;
  };

/** Takes the caller away from what rings for it: that stops ringing by itself. */
export const divert: Execute<'divert'> = async ({ caller, to }, pbx) => {
  await sendTo(pbx, caller, to);
  return accepted;
};
