/** What rings: answering, declining, picking up, sending on. */
import type { CommandOf, CommandOutcome } from '../../../model/command.ts';
import type { ChannelId, ExtensionNumber } from '../../../model/ids.ts';
import { accepted, failed } from '../../link/run-command.ts';
import type { AmiMessage } from '../ami-parser.ts';
import { askPhone, dropChannel, nameOf, request, requireTarget, type Acting, type Execute } from './acting.ts';
import { originate, phoneHeaders, renderAutoAnswer } from './originate.ts';

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

const answerByNotify = ({ channel }: CommandOf<'answer'>, pbx: Acting): Promise<CommandOutcome | undefined> =>
  askPhone(pbx, { channel, event: 'talk' }, (message) => leftRinging(message, channel));

/** Calls the same phone a second time, lets it answer by itself, and picks the first call up with it. */
const answerByPickup = ({ channel, extension, header }: CommandOf<'answer'>, pbx: Acting): Promise<CommandOutcome> =>
  pickUp(pbx, { channel, extension, picker: pbx.newChannelId(), header, timeoutMs: answerMs });

export const pickup: Execute<'pickup'> = ({ channel, extension, picker }, pbx) =>
  pickUp(pbx, { channel, extension, picker, header: undefined, timeoutMs: pickupMs });

const pickUp = async (
  pbx: Acting,
  wish: {
    readonly channel: ChannelId;
    readonly extension: ExtensionNumber;
    readonly picker: ChannelId;
    readonly header: string | undefined;
    readonly timeoutMs: number;
  },
): Promise<CommandOutcome> => {
  const { channel, extension, picker, timeoutMs } = wish;
  const { device } = pbx.phoneOf(extension);
  const effect = await originate(pbx, {
    headers: {
      ...phoneHeaders(pbx, extension, picker),
      Application: 'PickupChan',
      Data: await nameOf(pbx, channel),
      Timeout: String(timeoutMs),
      Variable: renderAutoAnswer(wish.header),
    },
    look: (message) => (isPickupOf(message, channel) ? 'picked-up' : withoutPicker(message, channel)),
    timeoutMs,
  });
  if (effect === 'picked-up') return accepted;
  if (effect === 'failed') return failed('no-answer', `${device} did not answer when it was called to take the call.`);
  await dropChannel(pbx, picker);
  return effect ?? failed('no-answer', `${device} did not take the call in time.`);
};

const isPickupOf = (message: AmiMessage, channel: ChannelId): boolean =>
  message.event === 'Pickup' && message.get('TargetUniqueid') === channel;

/** The first call was answered by hand after all, or it ended. Cause 26, answered elsewhere, is how one that is picked up ends. */
const withoutPicker = (message: AmiMessage, channel: ChannelId): CommandOutcome | undefined =>
  message.get('Cause') === '26' ? undefined : leftRinging(message, channel);

const leftRinging = (message: AmiMessage, channel: ChannelId): CommandOutcome | undefined => {
  if (message.get('Uniqueid') !== channel) return undefined;
  if (message.event === 'Newstate' && message.get('ChannelState') === '6') return accepted;
  return message.event === 'Hangup' ? failed('leg-ended', 'The leg ended before the phone had answered.') : undefined;
};

/** `cause` is the Q.850 cause that the phone and the dialplan get to see: 17 makes the dialplan take it for the user's "busy". */
export const hangUp =
  (cause: 16 | 17) =>
  async ({ channel }: { readonly channel: ChannelId }, pbx: Acting): Promise<CommandOutcome> => {
    pbx.announce({ type: 'channel.hangupRequested', at: pbx.clock.now(), channel, by: 'command' });
    // By Uniqueid, which is never used again, where a channel's name is.
    await request(pbx, { Action: 'Hangup', Channel: channel, Cause: String(cause) });
    return accepted;
  };

/** Takes the caller away from what rings for it: that stops ringing by itself. */
export const divert: Execute<'divert'> = async ({ caller, to }, pbx) => {
  await requireTarget(pbx, to);
  await request(pbx, { Action: 'Redirect', Channel: caller, Context: pbx.config.dialContext, Exten: to, Priority: '1' });
  return accepted;
};
