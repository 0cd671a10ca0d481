import type { ChannelId } from '../model/ids.ts';
import { answerCall, patchCall } from './calls.ts';
import type { Change } from './change.ts';
import { connectLeg, resumeLeg, updateLeg } from './legs.ts';

/** Conferences: rooms with a name, whose members may be of several calls. Within one there are no links of two. */

export const joinConference = (change: Change, id: ChannelId, name: string): void => {
  const channel = change.leg(id);
  if (channel === undefined || channel.leg.conference === name) return;
  leaveConference(change, id);
  const { isLeftAlone: _isLeftAlone, ...next } = change.leg(id) ?? channel;
  updateLeg(change, change.leg(id) ?? channel, { channel: next, leg: { conference: name } });
  change.setConference(name, [...change.conference(name), id]);
  patchCall(change, channel.call, { conference: name });
  answerMembers(change, name);
  resumeLeg(change, id);
  connectLeg(change, id);
  change.emitLeg('conference.joined', id, { conference: name });
};

/** As soon as two are in the room somebody has answered; alone in it a caller has reached nobody. */
const answerMembers = (change: Change, name: string): void => {
  const members = change.conference(name);
  if (members.length < 2) return;
  for (const member of members) {
    const call = change.channel(member)?.call;
    if (call !== undefined) answerCall(change, call, undefined);
  }
};

/** Does nothing for a channel that is in no conference. */
export const leaveConference = (change: Change, id: ChannelId): void => {
  const channel = change.leg(id);
  const name = channel?.leg.conference;
  if (channel === undefined || name === undefined) return;
  change.setConference(
    name,
    change.conference(name).filter((member) => member !== id),
  );
  const { conference: _conference, ...leg } = channel.leg;
  updateLeg(change, { ...channel, leg }, { channel });
  change.emitLeg('conference.left', id, { conference: name });
};
