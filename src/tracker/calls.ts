import type { Disposition } from '../model/call.ts';
import { hangupCause } from '../model/cause.ts';
import { callIdOf, type CallId, type ChannelId } from '../model/ids.ts';
import type { Micros } from '../model/time.ts';
import { isLeg, type Change } from './change.ts';
import { callCauseOf, dispositionOf } from './disposition.ts';
import { noParty, noProgress, type Progress, type TrackedCall } from './state.ts';

/** The call of the PBX's grouping `family`; begins it, unannounced, if there is none. */
export const openCall = (change: Change, family: ChannelId, firstChannel: ChannelId, startedAt: Micros): TrackedCall => {
  const known = change.families.get(family);
  if (known !== undefined) return change.call(known);
  const call: TrackedCall = {
    id: callIdOf(change.pbx, change.link.startedAt, firstChannel),
    aliases: [],
    order: change.nextOrder(),
    isAnnounced: false,
    startedAt,
    families: [family],
    channels: [],
    ended: [],
    lastOrdinal: 0,
    direction: 'internal',
    from: noParty,
    to: noParty,
    clickToDial: false,
    reachedVoicemail: false,
    progress: noProgress,
  };
  change.setCall(call);
  change.families = change.families.set(family, call.id);
  return call;
};

export const patchCall = (change: Change, id: CallId, patch: Partial<TrackedCall>): TrackedCall => {
  const call = { ...change.call(id), ...patch };
  change.setCall(call);
  return call;
};

export const patchProgress = (change: Change, id: CallId, patch: Partial<Progress>): void => {
  const call = change.call(id);
  change.setCall({ ...call, progress: { ...call.progress, ...patch } });
};

/**
 * Makes one call of two, if they are two: the one that began first lives on, under its id. `isThrough`: the two are put through to
 * each other, whatever is known of their phones so far.
 */
export const mergeCalls = (change: Change, one: CallId, two: CallId, isThrough = false): CallId => {
  if (one === two) return one;
  const [first, second] = inOrder(change.call(one), change.call(two));
  for (const id of second.channels) moveChannel(change, id, first.id);
  const isUp = isThrough || second.channels.some((id) => change.leg(id)?.state === 'up');
  absorb(change, second.id, first.id, isUp);
  return first.id;
};

/** Takes one channel to another call; the call that it leaves is absorbed if that was its last. */
export const joinCall = (change: Change, channel: ChannelId, to: CallId): void => {
  const from = change.channel(channel)?.call;
  if (from === undefined || from === to) return;
  moveChannel(change, channel, to);
  if (change.call(from).channels.length === 0) absorb(change, from, to, change.leg(channel)?.state === 'up');
};

const inOrder = (one: TrackedCall, two: TrackedCall): readonly [TrackedCall, TrackedCall] => {
  // What nobody has heard of cannot outlive what was announced.
  if (one.isAnnounced !== two.isAnnounced) return one.isAnnounced ? [one, two] : [two, one];
  return one.order < two.order ? [one, two] : [two, one];
};

const moveChannel = (change: Change, id: ChannelId, to: CallId): void => {
  const channel = change.channel(id);
  if (channel === undefined) return;
  const from = channel.call;
  const left = change.call(from);
  change.setCall({ ...left, channels: left.channels.filter((other) => other !== id) });
  const joined = change.call(to);
  const ordinal = joined.lastOrdinal + 1;
  if (!isLeg(channel)) {
    change.setChannel({ ...channel, call: to });
    change.setCall({ ...joined, channels: [...joined.channels, id] });
    return;
  }
  change.setChannel({ ...channel, call: to, leg: { ...channel.leg, callId: to, ordinal } });
  change.setCall({ ...joined, channels: [...joined.channels, id], lastOrdinal: ordinal });
  announce(change, to);
  change.emitLeg('leg.moved', id, { from, to });
};

/** The id of a call, whose last channels have just moved, becomes an alias of the call they moved to; `isThrough`: one of them was up. */
const absorb = (change: Change, absorbed: CallId, into: CallId, isThrough: boolean): void => {
  const second = change.call(absorbed);
  const first = change.call(into);
  change.setCall({
    ...first,
    aliases: second.isAnnounced ? [...first.aliases, ...second.aliases, absorbed] : first.aliases,
    families: [...first.families, ...second.families],
    clickToDial: first.clickToDial || second.clickToDial,
    reachedVoicemail: first.reachedVoicemail || second.reachedVoicemail,
    ...(first.queue === undefined && second.queue !== undefined ? { queue: second.queue } : undefined),
    ...(first.conference === undefined && second.conference !== undefined ? { conference: second.conference } : undefined),
  });
  for (const family of second.families) change.families = change.families.set(family, into);
  for (const alias of second.aliases) change.aliases = change.aliases.set(alias, into);
  if (!second.isAnnounced) {
    change.removeCall(absorbed);
    return;
  }
  change.aliases = change.aliases.set(absorbed, into);
  change.emitCall('call.merged', second, { into });
  end(change, second, second.answeredAt !== undefined || isThrough ? 'answered' : 'unknown', into);
};

/** Tells of a call, once it has a leg to show. */
export const announce = (change: Change, id: CallId): void => {
  const call = change.call(id);
  if (call.isAnnounced) return;
  const announced = { ...call, isAnnounced: true };
  change.setCall(announced);
  change.emitCall('call.started', announced, {});
};

/** A call is answered when two of its legs hear each other for the first time; `answeredBy` is the one that was called. */
export const answerCall = (change: Change, id: CallId, answeredBy: TrackedCall['answeredBy']): void => {
  const { isAlone, ...call } = change.call(id);
  if (call.answeredAt !== undefined && isAlone !== true) return;
  change.setCall({ ...call, answeredAt: call.answeredAt ?? change.at, ...(answeredBy === undefined ? undefined : { answeredBy }) });
};

/** Who is alone in a conference is up; whether that was an answer is decided by who comes. */
export const waitAlone = (change: Change, id: CallId): void => {
  const call = change.call(id);
  if (call.answeredAt === undefined) change.setCall({ ...call, answeredAt: change.at, isAlone: true });
};

/** Nobody has come: the call is as unanswered as it was. */
export const ceaseWaiting = (change: Change, id: CallId): void => {
  const { isAlone, answeredAt: _answeredAt, ...call } = change.call(id);
  if (isAlone === true) change.setCall(call);
};

/** Ends a call whose last channel is gone; local halves count, for a leg may still follow of them. */
export const endCallIfEmpty = (change: Change, id: CallId): void => {
  const call = change.call(id);
  if (call.channels.length > 0) return;
  for (const family of call.families) change.families = change.families.delete(family);
  for (const alias of call.aliases) change.aliases = change.aliases.delete(alias);
  if (!call.isAnnounced) {
    change.removeCall(id);
    return;
  }
  // How a call went on that ended while nobody watched is not known, unless it was answered before.
  end(change, call, change.isReconciling && call.answeredAt === undefined ? 'unknown' : dispositionOf(call));
};

const end = (change: Change, call: TrackedCall, disposition: Disposition, mergedInto?: CallId): void => {
  const { at } = change;
  const cause = mergedInto === undefined ? callCauseOf(call, disposition) : hangupCause(normalClearing);
  const answeredAt = call.answeredAt ?? at;
  const { answeredBy } = call;
  const endedBy = call.progress.leaver?.legId;
  change.removeCall(call.id);
  change.emit(
    'call.ended',
    {
      disposition,
      cause,
      ringMs: wholeMs(answeredAt - call.startedAt),
      talkMs: wholeMs(at - answeredAt),
      totalMs: wholeMs(at - call.startedAt),
      ...(answeredBy === undefined ? undefined : { answeredBy }),
      ...(endedBy === undefined || mergedInto !== undefined ? undefined : { endedBy }),
      ...(mergedInto === undefined ? undefined : { mergedInto }),
    },
    { callId: call.id, call: change.view(call, { at, disposition, cause }) },
  );
};

const normalClearing = 16;

const wholeMs = (micros: Micros): number => Math.max(0, Math.round(micros / 1000));
