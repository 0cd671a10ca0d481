/** What a resync found, as if it had been seen to happen. */
import type { ChannelSnapshot } from '../../../model/fact.ts';
import { channelId } from '../../../model/ids.ts';
import type { Found } from '../resync.ts';
import type { Channel, Memory, Pair } from './memory.ts';

export const adopt = (channels: readonly ChannelSnapshot[], found: Found, memory: Memory): void => {
  memory.transferer = undefined;
  memory.heldBack.clear();
  memory.channels.clear();
  for (const snapshot of channels) memory.channels.set(snapshot.channel, channelOf(snapshot, channels, found));
  for (const [first, second] of found.pairs) {
    const [one, two] = [memory.channels.get(first), memory.channels.get(second)];
    if (one === undefined || two === undefined || (one.isUp === true && two.isUp === true)) continue;
    one.earlyPeer = two.id;
    two.earlyPeer = one.id;
  }
  memory.agents.clear();
  for (const { name, ...agent } of found.agents) memory.agents.set(name, agent);
};

const channelOf = (snapshot: ChannelSnapshot, all: readonly ChannelSnapshot[], found: Found): Channel => {
  const { channel: id, endpoint, family, state, application, parking, queue, supervising } = snapshot;
  const bridge = pairOf(snapshot);
  const otherHalf = all.find(
    ({ endpoint: half }) =>
      half.kind === 'local' && endpoint.kind === 'local' && half.pair === endpoint.pair && half.half !== endpoint.half,
  );
  const { transferSource = '', dials = '' } = found.channels.get(id) ?? {};
  const isCalled = snapshot.dialled === undefined && endpoint.kind !== 'local';
  return {
    id,
    endpoint,
    family,
    ...(isCalled ? { isCalled } : {}),
    ...(isCalled && family !== id ? { caller: family } : {}),
    ...(otherHalf === undefined ? {} : { otherHalf: otherHalf.channel }),
    ...(state === 'up' ? { isUp: true } : {}),
    ...(bridge === undefined ? {} : { bridge, lastPeer: bridge.with }),
    ...(application === undefined ? {} : { application }),
    ...(dials === '' ? {} : { dials: dials.split(/[,|]/) }),
    ...(transferSource === '' ? {} : { transferSource }),
    ...(parking === undefined
      ? {}
      : { parked: { lot: parking.lot, slot: parking.slot, ...(parking.timeoutSeconds === undefined ? {} : untilOf(parking)) } }),
    ...(queue === undefined ? {} : { queue: queue.name }),
    ...(supervising === undefined ? {} : { supervises: { byKeys: true } }),
  };
};

const untilOf = ({ since, timeoutSeconds = 0 }: NonNullable<ChannelSnapshot['parking']>): { readonly until?: number } =>
  since === undefined ? {} : { until: since + timeoutSeconds * 1_000_000 };

/** A pair's id is made of both channels. */
const pairOf = ({ channel, bridge }: ChannelSnapshot): Pair | undefined => {
  const other = bridge?.bridge.split('+').find((id) => id !== channel);
  return bridge === undefined || other === undefined ? undefined : { ...bridge, with: channelId(other) };
};
