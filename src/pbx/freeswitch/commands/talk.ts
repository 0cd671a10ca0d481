/** What a user does while talking: hold, mute, press keys. */
import { GatewayError } from '../../../model/errors.ts';
import type { ChannelId } from '../../../model/ids.ts';
import { accepted, failed } from '../../link/run-command.ts';
import { parseConferences } from '../schema.ts';
import { argument, ask, askPhone, isOf, requireChannel, run, uuid, type Acting, type Execute } from './acting.ts';

/** How long FreeSWITCH may take to tell of a hold: it acts at once. */
const holdMs = 2_000;

/** FreeSWITCH holds for the phone: it tells the phone so by a re-INVITE, and plays music to the other party. */
export const hold: Execute<'hold' | 'resume'> = async ({ channel }, pbx) => {
  const isHeld = await switchHold(pbx, channel, 'CHANNEL_HOLD', `uuid_hold ${uuid(channel)}`);
  return isHeld ? accepted : failed('wrong-state', 'FreeSWITCH did not hold the call: it may be on hold already, or have no party.');
};

/** What the phone itself holds only the phone can resume. */
export const resume: Execute<'hold' | 'resume'> = async ({ channel }, pbx) => {
  if (await switchHold(pbx, channel, 'CHANNEL_UNHOLD', `uuid_hold off ${uuid(channel)}`)) return accepted;
  const obeyed = await askPhone(pbx, { channel, event: 'talk' }, (message) =>
    isOf(message, 'CHANNEL_UNHOLD', channel) ? true : undefined,
  );
  return obeyed === true ? accepted : failed('wrong-state', 'The call is not on hold, or its phone does not resume when it is asked to.');
};

/** FreeSWITCH says "+OK" to whatever it is asked to hold: only the event tells. */
const switchHold = async (pbx: Acting, channel: ChannelId, event: string, api: string): Promise<boolean> => {
  await requireChannel(pbx, channel);
  const effect = pbx.events.watch((message) => (isOf(message, event, channel) ? true : undefined), holdMs, pbx.signal);
  try {
    await run(pbx, api);
    return (await effect.found) === true;
  } finally {
    effect.stop();
  }
};

export const mute =
  (isMuted: boolean): Execute<'mute' | 'unmute'> =>
  async ({ channel, conference }, pbx) => {
    if (conference !== undefined) {
      await run(
        pbx,
        `conference ${argument('conference', conference)} ${isMuted ? 'mute' : 'unmute'} ${await memberOf(pbx, channel, conference)}`,
      );
      return accepted;
    }
    await requireChannel(pbx, channel);
    // `read` is what comes from the phone: nobody hears it any more.
    await run(pbx, `uuid_audio ${uuid(channel)} ${isMuted ? 'start read mute -1' : 'stop'}`);
    // FreeSWITCH has no event for it, and no way to ask.
    pbx.announce({ type: 'channel.muted', at: pbx.clock.now(), channel, muted: isMuted });
    return accepted;
  };

/** A conference knows its members by numbers of its own. */
export const memberOf = async (pbx: Acting, channel: ChannelId, conference: string): Promise<number> => {
  const rooms = parseConferences(await ask(pbx, `conference ${argument('conference', conference)} json_list`));
  const member = rooms.flatMap(({ members }) => members).find((each) => each.uuid === channel);
  if (member?.id === undefined) throw new GatewayError('leg-ended', { channel }, { note: 'It is not in the conference.' });
  return member.id;
};

/** As if the leg's user pressed the keys: the other party hears them, and so does a menu, a mailbox or a feature code. */
export const dtmf: Execute<'dtmf'> = async ({ channel, digits }, pbx) => {
  await pressKeys(pbx, channel, digits);
  return accepted;
};

export const pressKeys = async (pbx: Acting, channel: ChannelId, digits: string): Promise<void> => {
  if (!/^[0-9A-D*#]{1,128}$/i.test(digits)) throw new GatewayError('forbidden-character', { field: 'digits' });
  await requireChannel(pbx, channel);
  await run(pbx, `uuid_recv_dtmf ${uuid(channel)} ${digits}`);
};
