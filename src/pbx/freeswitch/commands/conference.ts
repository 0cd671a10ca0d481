/** More than two: a third party, a conference, a supervisor. */
import type { SupervisionMode } from '../../../model/call.ts';
import { GatewayError } from '../../../model/errors.ts';
import { accepted, failed } from '../../link/run-command.ts';
import { argument, requireChannel, run, uuid, type Acting, type Execute } from './acting.ts';
import { callPhoneInto } from './originate.ts';
import { memberOf, pressKeys } from './talk.ts';

/** `three_way` hears both parties and is heard by both; the two go on when it leaves. */
export const join: Execute<'join'> = async ({ channel, extension, joiner }, pbx) => {
  await requireChannel(pbx, channel);
  return callPhoneInto(pbx, { extension, channel: joiner, application: 'three_way', data: uuid(channel) });
};

export const conference: Execute<'conference'> = async ({ channel, conference: room }, pbx) => {
  // Both in one action: a party that is left alone for a moment would be hung up.
  await run(pbx, `uuid_transfer ${uuid(channel)} -both 'conference:${roomWithProfile(pbx, room)}' inline`);
  return accepted;
};

export const invite: Execute<'invite'> = ({ conference: room, extension, channel }, pbx) =>
  callPhoneInto(pbx, { extension, channel, application: 'conference', data: roomWithProfile(pbx, room) });

const roomWithProfile = (pbx: Acting, room: string): string => {
  if (room.includes('@')) throw new GatewayError('forbidden-character', { field: 'conference' });
  return `${argument('conference', room)}@${argument('conferenceProfile', pbx.config.conferenceProfile)}`;
};

export const kick: Execute<'kick'> = async ({ channel, conference: room }, pbx) => {
  await run(pbx, `conference ${argument('conference', room)} hup ${await memberOf(pbx, channel, room)}`);
  return accepted;
};

/**
 * Whom of the two a listener speaks to. What it says for the "aleg" goes with what the supervised leg says, so that the other party
 * hears it; what it says for the "bleg" the supervised leg hears.
 */
const modeVariables: Readonly<Record<SupervisionMode, Readonly<Record<string, string>>>> = {
  listen: {},
  whisper: { eavesdrop_whisper_bleg: 'true' },
  barge: { eavesdrop_whisper_aleg: 'true', eavesdrop_whisper_bleg: 'true' },
};

/** The keys by which eavesdrop changes its mode. */
const modeKeys: Readonly<Record<SupervisionMode, string>> = { listen: '0', whisper: '2', barge: '3' };

export const supervise: Execute<'supervise'> = async ({ channel, extension, mode, supervisor, isPrivate }, pbx) => {
  if (isPrivate === true) return failed('not-supported', 'On FreeSWITCH who whispers hears the call, too.');
  await requireChannel(pbx, channel);
  return callPhoneInto(pbx, {
    extension,
    channel: supervisor,
    application: 'eavesdrop',
    data: uuid(channel),
    variables: { eavesdrop_enable_dtmf: 'true', ...modeVariables[mode] },
  });
};

/** The key is seen to be pressed, and from that the mode is known. */
export const superviseMode: Execute<'superviseMode'> = async ({ channel, mode }, pbx) => {
  await pressKeys(pbx, channel, modeKeys[mode]);
  return accepted;
};
