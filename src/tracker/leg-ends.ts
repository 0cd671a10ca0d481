import type { EndedBy, Leg } from '../model/call.ts';
import { hangupCause } from '../model/cause.ts';
import type { ChannelId } from '../model/ids.ts';
import { isoTime } from '../model/time.ts';
import { patchCall, patchProgress } from './calls.ts';
import type { Change, LegChannel } from './change.ts';
import { attemptOf } from './disposition.ts';
import { callerLegOf } from './legs.ts';
import type { Channel } from './state.ts';

/** How legs end: who wanted it, and what that says of the call. */

/** Notes who wants to leave; those who would be left alone end for that reason, unless they find another party. */
export const noteHangupRequest = (change: Change, id: ChannelId, by: NonNullable<Channel['asked']>): void => {
  const channel = change.channel(id);
  if (channel === undefined || channel.asked === 'far-end' || channel.asked === 'command') return;
  if (channel.asked === by) return;
  const { isLeftAlone, ...asking } = channel;
  // Of three who talked one has left before: the two others were not alone.
  const isAlone = isLeftAlone === true && !channel.hears.some((peer) => change.channel(peer)?.asked === undefined);
  change.setChannel({ ...asking, ...(isAlone || by === 'pbx' ? { isLeftAlone } : undefined), asked: by });
  if (by === 'pbx' || channel.leg === undefined) return;
  const { leg } = channel;
  const call = change.call(channel.call);
  for (const other of change.liveLegs(call)) {
    const isPeer = channel.hears.includes(other.id);
    // A phone may have answered and still hear an announcement of whom it is for.
    const isWaitedFor = other.leg.connectedAt === undefined || call.answeredAt === undefined;
    const isRungByIt = isWaitedFor && callerLegOf(change, other.id)?.leg.id === leg.id;
    if (isPeer || isRungByIt) change.setChannel({ ...other, isLeftAlone: true });
  }
};

export const endLeg = (change: Change, channel: LegChannel, causeCode: number): void => {
  const { leg } = channel;
  const endedBy = endedByOf(change, channel);
  const cause = hangupCause(causeCode);
  const { supervising: _supervising, recording: _recording, slot: _slot, conference: _conference, ...rest } = leg;
  const ended: Leg = { ...rest, held: false, state: 'ended', endedAt: isoTime(change.at), cause, endedBy };
  change.legs = change.legs.delete(leg.id);
  noteOutcome(change, channel, ended, causeCode);
  const call = change.call(channel.call);
  const { leg: _leg, ...withoutLeg } = channel;
  change.setChannel(withoutLeg);
  const view = patchCall(change, call.id, { ended: [...call.ended.slice(-(maxEndedLegs - 1)), ended] });
  const { extension } = leg;
  if (extension !== undefined) delist(change, extension, channel.id);
  change.emit(
    'leg.ended',
    { cause, endedBy },
    { callId: call.id, legId: leg.id, ...(extension === undefined ? undefined : { extension }), call: change.view(view), leg: ended },
  );
};

const maxEndedLegs = 32;

const endedByOf = (change: Change, channel: Channel): EndedBy => {
  if (channel.asked === 'far-end') return 'self';
  if (channel.asked === 'command') return 'command';
  // The phone sent the call on, whether its own hangup was told of or not.
  if (channel.result === 'forwarded') return 'self';
  if (change.isReconciling) return 'unknown';
  return channel.isLeftAlone === true ? 'peer' : 'pbx';
};

const noteOutcome = (change: Change, channel: LegChannel, ended: Leg, causeCode: number): void => {
  if (channel.isSupervisor === true) return;
  const wasCalled = ended.direction === 'inbound' || channel.isOriginated;
  const { progress } = change.call(channel.call);
  const attempt = wasCalled ? attemptOf(channel, channel.leg, causeCode) : undefined;
  const { cause, endedBy } = ended;
  const hasLeft = (endedBy === 'self' || endedBy === 'command') && (ended.connectedAt !== undefined || ended.direction === 'outbound');
  // Who was left alone and then hung up, too, did not end the call.
  const isLeaver = hasLeft && !(channel.isLeftAlone === true && progress.leaver !== undefined);
  patchProgress(change, channel.call, {
    ...(attempt === undefined || progress.attempts.includes(attempt) ? undefined : { attempts: [...progress.attempts, attempt] }),
    ...(wasCalled && ended.connectedAt === undefined && cause !== undefined ? { calleeCause: cause } : undefined),
    ...(isLeaver && cause !== undefined ? { leaver: { legId: ended.id, cause, endedBy } } : undefined),
    // "Unknown" explains nothing that another leg's cause does not explain better.
    ...(cause === undefined || (cause.code === 0 && progress.lastCause !== undefined) ? undefined : { lastCause: cause }),
  });
};

const delist = (change: Change, number: NonNullable<Leg['extension']>, id: ChannelId): void => {
  const extension = change.extension(number);
  if (extension === undefined) return;
  change.setExtension({ ...extension, channels: extension.channels.filter((channel) => channel !== id) });
  change.presenceIsDue(number);
};
