import type { ChannelId } from '../model/ids.ts';
import { answerCall, ceaseWaiting, patchCall, waitAlone } from './calls.ts';
import type { Change } from './change.ts';
import type { ConferenceSnapshot } from '../model/fact.ts';
import { connectLeg, resumeLeg, updateLeg } from './legs.ts';

/** Conferences: rooms with a name, whose members may be of several calls. Within one there are no links of two. */

export const joinConference = (change: Change, id: ChannelId, name: string): void => {
  const channel = change.leg(id);
  if (channel === undefined || channel.leg.conference === name) return;
  leaveConference(change, id);
  const { isLeftAlone: _isLeftAlone, ...next } = change.leg(id) ?? channel;
  updateLeg(change, change.leg(id) ?? channel, { channel: next, leg: { conference: name } });
  const room = change.conference(name);
  change.setConference({ ...room, members: [...room.members, id] });
  patchCall(change, channel.call, { conference: name });
  answerMembers(change, name);
  resumeLeg(change, id);
  connectLeg(change, id);
  change.emitLeg('conference.joined', id, { conference: name });
};

/**
 * As soon as two are in the room somebody has answered; alone in it a caller has reached nobody. Its call is active all the same, so that
 * nothing is shown of it when the second comes: events tell of the second's call alone.
 */
const answerMembers = (change: Change, name: string): void => {
  const { members } = change.conference(name);
  for (const member of members) {
    const call = change.channel(member)?.call;
    if (call === undefined) continue;
    if (members.length < 2) waitAlone(change, call);
    else answerCall(change, call, undefined);
  }
};

/** Does nothing for a channel that is in no conference. */
export const leaveConference = (change: Change, id: ChannelId): void => {
  const channel = change.leg(id);
  const name = channel?.leg.conference;
  if (channel === undefined || name === undefined) return;
  const room = change.conference(name);
  change.setConference({ ...room, members: room.members.filter((member) => member !== id) });
  ceaseWaiting(change, channel.call);
  const { conference: _conference, ...leg } = channel.leg;
  updateLeg(change, { ...channel, leg }, { channel });
  change.emitLeg('conference.left', id, { conference: name });
};

/** Takes over which rooms there are, whether anybody is in them or not. */
export const resyncConferences = (change: Change, rooms: readonly ConferenceSnapshot[]): void => {
  const found = new Map(rooms.map((room) => [room.name, room]));
  for (const { name, isKnown, members } of change.conferences()) {
    if (isKnown && !found.has(name)) change.setConference({ name, isKnown: false, members });
  }
  for (const room of rooms) {
    const { isKnown, members, ...names } = change.conference(room.name);
    if (!isKnown || !isSameNames(names, room)) change.setConference({ ...room, isKnown: true, members });
  }
};

const isSameNames = (one: ConferenceSnapshot, two: ConferenceSnapshot): boolean =>
  one.displayName === two.displayName && one.number === two.number;
