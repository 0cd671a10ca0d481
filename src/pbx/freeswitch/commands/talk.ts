/** What a user does while talking: hold, mute, press keys. */
import { GatewayError } from '../../../model/errors.ts';
import type { ChannelId } from '../../../model/ids.ts';
import { accepted, failed } from '../../link/run-command.ts';
import type { EslMessage } from '../esl-parser.ts';
import { holdMark } from '../pbx-lists.ts';
import { parseConferences, parseDump } from '../schema.ts';
import { argument, ask, askPhone, isOf, requireChannel, run, uuid, variableOf, type Acting, type Execute } from './acting.ts';

/** How long FreeSWITCH may take to tell of a hold: it acts at once. */
const holdMs = 2_000;

/**
 * The phone is asked first: its user sees that it holds, and the other party hears music. Held by FreeSWITCH itself the music comes only
 * to who was called; a caller would hear nothing.
 */
export const hold: Execute<'hold' | 'resume'> = async ({ channel }, pbx) => {
  if (await isHeld(pbx, channel)) return failed('wrong-state', 'The call is on hold already.');
  const isHeldNow = (message: EslMessage): true | undefined => (isOf(message, 'CHANNEL_HOLD', channel) ? true : undefined);
  if ((await askPhone(pbx, { channel, event: 'hold' }, isHeldNow)) === true) return accepted;
  // Kept with the channel, so that it is known after a restart of ours who is to resume.
  await run(pbx, `uuid_setvar ${uuid(channel)} ${holdMark} true`);
  if (await switchHold(pbx, channel, 'CHANNEL_HOLD', `uuid_hold ${uuid(channel)}`)) return accepted;
  return failed('wrong-state', 'FreeSWITCH did not hold the call: it may have no party.');
};

/** What the phone itself holds only the phone can resume. */
export const resume: Execute<'hold' | 'resume'> = async ({ channel }, pbx) => {
  if ((await variableOf(pbx, channel, holdMark)) === 'true') {
    await run(pbx, `uuid_setvar ${uuid(channel)} ${holdMark}`);
    if (await switchHold(pbx, channel, 'CHANNEL_UNHOLD', `uuid_hold off ${uuid(channel)}`)) return accepted;
  }
  const obeyed = await askPhone(pbx, { channel, event: 'talk' }, (message) =>
    isOf(message, 'CHANNEL_UNHOLD', channel) ? true : undefined,
  );
  return obeyed === true ? accepted : failed('wrong-state', 'The call is not on hold, or its phone does not resume when it is asked to.');
};

const isHeld = async (pbx: Acting, channel: ChannelId): Promise<boolean> =>
  parseDump(await ask(pbx, `uuid_dump ${uuid(channel)} json`))?.['Channel-Call-State'] === 'HELD';

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
