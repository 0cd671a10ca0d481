/** More than two: a third party, a conference, a supervisor. */
import type { SupervisionMode } from '../../../model/call.ts';
import { accepted } from '../../link/run-command.ts';
import { addDialplanExtension, argument, nameOf, request, type Execute } from './acting.ts';
import { callPhoneInto } from './originate.ts';
import { pressKey } from './talk.ts';

/** Rooms that live calls are sent to, in a context of our own. */
const conferenceContext = 'switchhook-conference';

/** The bridge of the two grows to three, and outlives any one of them. */
export const join: Execute<'join'> = async ({ channel, extension, joiner }, pbx) =>
  callPhoneInto(pbx, { extension, channel: joiner, application: 'BridgeAdd', data: await nameOf(pbx, channel) });

export const conference: Execute<'conference'> = async ({ channel, peer, conference: room }, pbx) => {
  const data = argument('conference', room);
  await addDialplanExtension(pbx, { context: conferenceContext, extension: room, application: 'ConfBridge', data });
  const place = { Context: conferenceContext, Exten: room, Priority: '1' };
  // Both in one action: a party that is left alone for a moment would be hung up.
  const second = { ExtraContext: conferenceContext, ExtraExten: room, ExtraPriority: '1' };
  await request(pbx, { Action: 'Redirect', Channel: channel, ...place, ExtraChannel: peer, ...second });
  return accepted;
};

export const invite: Execute<'invite'> = ({ conference: room, extension, channel }, pbx) =>
  callPhoneInto(pbx, { extension, channel, application: 'ConfBridge', data: argument('conference', room) });

export const kick: Execute<'kick'> = async ({ channel, conference: room }, pbx) => {
  await request(pbx, { Action: 'ConfbridgeKick', Conference: room, Channel: await nameOf(pbx, channel) });
  return accepted;
};

/** ChanSpy: `q` without a beep, `d` to change the mode by keys, `E` to end with the call. */
const spyOptions: Readonly<Record<SupervisionMode, string>> = { listen: 'qdE', whisper: 'qwdE', barge: 'qBdE' };

/** The keys by which ChanSpy changes its mode. */
const modeKeys: Readonly<Record<SupervisionMode, string>> = { listen: '4', whisper: '5', barge: '6' };

/** Heard by the supervised party alone, and hearing nothing. */
const privateWhisper = 'qWdE';

export const supervise: Execute<'supervise'> = async ({ channel, extension, mode, supervisor, isPrivate }, pbx) =>
  callPhoneInto(pbx, {
    extension,
    channel: supervisor,
    application: 'ChanSpy',
    data: `${await nameOf(pbx, channel)},${isPrivate === true ? privateWhisper : spyOptions[mode]}`,
  });

export const superviseMode: Execute<'superviseMode'> = async ({ channel, mode }, pbx) => {
  await pressKey(pbx, channel, modeKeys[mode]);
  // Asterisk does not tell the mode.
  pbx.announce({ type: 'supervision.modeChanged', at: pbx.clock.now(), channel, mode });
  return accepted;
};
