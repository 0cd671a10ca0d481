import type { Call, CallState, Disposition, Leg, SlotRef } from '../model/call.ts';
import type { HangupCause } from '../model/cause.ts';
import type { ChannelId } from '../model/ids.ts';
import { isoTime, type Micros } from '../model/time.ts';
import type { Channel, TrackedCall } from './state.ts';

export interface CallEnd {
  readonly at: Micros;
  readonly disposition: Disposition;
  readonly cause: HangupCause;
}

/** A call as events and snapshots show it. */
export const callView = (call: TrackedCall, channels: { get(id: ChannelId): Channel | undefined }, end?: CallEnd): Call => {
  const legs: Leg[] = [...call.ended];
  let slot: SlotRef | undefined;
  for (const id of call.channels) {
    const channel = channels.get(id);
    if (channel?.leg === undefined) continue;
    legs.push(channel.leg);
    if (channel.parked !== undefined) slot = { lot: channel.parked.lot, slot: channel.parked.slot };
  }
  if (legs.length > 1) legs.sort((a, b) => a.ordinal - b.ordinal);
  const state: CallState = end !== undefined ? 'ended' : call.answeredAt !== undefined ? 'active' : 'ringing';
  return {
    id: call.id,
    aliases: call.aliases,
    state,
    direction: call.direction,
    from: call.from,
    to: call.to,
    ...(call.dialled === undefined ? undefined : { dialled: call.dialled }),
    ...(call.did === undefined ? undefined : { did: call.did }),
    ...(call.queue === undefined ? undefined : { queue: call.queue }),
    ...(slot === undefined ? undefined : { slot }),
    ...(call.conference === undefined ? undefined : { conference: call.conference }),
    clickToDial: call.clickToDial,
    reachedVoicemail: call.reachedVoicemail,
    startedAt: isoTime(call.startedAt),
    ...(call.answeredAt === undefined ? undefined : { answeredAt: isoTime(call.answeredAt) }),
    ...(end === undefined ? undefined : { endedAt: isoTime(end.at), disposition: end.disposition, cause: end.cause }),
    legs,
  };
};
